-- grain: one row per initiative
-- The exchange rate is that of the first day. An amount is widened before it is multiplied, so that the product is
-- exact and rounded once.
with effort as (
    select
        initiative_id,
        sum(effort_seconds) as effort_seconds
    from core.fct_worklog
    where initiative_id is not null
    group by initiative_id
),

work as (
    select
        initiative_id,
        count(*) as work_items,
        count(*) filter (where done_at is not null) as work_items_done
    from core.fct_work_item
    where initiative_id is not null and is_leaf
    group by initiative_id
),

priced as (
    select
        initiative.*,
        coalesce(initiative.currency, company.reporting_currency) as known_currency,
        company.reporting_currency
    from staging.initiative as initiative
    cross join settings.company as company
),

rated as (
    select
        priced.*,
        case
            when priced.known_currency = priced.reporting_currency then cast(1 as decimal(18, 9))
            else exchange.rate
        end as rate
    from priced
    left join core.dim_exchange_rate as exchange
        on exchange.currency = priced.known_currency
        and exchange.valid_from <= priced.started_on
        and exchange.valid_to > priced.started_on
)

select
    rated.initiative_id,
    coalesce(service.service_id, 'unallocated') as service_id,
    coalesce(team.team_id, service.team_id, 'unallocated') as team_id,
    rated.name,
    rated.objective_id,
    rated.value_stream_id,
    rated.status,
    rated.started_on,
    rated.ended_on,
    rated.known_currency as currency,
    rated.budget,
    rated.spend,
    try_cast(cast(rated.budget as decimal(19, 4)) * rated.rate as decimal(18, 4)) as budget_reporting,
    try_cast(cast(rated.spend as decimal(19, 4)) * rated.rate as decimal(18, 4)) as spend_reporting,
    rated.planned_effort_seconds,
    cast(coalesce(effort.effort_seconds, 0) as bigint) as effort_seconds,
    coalesce(work.work_items, 0) as work_items,
    coalesce(work.work_items_done, 0) as work_items_done,
    rated.kpi_id,
    rated.expected_kpi_delta
from rated
left join effort on effort.initiative_id = rated.initiative_id
left join work on work.initiative_id = rated.initiative_id
left join core.dim_service as service on service.service_id = rated.service_id
left join core.dim_team as team on team.team_id = rated.team_id
