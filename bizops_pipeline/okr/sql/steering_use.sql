-- grain: one row per objective, value stream and day on which spend or effort of it counts
-- What an initiative costs and the effort on its work items, by the objective that it serves, `unallocated` when none.
-- The value stream is the one the initiative is for, else those of its service by their weights; effort on nothing
-- planned goes to the value streams of its service. An initiative without lines in the ledger counts with the amount
-- that it reports, spread evenly over its days.
with initiatives as (
    select
        initiative.initiative_id,
        initiative.service_id,
        coalesce(objective.objective_id, 'unallocated') as objective_id,
        stream.value_stream_id,
        initiative.started_on,
        least(coalesce(initiative.ended_on, $as_of), $as_of) as until_on,
        initiative.spend_reporting
    from core.fct_initiative as initiative
    left join core.dim_objective as objective on objective.objective_id = initiative.objective_id
    left join core.dim_value_stream as stream on stream.value_stream_id = initiative.value_stream_id
),

ledger as (
    select
        initiative_id,
        cost_date as used_on,
        sum(amount_reporting) as spend
    from core.fct_gl_cost
    where initiative_id is not null and is_cash and cost_date <= $as_of
    group by initiative_id, cost_date
),

reported as (
    select
        initiatives.initiative_id,
        calendar.date as used_on,
        cast(
            initiatives.spend_reporting / (date_diff('day', initiatives.started_on, initiatives.until_on) + 1)
            as decimal(24, 6)
        ) as spend
    from initiatives
    inner join core.dim_date as calendar
        on calendar.date >= initiatives.started_on and calendar.date <= initiatives.until_on
    where initiatives.initiative_id not in (select initiative_id from ledger)
),

effort as (
    select
        initiative_id,
        service_id,
        worked_on as used_on,
        sum(effort_seconds) as effort_seconds
    from core.fct_worklog
    where worked_on <= $as_of
    group by initiative_id, service_id, worked_on
),

uses as (
    select initiative_id, cast(null as varchar) as service_id, used_on, spend, cast(0 as bigint) as effort_seconds
    from ledger
    union all
    select initiative_id, cast(null as varchar) as service_id, used_on, spend, 0 as effort_seconds from reported
    union all
    select initiative_id, service_id, used_on, 0 as spend, effort_seconds from effort
),

placed as (
    select
        coalesce(initiatives.objective_id, 'unallocated') as objective_id,
        initiatives.value_stream_id,
        coalesce(initiatives.service_id, uses.service_id, 'unallocated') as service_id,
        uses.used_on,
        sum(uses.spend) as spend,
        sum(uses.effort_seconds) as effort_seconds
    from uses
    left join initiatives on initiatives.initiative_id = uses.initiative_id
    group by
        coalesce(initiatives.objective_id, 'unallocated'),
        initiatives.value_stream_id,
        coalesce(initiatives.service_id, uses.service_id, 'unallocated'),
        uses.used_on
),

-- What belongs to no service we know stays whole, in the unallocated value stream.
shared as (
    select
        placed.objective_id,
        coalesce(placed.value_stream_id, share.value_stream_id, 'unallocated') as value_stream_id,
        placed.used_on,
        cast(placed.spend as decimal(24, 6)) as spend,
        cast(placed.effort_seconds as decimal(18, 0)) as effort_seconds,
        cast(case when placed.value_stream_id is null then coalesce(share.weight, 1) else 1 end as decimal(9, 6)) as weight
    from placed
    left join core.bridge_service_value_stream as share
        on placed.value_stream_id is null
        and share.service_id = placed.service_id
        and share.valid_from <= placed.used_on
        and share.valid_to > placed.used_on
)

select
    objective_id,
    value_stream_id,
    used_on,
    sum(spend * weight) as spend,
    sum(effort_seconds * weight) as effort_seconds
from shared
group by objective_id, value_stream_id, used_on
