-- grain: one row per frozen objective or key result whose score is computed otherwise now
-- Compared with what was last known: the latest restatement, or the frozen score where there is none.
with restated as (
    select
        subject,
        subject_id,
        new_score as score,
        new_grade as grade
    from marts.okr_restatement
    qualify row_number() over (partition by subject, subject_id order by refresh desc) = 1
),

known as (
    select
        frozen.subject,
        frozen.subject_id,
        case when restated.subject_id is null then frozen.score else restated.score end as score,
        case when restated.subject_id is null then frozen.grade else restated.grade end as grade
    from marts.okr_final as frozen
    left join restated on restated.subject = frozen.subject and restated.subject_id = frozen.subject_id
)

select
    closed.subject,
    closed.subject_id,
    closed.as_of,
    known.score as old_score,
    closed.score as new_score,
    known.grade as old_grade,
    closed.grade as new_grade
from okr_closed as closed
inner join known on known.subject = closed.subject and known.subject_id = closed.subject_id
where closed.score is distinct from known.score or closed.grade is distinct from known.grade
