"""Reading landed files into temporary tables, whatever their kind: one statement per set of equal headers.

`arriving` holds the rows with the source's own columns (personal ones left out or hashed), `_number` (which
file) and, for kinds where the engine knows it, `_position` (row in the file). For CSV the position follows from
the order of the rows, which the engine keeps; records it could not parse are counted in. `arriving_file` holds
what is known per file, `arriving_reject` the records that are no rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby

from bizops_pipeline.catalogue.models import FilesConnector, SourceTable
from bizops_pipeline.errors import SourceError
from bizops_pipeline.landing.digits import LENGTH
from bizops_pipeline.landing.personal import Withheld, withheld
from bizops_pipeline.landing.raw import become_text, canonical_text
from bizops_pipeline.landing.records import exact_count
from bizops_pipeline.landing.store import Landed
from bizops_pipeline.naming import literal, quoted
from bizops_pipeline.warehouse.engine import Engine

ARRIVING, FILES, REJECTS, LINES = "arriving", "arriving_file", "arriving_reject", "arriving_line"
SHIFTS = "arriving_shift"
REJECT_ERRORS, REJECT_SCANS = "landing_reject_errors", "landing_reject_scans"
BLOCK = 256
"""Rows of a file with rejected records whose positions are found together."""
SAMPLED, ENOUGH = 10_000, 1_000
"""First rows by which a column is judged to hardly repeat a value, and how many it takes."""
MAX_ORIGINAL = 4_000
WITHHELD = "(withheld: the table has personal columns)"
_NESTED = ("STRUCT", "MAP", "UNION", "JSON", "VARIANT")
_LONG_NUMBER = r"([:\[,]\s*)(-?[0-9]+\.[0-9]*)(\s*[,}\]])"


def read(engine: Engine, table: SourceTable, files: Sequence[Landed], hash_key: str) -> tuple[list[str], Withheld]:
    """Fill the temporary tables from landed files, numbered by their position.

    Returns the source's columns that arrive, and those that are left out or hashed as personal. The caller discards
    the tables afterwards, whatever happens.

    Raises SourceError when the engine and the independent count disagree on the number of records of a file.
    """
    engine.execute(
        f"create temp table {REJECTS} (_number bigint, line_number bigint, reason varchar, original varchar)"
    )
    engine.execute("create temp table arriving_key as select ?::varchar as hash_key", (hash_key,))
    numbered = list(enumerate(files))
    groups = sorted(
        ((_layout(file), number, file) for number, file in numbered if file.records or file.header), key=_group_key
    )
    found: dict[str, None] = {}
    readers = {"csv": _read_csv, "ndjson": _read_lines, "parquet": _read_parquet}
    for place, (_, members) in enumerate(groupby(groups, key=lambda item: item[0])):
        chosen = [(number, file) for _, number, file in members]
        found |= dict.fromkeys(readers[chosen[0][1].kind](engine, table, chosen, place == 0))
    if not groups:
        engine.execute(f"create temp table {ARRIVING} (_number bigint, _position bigint)")
    _number_rows(engine, numbered)
    _check_counts(engine, table, files)
    hidden = withheld(table, found)
    if hidden or not found:
        # Where no record could be parsed nothing is known of the columns, so the records may hold anything.
        engine.execute(f"update {REJECTS} set original = {literal(WITHHELD)}")
    arriving = [name for name, _ in engine.describe(f"select * from {ARRIVING}")]
    return [name for name in arriving if name not in ("_number", "_position")], hidden


def discard(engine: Engine) -> None:
    """Drop the temporary tables."""
    for name in (ARRIVING, FILES, REJECTS, LINES, REJECT_ERRORS, REJECT_SCANS, "arriving_key", SHIFTS):
        engine.execute(f"drop table if exists temp.{name}")


def numbered_rows(engine: Engine) -> tuple[str, str]:
    """Return the from clause over `arriving` (as `a`) with its files (as `f`), and SQL for a row's position.

    The position counts records that could not be parsed, so that repairing one moves no other row. A file with
    such records is cut into blocks of rows; each knows how many came before it and after which rows others did.
    """
    joined = f"{ARRIVING} as a join {FILES} as f on f._number = a._number"
    index = "(a.rowid - f.first_rowid)"
    if not engine.scalar(f"select 1 from {FILES} where rejected > 0 and not is_positioned limit 1"):
        return joined, f"coalesce(a._position, {index} + 1)"
    engine.execute(
        f"create or replace temp table {SHIFTS} as with skip as (select _number, line_number - 1 "
        "- row_number() over (partition by _number order by line_number) as rows_before "
        f"from {REJECTS}), per_block as (select _number, rows_before // {BLOCK} as block, count(*) as skipped, "
        "list(rows_before) as within from skip group by all), block as (select _number, "
        f"unnest(range(parsed // {BLOCK} + 1)) as block from {FILES} where rejected > 0 and not is_positioned) "
        "select b._number, b.block, p.within, coalesce(sum(p.skipped) over (partition by b._number order by b.block "
        "rows between unbounded preceding and 1 preceding), 0)::bigint as skipped_before "
        "from block as b left join per_block as p on p._number = b._number and p.block = b.block"
    )
    joined += f" left join {SHIFTS} as s on s._number = a._number and s.block = {index} // {BLOCK}"
    skipped = f"s.skipped_before + coalesce(len(list_filter(s.within, lambda before: before <= {index})), 0)"
    return joined, f"coalesce(a._position, {index} + 1 + coalesce({skipped}, 0))"


def varied_columns(engine: Engine, columns: Iterable[str]) -> list[str]:
    """Return the columns of which most of the first rows hold a value of their own."""
    names = list(columns)
    # An estimate is enough to choose how to store a column, and takes a fifth of the time of a count.
    counts = "".join(f", approx_count_distinct({quoted(name)})" for name in names)
    rows, *distinct = engine.rows(f"select count(*){counts} from (select * from {ARRIVING} limit {SAMPLED}) as first")[
        0
    ]
    return [name for name, count in zip(names, distinct, strict=True) if rows >= ENOUGH and 2 * count > rows]


def _layout(file: Landed) -> tuple[str, ...]:
    return (file.kind, file.delimiter, file.quote, "".join(file.path.suffixes), "\x1f".join(file.header), *file.types)


def _group_key(item: tuple[tuple[str, ...], int, Landed]) -> tuple[tuple[str, ...], int]:
    return item[0], item[1]


def _add(engine: Engine, query: str, is_first: bool) -> None:
    """Put the rows of a query into `arriving`, in order, adding columns that it lacks; the first query makes it."""
    if is_first:
        engine.execute(f"create temp table {ARRIVING} as {query}")
        return
    present = {name.lower(): kind for name, kind in engine.describe(f"select * from {ARRIVING}")}
    texts = []
    for name, kind in engine.describe(query):
        if name.lower() not in present:
            engine.execute(f"alter table {ARRIVING} add column {quoted(name)} {kind}")
            continue
        before = present[name.lower()]
        if before not in (kind, "VARCHAR"):
            _make_text(engine, name, before)
        if before != kind and become_text(kind, "VARCHAR"):
            texts.append(f"{canonical_text(quoted(name), kind)} as {quoted(name)}")
    replaced = f"select * replace ({', '.join(texts)}) from ({query}) as read" if texts else query
    engine.execute(f"insert into {ARRIVING} by name {replaced}")


def fit_to(engine: Engine, stored: Mapping[str, str], wanted: Collection[str]) -> None:
    """Make text of the arriving numbers whose column is stored as text, and add `wanted` columns that no record has."""
    kept = {name.lower(): kind for name, kind in stored.items()}
    arriving = {name.lower(): (name, kind) for name, kind in engine.describe(f"select * from {ARRIVING}")}
    for low, (name, kind) in arriving.items():
        if become_text(kind, kept.get(low, kind)):
            _make_text(engine, name, kind)
    for name in wanted:
        if name.lower() not in arriving:
            engine.execute(f"alter table {ARRIVING} add column {quoted(name)} varchar")


def _make_text(engine: Engine, name: str, kind: str) -> None:
    text = canonical_text(quoted(name), kind)
    engine.execute(f"alter table {ARRIVING} alter column {quoted(name)} type varchar using {text}")


def _read_csv(engine: Engine, table: SourceTable, chosen: list[tuple[int, Landed]], is_first: bool) -> list[str]:
    """Read delimited files of one header and return it."""
    first = chosen[0][1]
    nulls = table.connector.null_values if isinstance(table.connector, FilesConnector) else ("",)
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in first.header)
    options = {
        "columns": "{" + columns + "}",
        "header": "true",
        "delim": literal(first.delimiter),
        "quote": literal(first.quote),
        "escape": literal(first.quote),
        "nullstr": "[" + ", ".join(literal(value) for value in nulls) + "]",
        "strict_mode": "true",
        "store_rejects": "true",
        "rejects_table": literal(REJECT_ERRORS),
        "rejects_scan": literal(REJECT_SCANS),
    }
    source = engine.scan([file.path for _, file in chosen], kind="csv", options=options)
    # The engine numbers the files of a scan; the list turns that into our numbers.
    numbers = "[" + ", ".join(str(number) for number, _ in chosen) + "]"
    selected = _selected(table, [(name, quoted(name)) for name in first.header])
    position = "null::bigint as _position"
    engine.execute(f"drop table if exists temp.{REJECT_ERRORS}")
    engine.execute(f"drop table if exists temp.{REJECT_SCANS}")
    query = f"select {selected}{numbers}[file_index::bigint + 1] as _number, {position} from {source}"
    _add(engine, query, is_first)
    paths = ", ".join(f"({literal(str(file.path))}, {number})" for number, file in chosen)
    engine.execute(
        f"insert into {REJECTS} select p.number, e.line, string_agg(distinct lower(e.error_type::varchar) || ': ' || "
        f"e.error_message, '; ' order by lower(e.error_type::varchar) || ': ' || e.error_message), "
        f"left(ltrim(min(e.csv_line), chr(10) || chr(13)), {MAX_ORIGINAL}) "
        f"from {REJECT_ERRORS} as e join {REJECT_SCANS} as s on s.scan_id = e.scan_id and s.file_id = e.file_id "
        f"join (values {paths}) as p(path, number) on p.path = s.file_path group by p.number, e.line"
    )
    _refuse_open_quotes(engine, table, chosen)
    return list(first.header)


def _refuse_open_quotes(engine: Engine, table: SourceTable, chosen: list[tuple[int, Landed]]) -> None:
    """Raise SourceError when one reject swallowed several lines: an unclosed quote loses good records with it."""
    found = engine.rows(
        f"select _number, min(line_number) from {REJECTS} "
        "where reason like 'unquoted value%' and contains(original, chr(10)) group by _number order by _number limit 1"
    )
    for number, line in found:
        origin = dict(chosen)[number].origin
        raise SourceError(
            f"source {table.source}, table {table.name}: {origin}: a quote that opens at record {line} is not closed "
            "where its field ends, which would swallow the records after it; correct the file. Nothing was loaded."
        )


def _read_parquet(engine: Engine, table: SourceTable, chosen: list[tuple[int, Landed]], is_first: bool) -> list[str]:
    """Read Parquet files of one schema and return its columns."""
    source = engine.scan([file.path for _, file in chosen], kind="parquet", options={})
    nulls = _null_tokens(table, chosen[0][1])
    columns = []
    for name, kind in engine.describe(f"select * from {source}"):
        if name in ("filename", "file_row_number"):
            continue
        value = quoted(name)
        if kind.endswith("]") or kind.startswith(_NESTED):
            value = f"to_json({value})::varchar"
        elif kind == "VARCHAR" and nulls:
            value = f"case when {value} not in ({nulls}) then {value} end"
        columns.append((name, value))
    numbers = "[" + ", ".join(str(number) for number, _ in chosen) + "]"
    _add(
        engine,
        f"select {_selected(table, columns)}{numbers}[file_index::bigint + 1] as _number, "
        f"file_row_number + 1 as _position from {source}",
        is_first,
    )
    return [name for name, _ in columns]


def _null_tokens(table: SourceTable, file: Landed) -> str:
    """Return the texts that stand for no value, as a list; Parquet says itself what has none."""
    connector = table.connector
    if not isinstance(connector, FilesConnector) or connector.format_of(file.origin) == "parquet":
        return ""
    return ", ".join(literal(value) for value in connector.null_values)


def _read_lines(engine: Engine, table: SourceTable, chosen: list[tuple[int, Landed]], is_first: bool) -> list[str]:
    """Read files of JSON objects, one a line, and return the names of their fields."""
    options = {"strict_mode": "false", "nullstr": "''"}
    source = engine.scan([file.path for _, file in chosen], kind="lines", options=options)
    numbers = "[" + ", ".join(str(number) for number, _ in chosen) + "]"
    engine.execute(f"drop table if exists temp.{LINES}")
    engine.execute(
        f"create temp table {LINES} as select line, {numbers}[file_index::bigint + 1] as _number, "
        f"case when json_valid(line) then json_type(line) else 'MALFORMED' end as kind from {source}"
    )
    # The engine keeps the order of lines, so the position follows from the row id.
    torn = engine.scalar(
        f"select min(_number) from (select _number from {LINES} group by _number "
        "having max(rowid) - min(rowid) + 1 <> count(*)) as scattered"
    )
    if torn is not None:
        raise AssertionError(f"the engine did not keep the order of the lines of {dict(chosen)[torn].origin}")
    numbered = (
        f"select line, kind, l._number, l.rowid - f.first_rowid + 1 as _position from {LINES} as l "
        f"join (select _number, min(rowid) as first_rowid from {LINES} group by _number) as f on f._number = l._number "
        "where line is not null"
    )
    engine.execute(
        f"insert into {REJECTS} select _number, _position, case when kind = 'MALFORMED' "
        f"then 'malformed JSON' else 'not a JSON object' end, left(line, {MAX_ORIGINAL}) "
        f"from ({numbered}) as lines where kind <> 'OBJECT'"
    )
    keys = engine.rows(
        f"select distinct unnest(json_keys(line)) as name from {LINES} where kind = 'OBJECT' order by name"
    )
    names = [row[0] for row in keys if row[0]]
    _check_names(table, chosen[0][1].origin, names)
    paths = "[" + ", ".join(literal(_json_path(name)) for name in names) + "]"
    # Long decimals are read as text: as numbers they would lose digits.
    exact = (
        f"case when regexp_matches(line, '[0-9.]{{{LENGTH}}}') and "
        f"json_valid(regexp_replace(line, {literal(_LONG_NUMBER)}, '\\1\"\\2\"\\3', 'g')) "
        f"then regexp_replace(line, {literal(_LONG_NUMBER)}, '\\1\"\\2\"\\3', 'g') else line end"
    )
    text = exact if any(file.may_lose_digits for _, file in chosen) else "line"
    values = f"json_extract_string({text}, {paths}) as v, json_type(line, {paths}) as kinds, " if names else ""
    selected = _selected(table, _fields(table, names, chosen[0][1]))
    _add(
        engine,
        f"select {selected}_number, _position from (select {values}_number, _position "
        f"from ({numbered}) as lines where kind = 'OBJECT') as records",
        is_first,
    )
    return names


def _fields(table: SourceTable, names: Iterable[str], file: Landed) -> list[tuple[str, str]]:
    """Return the fields of JSON objects with SQL for the text of each, from `v` and `kinds`."""
    decimal = table.connector.decimal if isinstance(table.connector, FilesConnector) else "."
    nulls = _null_tokens(table, file)
    fields = []
    for position, name in enumerate(names, 1):
        value = f"v[{position}]"
        if decimal != ".":  # the mark of numbers in texts; a number itself has a point in JSON
            marked = f"replace({value}, '.', {literal(decimal)})"
            value = f"case when kinds[{position}] = 'DOUBLE' then {marked} else {value} end"
        fields.append((name, f"case when {value} not in ({nulls}) then {value} end" if nulls else value))
    return fields


def _json_path(name: str) -> str:
    return '$."' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _check_names(table: SourceTable, origin: str, names: list[str]) -> None:
    lowered = [name.lower() for name in names]
    repeated = sorted(name for name in names if lowered.count(name.lower()) > 1)
    if repeated:
        raise SourceError(
            f"source {table.source}, table {table.name}: {origin} and the files with it: names of fields differ by "
            f"case only: {', '.join(repeated)}; rename one of them at the source"
        )


def _selected(table: SourceTable, columns: Iterable[tuple[str, str]]) -> str:
    """Return the select list of the source's columns without the dropped and with hashed personal ones."""
    listed = list(columns)
    hidden = withheld(table, [name for name, _ in listed])
    parts = []
    for name, value in listed:
        if name in hidden.dropped:
            continue
        if name in hidden.hashed:
            value = (
                f"case when {value} is not null then "
                f"sha256((select hash_key from arriving_key) || ':' || cast({value} as varchar)) end"
            )
        parts.append(f"{value} as {quoted(name)}, ")
    return "".join(parts)


