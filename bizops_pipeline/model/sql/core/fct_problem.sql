-- grain: one row per problem
select
    problem.problem_id,
    coalesce(service.service_id, 'unallocated') as service_id,
    problem.title,
    problem.status,
    problem.opened_at,
    problem.resolved_at
from staging.problem as problem
left join core.dim_service as service on service.service_id = problem.service_id
