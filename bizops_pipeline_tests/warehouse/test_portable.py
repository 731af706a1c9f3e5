import subprocess
import sys
from pathlib import Path

import pytest

from bizops_pipeline.warehouse import portable

MODEL = """\
-- grain: one row per service and day
with ranked(service_id, day, value) as (
    select
        s.service_id,
        cast(date_trunc('day', s.measured_at) as date),
        sum(s.good) filter (where s.valid > 0) over (partition by s.service_id order by s.measured_at
            rows between 6 preceding and current row)
    from staging.slo_measurement as s
    inner join core.dim_service as d on d.service_id = s.service_id
    where s.measured_at >= $window_start and s.status in ('ok', 'late')
      and exists (select 1 from core.dim_date as c where c.day = cast(s.measured_at as date))
    qualify row_number() over (partition by s.service_id, s.measured_at order by s.slo_measurement_id) = 1
)
select
    r.service_id,
    r.day,
    count(distinct r.value) as n,
    coalesce(nullif(max(r.value), 0), 0) as best,
    median(cast(r.value as decimal(38, 9))) as middle,
    quantile_cont(cast(r.value as double), 0.85) as p85,
    arg_max(r.value, r.day) as latest,
    date_diff('second', min(r.day), max(r.day) + interval 1 day) as seconds,
    extract(isodow from max(r.day)) as weekday,
    md5(lower(trim(r.service_id)) || regexp_extract(r.service_id, '^[a-z]+')) as service_key,
    case when bool_and(r.value > 0) then try_cast('1' as integer) end as flag
from ranked as r
group by r.service_id, r.day
union all
select 'none', date '2026-01-01', 0, 0, 0, 0, 0, 0, 1, '', null
"""


def test_a_model_in_the_portable_subset_passes():
    assert portable.check_file(MODEL) == []


def test_an_expression_is_checked_like_a_query():
    assert portable.violations("count(*) filter (where sla_met)") == []
    assert portable.violations("epoch(resolved_at - opened_at)") == ["epoch(): write date_diff('second', start, end)"]


@pytest.mark.parametrize(
    ("sql", "begins"),
    [
        ("select made_up(a) from t", "made_up()"),
        ("select epoch(b - a) from t", "epoch()"),
        ("select extract(epoch from b - a) from t", "epoch of an interval"),
        ("select date_part('epoch', b - a) from t", "epoch of an interval"),
        ("select extract(dow from b) from t", "dow: numbered"),
        ("select date_diff('month', a, b) from t", "date_diff('month')"),
        ("select t.k from t join u using (k)", "using:"),
        ("select a from t asof join u on t.at >= u.at", "asof join"),
        ("select a from t positional join u", "positional join"),
        ("select a at time zone 'UTC' from t", "at time zone"),
        ("select max(a order by b) from t", "order by inside an aggregate"),
        ("select any_value(a) from t", "any_value()"),
        ("select try_strptime(a, '%Y') from t", "try_strptime()"),
        ("select strptime(a, '%Y') from t", "strptime()"),
        ("select a // b from t", "//"),
        ("select a from t where day = current_date", "current_date"),
        ("select a from t where at < now()", "now()"),
        ("select distinct on (a) a, b from t", "distinct on"),
        ("select a, sum(b) from t group by all", "group by all"),
        ("select a from t union all by name select a from u", "union by name"),
        ("select {'a': 1} from t", "a struct value"),
        ("select [1, 2] from t", "a list value"),
        ("select a from t using sample 10%", "sample"),
        ("select left from", "not readable as SQL"),
    ],
)
def test_what_engines_do_not_share_is_refused(sql, begins):
    found = portable.violations(sql)
    assert len(found) == 1, found
    assert found[0].startswith(begins)


def test_list_with_an_order_and_within_group_are_refused_by_construct_and_by_name():
    assert portable.violations("select list(a order by b) from t") == [
        "list(): a list has no counterpart in every reader; aggregate to a scalar or keep the rows",
        "order by inside an aggregate: use arg_min, arg_max or a window",
    ]
    assert portable.violations("select percentile_cont(0.5) within group (order by a) from t") == [
        "percentile_cont(): write quantile_cont(value, share)",
        "within group: write quantile_cont(value, share)",
    ]


def test_only_the_loader_may_parse_times():
    sql = "select try_strptime(a, '%Y') as a from t"
    assert portable.violations(sql, loader=True) == []
    assert portable.violations("select strptime(a, '%Y') as a from t", loader=True) != []


def test_each_violation_carries_its_line():
    sql = "select\n    $day,\n\n    epoch(b),\n    c at time zone 'UTC'\nfrom t\njoin u\n    using (k)\n"
    assert [violation.line for violation in portable.check(sql)] == [4, 5, 7]


def test_a_name_that_equals_a_function_is_not_a_call():
    assert portable.violations("select t.epoch, list from t where hash in (1, 2)") == []


@pytest.mark.parametrize(
    ("text", "line", "begins"),
    [
        ("-- one row per day\nselect a from t\n", 1, "no `-- grain:`"),
        ("select a -- grain: too late\nfrom t\n", 1, "no `-- grain:`"),
        ("-- grain: day\nselect a\nFROM t\n", 3, "FROM: keywords"),
        ("-- grain: day\nselect\n    Sum(a) as a\nfrom t\n", 3, "Sum: keywords"),
        ("-- grain: day\nselect a from t Order By a\n", 2, "Order By: keywords"),
        ("-- grain: day\nselect *\nfrom t\n", 2, "the outermost select"),
        ("-- grain: day\nwith c as (select a from t)\nselect * from c\n", 3, "the outermost select"),
        ("-- grain: day\nselect a from t\nunion all\nselect\n    u.*\nfrom u\n", 5, "the outermost select"),
        ("-- grain: day\nselect a from t;\nselect b from t\n", 2, "the file holds exactly one query"),
        ("-- grain: day\ndelete from t\n", 2, "the file holds exactly one query"),
        ("-- grain: day\n", 2, "the file holds exactly one query"),
        ("-- grain: day\nselect a\nfrom {{ table }}\n", 3, "a template"),
        ("-- grain: day\nselect a\nfrom t\njoin u on t.k = u.k\n", 4, "join: say of which kind"),
        (
            "-- grain: day\nwith b as (\n    select a from t\n),\nc as (\n    select a from b\n)\n\nselect a from c\n",
            5,
            "a blank line stands between",
        ),
    ],
)
def test_the_form_of_a_file(text, line, begins):
    found = portable.check_file(text)
    assert [(violation.line, violation.reason[: len(begins)]) for violation in found] == [(line, begins)]


def test_inner_queries_may_take_every_column():
    assert portable.check_file("-- grain: day\nwith c as (select * from t)\nselect c.a from c\n") == []


def test_upper_case_in_texts_and_names_is_no_keyword():
    text = "-- grain: day\nselect a, 'SELECT (' as b, \"From\" as c, Mixed from t\n"
    assert portable.check_file(text) == []


def test_the_command_prints_file_and_line_and_fails(tmp_path: Path):
    bad = tmp_path / "bad.sql"
    bad.write_text("-- grain: day\nselect\n    epoch(a) as a\nfrom t\n", encoding="utf-8")
    command = [sys.executable, "-m", "bizops_pipeline.warehouse.portable", str(bad)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert f"{bad}:3 epoch(): write date_diff('second', start, end)" in result.stdout


def test_every_sql_file_of_the_package_is_portable(capsys):
    assert portable.main([]) == 0, capsys.readouterr().out
