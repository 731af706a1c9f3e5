-- grain: one row per key result and target it had
-- Targets with the days on which they hold. Milestones and yes-or-no results have one that nobody writes down.
select
    definition.key_result_id,
    held.valid_from,
    held.valid_to,
    try_cast(
        case definition.type
            when 'milestone' then definition.total_weight
            when 'binary' then coalesce(held.target, 1)
            else held.target
        end as decimal(26, 9)
    ) as target,
    try_cast(held.upper_bound as decimal(26, 9)) as upper_bound
from okr_definition as definition
inner join core.dim_key_result_target as held on held.key_result_id = definition.key_result_id
