-- grain: one row per model, feature and day
-- The share of an empty bin is taken as 0.0001 (epsilon), so that its logarithm exists and one empty bin among
-- many moves the index little; the other shares stay as they are.
with binned as (
    select
        model_id,
        feature,
        monitored_on,
        bin,
        sum(expected) as expected,
        sum(observed) as observed
    from staging.model_monitor
    group by model_id, feature, monitored_on, bin
),

measured as (
    select
        binned.*,
        sum(expected) over (partition by model_id, feature, monitored_on) as expected_total,
        sum(observed) over (partition by model_id, feature, monitored_on) as observed_total
    from binned
),

shared as (
    select
        model_id,
        feature,
        monitored_on,
        expected = 0 or observed = 0 as is_empty,
        greatest(cast(expected as double) / cast(nullif(expected_total, 0) as double), 0.0001) as q,
        greatest(cast(observed as double) / cast(nullif(observed_total, 0) as double), 0.0001) as p,
        expected_total > 0 and observed_total > 0 as is_measured
    from measured
),

indexed as (
    select
        model_id,
        feature,
        monitored_on,
        count(*) as bins,
        count(*) filter (where is_empty) as empty_bins,
        cast(sum(cast((p - q) * ln(p / q) as decimal(18, 9))) filter (where is_measured) as double) as psi
    from shared
    group by model_id, feature, monitored_on
)

select
    concat(indexed.model_id, '@', indexed.feature, '@', cast(indexed.monitored_on as varchar)) as model_drift_id,
    indexed.model_id,
    indexed.feature,
    coalesce(model.service_id, 'unallocated') as service_id,
    indexed.monitored_on,
    indexed.bins,
    indexed.empty_bins,
    indexed.psi,
    indexed.psi > 0.25 as is_drifted
from indexed
left join core.dim_model as model on model.model_id = indexed.model_id
