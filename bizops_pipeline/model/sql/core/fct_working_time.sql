-- grain: one row per team, side and business day
with working_share as (
    select
        coalesce(employee.team_id, 'unallocated') as team_id,
        employee.side,
        calendar.date as service_date,
        sum(employee.fte) as fte,
        max(calendar.business_seconds) as business_seconds
    from core.fct_employee as employee
    cross join settings.company as company
    inner join core.dim_date as calendar
        on calendar.date >= employee.valid_from
        and calendar.date < coalesce(employee.valid_to, date '9999-12-31')
        and calendar.date <= company.as_of
    where calendar.is_business_day and employee.fte is not null
    group by coalesce(employee.team_id, 'unallocated'), employee.side, calendar.date
)

select
    team_id || ':' || coalesce(side, '') || ':' || cast(service_date as varchar) as working_time_id,
    team_id,
    side,
    service_date,
    cast(round(fte * business_seconds) as bigint) as worked_seconds
from working_share
