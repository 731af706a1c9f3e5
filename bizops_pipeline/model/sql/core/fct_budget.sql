-- grain: one row per budget line and day
-- Each day gets an equal part of the month; the last day what rounding left, so that the days add up to the month.
with planned_day as (
    select
        budget.*,
        coalesce(budget.currency, company.reporting_currency) as known_currency,
        company.reporting_currency,
        calendar.date as budget_date,
        last_day(budget.month) as last_date,
        extract(day from last_day(budget.month)) as days
    from staging.budget as budget
    inner join core.dim_date as calendar on calendar.month_start = budget.month
    cross join settings.company as company
),

daily_part as (
    select
        *,
        case
            when budget_date < last_date then cast(amount / days as decimal(18, 4))
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
        and exchange.valid_from <= part.budget_date
        and exchange.valid_to > part.budget_date
)

select
    part.budget_id || ':' || cast(part.budget_date as varchar) as budget_day_id,
    part.budget_id,
    coalesce(service.service_id, 'unallocated') as service_id,
    part.budget_date,
    part.cost_centre,
    part.initiative_id,
    part.cost_type,
    coalesce(part.spend_class, 'untagged') as spend_class,
    coalesce(part.cost_type, 'opex') <> 'depreciation' as is_cash,
    coalesce(part.is_it, false) as is_it,
    part.is_innovation,
    part.known_currency as currency,
    cast(part.day_amount as decimal(18, 4)) as amount,
    try_cast(cast(part.day_amount as decimal(19, 4)) * part.rate as decimal(18, 4)) as amount_reporting
from rated_part as part
left join core.dim_service as service on service.service_id = part.service_id