def _number_rows(engine: Engine, numbered: list[tuple[int, Landed]]) -> None:
    """Fill `arriving_file`: per file its origin, the row id of its first row and its counts."""
    values = ", ".join(
        f"({number}, {literal(file.extract_id)}, {literal(file.origin)}, {file.records})" for number, file in numbered
    )
    listed = f"values {values}" if values else "select 0, '', '', 0 where false"
    engine.execute(
        f"create temp table {FILES} as select f.number as _number, f.extract_id, f.origin, f.records, "
        "coalesce(a.first_rowid, 0) as first_rowid, coalesce(a.parsed, 0) as parsed, "
        "coalesce(r.rejected, 0) as rejected, coalesce(a.spread, 0) as spread, "
        "coalesce(a.is_positioned, false) as is_positioned "
        f"from ({listed}) as f(number, extract_id, origin, records) "
        "left join (select _number, min(rowid) as first_rowid, count(*) as parsed, "
        "max(rowid) - min(rowid) + 1 as spread, count(_position) > 0 as is_positioned "
        f"from {ARRIVING} group by _number) as a on a._number = f.number "
        f"left join (select _number, count(*) as rejected from {REJECTS} group by _number) as r on r._number = f.number"
    )
    # Rows that carry their position may lie in any order.
    torn = engine.scalar(f"select min(origin) from {FILES} where parsed > 0 and spread <> parsed and not is_positioned")
    if torn:
        raise AssertionError(f"the engine did not keep the order of the rows of {torn}")


