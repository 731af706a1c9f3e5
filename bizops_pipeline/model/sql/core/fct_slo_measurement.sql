-- grain: one row per measurement of a service-level objective
-- The goal is that of the day.
select
    measured.slo_measurement_id,
    measured.slo_id,
    coalesce(slo.service_id, 'unallocated') as service_id,
    measured.measured_at,
    slo.goal,
    measured.valid_events,
    measured.good_events,
    measured.valid_events - measured.good_events as bad_events,
    try_cast(
        cast(measured.valid_events as decimal(18, 0)) * (1 - slo.goal) as decimal(18, 6)
    ) as allowed_bad_events
from staging.slo_measurement as measured
left join core.dim_slo as slo
    on slo.slo_id = measured.slo_id
    and slo.valid_from <= measured.measured_date
    and slo.valid_to > measured.measured_date
