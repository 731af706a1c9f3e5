-- grain: one row per answer
select
    answer.response_id,
    answer.kind,
    answer.score,
    answer.scale_maximum,
    answer.score >= answer.scale_maximum - 1 as is_top_two,
    case when answer.scale_maximum = 10 then answer.score >= 9 end as is_promoter,
    case when answer.scale_maximum = 10 then answer.score <= 6 end as is_detractor,
    answer.subject,
    answer.channel,
    coalesce(service.service_id, 'unallocated') as service_id,
    answer.team_id,
    answer.order_id,
    answer.answered_at
from staging.survey_response as answer
left join core.dim_service as service on service.service_id = answer.service_id
