-- grain: one row per service and ISO week
-- A week that is not over would look like one with fewer deployments, so it is left out until it is.
with deployment_day as (
    select distinct
        service_id,
        finished_date as deployed_on
    from core.fct_deployment
    where is_production_success and service_id <> 'unallocated'
),

iso_week as (
    select
        date as week_end_date,
        cast(date - interval 6 day as date) as week_first_date
    from core.dim_date
    where day_of_week = 7
),

first_day as (
    select
        service_id,
        min(deployed_on) as first_deployed_on
    from deployment_day
    group by service_id
)

select
    first_day.service_id || ':' || cast(iso_week.week_end_date as varchar) as deployment_week_id,
    first_day.service_id,
    iso_week.week_end_date,
    count(deployment_day.deployed_on) as deployment_days
from first_day
cross join settings.company as company
inner join iso_week
    on iso_week.week_end_date >= first_day.first_deployed_on and iso_week.week_end_date <= company.as_of
left join deployment_day
    on deployment_day.service_id = first_day.service_id
    and deployment_day.deployed_on >= iso_week.week_first_date
    and deployment_day.deployed_on <= iso_week.week_end_date
group by first_day.service_id, iso_week.week_end_date
