-- grain: one row per objective, value stream, grain and period
-- An objective has a row for its own value stream in every period that it touches, and one for every other value stream
-- in which it was spent or worked for. What the catalogue says of it is the same in all of them.
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

-- Whom the objectives on a KPI belong to: one of both sides, or one of each, makes the KPI a shared one.
sides as (
    select
        key_result.kpi_id,
        bool_or(trait.side in ('business', 'both')) and bool_or(trait.side in ('it', 'both')) as is_shared
    from core.dim_key_result as key_result
    inner join objective_trait as trait on trait.objective_id = key_result.objective_id
    where key_result.kpi_id is not null
    group by key_result.kpi_id
),

kpis as (
    select
        key_result.objective_id,
        count(distinct key_result.kpi_id) as kpis,
        count(distinct case when sides.is_shared then key_result.kpi_id end) as shared_kpis
    from core.dim_key_result as key_result
    left join sides on sides.kpi_id = key_result.kpi_id
    group by key_result.objective_id
),

results as (
    select
        living.objective_id,
        living.grain,
        living.period_start,
        count(key_result.key_result_id) as key_results,
        sum(progress.weight) as weight,
        sum(case when key_result.effect = 'outcome' then progress.weight else 0 end) as outcome_weight,
        sum(case when key_result.source = 'measured' then progress.weight else 0 end) as measured_weight,
        sum(case when key_result.source = 'reported' and key_result.cycle_days is not null then 1 else 0 end) as reported,
        sum(
            case when key_result.source = 'reported' and key_result.cycle_days is not null and progress.is_fresh then 1 else 0 end
        ) as fresh,
        sum(case when support.is_supported then 1 else 0 end) as supported,
        sum(case when support.is_supported then 0 else 1 end) as unsupported
    from living
    inner join core.dim_key_result as key_result on key_result.objective_id = living.objective_id
    inner join marts.key_result_support as support on support.key_result_id = key_result.key_result_id
    left join marts.okr_progress as progress
        on progress.key_result_id = key_result.key_result_id
        and progress.as_of = least(living.known_on, key_result.due_on)
    group by living.objective_id, living.grain, living.period_start
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
    kpis.kpis,
    kpis.shared_kpis,
    trait.transparency,
    trait.not_transparent,
    case when trait.objective_id is not null then coalesce(changes.changed_targets, 0) end as changed_targets,
    cast(results.supported as bigint) as supported_key_results,
    cast(results.unsupported as bigint) as unsupported_key_results,
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
left join kpis on kpis.objective_id = places.objective_id
left join results
    on results.objective_id = places.objective_id
    and results.grain = places.grain
    and results.period_start = places.period_start
left join changes
    on changes.objective_id = places.objective_id
    and changes.grain = places.grain
    and changes.period_start = places.period_start
