-- grain: one row per objective and day
-- Scores with what was frozen beside them, from the day on that is final.
select
    graded.objective_id,
    graded.as_of,
    graded.score,
    graded.expected_score,
    graded.gap,
    graded.status,
    graded.status_preset,
    graded.weakest_key_result_id,
    graded.parts,
    graded.coverage,
    graded.fresh_share,
    graded.hard_data_share,
    graded.grade,
    frozen.subject_id is not null as is_final,
    frozen.score as final_score,
    frozen.grade as final_grade
from okr_graded as graded
left join marts.okr_final as frozen
    on frozen.subject = 'objective'
    and frozen.subject_id = graded.objective_id
    and frozen.as_of <= graded.as_of
