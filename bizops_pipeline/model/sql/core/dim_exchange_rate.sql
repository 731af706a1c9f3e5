-- grain: one row per currency and span of days on which one of its rates holds
-- A rate holds from its day until the next one has come, so a day without a rate has that of the last earlier day.
-- Of several rates of one day the last by key holds. A rate too large to multiply money with is no rate.
with dated_rate as (
    select
        currency,
        rate_date as valid_from,
        lead(rate_date, 1, date '9999-12-31') over (partition by currency order by rate_date, fx_rate_id) as valid_to,
        try_cast(rate as decimal(18, 9)) as rate
    from staging.fx_rate
)

select
    currency,
    valid_from,
    valid_to,
    rate
from dated_rate
where valid_from < valid_to
