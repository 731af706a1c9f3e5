-- Reads every source, types it and keeps one row per key. A row that does not fit its types or breaks a rule is
-- left out. Tables named erp_* and answer come from duckdb_script.py: what the engine has no reader for.

create or replace macro instant(x) as cast(try_cast(x as timestamptz) as timestamp);
create or replace macro is_plausible(x) as x is null or (x >= timestamp '1990-01-01' and x < timestamp '2100-01-01');
create or replace macro local_day(x) as cast(timezone('Europe/Berlin', timezone('UTC', x)) as date);
create or replace macro as_wall_clock(x) as timezone('Europe/Berlin', x);
-- A wall-clock time that occurs twice is its first occurrence.
create or replace macro from_local(x) as cast(
    case when as_wall_clock(timezone('Europe/Berlin', x) - interval 1 hour) = x
        then timezone('Europe/Berlin', x) - interval 1 hour
        else timezone('Europe/Berlin', x) end as timestamp);
create or replace macro german_minute(x) as from_local(try_strptime(x, '%d.%m.%Y %H:%M'));
create or replace macro slash_minute(x) as from_local(try_strptime(x, '%d/%m/%Y %H:%M'));

create temp table customer as
select customer_no as customer_id, instant(created_at) as created_at, country, segment
from erp_customers
where instant(created_at) is not null;

create temp table product as
select sku as product_id, name, category, try_cast(launched_on as date) as launched_on
from erp_products;

create temp table placed_order as
select
    order_no as order_id,
    customer_no as customer_id,
    cart_ref as cart_id,
    session_ref as session_id,
    case channel when 'WEB' then 'web' when 'APP' then 'mobile' when 'POS' then 'store' when 'MKT' then 'marketplace' end
        as channel,
    case when channel in ('WEB', 'APP') then 'checkout' else 'order_management' end as service_id,
    case
        when status in ('NEW', 'PAID', 'SHIPPED') then 'open'
        when status in ('DELIVERED', 'RETURNED') then 'completed'
        when status = 'CANCELLED' then 'cancelled'
    end as status,
    instant(ordered_at) as ordered_at,
    local_day(instant(ordered_at)) as ordered_date,
    currency
from erp_orders
where instant(ordered_at) is not null and is_plausible(instant(ordered_at));

create temp table order_line as
select
    order_no || '-' || line_no as order_line_id,
    order_no as order_id,
    sku as product_id,
    cast(quantity as decimal(18, 6)) as quantity,
    cast(
        cast(quantity as decimal(18, 4)) * cast(unit_price as decimal(18, 4)) - cast(discount as decimal(18, 4))
        as decimal(18, 4)
    ) as net_amount
from erp_order_lines
where try_cast(quantity as decimal(18, 6)) is not null
qualify row_number() over (partition by order_no, line_no order by updated_at desc) = 1;

create temp table rate as
select date as rate_date, currency, cast(eur_per_unit as decimal(18, 9)) as rate
from read_csv(
    getvariable('extracts') || '/fx/rates.csv', header = true, auto_detect = false, delim = ',',
    columns = {date: 'date', currency: 'varchar', eur_per_unit: 'varchar'}
)
where try_cast(eur_per_unit as decimal(18, 9)) is not null;

create temp table session as
select
    session_id,
    customer_no as customer_id,
    channel,
    device,
    cast(started_at as timestamp) as started_at,
    cast(timezone('Europe/Berlin', started_at) as date) as started_date
from read_csv(
    getvariable('extracts') || '/webshop/sessions-*.csv.gz', header = true, auto_detect = false, delim = ',',
    quote = '"', ignore_errors = true,
    columns = {
        session_id: 'varchar', started_at: 'timestamptz', channel: 'varchar', device: 'varchar',
        landing_page: 'varchar', customer_no: 'varchar', email: 'varchar'
    }
)
-- The reader takes a row with one field too many when the last one is empty.
where customer_no is null or customer_no like 'C%'
qualify row_number() over (partition by session_id order by started_at) = 1;

create temp table cart as
select
    cart_id,
    session_id,
    channel,
    cast(items as bigint) as items,
    cast(created_at as timestamp) as created_at,
    cast(timezone('Europe/Berlin', created_at) as date) as created_date
from read_json(
    getvariable('extracts') || '/webshop/carts-*.jsonl.gz', format = 'newline_delimited', ignore_errors = true,
    columns = {
        cart_id: 'varchar', session_id: 'varchar', created_at: 'timestamptz', items: 'varchar', channel: 'varchar'
    }
)
where created_at is not null and try_cast(items as bigint) is not null
qualify row_number() over (partition by cart_id order by created_at) = 1;

create temp table checkout as
select
    checkout_id,
    cart_id,
    payment_method,
    cast(started_at as timestamp) as started_at,
    cast(timezone('Europe/Berlin', started_at) as date) as started_date,
    cast(completed_at as timestamp) as completed_at
from read_json(
    getvariable('extracts') || '/webshop/checkouts-*.jsonl.gz', format = 'newline_delimited', ignore_errors = true,
    columns = {
        checkout_id: 'varchar', cart_id: 'varchar', started_at: 'timestamptz', completed_at: 'timestamptz',
        payment_method: 'varchar'
    }
)
where started_at is not null and (completed_at is null or completed_at >= started_at)
qualify row_number() over (partition by checkout_id order by started_at) = 1;

