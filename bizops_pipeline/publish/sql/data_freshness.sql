-- grain: one row per source table
with loads as (
    select
        source,
        source_table,
        max(case when inserted + updated > 0 then loaded_at end) as last_loaded_at
    from audit.extract
    group by source, source_table
),

dated as (
    select
        event.source,
        event.source_table,
        max(event.latest_event_at) as latest_event_at,
        max(coalesce(event.latest_event_on, calendar.date)) as latest_event_on
    from latest_event as event
    left join core.dim_date as calendar
        on event.latest_event_at >= calendar.utc_start and event.latest_event_at < calendar.utc_end
    group by event.source, event.source_table
),

aged as (
    select
        expected.source,
        expected.source_table,
        expected.cadence,
        expected.cadence_days,
        expected.has_events,
        loads.source is not null as was_loaded,
        loads.last_loaded_at,
        dated.latest_event_at,
        date_diff('day', dated.latest_event_on, $as_of) as age_days
    from expected_source_table as expected
    left join loads on loads.source = expected.source and loads.source_table = expected.source_table
    left join dated on dated.source = expected.source and dated.source_table = expected.source_table
)

select
    source,
    source_table,
    cadence,
    last_loaded_at,
    latest_event_at,
    age_days,
    case
        when not was_loaded or (has_events and age_days is null) then 'missing'
        when not has_events or cadence_days is null then 'fresh'
        -- The data of a day arrives on the next.
        when age_days <= cadence_days + 1 then 'fresh'
        when age_days <= 2 * cadence_days + 1 then 'late'
        else 'stale'
    end as status
from aged
