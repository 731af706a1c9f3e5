-- grain: one row per source table and entity
-- Files: the records of the files as they are now. Databases: the rows as they were read, there is nothing
-- before them to count.
with extracts as (
    select
        source,
        source_table,
        sum(rows_in) as rows_in,
        sum(rejected) as rejected
    from audit.extract
    where is_current
    group by source, source_table
),

causes as (
    select source, source_table, entity, rule as reason, count(*) as records
    from quarantine.record
    group by source, source_table, entity, rule
    union all
    -- What stands before the colon is the kind of fault, the rest is about the one line.
    select
        reject.source,
        reject.source_table,
        mapped.entity,
        split_part(reject.reason, ':', 1) as reason,
        count(*) as records
    from audit.reject as reject
    inner join audit.extract as extract on extract.extract_id = reject.extract_id and extract.is_current
    inner join mapped_source_table as mapped
        on mapped.source = reject.source and mapped.source_table = reject.source_table
    group by reject.source, reject.source_table, mapped.entity, split_part(reject.reason, ':', 1)
),

top_causes as (
    select source, source_table, entity, reason
    from causes
    qualify row_number() over (
        partition by source, source_table, entity order by records desc, reason
    ) = 1
),

counted as (
    select
        mapped.source,
        mapped.source_table,
        mapped.entity,
        coalesce(case when mapped.has_files then extracts.rows_in else balance.raw_rows end, 0) as rows_in,
        coalesce(case when mapped.has_files then extracts.rejected else 0 end, 0) as rows_rejected,
        balance.raw_rows,
        coalesce(balance.kept, 0) as kept,
        coalesce(balance.quarantined, 0) as quarantined,
        coalesce(balance.deduplicated, 0) as deduplicated,
        top_causes.reason
    from mapped_source_table as mapped
    left join extracts on extracts.source = mapped.source and extracts.source_table = mapped.source_table
    left join audit.staging_balance as balance
        on balance.source = mapped.source
        and balance.source_table = mapped.source_table
        and balance.entity = mapped.entity
    left join top_causes
        on top_causes.source = mapped.source
        and top_causes.source_table = mapped.source_table
        and top_causes.entity = mapped.entity
)

select
    source,
    source_table,
    entity,
    cast(rows_in as bigint) as rows_in,
    kept as rows_kept,
    quarantined as rows_quarantined,
    -- By another row of the same load, or by another row of the same key.
    cast(rows_in - rows_rejected - kept - quarantined as bigint) as rows_deduplicated,
    cast(rows_rejected as bigint) as rows_rejected,
    -- What was loaded but never staged is in no place at all.
    case
        when raw_rows is null then rows_in = rows_rejected
        else raw_rows = kept + quarantined + deduplicated and rows_in - rows_rejected >= raw_rows
    end as is_balanced,
    reason as top_reason
from counted
