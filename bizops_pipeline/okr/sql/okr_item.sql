-- grain: one row per key result and day of its objective
-- Key results as parts of their objective's score. One that has no value yet is left out while its data is less than
-- a cycle late (the first is due after one cycle), and counts 0 from then on, or once its due date is past. One that
-- begins later than its objective has nothing to show and nothing expected of it. A threshold is to be kept from the
-- first day, so 1 is expected of it.
with judged as (
    select
        days.objective_id,
        days.as_of,
        key_result.key_result_id,
        progress.key_result_id is not null and days.as_of >= key_result.start_on as has_begun,
        coalesce(
            days.as_of > key_result.due_on
            or days.as_of >= cast(key_result.start_on + 2 * key_result.cycle_days * interval 1 day as date),
            false
        ) as is_overdue,
        coalesce(
            progress.weight,
            key_result.weight,
            cast(
                cast(abs(key_result.target - key_result.baseline) as decimal(22, 6))
                * cast(key_result.unit_value as decimal(16, 6)) as decimal(38, 9)
            )
        ) as weight,
        progress.progress,
        case
            when key_result.type in ('stay_above', 'stay_below', 'range') then 1
            else progress.expected_progress
        end as expected_progress,
        progress.data_on,
        progress.is_fresh,
        key_result.source,
        progress.status
    from okr_objective_day as days
    inner join core.dim_key_result as key_result on key_result.objective_id = days.objective_id
    left join marts.okr_progress as progress
        on progress.key_result_id = key_result.key_result_id and progress.as_of = days.as_of
)

select
    objective_id,
    as_of,
    key_result_id as item_id,
    has_begun,
    cast(weight as decimal(24, 6)) as weight,
    cast(
        case
            when not has_begun then 0
            when progress is null then case when is_overdue then 0 end
            else progress
        end as decimal(14, 12)
    ) as score,
    cast(case when has_begun then expected_progress else 0 end as decimal(14, 12)) as expected,
    cast(case when has_begun and data_on is null then 0 else 1 end as decimal(14, 12)) as coverage,
    cast(case when has_begun and not is_fresh then 0 else 1 end as decimal(14, 12)) as fresh_share,
    cast(case when source = 'measured' then 1 else 0 end as decimal(14, 12)) as hard_data_share,
    case when has_begun then status else 'not_started' end as status,
    key_result_id as weakest_key_result_id,
    cast(case when has_begun then coalesce(progress, 0) - expected_progress else 0 end as decimal(14, 12)) as weakness
from judged
