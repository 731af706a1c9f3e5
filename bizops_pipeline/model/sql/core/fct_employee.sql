-- grain: one row per assignment of an employee and span of days on which the employee's assignments do not change
-- An assignment holds while its employee is employed. An employee without any is taken as one assignment, from hire
-- to exit. Spans are cut wherever an assignment of the employee begins or ends, so that on each day one row of an
-- employee is the head however many assignments there are.
with assignment as (
    select
        member.team_member_id as assignment_id,
        member.employee_id,
        coalesce(member.team_id, employee.team_id) as team_id,
        coalesce(member.side, employee.side) as side,
        coalesce(member.cost_centre, employee.cost_centre) as cost_centre,
        coalesce(member.fte, employee.fte) as fte,
        greatest(member.valid_from, coalesce(employee.hired_on, member.valid_from)) as valid_from,
        least(
            coalesce(member.valid_to, date '9999-12-31'), coalesce(employee.left_on, date '9999-12-31')
        ) as valid_to
    from staging.team_member as member
    left join staging.employee as employee on employee.employee_id = member.employee_id
    union all
    select
        employee.employee_id as assignment_id,
        employee.employee_id,
        employee.team_id,
        employee.side,
        employee.cost_centre,
        employee.fte,
        employee.hired_on as valid_from,
        coalesce(employee.left_on, date '9999-12-31') as valid_to
    from staging.employee as employee
    where employee.hired_on is not null
      and not exists (select 1 from staging.team_member as member where member.employee_id = employee.employee_id)
),

lasting as (
    select *
    from assignment
    where valid_from < valid_to
),

border as (
    select employee_id, valid_from as border_date from lasting
    union
    select employee_id, valid_to as border_date from lasting
),

span as (
    select
        employee_id,
        border_date as span_from,
        lead(border_date) over (partition by employee_id order by border_date) as span_to
    from border
)

select
    assignment.assignment_id || '@' || cast(span.span_from as varchar) as employee_span_id,
    assignment.employee_id,
    coalesce(team.team_id, 'unallocated') as team_id,
    coalesce(team.side, assignment.side) as side,
    assignment.cost_centre,
    span.span_from as valid_from,
    nullif(span.span_to, date '9999-12-31') as valid_to,
    assignment.fte,
    row_number() over (
        partition by span.employee_id, span.span_from
        order by coalesce(assignment.fte, 0) desc, assignment.assignment_id
    ) = 1 as is_head
from span
inner join lasting as assignment
    on assignment.employee_id = span.employee_id
    and assignment.valid_from <= span.span_from
    and assignment.valid_to >= span.span_to
left join core.dim_team as team on team.team_id = assignment.team_id
where span.span_to is not null
