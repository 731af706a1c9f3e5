-- grain: one row per assessment of a risk
-- Each assessment holds until the next one of its risk; a closed risk exposes to nothing. All of a risk is counted
-- at the service of its last assessment, so that what one assessment adds another can take away.
with assessed as (
    select
        risk_version_id,
        risk_id,
        last_value(service_id) over (
            partition by risk_id order by assessed_date, risk_version_id
            rows between unbounded preceding and unbounded following
        ) as service_id,
        last_value(category) over (
            partition by risk_id order by assessed_date, risk_version_id
            rows between unbounded preceding and unbounded following
        ) as category,
        assessed_date,
        case when status = 'open' then 1 else 0 end as is_open,
        case when status = 'open' then cast(cast(probability as decimal(19, 6)) * impact as decimal(18, 6)) else 0 end as exposure,
        row_number() over (partition by risk_id order by assessed_date, risk_version_id) as position
    from staging.risk
),

compared as (
    select
        *,
        lag(exposure, 1, 0) over (partition by risk_id order by position) as exposure_before,
        lag(is_open, 1, 0) over (partition by risk_id order by position) as was_open
    from assessed
)

select
    compared.risk_version_id,
    compared.risk_id,
    coalesce(service.service_id, 'unallocated') as service_id,
    compared.category,
    compared.assessed_date,
    cast(compared.exposure - compared.exposure_before as decimal(18, 6)) as exposure_change,
    cast(case when compared.position = 1 then compared.exposure else 0 end as decimal(18, 6)) as baseline_change,
    cast(compared.is_open - compared.was_open as bigint) as open_change
from compared
left join core.dim_service as service on service.service_id = compared.service_id