create temp table refund as
with typed as (
    select
        refund_id,
        order_no as order_id,
        german_minute(refunded_at) as refunded_at,
        try_cast(replace(replace(amount, '.', ''), ',', '.') as decimal(18, 4)) as amount,
        currency,
        reason
    from read_csv(
        getvariable('extracts') || '/webshop/refunds-*.csv.gz', header = true, auto_detect = false, delim = ';',
        quote = '"', ignore_errors = true,
        columns = {
            refund_id: 'varchar', order_no: 'varchar', refunded_at: 'varchar', amount: 'varchar',
            currency: 'varchar', reason: 'varchar'
        }
    )
)
select *, local_day(refunded_at) as refunded_date
from typed
where refunded_at is not null and amount >= 0
qualify row_number() over (partition by refund_id order by refunded_at) = 1;

create temp table incident as
with latest as (
    select *
    from read_csv(
        getvariable('extracts') || '/itsm/incidents.csv', header = true, auto_detect = false, delim = ',',
        quote = '"', ignore_errors = true, nullstr = ['?', ''],
        columns = {
            number: 'varchar', opened_at: 'varchar', impact_start: 'varchar', acknowledged_at: 'varchar',
            restored_at: 'varchar', resolved_at: 'varchar', priority: 'varchar', state: 'varchar',
            cmdb_ci: 'varchar', short_description: 'varchar', caller_email: 'varchar', made_sla: 'boolean',
            caused_by_deployment: 'varchar', sys_mod_count: 'bigint', sys_updated_at: 'varchar'
        }
    )
    qualify row_number() over (partition by number order by sys_mod_count desc) = 1
),
typed as (
    select
        number as incident_id,
        coalesce(known.service_id, 'unallocated') as service_id,
        'P' || left(priority, 1) as priority,
        case when state in ('New', 'In Progress', 'On Hold') then 'open' else lower(state) end as status,
        slash_minute(opened_at) as opened_at,
        slash_minute(impact_start) as impact_started_at,
        slash_minute(latest.acknowledged_at) as acknowledged_at,
        slash_minute(latest.restored_at) as restored_at,
        slash_minute(latest.resolved_at) as resolved_at,
        made_sla as sla_met,
        caused_by_deployment as caused_by_deployment_id,
        (impact_start is null or slash_minute(impact_start) is not null)
            and (latest.acknowledged_at is null or slash_minute(latest.acknowledged_at) is not null)
            and (latest.restored_at is null or slash_minute(latest.restored_at) is not null)
            and (latest.resolved_at is null or slash_minute(latest.resolved_at) is not null) as is_readable
    from latest
    left join service_name as known on known.name = lower(trim(cmdb_ci))
)
select *
from typed
where opened_at is not null
  and is_readable
  and coalesce(resolved_at >= opened_at, true)
  and coalesce(acknowledged_at >= opened_at, true)
  and coalesce(restored_at >= impact_started_at, true);

create temp table outage as
select
    outage_id,
    coalesce(known.service_id, 'unallocated') as service_id,
    planned = 'yes' as is_planned,
    cast("start" as timestamp) as started_at,
    cast("end" as timestamp) as ended_at,
    incident as incident_id
from read_csv(
    getvariable('extracts') || '/itsm/outages.csv', header = true, auto_detect = false, delim = ',', quote = '"',
    columns = {
        outage_id: 'varchar', service: 'varchar', "start": 'timestamptz', "end": 'timestamptz', planned: 'varchar',
        incident: 'varchar'
    }
) as listed
left join service_name as known on known.name = lower(trim(listed.service));

create temp table deployment as
select
    deployment_id,
    repository,
    listed.service as scope,
    coalesce(known.service_id, 'unallocated') as service_id,
    case environment when 'prod' then 'production' when 'stage' then 'staging' end as environment,
    case result when 'SUCCESS' then 'success' when 'FAILED' then 'failure' when 'ABORTED' then 'cancelled' end
        as result,
    reason,
    cast(started_at as timestamp) as started_at,
    cast(finished_at as timestamp) as finished_at
from read_parquet(getvariable('extracts') || '/devops/deployments.parquet') as listed
left join service_name as known on known.name = lower(trim(listed.service))
where finished_at is not null and coalesce(finished_at >= started_at, true);

create temp table change as
select
    id as change_id,
    repository,
    coalesce(known.service_id, 'unallocated') as service_id,
    is_bot,
    cast(first_commit_at as timestamp) as first_commit_at,
    cast(created_at as timestamp) as created_at,
    cast(first_review_at as timestamp) as first_review_at,
    cast(merged_at as timestamp) as merged_at,
    merge_commit_sha
from read_parquet(getvariable('extracts') || '/devops/changes.parquet') as listed
left join service_name as known on known.name = coalesce(listed.service, split_part(path_label, '/', 2))
where created_at is not null;

create temp table commit_of_change as
select change_id, cast(min(authored_at) as timestamp) as first_commit_at
from read_parquet(getvariable('extracts') || '/devops/commits.parquet')
where change_id is not null
group by change_id;

create temp table deployed_commit as
select distinct deployment_id, commit_sha
from read_parquet(getvariable('extracts') || '/devops/deployment_commits.parquet');

create temp table survey_response as
select
    answer_id as response_id,
    kind,
    try_cast(score as double) as score,
    about as subject,
    case answer.channel when 'WEB' then 'web' when 'APP' then 'mobile' when 'POS' then 'store' end as channel,
    coalesce(known.service_id, 'unallocated') as service_id,
    nullif(order_no, '') as order_id,
    from_local(try_cast(answered_on as timestamp)) as answered_at,
    try_cast(answered_on as date) as answered_date
from answer
left join service_name as known on known.name = lower(trim(answer.service))
where try_cast(answered_on as timestamp) is not null and try_cast(score as double) between 0 and 10;
