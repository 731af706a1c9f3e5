-- Every KPI at every grain: parts per day, rolled up to periods; medians from the records of each period.
-- kpi_value holds one row per KPI, scope, dimensions, grain and period.

create temp table kpi as
select * from (values
    -- id, kind, direction, divided by, least denominator, grains, scopes
    ('net_revenue', 'sum', 'up', 1, null, 'day week month quarter year all', 'company value_stream'),
    ('orders', 'count', 'up', 1, null, 'day week month quarter year all', 'company value_stream'),
    ('aov', 'ratio', 'up', 1, null, 'day week month quarter year all', 'company value_stream'),
    ('active_customers', 'per_day', 'up', 1, null, 'day week month quarter year all', 'company value_stream'),
    ('arpu', 'ratio', 'up', 1, null, 'week month quarter year all', 'company value_stream'),
    ('conversion_rate', 'ratio', 'up', 1, null, 'day week month quarter year all', 'company value_stream'),
    ('cart_abandonment', 'ratio', 'down', 1, null, 'day week month quarter year all', 'company value_stream'),
    ('checkout_abandonment', 'ratio', 'down', 1, null, 'day week month quarter year all', 'company value_stream'),
    ('refund_rate', 'ratio', 'down', 1, null, 'week month quarter year all', 'company value_stream'),
    ('repeat_purchase_rate', 'ratio', 'up', 1, null, 'month quarter year all', 'company'),
    ('csat', 'ratio', 'up', 1, 30, 'week month quarter year all', 'company value_stream'),
    ('it_satisfaction', 'ratio', 'up', 1, 30, 'month quarter year all', 'company service'),
    ('deployment_frequency', 'per_day', 'up', 1, null, 'day week month quarter year all',
        'company value_stream team service'),
    ('change_failure_rate', 'ratio', 'down', 1, null, 'week month quarter year all',
        'company value_stream team service'),
    ('rework_rate', 'ratio', 'down', 1, null, 'month quarter year all', 'company value_stream team service'),
    ('lead_time_for_changes', 'median', 'down', 3600, null, 'week month quarter year all',
        'company value_stream team service'),
    ('coding_time', 'median', 'down', 3600, null, 'week month quarter year all', 'company value_stream team service'),
    ('pickup_time', 'median', 'down', 3600, null, 'week month quarter year all', 'company value_stream team service'),
    ('review_time', 'median', 'down', 3600, null, 'week month quarter year all', 'company value_stream team service'),
    ('merge_to_deploy', 'median', 'down', 3600, null, 'week month quarter year all',
        'company value_stream team service'),
    ('failed_deploy_recovery', 'median', 'down', 3600, null, 'week month quarter year all',
        'company value_stream team service'),
    ('mttr_resolve', 'ratio', 'down', 3600, null, 'week month quarter year all', 'company value_stream team service'),
    ('mttr_resolve_median', 'median', 'down', 3600, null, 'week month quarter year all',
        'company value_stream team service'),
    ('mttr_restore', 'median', 'down', 3600, null, 'week month quarter year all', 'company value_stream team service'),
    ('sla_compliance', 'ratio', 'up', 1, null, 'week month quarter year all',
        'company value_stream team service vendor'),
    ('availability', 'ratio', 'up', 1, null, 'day week month quarter year all', 'company value_stream team service'),
    ('critical_incidents', 'count', 'down', 1, null, 'month', 'company'),
    ('open_incidents', 'stock', 'down', 1, null, 'day week month', 'company service')
) as kpis(kpi_id, kind, direction, divided_by, least_denominator, grains, scopes);

-- The members that a service's records count for; 'any' stands for records that are cut by a dimension instead.
create temp table scope as
select 'company' as scope_type, 'harbour_home' as scope_id, service_id, 1.0 as weight,
    date '1900-01-01' as valid_from, date '9999-12-31' as valid_to
from dim_service
union all
select 'company', 'harbour_home', 'any', 1.0, date '1900-01-01', date '9999-12-31'
union all
select 'service', service_id, service_id, 1.0, date '1900-01-01', date '9999-12-31' from dim_service
union all
select 'team', team_id, service_id, 1.0, date '1900-01-01', date '9999-12-31' from dim_service
union all
select 'vendor', '(none)', service_id, 1.0, date '1900-01-01', date '9999-12-31' from dim_service
union all
select 'value_stream', value_stream_id, service_id, weight, valid_from, valid_to from bridge_service_value_stream;

