-- grain: one row per reviewed output, or batch of outputs with one decision
select
    feedback.model_feedback_id,
    feedback.model_id,
    coalesce(model.service_id, 'unallocated') as service_id,
    feedback.reviewed_at,
    feedback.decision,
    feedback.decision <> 'accepted' as is_overridden,
    coalesce(feedback.outputs, 1) as outputs
from staging.model_feedback as feedback
left join core.dim_model as model on model.model_id = feedback.model_id
