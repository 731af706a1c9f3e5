-- The tables of the model: dimensions and facts.

create table dim_date as
select
    cast(day as date) as date,
    cast(date_trunc('week', day) as date) as week_start,
    cast(date_trunc('month', day) as date) as month_start,
    cast(date_trunc('quarter', day) as date) as quarter_start,
    cast(date_trunc('year', day) as date) as year_start,
    from_local(day) as utc_start,
    from_local(day + interval 1 day) as utc_end
from range(timestamp '2024-01-01', cast(getvariable('as_of') as timestamp) + interval 2 year, interval 1 day) as days(day);

create table dim_customer as
select customer_id, country, segment, created_at from customer
union all
select 'unallocated', null, null, null;

create table dim_product as
select product_id, name, category, launched_on from product
union all
select 'unallocated', 'No product named', null, null;

-- The rate of a day is that of the last earlier day that has one.
create temp table rate_of_day as
select currency.currency, calendar.date, rate.rate_date, rate.rate
from (select distinct currency from rate) as currency
cross join dim_date as calendar
asof join rate on rate.currency = currency.currency and rate.rate_date <= calendar.date;

create table fct_order_line as
select
    line.order_line_id,
    line.order_id,
    coalesce(line.product_id, 'unallocated') as product_id,
    placed.customer_id,
    placed.channel,
    coalesce(placed.service_id, 'unallocated') as service_id,
    coalesce(placed.status = 'cancelled', false) as is_cancelled,
    placed.ordered_at,
    placed.ordered_date,
    line.quantity,
    coalesce(placed.currency, 'EUR') as currency,
    line.net_amount,
    rate.rate as exchange_rate,
    rate.rate_date,
    case
        when coalesce(placed.currency, 'EUR') = 'EUR' then line.net_amount
        else cast(cast(line.net_amount as decimal(19, 4)) * rate.rate as decimal(18, 4))
    end as net_amount_reporting
from order_line as line
left join placed_order as placed on placed.order_id = line.order_id
left join rate_of_day as rate on rate.currency = placed.currency and rate.date = placed.ordered_date;

create table fct_refund as
select
    refund.refund_id,
    refund.order_id,
    placed.customer_id,
    placed.channel,
    coalesce(placed.service_id, 'unallocated') as service_id,
    refund.refunded_at,
    refund.refunded_date,
    refund.currency,
    refund.amount,
    rate.rate as exchange_rate,
    rate.rate_date,
    case
        when refund.currency = 'EUR' then refund.amount
        else cast(cast(refund.amount as decimal(19, 4)) * rate.rate as decimal(18, 4))
    end as amount_reporting,
    refund.reason
from refund
left join placed_order as placed on placed.order_id = refund.order_id
left join rate_of_day as rate
    on rate.currency = refund.currency and rate.date = coalesce(placed.ordered_date, refund.refunded_date);

create table fct_order as
with line_total as (
    select
        order_id,
        count(*) as line_count,
        sum(net_amount) as net_amount,
        case when count(*) = count(net_amount_reporting) then sum(net_amount_reporting) end as net_amount_reporting
    from fct_order_line
    group by order_id
),
refund_total as (
    select
        order_id,
        case when count(*) = count(amount_reporting) then sum(amount_reporting) end as refunded_amount_reporting
    from fct_refund
    group by order_id
)
select
    placed.order_id,
    placed.customer_id,
    placed.cart_id,
    placed.session_id,
    placed.channel,
    placed.service_id,
    placed.status,
    placed.status = 'cancelled' as is_cancelled,
    placed.ordered_at,
    placed.ordered_date,
    coalesce(line_total.line_count, 0) as line_count,
    placed.currency,
    cast(case when line_total.order_id is null then 0 else line_total.net_amount end as decimal(18, 4)) as net_amount,
    cast(case when line_total.order_id is null then 0 else line_total.net_amount_reporting end as decimal(18, 4))
        as net_amount_reporting,
    cast(case when refund_total.order_id is null then 0 else refund_total.refunded_amount_reporting end
        as decimal(18, 4)) as refunded_amount_reporting
from placed_order as placed
left join line_total on line_total.order_id = placed.order_id
left join refund_total on refund_total.order_id = placed.order_id;

create table fct_revenue as
select
    'sale:' || order_line_id as movement_id,
    'sale' as movement,
    order_id,
    product_id,
    customer_id,
    channel,
    service_id,
    ordered_at as occurred_at,
    ordered_date as occurred_date,
    currency,
    net_amount as amount,
    net_amount_reporting as amount_reporting
from fct_order_line
where not is_cancelled
union all
select
    'refund:' || refund_id,
    'refund',
    order_id,
    'unallocated',
    customer_id,
    channel,
    service_id,
    refunded_at,
    refunded_date,
    currency,
    cast(-amount as decimal(18, 4)),
    cast(-amount_reporting as decimal(18, 4))
