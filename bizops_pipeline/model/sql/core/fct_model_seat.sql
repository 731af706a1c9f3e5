-- grain: one row per model, person and time in which that person may use it
select
    seat.model_seat_id,
    seat.model_id,
    coalesce(model.service_id, 'unallocated') as service_id,
    seat.eligible_from,
    seat.eligible_to
from staging.model_seat as seat
left join core.dim_model as model on model.model_id = seat.model_id
