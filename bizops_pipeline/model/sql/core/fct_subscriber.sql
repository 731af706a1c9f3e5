-- grain: one row per customer and span without a break in subscriptions
-- A subscription that starts no later than all earlier ones of its customer have ended continues their span, so a
-- change of plan is neither a loss nor a new customer.
with running as (
    select
        subscription_id,
        customer_id,
        product_id,
        channel,
        service_id,
        started_on,
        coalesce(ended_on, date '9999-12-31') as ended_on
    from core.fct_subscription
    where customer_id is not null
      and (ended_on is null or ended_on > started_on)
),

followed as (
    select
        running.*,
        max(ended_on) over (
            partition by customer_id order by started_on, subscription_id
            rows between unbounded preceding and 1 preceding
        ) as ended_before
    from running
),

spanned as (
    select
        followed.*,
        sum(case when started_on <= ended_before then 0 else 1 end) over (
            partition by customer_id order by started_on, subscription_id
            rows between unbounded preceding and current row
        ) as span_number
    from followed
),

span_end as (
    select
        customer_id,
        span_number,
        max(ended_on) as ended_on
    from spanned
    group by customer_id, span_number
),

span_start as (
    select
        customer_id,
        span_number,
        product_id,
        channel,
        service_id,
        started_on
    from spanned
    qualify row_number() over (partition by customer_id, span_number order by started_on, subscription_id) = 1
)

select
    span_start.customer_id || '@' || cast(span_start.started_on as varchar) as subscriber_span_id,
    span_start.customer_id,
    span_start.product_id,
    span_start.channel,
    span_start.service_id,
    span_start.started_on,
    nullif(span_end.ended_on, date '9999-12-31') as ended_on,
    span_start.span_number > 1 as is_returning
from span_start
inner join span_end on span_end.customer_id = span_start.customer_id and span_end.span_number = span_start.span_number
