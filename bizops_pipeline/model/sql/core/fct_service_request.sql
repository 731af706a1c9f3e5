-- grain: one row per approved request
-- A service that had a production deployment before the approval was there already: its next deployment says
-- nothing about the request.
with first_deployment as (
    select
        service_id,
        min(finished_at) as first_deployed_at
    from core.fct_deployment
    where is_production_success
    group by service_id
),

request as (
    select
        item.work_item_id,
        coalesce(service.service_id, 'unallocated') as service_id,
        item.approved_at,
        item.approved_date,
        coalesce(
            item.available_at,
            case when first_deployment.first_deployed_at >= item.approved_at
                then first_deployment.first_deployed_at end
        ) as available_at
    from staging.work_item as item
    left join core.dim_service as service on service.service_id = item.service_id
    left join first_deployment
        on first_deployment.service_id = item.service_id and first_deployment.service_id <> 'unallocated'
    where item.type = 'request' and item.approved_at is not null
),

available as (
    select
        request.*,
        day_of_availability.date as available_day
    from request
    left join core.dim_date as day_of_availability
        on day_of_availability.utc_start <= request.available_at
        and day_of_availability.utc_end > request.available_at
),

business_days as (
    select
        available.work_item_id,
        count(*) filter (where calendar.is_business_day) as business_days
    from available
    inner join core.dim_date as calendar
        on calendar.date > available.approved_date and calendar.date <= available.available_day
    group by available.work_item_id
)

select
    available.work_item_id,
    available.service_id,
    available.approved_at,
    available.available_at,
    date_diff('second', available.approved_at, available.available_at) as deploy_seconds,
    case when available.available_at is not null
        then coalesce(business_days.business_days, 0) end as deploy_business_days
from available
left join business_days on business_days.work_item_id = available.work_item_id