create temp table day_period as
select date as day, grain, period_start
from (
    select date, unnest([
        {'grain': 'day', 'period_start': date},
        {'grain': 'week', 'period_start': week_start},
        {'grain': 'month', 'period_start': month_start},
        {'grain': 'quarter', 'period_start': quarter_start},
        {'grain': 'year', 'period_start': year_start},
        {'grain': 'all', 'period_start': date '0001-01-01'}
    ], recursive := true)
    from dim_date
    where date <= getvariable('as_of')
);

create temp table period as
select
    grain,
    period_start,
    max(day) as last_day,
    case grain
        when 'week' then period_start + interval 6 day
        when 'month' then period_start + interval 1 month - interval 1 day
        when 'quarter' then period_start + interval 3 month - interval 1 day
        when 'year' then period_start + interval 1 year - interval 1 day
        else max(day)
    end::date as period_end
from day_period
group by grain, period_start;

create or replace macro dimension(name, member) as '{"' || name || '":"' || coalesce(member, '(none)') || '"}';

-- Additive parts per day, by service or by one dimension.
create temp table daily as
with
placed as (
    select
        ordered_date as day, service_id, channel,
        count(*) as orders,
        sum(refunded_amount_reporting) filter (where net_amount_reporting is not null)::double as refunded,
        sum(net_amount_reporting)::double as sold,
        count(net_amount_reporting) as rated
    from fct_order
    where not is_cancelled
    group by all
),
revenue as (
    select occurred_date as day, service_id, channel, sum(amount_reporting)::double as amount,
        count(amount_reporting) as movements
    from fct_revenue
    where occurred_date is not null
    group by all
),
shopping as (
    select 'orders' as kpi_id, day, service_id, channel, orders::double as numerator, null::double as denominator,
        orders as n
    from placed
    union all
    select 'net_revenue', day, service_id, channel, amount, null, movements from revenue
    union all
    select 'aov', day, service_id, channel, amount, null, 0 from revenue
    union all
    select 'aov', day, service_id, channel, null, orders, orders from placed
    union all
    select 'refund_rate', day, service_id, channel, refunded, sold, rated from placed
    union all
    select 'csat', answered_date, service_id, channel, count(*) filter (where is_top_two), count(is_top_two),
        count(is_top_two)
    from fct_survey_response
    where kind = 'csat' and subject = 'shop'
    group by all
    union all
    select 'cart_abandonment', created_date, service_id, channel,
        count(*) filter (where not is_converted), count(*), count(*)
    from (
        select *, exists (
            select 1 from fct_order as placed
            where placed.cart_id = cart.cart_id
              and placed.ordered_at between cart.created_at and cart.created_at + interval 24 hour
        ) as is_converted
        from fct_cart as cart
        where not is_empty
          and created_at + interval 24 hour < (select utc_end from dim_date where date = getvariable('as_of'))
    )
    group by all
),
visit as (
    select started_date as day, service_id, channel, device, count(*) filter (where is_converted) as converted,
        count(*) as visits
    from (
        select *, exists (
            select 1 from fct_order as placed
            where placed.session_id = visit.session_id
              and placed.ordered_at between visit.started_at and visit.started_at + interval 24 hour
        ) as is_converted
        from fct_session as visit
        where started_at + interval 24 hour < (select utc_end from dim_date where date = getvariable('as_of'))
    )
    group by all
),
resolved as (
    select resolved_date as day, service_id, priority, sum(resolution_seconds)::double as seconds,
        count(resolution_seconds) as incidents
    from fct_incident
    where resolved_date is not null
    group by all
)
select kpi_id, day, coalesce(service_id, 'any') as service_id,
    case when grouping(service_id) = 0 then '{}' else dimension('channel', channel) end as dimensions,
    sum(numerator) as numerator, sum(denominator) as denominator, sum(n) as n
from shopping
group by grouping sets ((kpi_id, day, service_id), (kpi_id, day, channel))
union all
select 'conversion_rate', day, coalesce(service_id, 'any'),
    case
        when grouping(service_id) = 0 then '{}'
        when grouping(channel) = 0 then dimension('channel', channel)
        else dimension('device', device)
    end,
    sum(converted), sum(visits), sum(visits)
from visit
group by grouping sets ((day, service_id), (day, channel), (day, device))
union all
select 'checkout_abandonment', started_date, service_id, '{}', count(*) filter (where not is_completed), count(*),
    count(*)
