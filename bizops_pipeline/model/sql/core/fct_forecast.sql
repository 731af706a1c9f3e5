-- grain: one row per frozen forecast and day
-- Frozen is what the cost centre last said of a month before it began; a forecast made in the month itself already
-- knows some of it. Each day gets an equal part of the month; the last day what rounding left.
with frozen_forecast as (
    select *
    from staging.forecast
    where made_on < month
    qualify rank() over (partition by month, cost_centre order by made_on desc) = 1
),
month_length as (
    select
        month_start,
        count(*) as days,
        max(date) as last_date
    from core.dim_date
    group by month_start
),
daily_part as (
    select
        forecast.*,
        coalesce(forecast.currency, company.reporting_currency) as known_currency,
        company.reporting_currency,
        calendar.date as forecast_date,
        case
            when calendar.date < length.last_date then cast(forecast.amount / length.days as decimal(18, 4))
            else forecast.amount - cast(forecast.amount / length.days as decimal(18, 4)) * (length.days - 1)
        end as day_amount
    from frozen_forecast as forecast
    join month_length as length on length.month_start = forecast.month
    join core.dim_date as calendar on calendar.month_start = forecast.month
    cross join settings.company as company
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
