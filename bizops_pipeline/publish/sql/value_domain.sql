-- grain: one row per value domain, company or value stream, grain and period
with judged as (
    select catalogue.value_domain, stored.scope_type, stored.scope_id, stored.grain, stored.period_start,
        stored.period_end, stored.is_complete, stored.kpi_id, stored.value, stored.target, stored.status,
        stored.quality_grade,
        case
            when stored.status not in ('on_target', 'warning', 'off_target') or stored.target = 0 then null
            when catalogue.direction = 'up' then (stored.value - stored.target) / abs(stored.target)
            when catalogue.direction = 'down' then (stored.target - stored.value) / abs(stored.target)
        end as gap
    from marts.kpi_value as stored
    inner join marts.metric_catalogue as catalogue on catalogue.kpi_id = stored.kpi_id
    where stored.scope_type in ('company', 'value_stream') and stored.dimensions = '{}'
        and stored.grain in ('week', 'month', 'quarter', 'year') and catalogue.value_domain is not null
),

ranked as (
    select *,
        row_number() over (
            partition by value_domain, scope_type, scope_id, grain, period_start order by gap desc nulls last, kpi_id
        ) as from_best,
        row_number() over (
            partition by value_domain, scope_type, scope_id, grain, period_start order by gap nulls last, kpi_id
        ) as from_worst
    from judged
),

counted as (
    select value_domain, scope_type, scope_id, grain, period_start, min(period_end) as period_end,
        bool_and(is_complete) as is_complete,
        count(*) as kpis,
        count(*) filter (where status in ('on_target', 'warning', 'off_target')) as with_target,
        count(*) filter (where status = 'on_target') as on_target,
        count(*) filter (where status = 'warning') as warning,
        count(*) filter (where status = 'off_target') as off_target,
        count(*) filter (where status = 'no_value') as without_value,
        max(kpi_id) filter (where from_best = 1 and gap is not null) as best_kpi_id,
        max(gap) filter (where from_best = 1) as best_gap,
        max(kpi_id) filter (where from_worst = 1 and gap is not null) as worst_kpi_id,
        max(gap) filter (where from_worst = 1) as worst_gap,
        max(quality_grade) as worst_grade
    from ranked
    group by value_domain, scope_type, scope_id, grain, period_start
)

select
    value_domain,
    scope_type,
    scope_id,
    grain,
    period_start,
    period_end,
    is_complete,
    kpis,
    with_target,
    on_target,
    warning,
    off_target,
    without_value,
    (on_target + 0.5 * warning) / cast(nullif(with_target, 0) as double) as score,
    best_kpi_id,
    best_gap,
    worst_kpi_id,
    worst_gap,
    worst_grade
from counted
