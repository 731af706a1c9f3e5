import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bizops_pipeline.catalogue import allowed_sql, expressions
from bizops_pipeline.catalogue.expressions import ExpressionError
from bizops_pipeline.warehouse import portable

HOSTILE = [
    "read_csv('/etc/passwd')",
    "read_text('/etc/passwd')",
    "read_blob('x')",
    "parquet_scan('s3://bucket/x')",
    "glob('/*')",
    "getenv('HOME')",
    "current_setting('secret_directory')",
    "\"read_text\"('/etc/passwd')",
    "pg_read_file('x')",
    "query('select 1')",
    "query_table('t')",
    "(select 1)",
    "select 1",
    "a in (select password from users)",
    "exists (select 1)",
    "(with x as (select 1) select * from x)",
    "a; drop table core.fct_order",
    "drop table x",
    "copy t to 'x'",
    "attach 'x.db'",
    "install httpfs",
    "load httpfs",
    "pragma database_list",
    "set memory_limit = '1TB'",
    "1) from duckdb_secrets() --",
    "a -- comment",
    "a /* comment */",
    "/* only a comment */",
    "a) union all (select 1",
    "sum(a) over ()",
    "row_number() over (order by a)",
    "unnest([1, 2])",
    "generate_series(1, 1000000000)",
    "repeat('x', 1000000000)",
    "lpad('x', 1000000000, 'x')",
    "lpad('x', a, 'x')",
    "columns('.*')",
    "*",
    "$1",
    "?",
    ":name",
    "$$text$$",
    "current_date",
    "now()",
    "random()",
    "nextval('s')",
    "a.b.c",
    "secret_table.password",
    "main.a.upper()",
    "a::json",
    "cast(a as varchar[])",
    "cast(a as secret_type)",
    "[x for x in a]",
    "{'a': b}",
    "x -> x + 1",
    "list_transform(a, x -> x)",
    "a at time zone 'UTC'",
    "a collate nocase",
    "a ^ b",
    "#1",
    "a as b",
    "a, b",
    "interval (a) day",
    "",
    "   ",
    "'unterminated",
    "(" * 300 + "a" + ")" * 300,
    "not " * 450 + "a",
    "a" * 3000,
]

HONEST = {
    "number": {"number"},
    "strptime(opened_at, '%d/%m/%Y %H:%M')": {"opened_at"},
    "strptime(opened_at, ['%d/%m/%Y %H:%M', '%Y-%m-%d'])": {"opened_at"},
    "payload ->> '$.amount'": {"payload"},
    "cast(payload ->> '$.amount' as decimal(18, 4))": {"payload"},
    "\"Order ID\" || '-' || line": {"Order ID", "line"},
    "concat(comment, '@', number)": {"comment", "number"},
    "case when number in ('1', '2') then 'low' else 'high' end": {"number"},
    "coalesce(nullif(trim(number), ''), line)": {"number", "line"},
    "cast(line as bigint) * 2 - 1": {"line"},
    "cast(line as bigint) / cast(number as bigint)": {"line", "number"},
    "regexp_replace(number, '[.]0$', '')": {"number"},
    "regexp_extract(number, '([0-9]+)', 1)": {"number"},
    "lpad(line, 6, '0')": {"line"},
    "number::date": {"number"},
    "date_diff('hour', strptime(opened_at, '%Y'), strptime(opened_at, '%Y'))": {"opened_at"},
    "upper(left(number, 3)) like 'A%' and not (line is null)": {"number", "line"},
    "epoch_ms(cast(line as bigint))": {"line"},
    "to_timestamp(cast(line as bigint))": {"line"},
    "make_date(cast(line as integer), 13, 1)": {"line"},
    "cast(opened_at as timestamp) + interval 2 day": {"opened_at"},
    "'GBP'": set(),
    "comment": {"comment"},
}


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:40] or "empty")
@pytest.mark.parametrize("check", ["mapping", "metric", "aggregate", "derived"])
def test_hostile_expression_is_refused(text: str, check: str) -> None:
    checks = {
        "mapping": expressions.check_mapping,
        "metric": lambda text: expressions.check_metric(text, {"a", "b", "x"}),
        "aggregate": lambda text: expressions.check_aggregate(text, {"a", "b", "x"}),
        "derived": expressions.derived_names,
    }
    with pytest.raises(ExpressionError):
        checks[check](text)


@pytest.fixture(scope="module")
def source() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        'create table source (number text, opened_at text, payload text, "Order ID" text, line text, comment text)'
    )
    connection.execute("""insert into source values
        ('1', '01/02/2024 10:00', '{"amount": "3.5"}', 'A-1', '9223372036854775807', 'good'),
        ('0', 'never', 'no json', null, 'x', null),
        (null, null, null, null, null, null)""")
    return connection


@pytest.mark.parametrize(("text", "columns"), HONEST.items(), ids=[text[:40] for text in HONEST])
def test_honest_mapping_names_its_columns_and_no_value_makes_it_fail(
    text: str, columns: set[str], source: duckdb.DuckDBPyConnection
) -> None:
    assert expressions.columns(text) == columns
    assert len(source.execute(f"select {expressions.compile_mapping(text)} from source").fetchall()) == 3