from fct_refund;

create table fct_customer as
with purchase as (
    select customer_id, order_id, channel, service_id, ordered_at, ordered_date
    from fct_order
    where not is_cancelled and customer_id is not null
),
purchase_day as (
    select
        customer_id,
        ordered_date,
        row_number() over (partition by customer_id order by ordered_date) as position
    from purchase
    group by customer_id, ordered_date
)
select
    first.customer_id,
    first.channel,
    first.service_id,
    first.ordered_at as first_ordered_at,
    first.ordered_date as first_ordered_date,
    days.second_purchase_date,
    days.purchase_days
from (
    select *
    from purchase
    qualify row_number() over (partition by customer_id order by ordered_at, order_id) = 1
) as first
join (
    select
        customer_id,
        max(ordered_date) filter (where position = 2) as second_purchase_date,
        count(*) as purchase_days
    from purchase_day
    group by customer_id
) as days on days.customer_id = first.customer_id;

create table fct_session as
select session_id, customer_id, channel, device, 'storefront' as service_id, started_at, started_date
from session;

create table fct_cart as
select cart_id, session_id, channel, 'checkout' as service_id, created_at, created_date, items, items = 0 as is_empty
from cart;

create table fct_checkout as
select
    checkout_id, cart_id, 'checkout' as service_id, payment_method, started_at, started_date, completed_at,
    completed_at is not null as is_completed
from checkout;

create table fct_survey_response as
select
    response_id, kind, score, score >= 4 as is_top_two, subject, channel, service_id, order_id, answered_at,
    answered_date
from survey_response;

create table fct_outage as
select
    outage_id, service_id, is_planned, started_at, local_day(started_at) as started_date, ended_at, incident_id,
    date_diff('second', started_at, ended_at) as duration_seconds
from outage;

-- An incident belongs to the deployment it names, else to the latest one of its service if that is not too old.
create table fct_incident as
with candidate as (
    select service_id, finished_at, max(deployment_id) as deployment_id
    from deployment
    where result = 'success' and environment = 'production' and service_id <> 'unallocated'
    group by service_id, finished_at
),
attributed as (
    select
        incident.*,
        coalesce(named.deployment_id, latest.deployment_id) as deployment_id,
        coalesce(named.finished_at, latest.finished_at) as deployment_finished_at,
        case
            when named.deployment_id is not null then 'explicit'
            when latest.deployment_id is not null then 'same_service_window'
            else 'unattributed'
        end as attribution_method
    from (
        select incident.*, before.deployment_id as before_id
        from incident
        asof left join candidate as before
            on before.service_id = incident.service_id and before.finished_at <= incident.opened_at
    ) as incident
    left join deployment as named on named.deployment_id = incident.caused_by_deployment_id
    left join deployment as latest
        on latest.deployment_id = incident.before_id
        and date_diff('second', latest.finished_at, incident.opened_at)
            <= case when incident.service_id in ('erp', 'data_platform') then 48 else 24 end * 3600
)
select
    incident_id,
    service_id,
    priority,
    status,
    impact_started_at,
    opened_at,
    local_day(opened_at) as opened_date,
    acknowledged_at,
    restored_at,
    local_day(restored_at) as restored_date,
    resolved_at,
    local_day(resolved_at) as resolved_date,
    sla_met,
    deployment_id,
    attribution_method,
    date_diff('second', opened_at, resolved_at) as resolution_seconds,
    date_diff('second', impact_started_at, restored_at) as restoration_seconds,
    case when resolved_at >= deployment_finished_at
        then date_diff('second', deployment_finished_at, resolved_at) end as recovery_seconds
from attributed;

create table fct_deployment as
with success as (
    select
        deployment_id,
        lag(deployment_id) over in_scope as previous_success_id,
        row_number() over in_scope as position
    from deployment
    where result = 'success'
    window in_scope as (partition by scope, repository, environment order by finished_at, deployment_id)
),
caused as (
    select deployment_id, count(*) as incidents
    from fct_incident
    where deployment_id is not null
    group by deployment_id
)
select
    deployment.deployment_id,
    deployment.repository,
    deployment.service_id,
    deployment.environment,
    deployment.result,
    deployment.reason,
    deployment.started_at,
    deployment.finished_at,
    local_day(deployment.finished_at) as finished_date,
    deployment.result = 'success' and deployment.environment = 'production' as is_production_success,
    success.previous_success_id,
    coalesce(success.position = 1, false) as is_baseline,
    coalesce(caused.incidents, 0) as attributed_incidents,
    caused.incidents is not null as is_failed_change
from deployment
left join success on success.deployment_id = deployment.deployment_id
left join caused on caused.deployment_id = deployment.deployment_id;

