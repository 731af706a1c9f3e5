-- grain: one row per source table, entity and reason
-- The example is the first record by file and row, so that every refresh of the same records shows the same one.
with concerned as (
    select
        source,
        source_table,
        entity,
        rule as reason,
        'quarantined' as kind,
        reason as example,
        file,
        row_number as row_in_file
    from quarantine.record
    union all
    -- What stands before the colon is the kind of fault, the rest is about the one line.
    select
        reject.source,
        reject.source_table,
        mapped.entity,
        split_part(reject.reason, ':', 1) as reason,
        'rejected' as kind,
        reject.reason as example,
        reject.file,
        reject.line_number as row_in_file
    from audit.reject as reject
    inner join audit.extract as extract on extract.extract_id = reject.extract_id and extract.is_current
    inner join mapped_source_table as mapped
        on mapped.source = reject.source and mapped.source_table = reject.source_table
),

ranked as (
    select
        source,
        source_table,
        entity,
        reason,
        kind,
        example,
        file,
        row_in_file,
        count(*) over (partition by source, source_table, entity, reason, kind) as records,
        row_number() over (
            partition by source, source_table, entity, reason, kind order by file, row_in_file, example
        ) as position
    from concerned
)

select
    source,
    source_table,
    entity,
    reason,
    kind,
    cast(records as bigint) as records,
    example,
    file as example_file,
    cast(row_in_file as bigint) as example_row
from ranked
where position = 1