def test_a_compiled_mapping_gives_what_was_meant(source: duckdb.DuckDBPyConnection) -> None:
    meant = {
        "payload ->> '$.amount'": "3.5",
        "\"Order ID\" || '!'": "A-1!",
        "cast(number as bigint) / 0": None,
        "lpad(number, 3, '0')": "001",
        "number not in ('2')": True,
        "mod(cast(number as bigint) + 4, 2)": 1,
    }
    for text, value in meant.items():
        assert source.execute(f"select {expressions.compile_mapping(text)} from source").fetchone() == (value,)


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("strptime(a, '%Y')", "try_strptime(\"a\", '%Y')"),
        ("cast(a as date)", 'TRY_CAST("a" AS DATE)'),
        ("a::date", 'TRY_CAST("a" AS DATE)'),
        ("a", '"a"'),
        ("Order", '"Order"'),
        ("a / b", 'try("a" / nullif("b", 0))'),
        ("coalesce(cast(a as int), cast(strptime(b, '%Y') as int))", None),
    ],
)
def test_mapping_is_compiled_to_forms_that_do_not_fail(text: str, sql: str | None) -> None:
    compiled = expressions.compile_mapping(text)
    assert sql in (None, compiled)
    assert expressions.compile_mapping(compiled.replace("try(", "(")) is not None
    assert " CAST(" not in f" {compiled}".replace("TRY_CAST", "")


AGGREGATES = [
    "count(*)",
    "count(*) filter (where sla_met)",
    "sum(amount)",
    "sum(agreed - lost)",
    "sum(agreed) - sum(lost)",
    "-sum(lost) / 2",
    "sum(date_diff('second', opened_at, resolved_at))",
    "count(*) filter (where second_day <= as_of)",
]


@pytest.mark.parametrize("text", AGGREGATES)
def test_additive_aggregates_pass(text: str) -> None:
    known = {"sla_met", "amount", "agreed", "lost", "opened_at", "resolved_at", "second_day"}
    expressions.check_aggregate(text, known)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("amount", "count(...)"),
        ("avg(amount)", "ratio"),
        ("count(distinct amount)", "type distinct"),
        ("sum(amount) * sum(amount)", "count(...)"),
        ("sum(amount) / count(*)", "count(...)"),
        ("sum(sum(amount))", "one row"),
        ("sum(amount) + 1", "count(...)"),
        ("max(amount)", "percentile: 1"),
        ("sum(amuont)", "did you mean `amount`?"),
        ("sum(*)", "count(*)"),
    ],
)
def test_what_does_not_add_up_is_refused_with_a_remedy(text: str, expected: str) -> None:
    with pytest.raises(ExpressionError) as error:
        expressions.check_aggregate(text, {"amount"})
    assert expected in error.value.expected


def test_aggregates_do_not_belong_into_expressions_of_one_row() -> None:
    with pytest.raises(ExpressionError, match="aggregate"):
        expressions.check_metric("sum(amount)", {"amount"})


def test_durations_are_counted_in_units_that_every_engine_counts_alike() -> None:
    expressions.check_metric("date_diff('second', a, b)", {"a", "b"})
    with pytest.raises(ExpressionError, match="hour"):
        expressions.check_metric("date_diff('hour', a, b)", {"a", "b"})


def test_the_refusal_points_at_the_character() -> None:
    with pytest.raises(ExpressionError) as error:
        expressions.check_metric("amount > 3 and lower(chanel) = 'web'", {"amount", "channel"})
    assert error.value.offset == "amount > 3 and lower(chanel) = 'web'".index("chanel")


def test_metric_functions_are_portable() -> None:
    assert allowed_sql.METRIC_FUNCTIONS <= portable.FUNCTIONS
    assert allowed_sql.AGGREGATES <= portable.FUNCTIONS


def test_every_listed_function_has_a_node_that_passes() -> None:
    calls = {
        "cast": "cast(a as date)", "try_cast": "try_cast(a as date)", "extract": "extract(year from a)",
        "date_diff": "date_diff('second', a, b)", "date_part": "date_part('year', a)",
        "date_trunc": "date_trunc('day', a)",
        "lpad": "lpad(a, 3, '0')", "rpad": "rpad(a, 3, '0')", "split_part": "split_part(a, '-', 1)",
        "replace": "replace(a, 'x', 'y')", "regexp_replace": "regexp_replace(a, 'x', 'y')",
        "make_date": "make_date(a, b, 1)",
        "strptime": "strptime(a, '%Y')", "try_strptime": "try_strptime(a, '%Y')",
        "json_extract_string": "json_extract_string(a, '$.x')",
        "substr": "substr(a, 1, 2)", "substring": "substring(a, 1, 2)",
    }  # fmt: skip
    one = set(
        """abs ceil ceiling floor round sign length lower upper trim ltrim rtrim md5 nfc_normalize reverse
        strip_accents epoch_ms to_timestamp""".split()
    )
    for name in allowed_sql.MAPPING_FUNCTIONS:
        expressions.check_mapping(calls.get(name) or (f"{name}(a)" if name in one else f"{name}(a, b)"))
    for name in allowed_sql.METRIC_FUNCTIONS:
        expressions.check_metric(calls.get(name) or (f"{name}(a)" if name in one else f"{name}(a, b)"), {"a", "b"})


@given(st.text(max_size=60) | st.text(alphabet="abc()'\"*+-/;,.$:[]{}<>=|&! \n0123casewhenotlikes", max_size=60))
@example("a\x00b")
@settings(max_examples=300)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        compiled = expressions.compile_mapping(text)
    except ExpressionError:
        return
    assert compiled
