-- grain: one row per run of a build pipeline
select
    run.pipeline_run_id,
    coalesce(service.service_id, 'unallocated') as service_id,
    run.repository,
    run.pipeline,
    run.result,
    run.started_at,
    run.finished_at,
    date_diff('second', run.queued_at, run.started_at) as queue_seconds,
    date_diff('second', run.started_at, run.finished_at) as run_seconds
from staging.pipeline_run as run
left join core.dim_service as service on service.service_id = run.service_id
