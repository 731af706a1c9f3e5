-- grain: one row per employee
-- Whom only an assignment names is an employee too; hire and exit are then not known.
with latest_assignment as (
    select
        employee_id,
        team_id,
        side,
        cost_centre
    from staging.team_member
    qualify row_number() over (partition by employee_id order by valid_from desc, coalesce(fte, 0) desc, team_member_id) = 1
),

known_employee as (
    select employee_id from staging.employee
    union
    select employee_id from latest_assignment
)

select
    known.employee_id,
    coalesce(team.team_id, 'unallocated') as team_id,
    coalesce(team.side, latest.side, employee.side) as side,
    coalesce(latest.cost_centre, employee.cost_centre) as cost_centre,
    employee.hired_on,
    employee.left_on
from known_employee as known
left join staging.employee as employee on employee.employee_id = known.employee_id
left join latest_assignment as latest on latest.employee_id = known.employee_id
left join core.dim_team as team on team.team_id = coalesce(latest.team_id, employee.team_id)
