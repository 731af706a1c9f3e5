-- grain: one row per model, artefact and evidence of it; one without evidence where there is none
-- An artefact is due from the first day that the catalogue or a source names until the model is retired. Evidence
-- counts from when it is there and due until it is out of date, replaced by newer evidence, or no longer due.
with required as (
    select
        model.model_id,
        rule.artifact,
        case when rule.due = 'approval' then model.approved_on else model.deployed_on end as required_from
    from core.dim_model as model
    inner join settings.required_artifact as rule on rule.risk_tier = model.risk_tier
    union all
    select
        model_id,
        artifact,
        required_from
    from staging.model_artifact
),

due as (
    select
        model_id,
        artifact,
        min(required_from) as required_from
    from required
    where required_from is not null
    group by model_id, artifact
),

evidence as (
    select
        model_artifact_id,
        model_id,
        artifact,
        present_from,
        coalesce(valid_until, date '9999-12-31') as valid_until,
        coalesce(lead(present_from) over later, date '9999-12-31') as replaced_on,
        row_number() over later as position
    from staging.model_artifact
    where present_from is not null
    window later as (partition by model_id, artifact order by present_from, model_artifact_id)
)

select
    coalesce(evidence.model_artifact_id, concat(due.model_id, '@', due.artifact)) as model_artifact_id,
    due.model_id,
    coalesce(model.service_id, 'unallocated') as service_id,
    coalesce(model.risk_tier, 'unclassified') as risk_tier,
    due.artifact,
    coalesce(evidence.position = 1, true) as is_requirement,
    due.required_from,
    model.retired_on as required_to,
    case
        when evidence.present_from > due.required_from then evidence.present_from
        when evidence.present_from is not null then due.required_from
    end as valid_from,
    case
        when evidence.present_from is not null then nullif(
            least(evidence.valid_until, evidence.replaced_on, coalesce(model.retired_on, date '9999-12-31')),
            date '9999-12-31'
        )
    end as valid_to
from due
left join evidence on evidence.model_id = due.model_id and evidence.artifact = due.artifact
left join core.dim_model as model on model.model_id = due.model_id
