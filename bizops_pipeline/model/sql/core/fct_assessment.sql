-- grain: one row per practice, dimension and day
-- Where the catalogue and a source assess the same on one day the source is the record.
with told as (
    select
        assessment_id,
        practice_id,
        dimension,
        score,
        target,
        assessed_on,
        evidence,
        1 as precedence
    from staging.assessment
    union all
    select
        assessment_id,
        practice_id,
        dimension,
        score,
        cast(null as decimal(18, 6)) as target,
        assessed_on,
        evidence,
        2 as precedence
    from core.dim_declared_assessment
),

assessment as (
    select *
    from told
    qualify row_number() over (
        partition by practice_id, dimension, assessed_on order by precedence, assessment_id desc
    ) = 1
),

aimed as (
    select
        assessment.assessment_id,
        assessment.practice_id,
        assessment.dimension,
        assessment.score,
        coalesce(assessment.target, aim.target) as target,
        assessment.assessed_on,
        lead(assessment.assessed_on) over (
            partition by assessment.practice_id, assessment.dimension order by assessment.assessed_on
        ) as superseded_on,
        assessment.evidence
    from assessment
    left join core.dim_practice_target as aim
        on aim.practice_id = assessment.practice_id and aim.dimension = assessment.dimension
)

select
    aimed.assessment_id,
    coalesce(service.service_id, 'unallocated') as service_id,
    practice.value_stream_id,
    aimed.practice_id,
    aimed.dimension,
    aimed.score,
    aimed.target,
    case when aimed.target is not null
        then cast(greatest(aimed.target - aimed.score, cast(0 as decimal(18, 6))) as decimal(18, 6)) end as gap,
    aimed.assessed_on,
    aimed.superseded_on,
    aimed.evidence
from aimed
left join core.dim_practice as practice on practice.practice_id = aimed.practice_id
left join core.dim_service as service on service.service_id = practice.service_id
