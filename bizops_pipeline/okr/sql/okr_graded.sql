-- grain: one row per objective and day
-- Scores as people read them, with the grade once the period is over: committed objectives are met whole or missed,
-- aspirational ones are green from 0.7 on and yellow from 0.4 on.
with preset as (
    select min(status_preset) as status_preset from okr_band
)

select
    days.objective_id,
    days.as_of,
    days.final_on,
    cast(scored.score as double) as score,
    cast(scored.expected as double) as expected_score,
    cast(100 * (scored.score - scored.expected) as double) as gap,
    coalesce(scored.status, 'no_data') as status,
    preset.status_preset,
    scored.weakest_key_result_id,
    coalesce(scored.parts, 0) as parts,
    cast(scored.coverage as double) as coverage,
    cast(scored.fresh_share as double) as fresh_share,
    cast(scored.hard_data_share as double) as hard_data_share,
    case
        when days.as_of <= days.period_to or scored.score is null then null
        when days.kind = 'committed' then case when scored.score >= 1 then 'met' else 'miss' end
        when scored.score >= 0.7 then 'green'
        when scored.score >= 0.4 then 'yellow'
        else 'red'
    end as grade
from okr_objective_day as days
cross join preset
left join okr_score as scored on scored.objective_id = days.objective_id and scored.as_of = days.as_of