from fct_checkout
group by all
union all
select 'repeat_purchase_rate', first_ordered_date, 'any',
    case when grouping(channel) = 0 then dimension('channel', channel) else '{}' end,
    count(*) filter (where second_purchase_date <= getvariable('as_of')), count(*), count(*)
from fct_customer
group by grouping sets ((first_ordered_date), (first_ordered_date, channel))
union all
select 'it_satisfaction', answered_date, service_id, '{}', count(*) filter (where is_top_two), count(is_top_two),
    count(is_top_two)
from fct_survey_response
where subject = 'it'
group by all
union all
select 'deployment_frequency', finished_date, service_id, '{}', count(*), null, count(*)
from fct_deployment
where is_production_success
group by all
union all
select 'change_failure_rate', finished_date, service_id, '{}', count(*) filter (where is_failed_change), count(*),
    count(*)
from fct_deployment
where is_production_success
group by all
union all
select 'rework_rate', finished_date, service_id, '{}', count(*) filter (where reason in ('fix', 'rollback')), count(*),
    count(*)
from fct_deployment
where is_production_success
group by all
union all
select 'mttr_resolve', day, coalesce(service_id, 'any'),
    case when grouping(service_id) = 0 then '{}' else dimension('priority', priority) end,
    sum(seconds), sum(incidents), sum(incidents)
from resolved
group by grouping sets ((day, service_id), (day, priority))
union all
select 'sla_compliance', resolved_date, coalesce(service_id, 'any'),
    case when grouping(service_id) = 0 then '{}' else dimension('priority', priority) end,
    count(*) filter (where sla_met), count(sla_met), count(sla_met)
from fct_incident
where resolved_date is not null
group by grouping sets ((resolved_date, service_id), (resolved_date, priority))
union all
select 'availability', service_date, service_id, '{}', agreed_seconds - downtime_seconds, agreed_seconds, 1
from fct_service_day
union all
select 'critical_incidents', opened_date, service_id, '{}', count(*), null, count(*)
from fct_incident
where priority = 'P1'
group by all
union all
select 'open_incidents', day, service_id, '{}', sum(change), null, count(*)
from (
    select opened_date as day, service_id, 1 as change
    from fct_incident
    where resolved_date is null or resolved_date > opened_date
    union all
    select resolved_date, service_id, -1
    from fct_incident
    where resolved_date > opened_date
)
group by all;

create temp table part as
select
    daily.kpi_id, scope.scope_type, scope.scope_id, daily.dimensions, daily.day,
    sum(daily.numerator * scope.weight) as numerator,
    sum(daily.denominator * scope.weight) as denominator,
    sum(daily.n) as n
from daily
join kpi on kpi.kpi_id = daily.kpi_id
join scope
    on scope.service_id = daily.service_id
    and daily.day >= scope.valid_from and daily.day < scope.valid_to
    and list_contains(string_split(kpi.scopes, ' '), scope.scope_type)
where daily.day <= getvariable('as_of')
group by all
union all
-- Customers of one day are counted once per member, so they are counted per member.
select 'active_customers', scope.scope_type, scope.scope_id, dimensions, day, count(distinct customer_id), null,
    count(*)
from (
    select ordered_date as day, coalesce(service_id, 'any') as service_id, customer_id,
        case when grouping(service_id) = 0 then '{}' else dimension('channel', channel) end as dimensions
    from fct_order
    where not is_cancelled and customer_id is not null and ordered_date <= getvariable('as_of')
    group by grouping sets ((ordered_date, service_id, customer_id), (ordered_date, channel, customer_id))
) as buyer
join scope
    on scope.service_id = buyer.service_id and scope.scope_type in ('company', 'value_stream')
    and buyer.day >= scope.valid_from and buyer.day < scope.valid_to
group by all;

-- A stock is the sum of all changes up to the last day of a period.
create temp table stock as
with member as (
    select scope_type, scope_id, dimensions, min(min(day)) over () as first_day
    from part
    where kpi_id = 'open_incidents'
    group by all
)
select member.scope_type, member.scope_id, member.dimensions, calendar.date as day,
    sum(coalesce(part.numerator, 0)) over in_order as stock, sum(coalesce(part.n, 0)) over in_order as n
from member
join dim_date as calendar on calendar.date between member.first_day and getvariable('as_of')
left join part
    on part.kpi_id = 'open_incidents' and part.scope_type = member.scope_type and part.scope_id = member.scope_id
    and part.day = calendar.date
