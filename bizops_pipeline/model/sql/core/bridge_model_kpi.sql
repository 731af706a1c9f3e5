-- grain: one row per model and KPI that it is to move
-- What the catalogue says comes before what a source says; of several links of a source the last by key holds.
with recorded_link as (
    select *
    from staging.model_kpi_link
    qualify row_number() over (partition by model_id, kpi_id order by model_kpi_link_id desc) = 1
),

known_link as (
    select model_id, kpi_id from settings.model_kpi_link
    union
    select model_id, kpi_id from recorded_link
)

select
    known_link.model_id,
    known_link.kpi_id,
    coalesce(defined.direction, recorded.direction, 'up') as direction,
    coalesce(defined.baseline, recorded.baseline) as baseline,
    coalesce(defined.unit_value, recorded.unit_value) as unit_value,
    coalesce(
        case when defined.unit_value is null then recorded.currency else defined.currency end,
        company.reporting_currency
    ) as currency,
    coalesce(defined.valid_from, recorded.valid_from) as valid_from
from known_link
cross join settings.company as company
left join settings.model_kpi_link as defined
    on defined.model_id = known_link.model_id and defined.kpi_id = known_link.kpi_id
left join recorded_link as recorded
    on recorded.model_id = known_link.model_id and recorded.kpi_id = known_link.kpi_id
