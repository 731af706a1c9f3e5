-- grain: one row per service team, complete period, gate and KPI
-- A KPI is read for the team's value stream where it is cut by it, else for the company, in every period alike.
with found as (
    select
        gate.service_team_id,
        gate.gate,
        gate.kpi_id,
        gate.direction,
        gate.given_target,
        kpi.scope_type,
        kpi.scope_id,
        kpi.period_start,
        kpi.period_end,
        kpi.value,
        kpi.target,
        kpi.warn,
        kpi.null_reason,
        bool_or(kpi.scope_type = 'value_stream') over (
            partition by gate.service_team_id, gate.gate, gate.kpi_id
        ) as is_cut
    from service_team_gate as gate
    inner join marts.kpi_value as kpi
        on kpi.kpi_id = gate.kpi_id
        and kpi.grain = gate.grain
        and kpi.dimensions = '{}'
        and (
            (kpi.scope_type = 'value_stream' and kpi.scope_id = gate.value_stream_id)
            or kpi.scope_type = 'company'
        )
    where kpi.is_complete
),

measured as (
    select * from found where is_cut = (scope_type = 'value_stream')
),

periods as (
    select distinct service_team_id, period_start from measured
),

-- Two numbers bound a good value; one of them is open for a KPI that is better the higher, or the lower, it is.
bounded as (
    select
        gate.service_team_id,
        periods.period_start,
        gate.gate,
        gate.kpi_id,
        coalesce(measured.scope_type, 'company') as scope_type,
        coalesce(measured.scope_id, gate.company_id) as scope_id,
        measured.value,
        measured.null_reason,
        coalesce(gate.given_target, measured.target) as target,
        case when gate.direction <> 'down' then coalesce(gate.given_target, measured.target) end as lowest,
        case
            when gate.direction = 'down' then coalesce(gate.given_target, measured.target)
            when gate.direction = 'band' then coalesce(measured.warn, measured.target)
        end as highest
    from service_team_gate as gate
    inner join periods on periods.service_team_id = gate.service_team_id
    left join measured
        on measured.service_team_id = gate.service_team_id
        and measured.gate = gate.gate
        and measured.kpi_id = gate.kpi_id
        and measured.period_start = periods.period_start
),

judged as (
    select
        *,
        case
            when value is null or target is null then null
            when value < lowest then (lowest - value) / coalesce(nullif(abs(lowest), 0), 1)
            when value > highest then (value - highest) / coalesce(nullif(abs(highest), 0), 1)
            else 0
        end as shortfall
    from bounded
)

select
    service_team_id,
    period_start,
    gate,
    kpi_id,
    scope_type,
    scope_id,
    value,
    target,
    case when shortfall is null then 'unknown' when shortfall > 0 then 'missed' else 'held' end as outcome,
    cast(shortfall as double) as shortfall,
    case
        when value is null then coalesce(null_reason, 'source_missing')
        when target is null then 'no_target'
    end as null_reason
from judged
