-- grain: one row per KPI, scope, dimensions and grain
select
    kpi.kpi_id,
    catalogue.label,
    catalogue.unit,
    catalogue.direction,
    catalogue.value_domain,
    kpi.scope_type,
    kpi.scope_id,
    kpi.dimensions,
    kpi.grain,
    kpi.period_start,
    kpi.period_end,
    kpi.value,
    kpi.numerator,
    kpi.denominator,
    kpi.n,
    kpi.target,
    kpi.warn,
    kpi.status,
    kpi.null_reason,
    kpi.is_provisional,
    kpi.previous_value,
    kpi.year_ago_value,
    kpi.quality_grade
from marts.kpi_value as kpi
left join marts.metric_catalogue as catalogue on catalogue.kpi_id = kpi.kpi_id
where kpi.is_complete or kpi.grain = 'all'
qualify row_number() over (
    partition by kpi.kpi_id, kpi.scope_type, kpi.scope_id, kpi.dimensions, kpi.grain
    order by kpi.period_start desc
) = 1