window in_order as (
    partition by member.scope_type, member.scope_id order by calendar.date rows unbounded preceding
);

create temp table median_value as
with change_by_member as (
    select change.*, scope.scope_type, scope.scope_id
    from (
        select service_id, merged_date as day, coding_seconds, pickup_seconds, review_seconds,
            null as merge_to_deploy_seconds, null as lead_time_seconds
        from fct_change
        union all
        select service_id, deployed_date, null, null, null, merge_to_deploy_seconds, lead_time_seconds
        from fct_change
        where deployed_date is not null
    ) as change
    join scope
        on scope.service_id = change.service_id and scope.scope_type <> 'vendor'
        and change.day >= scope.valid_from and change.day < scope.valid_to
),
change_median as (
    select
        member.scope_type, member.scope_id, '{}' as dimensions, period.grain, period.period_start,
        {'coding_time': {'value': median(coding_seconds), 'n': count(coding_seconds),
             'first_day': min(member.day) filter (where coding_seconds is not null)},
         'pickup_time': {'value': median(pickup_seconds), 'n': count(pickup_seconds),
             'first_day': min(member.day) filter (where pickup_seconds is not null)},
         'review_time': {'value': median(review_seconds), 'n': count(review_seconds),
             'first_day': min(member.day) filter (where review_seconds is not null)},
         'merge_to_deploy': {'value': median(merge_to_deploy_seconds), 'n': count(merge_to_deploy_seconds),
             'first_day': min(member.day) filter (where merge_to_deploy_seconds is not null)},
         'lead_time_for_changes': {'value': median(lead_time_seconds), 'n': count(lead_time_seconds),
             'first_day': min(member.day) filter (where lead_time_seconds is not null)}} as medians
    from change_by_member as member
    join day_period as period on period.day = member.day and period.grain <> 'day'
    group by all
),
incident_clock as (
    select 'mttr_resolve_median' as kpi_id, service_id, priority, resolved_date as day, resolution_seconds as seconds
    from fct_incident
    union all
    select 'failed_deploy_recovery', service_id, null, resolved_date, recovery_seconds from fct_incident
    union all
    select 'mttr_restore', service_id, priority, restored_date, restoration_seconds from fct_incident
),
incident_by_member as (
    select clock.kpi_id, scope.scope_type, scope.scope_id, '{}' as dimensions, clock.day, clock.seconds
    from incident_clock as clock
    join scope
        on scope.service_id = clock.service_id and scope.scope_type <> 'vendor'
        and clock.day >= scope.valid_from and clock.day < scope.valid_to
    where clock.seconds is not null
    union all
    select kpi_id, 'company', 'harbour_home', dimension('priority', priority), day, seconds
    from incident_clock
    where seconds is not null and kpi_id <> 'failed_deploy_recovery'
)
select kpi_id, scope_type, scope_id, dimensions, grain, period_start, medians.first_day, medians.value, medians.n
from (
    select scope_type, scope_id, dimensions, grain, period_start,
        unnest(['coding_time', 'pickup_time', 'review_time', 'merge_to_deploy', 'lead_time_for_changes']) as kpi_id,
        unnest([medians.coding_time, medians.pickup_time, medians.review_time, medians.merge_to_deploy,
            medians.lead_time_for_changes]) as medians
    from change_median
)
where medians.n > 0
union all
select member.kpi_id, member.scope_type, member.scope_id, member.dimensions, period.grain, period.period_start,
    min(member.day), median(member.seconds), count(*)
from incident_by_member as member
join day_period as period on period.day = member.day and period.grain <> 'day'
group by all;

create temp table measured as
select
    part.kpi_id, scope_type, scope_id, dimensions, grain, period_start, sum(numerator) as numerator,
    sum(denominator) as denominator, sum(n) as n, null::double as value, min(part.day) as first_day
from part
join kpi on kpi.kpi_id = part.kpi_id and kpi.kind <> 'stock'
join day_period as period on period.day = part.day
group by all
union all
select 'open_incidents', scope_type, scope_id, dimensions, grain, period_start, stock, null, n, null, day
from stock
join period on period.last_day = stock.day
union all
select kpi_id, scope_type, scope_id, dimensions, grain, period_start, null, null, n, value, first_day
from median_value;

