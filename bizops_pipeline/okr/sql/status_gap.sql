-- grain: one row per status report
-- Each report beside the measurement of its day. A report is greener than the measurement by lights or, where it gives
-- no light, by more than ten points; the run of greener reports on a subject begins after the last one that was not.
with reports as (
    select
        report.status_report_id,
        case when report.key_result_id is null then 'objective' else 'key_result' end as subject,
        coalesce(report.key_result_id, report.objective_id) as subject_id,
        report.key_result_id,
        coalesce(key_result.objective_id, objective.objective_id) as objective_id,
        report.reported_at,
        calendar.date as reported_on,
        coalesce(report.side, team.side) as side,
        report.team_id,
        report.rag as reported_light,
        report.percent_complete as reported_progress
    from staging.status_report as report
    inner join core.dim_date as calendar
        on report.reported_at >= calendar.utc_start and report.reported_at < calendar.utc_end
    left join core.dim_key_result as key_result on key_result.key_result_id = report.key_result_id
    left join core.dim_objective as objective
        on objective.objective_id = report.objective_id and report.key_result_id is null
    left join core.dim_team as team on team.team_id = report.team_id
    where calendar.date <= $as_of
),

measured as (
    select
        key_result_id as subject_id,
        'key_result' as subject,
        as_of,
        status,
        progress,
        source
    from marts.okr_progress
    union all
    select
        objective_id as subject_id,
        'objective' as subject,
        as_of,
        status,
        score as progress,
        cast(null as varchar) as source
    from marts.okr_objective
),

lights as (
    select *
    from (
        values
        ('ahead', 'green'), ('on_track', 'green'), ('achieved', 'green'), ('behind', 'amber'), ('at_risk', 'red'),
        ('missed', 'red')
    ) as listed(status, light)
),

ranks as (
    select * from (values ('red', 0), ('amber', 1), ('green', 2)) as listed(light, rank)
),

compared as (
    select
        reports.*,
        measured.status as measured_status,
        lights.light as measured_light,
        measured.progress as measured_progress,
        measured.source as measured_source,
        cast(reported_rank.rank - measured_rank.rank as bigint) as levels_greener,
        100 * (reports.reported_progress - measured.progress) as points_greener
    from reports
    left join measured
        on measured.subject = reports.subject
        and measured.subject_id = reports.subject_id
        and measured.as_of = reports.reported_on
    left join lights on lights.status = measured.status
    left join ranks as reported_rank on reported_rank.light = reports.reported_light
    left join ranks as measured_rank on measured_rank.light = lights.light
),

judged as (
    select
        *,
        case when reported_light is null then points_greener > 10 else levels_greener > 0 end as is_greener
    from compared
),

numbered as (
    select
        *,
        row_number() over (partition by subject, subject_id order by reported_at, status_report_id) as position,
        count(*) over (partition by subject, subject_id) as reports,
        sum(case when coalesce(is_greener, false) then 0 else 1 end) over (
            partition by subject, subject_id order by reported_at, status_report_id
            rows between unbounded preceding and current row
        ) as breaks
    from judged
),

runs as (
    select
        *,
        sum(case when is_greener then 1 else 0 end) over (
            partition by subject, subject_id, breaks order by reported_at, status_report_id
            rows between unbounded preceding and current row
        ) as greener_reports,
        min(case when is_greener then reported_on end) over (partition by subject, subject_id, breaks) as run_since
    from numbered
)

select
    runs.status_report_id,
    runs.subject,
    runs.objective_id,
    runs.key_result_id,
    trait.value_stream_id,
    runs.reported_at,
    runs.reported_on,
    runs.side,
    runs.team_id,
    runs.reported_light,
    runs.reported_progress,
    runs.measured_status,
    runs.measured_light,
    runs.measured_progress,
    runs.measured_source,
    runs.levels_greener,
    runs.points_greener,
    runs.is_greener,
    case when runs.is_greener then runs.run_since end as greener_since,
    case when runs.is_greener then date_diff('day', runs.run_since, runs.reported_on) end as greener_days,
    cast(case when runs.is_greener then runs.greener_reports else 0 end as bigint) as greener_reports,
    runs.position = runs.reports as is_latest,
    case
        when runs.objective_id is null then 'unknown_subject'
        when runs.levels_greener is null and runs.points_greener is null then 'no_measurement'
    end as null_reason
from runs
left join objective_trait as trait on trait.objective_id = runs.objective_id
