-- grain: one row per objective, value stream, grain and period
-- An objective has a row for its own value stream in every period that it touches, and one for every other value stream
-- in which it was spent or worked for. Who owns it, what is above it and whom an initiative serves is as it is said
-- today, in all of them; which key results, weights and shares hold is as of the period.
with uses as (
    select
        period.grain,
        period.period_start,
        used.objective_id,
        used.value_stream_id,
        sum(used.spend) as spend,
        sum(used.effort_seconds) as effort_seconds
    from steering_use as used
    inner join steering_period as period
        on used.used_on >= period.period_start and used.used_on <= period.period_end
    group by period.grain, period.period_start, used.objective_id, used.value_stream_id
),

streams as (
    select
        grain,
        period_start,
        value_stream_id,
        sum(spend) as spend,
        sum(effort_seconds) as effort_seconds
    from uses
    group by grain, period_start, value_stream_id
),

funded as (
    select
        above.above_id as objective_id,
        uses.grain,
        uses.period_start
    from uses
    inner join objective_above as above on above.objective_id = uses.objective_id
    where uses.spend > 0
    group by above.above_id, uses.grain, uses.period_start
),

living as (
    select
        objective.objective_id,
        period.grain,
        period.period_start,
        period.known_on
    from core.dim_objective as objective
    inner join steering_period as period
        on objective.period_from <= period.known_on and objective.period_to >= period.period_start
),

places as (
    select
        living.grain,
        living.period_start,
        living.objective_id,
        trait.value_stream_id
    from living
    inner join objective_trait as trait on trait.objective_id = living.objective_id
    union
    select grain, period_start, objective_id, value_stream_id
    from uses
    where objective_id = 'unallocated'
    union
    select uses.grain, uses.period_start, uses.objective_id, uses.value_stream_id
    from uses
    inner join living
        on living.objective_id = uses.objective_id
        and living.grain = uses.grain
        and living.period_start = uses.period_start
),

-- Key results that have begun by the day whose state counts.
begun as (
    select
        living.grain,
        living.period_start,
        living.known_on,
        key_result.objective_id,
        key_result.key_result_id,
        key_result.kpi_id,
        key_result.effect,
        key_result.source,
        key_result.cycle_days,
        key_result.due_on
    from living
    inner join core.dim_key_result as key_result
        on key_result.objective_id = living.objective_id
        and coalesce(key_result.start_on, living.known_on) <= living.known_on
),

-- Whom the objectives on a KPI belong to: one of both sides, or one of each, makes the KPI a shared one.
sides as (
    select
        begun.grain,
        begun.period_start,
        begun.kpi_id,
        bool_or(trait.side in ('business', 'both')) and bool_or(trait.side in ('it', 'both')) as is_shared
    from begun
    inner join objective_trait as trait on trait.objective_id = begun.objective_id
    where begun.kpi_id is not null
    group by begun.grain, begun.period_start, begun.kpi_id
),

kpis as (
    select
        begun.objective_id,
        begun.grain,
        begun.period_start,
        count(distinct begun.kpi_id) as kpis,
        count(distinct case when sides.is_shared then begun.kpi_id end) as shared_kpis
    from begun
    left join sides
        on sides.grain = begun.grain
        and sides.period_start = begun.period_start
        and sides.kpi_id = begun.kpi_id
    group by begun.objective_id, begun.grain, begun.period_start
),

-- Since when something carries a key result: one that supports it, or an initiative for its objective, or for one
-- below that, that moves its KPI.
carriers as (
    select
        above.supported_id as key_result_id,
        supporter.start_on as carried_from
    from key_result_above as above
    inner join core.dim_key_result as supporter on supporter.key_result_id = above.key_result_id
    where above.distance = 1
    union all
    select
        key_result.key_result_id,
        initiative.started_on as carried_from
    from core.dim_key_result as key_result
    inner join objective_above as above on above.above_id = key_result.objective_id
    inner join core.fct_initiative as initiative
        on initiative.objective_id = above.objective_id and initiative.kpi_id = key_result.kpi_id
),

carried as (
    select
        key_result_id,
        min(coalesce(carried_from, date '1900-01-01')) as carried_from
    from carriers
    group by key_result_id
),

