-- grain: one row per test of a control
select
    test.control_test_id,
    test.control_id,
    coalesce(service.service_id, 'unallocated') as service_id,
    test.test_date,
    test.result
from staging.control_test as test
left join core.dim_service as service on service.service_id = test.service_id