-- Every member has every period since the KPI's first day, with or without records.
create temp table filled as
with member as (
    select distinct kpi_id, scope_type, scope_id, dimensions from measured
),
since as (
    select kpi_id, min(first_day) as first_day from measured group by kpi_id
),
days_since as (
    select 'active_customers' as kpi_id, min(ordered_date) as first_day from fct_order
    union all
    select 'deployment_frequency', min(finished_date) from fct_deployment
)
select
    kpi.*, member.scope_type, member.scope_id, member.dimensions, period.grain, period.period_start,
    period.period_end, since.first_day, coalesce(measured.n, 0) as n,
    case when kpi.kind in ('sum', 'median') then measured.numerator else coalesce(measured.numerator, 0) end as numerator,
    case kpi.kind
        when 'ratio' then nullif(measured.denominator, 0)
        when 'per_day' then date_diff('day', greatest(period.period_start, days_since.first_day), period.last_day) + 1
    end as denominator,
    measured.value
from member
join kpi on kpi.kpi_id = member.kpi_id
join since on since.kpi_id = member.kpi_id
join period
    on period.last_day >= since.first_day and list_contains(string_split(kpi.grains, ' '), period.grain)
left join days_since on days_since.kpi_id = member.kpi_id
left join measured
    on measured.kpi_id = member.kpi_id and measured.scope_type = member.scope_type
    and measured.scope_id = member.scope_id and measured.dimensions = member.dimensions
    and measured.grain = period.grain and measured.period_start = period.period_start;

insert into filled
select
    kpi.*, revenue.scope_type, revenue.scope_id, revenue.dimensions, revenue.grain, revenue.period_start,
    revenue.period_end, revenue.first_day, coalesce(buyers.n, 0), coalesce(revenue.numerator, 0),
    nullif(buyers.numerator / buyers.denominator, 0), null
from filled as revenue
left join filled as buyers
    on buyers.kpi_id = 'active_customers' and buyers.scope_type = revenue.scope_type
    and buyers.scope_id = revenue.scope_id and buyers.dimensions = revenue.dimensions
    and buyers.grain = revenue.grain and buyers.period_start = revenue.period_start
join kpi on kpi.kpi_id = 'arpu' and list_contains(string_split(kpi.grains, ' '), revenue.grain)
where revenue.kpi_id = 'net_revenue';

create table kpi_value as
with valued as (
    select
        *,
        case
            when least_denominator is not null and coalesce(denominator, 0) < least_denominator then null
            when kind in ('sum', 'count', 'stock') then numerator
            when kind = 'median' then value / divided_by
            else numerator / denominator / divided_by
        end as kpi,
        row_number() over () as row_id
    from filled
),
held as (
    select valued.row_id, target.target, target.warn
    from valued
    join target
        on target.kpi_id = valued.kpi_id and target.since <= valued.period_end
        and coalesce(target.scope_type = valued.scope_type and target.scope_id = valued.scope_id, true)
        and coalesce(target.dimensions = valued.dimensions, true)
    qualify row_number() over (
        partition by valued.row_id
        order by (target.scope_type is not null or target.dimensions is not null) desc, target.since desc
    ) = 1
)
select
    now.kpi_id,
    now.scope_type,
    now.scope_id,
    now.dimensions,
    now.grain,
    case now.grain when 'all' then now.first_day else now.period_start end as period_start,
    now.period_end,
    now.kpi as value,
    now.numerator,
    now.denominator,
    now.n,
    held.target,
    held.warn,
    case
        when now.kpi is null then 'no_value'
        when held.target is null then 'no_target'
        when now.direction = 'up' then
            case when now.kpi >= held.target then 'on_target' when now.kpi >= held.warn then 'warning'
                else 'off_target' end
        else
            case when now.kpi <= held.target then 'on_target' when now.kpi <= held.warn then 'warning'
                else 'off_target' end
    end as status,
    now.period_end <= getvariable('as_of') as is_complete,
    lag(now.kpi) over (
        partition by now.kpi_id, now.scope_type, now.scope_id, now.dimensions, now.grain order by now.period_start
    ) as previous_value,
    year_ago.kpi as year_ago_value
from valued as now
left join held on held.row_id = now.row_id
left join valued as year_ago
    on year_ago.kpi_id = now.kpi_id and year_ago.scope_type = now.scope_type and year_ago.scope_id = now.scope_id
    and year_ago.dimensions = now.dimensions and year_ago.grain = now.grain and now.grain <> 'all'
    and year_ago.period_start
        = case now.grain when 'week' then now.period_start - interval 364 day else now.period_start - interval 1 year end;
