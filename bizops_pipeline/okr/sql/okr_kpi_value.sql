-- grain: one row per KPI over key results, member, grain and period
-- Values as marts.kpi_value has them: with the latest target that holds, status and the value of the period before,
-- which has none where no key result was open.
with held as (
    select
        period.series_id,
        target.target,
        target.warn
    from okr_kpi_period as period
    inner join okr_kpi_target as target
        on target.kpi_number = period.kpi_number
        and target.since <= period.period_end
        and coalesce(target.grain, period.grain) = period.grain
    qualify row_number() over (
        partition by period.series_id order by case when target.grain is null then 0 else 1 end desc, target.since desc
    ) = 1
)

select
    kpi.kpi_id,
    kpi.kpi_version,
    kpi.direction,
    period.dimensions,
    period.grain,
    period.period_start,
    period.period_end,
    period.value,
    period.numerator,
    period.denominator,
    period.n,
    held.target,
    held.warn,
    period.null_reason,
    period.period_end <= $as_of as is_complete,
    case
        when lag(period.period_end) over series = cast(period.period_start - interval 1 day as date)
            then lag(period.value) over series
    end as previous_value
from okr_kpi_period as period
inner join okr_kpi as kpi on kpi.kpi_number = period.kpi_number
left join held on held.series_id = period.series_id
window series as (partition by period.kpi_number, period.dimensions, period.grain order by period.period_start)
