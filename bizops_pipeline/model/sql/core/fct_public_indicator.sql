-- grain: one row per series, region, period and release
-- Releases of one figure follow on one another; a release without a day is taken for the first.
with release as (
    select
        indicator_id,
        series,
        region,
        indicator_date,
        value,
        released_on,
        target,
        better,
        row_number() over (
            partition by series, region, indicator_date
            order by coalesce(released_on, date '1900-01-01'), indicator_id
        ) - 1 as revision,
        lead(released_on) over (
            partition by series, region, indicator_date
            order by coalesce(released_on, date '1900-01-01'), indicator_id
        ) as superseded_on,
        count(*) over (partition by series, region, indicator_date) as releases
    from staging.public_indicator
)

select
    indicator_id,
    series,
    region,
    indicator_date,
    value,
    released_on,
    superseded_on,
    revision,
    revision = releases - 1 as is_latest,
    target,
    case better when 'up' then value >= target when 'down' then value <= target end as is_target_met
from release
