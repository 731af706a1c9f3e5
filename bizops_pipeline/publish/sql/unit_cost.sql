-- grain: one row per company, service or value stream, unit, grain and period
with done as (
    select 'order' as unit, service_id, ordered_date as day from core.fct_order where not coalesce(is_cancelled, false)
    union all
    select 'session', service_id, started_date from core.fct_session
    union all
    select 'ticket', service_id, opened_date from core.fct_ticket
    union all
    select 'deployment', service_id, finished_date
    from core.fct_deployment
    where is_production_success and is_group_lead
),

amount as (
    select 'cost' as kind, cast(null as varchar) as unit, service_id, cost_date as day,
        sum(cast(amount_reporting as decimal(29,9))) as amount
    from core.fct_technology_cost
    where is_allocated and cost_date <= $as_of
    group by service_id, cost_date
    union all
    select 'units', unit, service_id, day, cast(count(*) as decimal(29,9))
    from done
    where day <= $as_of
    group by unit, service_id, day
),

placed as (
    select 'company' as scope_type, $company as scope_id, kind, unit, day, cast(amount as decimal(38,9)) as amount
    from amount
    union all
    select 'service', service_id, kind, unit, day, cast(amount as decimal(38,9))
    from amount
    union all
    select 'value_stream', stream.value_stream_id, amount.kind, amount.unit, amount.day,
        cast(amount.amount * stream.weight as decimal(38,9))
    from amount
    inner join core.bridge_service_value_stream as stream
        on stream.service_id = amount.service_id and amount.day >= stream.valid_from and amount.day < stream.valid_to
),

monthly as (
    select placed.scope_type, placed.scope_id, placed.kind, placed.unit, calendar.month_start, calendar.quarter_start,
        calendar.year_start, cast(sum(placed.amount) as decimal(38,9)) as amount
    from placed
    inner join core.dim_date as calendar on calendar.date = placed.day
    group by placed.scope_type, placed.scope_id, placed.kind, placed.unit, calendar.month_start,
        calendar.quarter_start, calendar.year_start
),

period as (
    select scope_type, scope_id, kind, unit, 'month' as grain, month_start as period_start, amount from monthly
    union all
    select scope_type, scope_id, kind, unit, 'quarter', quarter_start, amount from monthly
    union all
    select scope_type, scope_id, kind, unit, 'year', year_start, amount from monthly
),

units as (
    select scope_type, scope_id, unit, grain, period_start, cast(sum(amount) as decimal(38,9)) as units
    from period
    where kind = 'units'
    group by scope_type, scope_id, unit, grain, period_start
),

cost as (
    select scope_type, scope_id, grain, period_start, cast(sum(amount) as decimal(38,9)) as cost
    from period
    where kind = 'cost'
    group by scope_type, scope_id, grain, period_start
),

joined as (
    select units.*, cost.cost as allocated_cost,
        cast(
            case units.grain
                when 'month' then units.period_start + interval 1 month
                when 'quarter' then units.period_start + interval 3 month
                else units.period_start + interval 1 year
            end - interval 1 day as date
        ) as period_end
    from units
    left join cost
        on cost.scope_type = units.scope_type and cost.scope_id = units.scope_id and cost.grain = units.grain
        and cost.period_start = units.period_start
)

select
    scope_type,
    scope_id,
    unit,
    grain,
    period_start,
    period_end,
    period_end <= $as_of as is_complete,
    allocated_cost,
    units,
    cast(allocated_cost as double) / cast(nullif(units, 0) as double) as unit_cost,
    case
        when allocated_cost is not null then null
        when (select count(*) from cost) = 0 then 'source_missing'
        else 'no_events'
    end as null_reason
from joined
where units > 0
