-- grain: one row per key result and key result that it supports, directly or through others
select
    above.key_result_id,
    above.supported_id,
    above.distance,
    above.path,
    lower_result.objective_id,
    upper_result.objective_id as supported_objective_id,
    lower_trait.layer,
    upper_trait.layer as supported_layer,
    coalesce(
        lower_trait.layer = 'it_operational' and upper_trait.layer = 'business_outcome', false
    ) as is_it_for_business
from key_result_above as above
inner join core.dim_key_result as lower_result on lower_result.key_result_id = above.key_result_id
inner join core.dim_key_result as upper_result on upper_result.key_result_id = above.supported_id
inner join key_result_trait as lower_trait on lower_trait.key_result_id = above.key_result_id
inner join key_result_trait as upper_trait on upper_trait.key_result_id = above.supported_id
