-- grain: one row per child objective that counts and day of the objective above it
-- Children as parts: the score of the day, after their own days the last one; before them there is nothing to show.
with spans as (
    select objective_id, min(as_of) as first_on, max(as_of) as last_on
    from okr_score
    group by objective_id
)

select
    days.objective_id,
    days.as_of,
    child.objective_id as item_id,
    coalesce(scored.has_begun, false) as has_begun,
    cast(child.weight as decimal(24, 6)) as weight,
    case when scored.has_begun then scored.score else cast(0 as decimal(14, 12)) end as score,
    case when scored.has_begun then scored.expected else cast(0 as decimal(14, 12)) end as expected,
    case when scored.has_begun then scored.coverage else cast(1 as decimal(14, 12)) end as coverage,
    case when scored.has_begun then scored.fresh_share else cast(1 as decimal(14, 12)) end as fresh_share,
    case when scored.has_begun then scored.hard_data_share else last_day.hard_data_share end as hard_data_share,
    coalesce(scored.status, 'not_started') as status,
    coalesce(scored.weakest_key_result_id, last_day.weakest_key_result_id) as weakest_key_result_id,
    coalesce(scored.weakness, cast(0 as decimal(14, 12))) as weakness
from okr_objective_day as days
inner join core.dim_objective as child on child.parent_id = days.objective_id
inner join spans on spans.objective_id = child.objective_id
inner join okr_score as last_day
    on last_day.objective_id = child.objective_id and last_day.as_of = spans.last_on
left join okr_score as scored
    on scored.objective_id = child.objective_id and scored.as_of = least(days.as_of, spans.last_on)
where days.roll_up = 'with_children'
