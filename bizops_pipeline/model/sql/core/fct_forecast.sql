-- grain: one row per frozen forecast and day
-- Frozen is what the cost centre last said of a month before it began; a forecast made in the month itself already
-- knows some of it. Each day gets an equal part of the month; the last day what rounding left.
with frozen_forecast as (
    select *
    from staging.forecast
    where made_on < month
    qualify rank() over (partition by month, cost_centre order by made_on desc) = 1
),

planned_day as (
    select
        forecast.*,
        coalesce(forecast.currency, company.reporting_currency) as known_currency,
        company.reporting_currency,
        calendar.date as forecast_date,
        last_day(forecast.month) as last_date,
        extract(day from last_day(forecast.month)) as days
    from frozen_forecast as forecast
    inner join core.dim_date as calendar on calendar.month_start = forecast.month
    cross join settings.company as company
),

daily_part as (
    select
        *,
        case
            when forecast_date < last_date then cast(amount / days as decimal(18, 4))
            else amount - cast(amount / days as decimal(18, 4)) * (days - 1)
        end as day_amount
    from planned_day
),

rated_part as (
    select
        part.*,
        case when part.known_currency = part.reporting_currency then cast(1 as decimal(18, 9)) else exchange.rate end
            as rate
    from daily_part as part
    left join core.dim_exchange_rate as exchange
        on exchange.currency = part.known_currency
        and exchange.valid_from <= part.forecast_date
        and exchange.valid_to > part.forecast_date
)

select
    part.forecast_id || ':' || cast(part.forecast_date as varchar) as forecast_day_id,
    part.forecast_id,
    coalesce(service.service_id, 'unallocated') as service_id,
    part.month,
    part.forecast_date,
    part.made_on as made_date,
    part.cost_centre,
    coalesce(part.is_it, false) as is_it,
    part.known_currency as currency,
    cast(part.day_amount as decimal(18, 4)) as amount,
    try_cast(cast(part.day_amount as decimal(19, 4)) * part.rate as decimal(18, 4)) as amount_reporting
from rated_part as part
left join core.dim_service as service on service.service_id = part.service_id