results as (
    select
        begun.objective_id,
        begun.grain,
        begun.period_start,
        count(begun.key_result_id) as key_results,
        sum(progress.weight) as weight,
        sum(case when begun.effect = 'outcome' then progress.weight else 0 end) as outcome_weight,
        sum(case when begun.source = 'measured' then progress.weight else 0 end) as measured_weight,
        sum(case when begun.source = 'reported' and begun.cycle_days is not null then 1 else 0 end) as reported,
        sum(
            case when begun.source = 'reported' and begun.cycle_days is not null and progress.is_fresh then 1 else 0 end
        ) as fresh,
        sum(case when carried.carried_from <= begun.known_on then 1 else 0 end) as supported
    from begun
    left join carried on carried.key_result_id = begun.key_result_id
    left join marts.okr_progress as progress
        on progress.key_result_id = begun.key_result_id
        and progress.as_of = least(begun.known_on, begun.due_on)
    group by begun.objective_id, begun.grain, begun.period_start
),

changes as (
    select
        living.objective_id,
        living.grain,
        living.period_start,
        count(*) as changed_targets
    from living
    inner join core.dim_key_result as key_result on key_result.objective_id = living.objective_id
    inner join core.dim_key_result_target as changed
        on changed.key_result_id = key_result.key_result_id
        and changed.reason is not null
        and changed.valid_from >= living.period_start
        and changed.valid_from <= living.known_on
    group by living.objective_id, living.grain, living.period_start
)

select
    places.objective_id,
    places.value_stream_id,
    places.grain,
    places.period_start,
    period.period_end,
    period.known_on,
    places.value_stream_id = trait.value_stream_id as is_own_value_stream,
    trait.side,
    trait.is_co_owned,
    coalesce(results.key_results, case when trait.objective_id is not null then 0 end) as key_results,
    cast(results.outcome_weight as double) / cast(nullif(results.weight, 0) as double) as outcome_share,
    cast(results.measured_weight as double) / cast(nullif(results.weight, 0) as double) as hard_data_share,
    cast(results.fresh as double) / cast(nullif(results.reported, 0) as double) as fresh_checkin_share,
    coalesce(kpis.kpis, case when trait.objective_id is not null then 0 end) as kpis,
    coalesce(kpis.shared_kpis, case when trait.objective_id is not null then 0 end) as shared_kpis,
    trait.transparency,
    trait.not_transparent,
    case when trait.objective_id is not null then coalesce(changes.changed_targets, 0) end as changed_targets,
    cast(results.supported as bigint) as supported_key_results,
    cast(results.key_results - results.supported as bigint) as unsupported_key_results,
    case when brought.has_initiatives then cast(coalesce(uses.spend, 0) as decimal(18, 4)) end as spend,
    case when brought.has_initiatives then cast(coalesce(streams.spend, 0) as decimal(18, 4)) end as value_stream_spend,
    case
        when brought.has_initiatives
            then cast(coalesce(uses.spend, 0) as double) / cast(nullif(streams.spend, 0) as double)
    end as spend_share,
    case when brought.has_initiatives and trait.objective_id is not null then funded.objective_id is not null end as is_funded,
    case
        when not brought.has_initiatives then 'source_missing'
        when coalesce(streams.spend, 0) = 0 then 'no_denominator'
    end as spend_null_reason,
    case when brought.has_effort then cast(coalesce(uses.effort_seconds, 0) as decimal(18, 6)) end as effort_seconds,
    case
        when brought.has_effort then cast(coalesce(streams.effort_seconds, 0) as decimal(18, 6))
    end as value_stream_effort_seconds,
    case
        when brought.has_effort
            then cast(coalesce(uses.effort_seconds, 0) as double) / cast(nullif(streams.effort_seconds, 0) as double)
    end as effort_share,
    case
        when not brought.has_effort then 'source_missing'
        when coalesce(streams.effort_seconds, 0) = 0 then 'no_denominator'
    end as effort_null_reason
from places
cross join brought
inner join steering_period as period
    on period.grain = places.grain and period.period_start = places.period_start
left join objective_trait as trait on trait.objective_id = places.objective_id
left join uses
    on uses.objective_id = places.objective_id
    and uses.value_stream_id = places.value_stream_id
    and uses.grain = places.grain
    and uses.period_start = places.period_start
left join streams
    on streams.value_stream_id = places.value_stream_id
    and streams.grain = places.grain
    and streams.period_start = places.period_start
left join funded
    on funded.objective_id = places.objective_id
    and funded.grain = places.grain
    and funded.period_start = places.period_start
left join kpis
    on kpis.objective_id = places.objective_id
    and kpis.grain = places.grain
    and kpis.period_start = places.period_start
left join results
    on results.objective_id = places.objective_id
    and results.grain = places.grain
    and results.period_start = places.period_start
left join changes
    on changes.objective_id = places.objective_id
    and changes.grain = places.grain
    and changes.period_start = places.period_start
