-- grain: one row per objective and day
-- Every day from an objective's start until its late data is in; before the start the as-of date alone.
select
    objective.objective_id,
    calendar.date as as_of,
    objective.roll_up,
    objective.kind,
    objective.period_to,
    cast(objective.period_to + objective.late_days * interval 1 day as date) as final_on
from core.dim_objective as objective
inner join core.dim_date as calendar
    on calendar.date >= least(objective.period_from, $as_of)
    and calendar.date <= case
        when objective.period_from > $as_of then $as_of
        else least(
            $as_of, cast(objective.period_to + greatest(objective.late_days, 30) * interval 1 day as date)
        )
    end
