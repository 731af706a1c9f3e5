-- grain: one row per value of a model on a day and per cost of a model
select
    concat('value:', value.model_value_id) as model_return_id,
    value.model_id,
    value.service_id,
    value.value_on as returned_on,
    'value' as kind,
    value.method,
    value.value_reporting,
    cast(null as decimal(18, 4)) as cost_reporting
from core.fct_model_value as value
union all
select
    concat('cost:', cost.model_cost_id) as model_return_id,
    cost.model_id,
    cost.service_id,
    cost.cost_on as returned_on,
    cost.kind,
    cast(null as varchar) as method,
    cast(null as decimal(18, 4)) as value_reporting,
    cost.amount_reporting as cost_reporting
from core.fct_model_cost as cost
