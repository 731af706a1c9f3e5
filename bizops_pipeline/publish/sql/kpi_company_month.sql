-- grain: one row per KPI and month
select
    kpi.kpi_id,
    catalogue.label,
    catalogue.unit,
    catalogue.direction,
    catalogue.value_domain,
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
    kpi.is_complete,
    kpi.is_provisional,
    kpi.previous_value,
    kpi.year_ago_value,
    kpi.quality_grade,
    kpi.previous_to_date_value,
    kpi.year_ago_to_date_value
from marts.kpi_value as kpi
left join marts.metric_catalogue as catalogue on catalogue.kpi_id = kpi.kpi_id
where kpi.grain = 'month' and kpi.scope_type = 'company' and kpi.dimensions = '{}'
