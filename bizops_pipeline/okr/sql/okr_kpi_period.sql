-- grain: one row per KPI over key results, member, grain and period
-- The mean of the key results' values on the last day of the period that has any, by their weights in the objective;
-- of the whole company the mean of its objectives' means, of those that have one: each counts alike.
with members as (
    select
        measured.kpi_number,
        measured.objective_id,
        measured.as_of,
        cut.dimensions_kind,
        case cut.dimensions_kind
            when 'key_result' then concat('{"key_result":"', measured.key_result_id, '"}')
            when 'objective' then concat('{"objective":"', measured.objective_id, '"}')
            else '{}'
        end as dimensions,
        case when cut.dimensions_kind = 'key_result' then cast(1 as decimal(14, 12)) else measured.share end as share,
        cast(measured.value as decimal(22, 9)) as value,
        measured.null_reason
    from okr_kpi_day as measured
    inner join okr_kpi_cut as cut on cut.kpi_number = measured.kpi_number
),

of_objective as (
    select
        kpi_number,
        dimensions_kind,
        dimensions,
        objective_id,
        as_of,
        sum(cast(share * value as decimal(38, 21))) as numerator,
        sum(case when value is not null then share end) as denominator,
        count(value) as n,
        min(null_reason) as null_reason
    from members
    group by kpi_number, dimensions_kind, dimensions, objective_id, as_of
),

daily as (
    select
        kpi_number,
        dimensions,
        as_of,
        sum(
            case
                when dimensions_kind = 'company'
                    then cast(cast(numerator as double) / cast(denominator as double) as decimal(38, 21))
                else numerator
            end
        ) as numerator,
        sum(case when dimensions_kind = 'company' and denominator is not null then 1 else denominator end)
            as denominator,
        cast(sum(n) as bigint) as n,
        min(null_reason) as null_reason
    from of_objective
    group by kpi_number, dimensions, as_of
),

placed as (
    select
        daily.*,
        grain.grain,
        case grain.grain
            when 'day' then calendar.date
            when 'week' then calendar.week_start
            when 'month' then calendar.month_start
            when 'quarter' then calendar.quarter_start
            when 'year' then calendar.year_start
            else min(daily.as_of) over (partition by daily.kpi_number, daily.dimensions)
        end as period_start
    from daily
    inner join okr_kpi_grain as grain on grain.kpi_number = daily.kpi_number
    inner join core.dim_date as calendar on calendar.date = daily.as_of
)

select
    row_number() over (order by kpi_number, dimensions, grain, period_start) as series_id,
    kpi_number,
    dimensions,
    grain,
    period_start,
    case grain
        when 'day' then period_start
        when 'week' then cast(period_start + interval 6 day as date)
        when 'month' then cast(period_start + interval 1 month - interval 1 day as date)
        when 'quarter' then cast(period_start + interval 3 month - interval 1 day as date)
        when 'year' then cast(period_start + interval 1 year - interval 1 day as date)
        else $as_of
    end as period_end,
    cast(numerator as decimal(38, 9)) as numerator,
    cast(denominator as decimal(38, 9)) as denominator,
    cast(cast(numerator as decimal(38, 9)) as double) / cast(denominator as double) as value,
    n,
    case when n = 0 then coalesce(null_reason, 'no_denominator') end as null_reason
from placed
qualify row_number() over (partition by kpi_number, dimensions, grain, period_start order by as_of desc) = 1
