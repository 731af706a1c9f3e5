-- grain: one row per objective or key result whose days for late data are over
-- Scores and grades of the day that is final, as they are computed now.
select
    'objective' as subject,
    graded.objective_id as subject_id,
    graded.as_of,
    graded.score,
    graded.grade
from okr_graded as graded
where graded.as_of = graded.final_on
union all
select
    'key_result' as subject,
    progress.key_result_id as subject_id,
    progress.as_of,
    progress.progress as score,
    progress.status as grade
from okr_graded as graded
inner join marts.okr_progress as progress
    on progress.objective_id = graded.objective_id and progress.as_of = graded.as_of
where graded.as_of = graded.final_on