create table fct_change as
with merged as (
    select change.* replace (coalesce(change.first_commit_at, written.first_commit_at) as first_commit_at)
    from change
    left join commit_of_change as written on written.change_id = change.change_id
    where change.merged_at is not null
),
brought as (
    select merged.change_id, run.deployment_id, run.started_at, run.finished_at, run.is_baseline
    from merged
    join deployed_commit on deployed_commit.commit_sha = merged.merge_commit_sha
    join fct_deployment as run
        on run.deployment_id = deployed_commit.deployment_id and run.repository = merged.repository
    where run.is_production_success
),
deployed as (
    select change_id, deployment_id, finished_at as deployed_at
    from brought
    where not is_baseline
    qualify row_number() over (
        partition by change_id order by coalesce(started_at, finished_at), finished_at, deployment_id
    ) = 1
)
select
    merged.change_id,
    merged.repository,
    merged.service_id,
    merged.is_bot,
    merged.first_commit_at,
    merged.created_at,
    merged.first_review_at,
    merged.merged_at,
    local_day(merged.merged_at) as merged_date,
    deployed.deployment_id,
    deployed.deployed_at,
    local_day(deployed.deployed_at) as deployed_date,
    case
        when deployed.deployment_id is not null then null
        when merged.change_id in (select change_id from brought where is_baseline) then 'before_baseline'
        else 'not_deployed'
    end as undeployed_reason,
    case when created_at >= first_commit_at then date_diff('second', first_commit_at, created_at) end
        as coding_seconds,
    case when first_review_at >= created_at then date_diff('second', created_at, first_review_at) end
        as pickup_seconds,
    case when merged_at >= first_review_at then date_diff('second', first_review_at, merged_at) end
        as review_seconds,
    case when deployed_at >= merged_at then date_diff('second', merged_at, deployed_at) end
        as merge_to_deploy_seconds,
    case when deployed_at >= first_commit_at then date_diff('second', first_commit_at, deployed_at) end
        as lead_time_seconds
from merged
left join deployed on deployed.change_id = merged.change_id;

-- Overlapping outages are merged; maintenance is no agreed time and no downtime.
create table fct_service_day as
with span as (
    select
        least(
            (select min(local_day(started_at)) from outage),
            (select min(local_day(opened_at)) from incident),
            (select min(local_day(finished_at)) from deployment)
        ) as first_date,
        (select utc_end from dim_date where date = getvariable('as_of')) as horizon
),
lasting as (
    select
        outage.service_id,
        outage.started_at,
        least(coalesce(outage.ended_at, span.horizon), span.horizon) as ended_at,
        kind
    from outage
    cross join span
    cross join (values ('any'), ('planned')) as kinds(kind)
    where outage.started_at < span.horizon and (kind = 'any' or outage.is_planned)
),
numbered as (
    select *, sum(case when reached >= started_at then 0 else 1 end) over (
        partition by kind, service_id order by started_at, ended_at rows unbounded preceding
    ) as island
    from (
        select *, max(ended_at) over (
            partition by kind, service_id order by started_at, ended_at
            rows between unbounded preceding and 1 preceding
        ) as reached
        from lasting
    )
),
merged as (
    select kind, service_id, min(started_at) as started_at, max(ended_at) as ended_at
    from numbered
    group by kind, service_id, island
),
lost as (
    select
        merged.service_id,
        calendar.date,
        sum(date_diff('second', greatest(started_at, utc_start), least(ended_at, utc_end)))
            filter (where kind = 'any') as any_seconds,
        sum(date_diff('second', greatest(started_at, utc_start), least(ended_at, utc_end)))
            filter (where kind = 'planned') as planned_seconds
    from merged
    join dim_date as calendar on calendar.utc_start < merged.ended_at and calendar.utc_end > merged.started_at
    group by merged.service_id, calendar.date
),
begun as (
    select service_id, started_date, count(*) as outages
    from fct_outage
    where not is_planned
    group by service_id, started_date
),
promised as (
    select
        service.service_id,
        calendar.date as service_date,
        case
            when service.agreed_seconds_per_day >= 86400 then date_diff('second', utc_start, utc_end)
            else least(service.agreed_seconds_per_day, date_diff('second', utc_start, utc_end))
        end as seconds
    from dim_service as service
    cross join span
    join dim_date as calendar
        on calendar.date between greatest(span.first_date, coalesce(service.launched_on, span.first_date))
        and getvariable('as_of')
    where service.agreed_seconds_per_day is not null
)
select
    promised.service_id,
    promised.service_date,
    greatest(promised.seconds - coalesce(lost.planned_seconds, 0), 0) as agreed_seconds,
    least(
        coalesce(lost.any_seconds, 0) - coalesce(lost.planned_seconds, 0),
        greatest(promised.seconds - coalesce(lost.planned_seconds, 0), 0)
    ) as downtime_seconds,
    coalesce(begun.outages, 0) as outages
from promised
left join lost on lost.service_id = promised.service_id and lost.date = promised.service_date
left join begun on begun.service_id = promised.service_id and begun.started_date = promised.service_date;