def _check_counts(engine: Engine, table: SourceTable, files: Sequence[Landed]) -> None:
    """Compare with the independent count; where quotes may have misled it, the exact parser decides."""
    suspects = engine.rows(
        f"select _number, parsed, rejected from {FILES} where parsed + rejected <> records order by _number"
    )
    for number, parsed, rejected in suspects:
        file = files[number]
        records = _recount(table, file)
        if records != parsed + rejected:
            # In a file of one column the engine takes a blank line for a record without a value.
            blank = "take out blank lines, or " if len(file.header) == 1 else ""
            raise SourceError(
                f"source {table.source}, table {table.name}: {file.origin}: the file has {records:,} records, but "
                f"{parsed:,} were read and {rejected:,} rejected; {blank}look for an unclosed quote. "
                "Nothing was loaded."
            )
        engine.execute(f"update {FILES} set records = {records} where _number = {number}")


def _recount(table: SourceTable, file: Landed) -> int:
    if file.kind != "csv" or len(file.delimiter) != 1:
        return file.records
    compressed = file.path.suffix == ".gz"
    try:
        return exact_count(file.path, compressed=compressed, delimiter=file.delimiter, quote=file.quote) - 1
    except SourceError as error:
        raise SourceError(f"source {table.source}, table {table.name}: {file.origin}: {error}") from None
