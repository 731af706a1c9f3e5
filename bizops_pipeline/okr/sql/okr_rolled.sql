-- grain: one row per objective and day
-- Objectives by their parts: sum(weight * score) / sum(weight), in decimals, so that no order of adding matters.
with statuses as (
    select *
    from (
        values
        ('missed', 1), ('at_risk', 2), ('behind', 3), ('no_data', 4), ('not_started', 5), ('on_track', 6),
        ('ahead', 7), ('achieved', 8)
    ) as listed(status, rank)
),

weakest as (
    select
        item.objective_id,
        item.as_of,
        item.status,
        item.weakest_key_result_id,
        item.weakness
    from okr_part as item
    inner join statuses on statuses.status = item.status
    qualify row_number() over (
        partition by item.objective_id, item.as_of
        -- What has not begun is not weak; it says how things stand only where nothing has.
        order by item.has_begun desc, statuses.rank, item.weakness, item.weakest_key_result_id
    ) = 1
),

summed as (
    select
        objective_id,
        as_of,
        bool_or(has_begun) as has_begun,
        count(*) as parts,
        sum(weight) as weight,
        sum(case when score is not null then weight end) as scored_weight,
        sum(cast(weight * score as decimal(38, 15))) as scored,
        sum(case when score is not null then cast(weight * expected as decimal(38, 15)) end) as expected,
        sum(cast(weight * coverage as decimal(38, 15))) as covered,
        sum(cast(weight * fresh_share as decimal(38, 15))) as fresh,
        sum(cast(weight * hard_data_share as decimal(38, 15))) as hard
    from okr_part
    group by objective_id, as_of
)

select
    summed.objective_id,
    summed.as_of,
    summed.has_begun,
    summed.parts,
    cast(cast(summed.scored as double) / cast(summed.scored_weight as double) as decimal(14, 12)) as score,
    cast(cast(summed.expected as double) / cast(summed.scored_weight as double) as decimal(14, 12)) as expected,
    cast(cast(summed.covered as double) / cast(summed.weight as double) as decimal(14, 12)) as coverage,
    cast(cast(summed.fresh as double) / cast(summed.weight as double) as decimal(14, 12)) as fresh_share,
    cast(cast(summed.hard as double) / cast(summed.weight as double) as decimal(14, 12)) as hard_data_share,
    weakest.status,
    weakest.weakest_key_result_id,
    weakest.weakness
from summed
left join weakest on weakest.objective_id = summed.objective_id and weakest.as_of = summed.as_of
