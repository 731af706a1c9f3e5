"""Every kind of fault: one file in which `¦` stands before the character that the caret must point at."""

# ruff: noqa: E501 - a case is a line

import textwrap
from dataclasses import dataclass, field

import pytest

ORGANISATION = """\
teams: [{id: platform, name: Platform, side: it}]
services:
  - {id: checkout, team: platform, value_streams: [{value_stream: order_to_cash}]}
value_streams: [{id: order_to_cash, name: Order to cash}]
"""
KPIS = "kpis: [{id: orders, use: library}, {id: net_revenue, use: library}, {id: conversion_rate, use: library}]\n"


@dataclass(frozen=True)
class Case:
    name: str
    file: str
    text: str
    found: str
    expected: str
    others: dict[str, str] = field(default_factory=dict)


def settings(line: str, found: str, expected: str) -> Case:
    return Case(f"settings: {found}", "bizops.yaml", f"id: shop\nname: Shop\n{line}\n", found, expected)


def organisation(text: str, found: str, expected: str) -> Case:
    return Case(f"organisation: {found}", "catalogue/organisation.yaml", textwrap.dedent(text), found, expected)


def service_team(fields: str, found: str, expected: str) -> Case:
    gates = "stability: [{kpi: orders, target: 1}], optimization: [{kpi: orders, target: 1}]"
    text = f"value_streams: [{{id: a, name: A}}]\nservice_teams: [{{id: s, {fields}, {gates}}}]\n"
    others = {"catalogue/kpis/k.yaml": KPIS}
    return Case(f"service team: {found}", "catalogue/organisation.yaml", text, found, expected, others)


def source(lines: str, found: str, expected: str, name: str = "") -> Case:
    text = f"source: s\n{textwrap.dedent(lines)}"
    return Case(f"source: {name or found}", "sources/s.yaml", text, found, expected)


def entity(lines: str, found: str, expected: str) -> Case:
    indented = textwrap.indent(textwrap.dedent(lines), "  ")
    return source(f"connector: {{kind: files, path: a.csv}}\nentities:\n{indented}", found, expected)


def kpi(fields: str, found: str, expected: str, name: str = "") -> Case:
    mark, fields = ("¦", fields[1:]) if fields.startswith("¦") else ("", fields)
    text = f"{KPIS[:-2]}, {mark}{{{fields}}}]\n"
    return Case(f"kpi: {name or found}", "catalogue/kpis/k.yaml", text, found, expected)


def row_kpi(fields: str, found: str, expected: str, name: str = "") -> Case:
    return kpi(f"id: k, unit: count, direction: up, {fields}", found, expected, name)


def incident_kpi(fields: str, found: str, expected: str, name: str = "") -> Case:
    return row_kpi(f"type: simple, entity: fct_incident, time: opened_at, {fields}", found, expected, name)


def objective(fields: str, found: str, expected: str) -> Case:
    text = textwrap.dedent(fields)
    others = {"catalogue/kpis/k.yaml": KPIS}
    return Case(
        f"objective: {found}",
        "catalogue/okrs/o.yaml",
        f"objectives:\n{textwrap.indent(text, '  ')}",
        found,
        expected,
        others,
    )


def key_result(fields: str, found: str, expected: str) -> Case:
    text = f"- id: o\n  title: O\n  owners: {{it: x}}\n  period: {{from: 2026-01-01, to: 2026-03-31}}\n  key_results: [{fields}]\n"
    return objective(text, found, expected)


def suite(table: str, listed: str, found: str, expected: str) -> Case:
    text = f"suite: s\ntable: {table}\nexpectations: [{{expectation: {listed}}}]\n"
    return Case(f"suite: {found}", "catalogue/quality/q.yaml", text, found, expected)


def expectation(text: str, found: str, expected: str) -> Case:
    return suite("core.fct_order", text, found, expected)


ROWS = "unexpected_rows_expectation"
ROW_COUNT = "expect_table_row_count_to_be_between"
UNIQUE = "expect_column_values_to_be_unique, arguments: {column: id}"
NUMERIC = "baseline: 1, target: 2"
REPORTED = f"{{id: kr, {NUMERIC}}}"

CASES = [
    # Shapes
    settings("¦week_strat: monday", "unknown key `week_strat`", "did you mean `week_start`?"),
    settings("week_start: ¦mnday", "`week_start` is `mnday`", "did you mean `monday`?"),
    settings("reporting_currency: ¦euro", "`reporting_currency` is `euro`", "such as EUR"),
    settings("as_of: ¦2026-02-30", "`as_of` is `2026-02-30`", "a date such as"),
    settings("fiscal_year_start_month: ¦13", "`fiscal_year_start_month` is `13`", "less than or equal to 12"),
    settings("business_hours: ¦nine", "`business_hours` is `nine`", "a mapping"),
    settings("publish: {keep: ¦many}", "`keep` is `many`", "a whole number"),
    Case("no name", "bizops.yaml", "¦id: shop\n", "`name` is missing", "`name`"),
    Case("bad id", "bizops.yaml", "id: ¦My Shop\nname: Shop\n", "`id` is `My Shop`", "lower case"),
    Case("a list at the top", "bizops.yaml", "¦- id: shop\n", "no mapping at the top", "keys and values"),
    Case("no list", "catalogue/kpis/k.yaml", "kpis: ¦{id: x}\n", "`kpis` is not a list", "- id: ..."),
    Case("foreign key", "catalogue/okrs/o.yaml", "¦objektives: []\n", "unknown key `objektives`", "`objectives`"),
    Case("number for text", "catalogue/organisation.yaml", "vision: ¦2030\n", "`vision` is `2030`", '"2030"'),
    Case("file that nothing reads", "catalogue/kpis.yaml", "¦kpis: []\n", "a file that nothing reads", "catalogue/kpis/*.yaml"),
    Case("file with another ending", "catalogue/kpis/k.yml", "¦kpis: []\n", "a file that nothing reads", "catalogue/kpis/*.yaml"),
    # The company
    settings("time_zone: ¦Europe/Lisboa", "the time zone `Europe/Lisboa`", "did you mean `Europe/Lisbon`?"),
    settings("time_zone: ¦GMT+1", "the time zone `GMT+1`", "an IANA time zone such as"),
    settings("¦business_hours: {start: 18:00, end: 09:00}", "from 18:00 to 09:00", "a start before"),
    settings("business_hours: {end: ¦25:00}", "`25:00`", "a time from 00:00"),
    settings("incident_attribution: {services: {¦shop: 2}}", "unknown service `shop`", "one of the services"),
    settings("privacy: {hash_key: '¦${KEY}'}", "does not set `KEY`", "`KEY` in the environment"),
    settings("alerts: {channels: [{kind: log}, {kind: ¦log}]}", "a second channel `log`", "a `name` of its own"),
    settings("alerts: {channels: [{kind: ¦webhook}]}", "a channel `webhook` without `url`", "`url: ${NAME}`"),
    settings("alerts: {channels: [{kind: email, url: '¦mailtos://a:b@c'}]}", "an address in the file", "`${NAME}`"),
    settings("alerts: {channels: [{kind: log, url: '¦${A}'}]}", "a `url` of the log", "no `url`"),
    # The organisation
    service_team("value_stream: ¦b", "unknown value stream `b`", "`a`"),
    service_team("value_stream: a, teams: [¦t]", "unknown team `t`", "one of the teams"),
    service_team("value_stream: a, outcome: ¦nothing", "unknown KPI `nothing`", ""),
    organisation(
        "teams: [{id: a, name: A, side: it}]\nservices: [{id: s, team: ¦b}]\n", "unknown team `b`", "one of the teams: `a`"
    ),
    organisation(
        "services: [{id: s, value_streams: [{value_stream: ¦order}]}]\nvalue_streams: [{id: orders, name: O}]\n",
        "unknown value stream `order`",
        "did you mean `orders`?",
    ),
    organisation(
        "teams: [{id: a, name: A, side: it}, {id: ¦a, name: B, side: it}]\n",
        "a second team `a` (the first is in catalogue/organisation.yaml:1)",
        "one team of each id",
    ),
    organisation("teams: [{id: a, name: A, side: ¦both}]\n", "`side` is `both`", "`business`, `it`"),
    organisation("services: [{id: s}, {id: ¦s}]\n", "a second service `s`", "one service of each id"),
    organisation("services: [{id: ¦unallocated}]\n", "the id `unallocated`", "another id"),
    organisation("services: [{id: s, aliases: [X]}, {id: t, aliases: [¦x]}]\n", "`x` stands for `s` already", "one service"),
    organisation(
        """\
        services:
          - id: s
            ¦value_streams: [{value_stream: a, weight: 0.7}, {value_stream: b, weight: 0.2}]
        value_streams: [{id: a, name: A}, {id: b, name: B}]
        """,
        "the shares of `s` sum to 0.9",
        "sum to 1",
    ),
    organisation(
        """\
        services:
          - id: s
            ¦value_streams:
              - {value_stream: a, weight: 1, to: 2026-03-01}
              - {value_stream: a, weight: 0.5, from: 2026-02-01}
              - {value_stream: b, weight: 0.5, from: 2026-02-01}
        value_streams: [{id: a, name: A}, {id: b, name: B}]
        """,
        "the shares of `s` sum to 2 from 2026-02-01",
        "sum to 1",
    ),
    # Sources
    source("¦conector: {kind: files, path: a.csv}", "unknown key `conector`", "did you mean `connector`?"),
    source("¦connector: {path: a.csv}", "`kind` is missing", "`files`"),
    source("connector: {kind: ¦file, path: a.csv}", "`file`", "did you mean `files`?"),
    source('connector: {kind: files, path: a.csv, decimal: "¦;"}', "`decimal` is `;`", "one of: `,`, `.`"),
    source('connector: {kind: files, path: a.csv, delimiter: "¦"}', "`delimiter`", "at least one character"),
    source('connector: {kind: files, path: a.csv, quote: "¦abc"}', "`quote` is `abc`", "one character, or none"),
    source("connector: {kind: files, ¦glob: a.csv, path: b.csv}", "unknown key `glob`", "`path`"),
    source("¦connector: {kind: files}", "`path` is missing", "`path`"),
    source("connector: {kind: files, path: ¦../a.csv}", "the path `../a.csv` climbs up", "inside the company's folder"),
    source("connector: {kind: files, path: ¦/etc/passwd}", "the path `/etc/passwd` is absolute", "`${NAME}`"),
    source("connector: {kind: files, path: '¦${DATA}/a.csv'}", "does not set `DATA`", "in the environment"),
    source("connector: {kind: files, path: '¦${DA TA}/a.csv'}", "`${DA TA}`", "letters, digits"),
    source("connector: {kind: sql, url: 'sqlite:///a.db', table: t, cursor: c, overlap: ¦1 day}", "`overlap` is `1 day`", "a duration such as 30m"),
    source("connector: {kind: sql, url: 'sqlite:///a.db', query: ¦q, table: t}", "both `table` and", "one of"),
    source("connector: ¦{kind: sql, url: 'sqlite:///a.db'}", "neither `table` nor", "one of"),
    source("connector: {kind: sql, url: '¦sqlite:////etc/a.db', table: t}", "is absolute", "inside"),
    source("connector: {kind: sql, url: 'sqlite:///a.db', table: t, restore_from: ¦a.sql}", "no file `a.sql`", "existing"),
    source("connector: {kind: files, path: a}\npreset: ¦jira", "the preset `jira`", "write the `map`"),
    source("connector: {kind: files, path: a}\nload: ¦{mode: merge}", "`mode: merge` without `key`", "`key: [column"),
    source("connector: {kind: files, path: a}\nload: {¦key: [a]}", "a `key` with `mode: append`", "`mode: merge`"),
    source("connector: {kind: files, path: a}\nload: {keep: ¦newest}", "`newest`", "`latest_by <column>"),
    source("connector: {kind: files, path: a}\nload: {¦keep: latest_by a}", "`keep` with `mode: append`", "`mode: merge`"),
    source("connector: {kind: files, path: a}\ndrop_columns: [e_mail]\n¦keep_columns: [E_Mail]", "`E_Mail`, which `drop_columns` drops", "one of both"),
    source("connector: {kind: files}\ndrop_columns: [a]\ntables:\n  t:\n    connector: {path: a}\n    ¦keep_columns: [b, a]", "`a`, which `drop_columns` drops", "one of both", "kept by a table, dropped by its source"),
    source("connector: {kind: files, path: a}\ntime_zone: ¦Mars/Base", "the time zone `Mars/Base`", "IANA"),
    source("connector: {kind: files, path: a}\n¦entities: {cart: {map: {}}}\ntables: {t: {}}", "`entities` beside", "below the table"),
    source("tables:\n  ¦t: {}", "`connector` is missing", "kind: files"),
    source("connector: {kind: files}\ntables:\n  t:\n    ¦connector: {format: csv}", "`path` is missing", "`path`", "a table's path"),
    entity("¦ordre: {map: {}}", "unknown entity `ordre`", "did you mean `order`?"),
    entity("outage: {map: {outage_id: a, ¦start: b, started_at: b, is_planned: c}}", "has no column `start`", "did you mean `started_at`?"),
    entity("outage: {¦map: {outage_id: a}}", "lacks `started_at`, `is_planned`", "every required column"),
    entity("outage: {map: {outage_id: ¦now(), started_at: b, is_planned: c}}", "the function `now`", "`as_of`"),
    entity("outage: {map: {outage_id: lower(¦a.b), started_at: b, is_planned: c}}", "the qualified name", "->>"),
    entity("outage: {drop_columns: [a], map: {outage_id: ¦a, started_at: b, is_planned: c}}", "which `drop_columns` drops", "kept"),
    entity("outage: {map: {outage_id: a, started_at: b, is_planned: c}, time_zone: ¦Nowhere/X}", "the time zone `Nowhere/X`", "IANA"),
    entity("incident: {map: {incident_id: a, opened_at: b, priority: {from: c, values: {high: ¦P0}}}}", "`P0` as priority", "one of: `P1`"),
    entity("incident: {map: {incident_id: a, opened_at: b, priority: {from: c, values: {}, otherwise: ¦low}}}", "`low` as priority", "`keep`"),
    entity("incident: {map: {incident_id: a, opened_at: b, priority: {from: c, ¦value: {}, values: {}}}}", "unknown key `value`", "`values`?"),
    entity("incident: {map: {incident_id: a, opened_at: b, status: \"¦'Open'\"}}", "`Open` as status", "did you mean `open`?"),
    entity("incident: {map: {incident_id: a, opened_at: b, status: \"case when c is null then 'open' else ¦'solved' end\"}}", "`solved` as status", "did you mean `resolved`?"),
    entity("incident: {map: {incident_id: a, opened_at: b, priority: \"coalesce(c, ¦'low')\"}}", "`low` as priority", "one of: `P1`"),
    entity("outage: {drop_columns: [A], map: {outage_id: ¦a, started_at: b, is_planned: c}}", "`a`, which `drop_columns` drops", "kept"),
    entity("incident: {map: {incident_id: a, opened_at: b, service_id: {lookup: services, by: c, otherwise: ¦chekout}}}", "unknown service", "`checkout`?"),
    entity("incident: {map: {incident_id: a, opened_at: b, service_id: {lookup: ¦teams, by: c}}}", "`lookup` is `teams`", "`services`"),
    # KPIs
    kpi("id: ¦nothing, use: library", "the library has no KPI `nothing`", "one of the library's"),
    kpi("id: aov, use: ¦package", "`use` is `package`", "`use: library`"),
    kpi("id: ¦aov", "`aov` without a definition", "`use: library`"),
    kpi("id: ¦orders, use: library", "a second KPI `orders` (the first is in catalogue/kpis/k.yaml:1)", "each id"),
    kpi("id: csat, use: library, ¦file: x", "unknown key `file`", "a key of a KPI"),
    kpi("¦id: k, type: simple, direction: up", "`unit` is missing", "`percent`"),
    incident_kpi("expr: sum(¦priority)", "a sum of `priority`, which is not a number", "`count(...)`"),
    row_kpi("type: ¦sum, expr: a", "`type` is `sum`", "`simple`"),
    row_kpi("type: ¦simple, entity: fct_order, time: ordered_at", "of type simple without `expr`", "`entity`, `time`, `expr`"),
    incident_kpi("expr: count(*), ¦within: 24h", "`within` on a KPI of type simple", "`where`"),
    incident_kpi("expr: count(*), ¦complement: true", "`complement` on a KPI of type simple", "`where`"),
    row_kpi("type: okr, expr: progress, ¦begins: 2026-01-01", "`begins` on a KPI of type okr", "begins with the key results"),
    row_kpi("type: ¦cumulative, metric: orders", "neither `reset` nor `window`", "one of"),
    row_kpi("type: cumulative, metric: ¦order, reset: month", "unknown KPI `order`", "did you mean `orders`?"),
    row_kpi("type: ratio, numerator: {metric: ¦csat}, denominator: {metric: orders}", "unknown KPI `csat`", "{id: csat, use: library}"),
    row_kpi("type: ¦ratio, numerator: count(*), denominator: {calendar: days}, entity: fct_order", "without `time`", "`time`"),
    row_kpi("type: ratio, numerator: {metric: orders}, denominator: {metric: orders}, ¦entity: fct_order", "`entity` on a ratio over KPIs", "remove `entity`"),
    row_kpi("type: ratio, numerator: {metric: orders}, ¦denominator: count(*), entity: fct_order, time: ordered_at", "one part over rows", "both"),
    row_kpi("type: ratio, numerator: {metric: orders}, denominator: {calendar: ¦weeks}", "`calendar` is `weeks`", "`days`"),
    row_kpi("type: simple, entity: ¦fct_orders, time: ordered_at, expr: count(*)", "unknown entity `fct_orders`", "did you mean `fct_order"),
    row_kpi("type: simple, entity: fct_order, time: ¦placed_at, expr: count(*)", "no column `placed_at`", "`ordered_at`"),
    row_kpi("type: simple, entity: fct_incident, time: ¦acknowledged_at, expr: count(*)", "which has no business day", "`opened_at`"),
    row_kpi("type: snapshot, entity: fct_incident, from: opened_at, to: ¦closed_at", "no column `closed_at`", "`opened_at`?"),
    row_kpi("type: conversion, base: {entity: fct_cart, time: created_at}, event: {entity: fct_order, time: ordered_at}, match: ¦visit, within: 1d", "without a column `visit`", "a column of both"),
    row_kpi("type: conversion, base: {entity: fct_cart, time: ¦made_at}, event: {entity: fct_order, time: ordered_at}, match: cart_id, within: 1d", "no column `made_at`", "`created_at`"),
    row_kpi("type: conversion, base: {entity: fct_cart, time: created_at}, event: {entity: fct_order, time: ordered_at}, match: cart_id, within: ¦1w", "`within` is `1w`", "24h"),
    incident_kpi("expr: count(*), needs: [¦refunds]", "unknown entity `refunds`", "did you mean `refund`?"),
    incident_kpi("expr: count(*), needs: [¦incident.acknowledged]", "`incident` has no column `acknowledged`", "`acknowledged_at`?"),
    incident_kpi("expr: sum(¦duration)", "`duration`, which is not known", "one of the columns"),
    row_kpi("type: snapshot, entity: fct_incident, from: opened_at, to: resolved_at, expr: ¦resolution_seconds", "does not add up over days", "sum(...)"),
    row_kpi("type: snapshot, entity: fct_incident, from: opened_at, to: resolved_at, expr: ¦periode_end, percentile: 0.5", "`periode_end`", "period_end"),
    row_kpi("type: snapshot, entity: fct_incident, from: opened_at, to: resolved_at, percentile: ¦0.5", "a percentile of nothing", "`expr`"),
    row_kpi("type: composite, parts: [{metric: ¦price, worst: 0, best: 1}]", "unknown KPI `price`", "one of the KPIs"),
    row_kpi("type: composite, parts: [{metric: orders, worst: 1, best: ¦1}]", "`best` equal to `worst`", "two different"),
    row_kpi("type: composite, parts: [{metric: orders, worst: 1, best: 2}], caps: [¦{metric: orders, at: 5}]", "neither `below` nor `above`", "one of"),
    row_kpi("type: ratio, entity: fct_incident, time: opened_at, numerator: count(*), denominator: count(*), share_of: [priority], by: [¦[service]]", "a cut by no dimension", "`priority` in every cut"),
    row_kpi("type: ratio, entity: fct_incident, time: opened_at, numerator: count(*), denominator: count(*), ¦suppress: true", "no number below which", "min_denominator: 5"),
    row_kpi("type: ratio, entity: fct_incident, time: opened_at, numerator: count(*), denominator: count(*), share_of: [priority], by: [[priority]], min_denominator: 5, ¦suppress: true", "a share", "without `share_of`"),
    kpi("id: k, unit: count, direction: context, type: simple, entity: fct_incident, time: opened_at, expr: count(*), ¦bands: [{name: a}]", "direction `context`", "`direction: up`"),
    incident_kpi("expr: count(*), bands: [{name: a, limit: 3}, ¦{name: b}, {name: c}]", "`b` without a limit", "to be the last"),
    incident_kpi("expr: count(*), bands: [{name: a, limit: 2}, {name: b, ¦limit: 1}]", "a limit of the last band `b`", "none"),
    incident_kpi("expr: count(*), bands: [{name: a, limit: 1}, {name: b, limit: ¦2}, {name: c}]", "the limit 2", "below 1"),
    incident_kpi("expr: count(*), bands: [{name: a, limit: 2}, {name: ¦a}]", "a second band `a`", "one of each"),
    incident_kpi("expr: ¦median(resolution_seconds)", "the function `median`", "percentile"),
    incident_kpi("expr: 'count(*) filter (where ¦sla_mett)'", "`sla_mett`", "did you mean `sla_met`?"),
    incident_kpi("expr: count(*), where: ¦count(*) > 1", "the aggregate `count`", "one row"),
    incident_kpi("expr: count(*), where: status = (select ¦1)", "a query", "an expression of columns"),
    incident_kpi("expr: ¦count(distinct incident_id)", "a distinct count", "type distinct"),
    row_kpi("type: derived, expr: orders * ¦price", "unknown KPI `price`", "one of the KPIs"),
    row_kpi("type: derived, expr: ¦1 + 1", "which reads no KPI", "other KPIs"),
    row_kpi("type: derived, expr: ¦k * 2", "computed from itself: k → k", "lead to KPIs over entities"),
    row_kpi("type: association, grains: [all], by: [¦[]]", "a cut by nothing of values of other KPIs", "[it_kpi, business_kpi]"),
    row_kpi("type: association, grains: ¦[all, month], by: [[it_kpi, business_kpi]]", "all", "[all]"),
    row_kpi("type: association, grains: [all], by: [[it_kpi, business_kpi]], targets: ¦[{from: 2026-01-01, value: 1}]", "a target", "none"),
    row_kpi("type: okr, expr: progress, by: [¦[service]]", "of key results", "[objective]"),
    incident_kpi("expr: count(*), by: [[], ¦[service, team]]", "2 scopes in one cut", "at most one"),
    incident_kpi("expr: count(*), by: [[], [¦prioritty]]", "no column `prioritty`", "did you mean `priority`?"),
    incident_kpi("expr: count(*), by: [[], [¦service_id]]", "a scope's column", "`value_stream` or `service` or `team`"),
    incident_kpi("expr: count(*), by: [[], [priority], ¦[priority]]", "[priority] twice", "each cut once"),
    row_kpi("type: simple, entity: fct_order, time: ordered_at, expr: count(*), by: [[¦vendor]]", "cannot be cut by vendor", "one of its scopes"),
    kpi("id: aov, use: library, by: [[¦device]]", "`fct_revenue` has no column `device`", "`", "a cut that a part lacks"),
    incident_kpi("expr: count(*), targets: [{from: 2026-01-01, value: 1}, ¦{from: 2026-01-01, value: 2}]", "a second target from 2026-01-01", "the first is in"),
    incident_kpi("expr: count(*), targets: [{from: 2026-01-01, value: 1, where: ¦{channel: web}}]", "by which `k` is not cut", "[]"),
    incident_kpi("expr: count(*), by: [[service]], targets: [{from: 2026-01-01, value: 1, where: {service: ¦chekout}}]", "unknown service `chekout`", "`checkout`?"),
    incident_kpi("expr: count(*), by: [[priority]], targets: [{from: 2026-01-01, value: 1, where: {priority: ¦high}}]", "`high`, which `priority` of `fct_incident` never is", "`P1`"),
    incident_kpi("expr: count(*), targets: [{from: 2026-01-01, value: 1, warn: ¦2}]", "on the better side", "below the target"),
    incident_kpi("expr: count(*), grains: [month, ¦monthly]", "`monthly` in `grains`", "did you mean `month`?"),
    kpi("id: refund_rate, use: library, targets: [{from: 2026-01-01, value: ¦20}]", "a target of 2,000 % for `refund_rate`", "20 % is `0.2`"),
    incident_kpi("expr: count(*), where: \"users_affected > 3 and ¦status not in ('closed', 'Open')\"", "`status` compared with 'Open'", "did you mean `open`?"),
    incident_kpi("expr: \"count(*) filter (where ¦sla_met = 'met')\"", "`sla_met` compared with 'met'", "true or false"),
    incident_kpi("expr: count(*), where: ¦status", "`status`, which is not a condition", "a comparison"),
    kpi("id: cart_abandonment, use: library, targets: [{from: 2026-01-01, value: ¦5}]", "a target of 500 % for `cart_abandonment`", "5 % is `0.05`"),
    kpi("id: cart_abandonment, use: library, targets: [{from: 2026-01-01, value: 0.05, warn: ¦8}]", "a target of 800 % for `cart_abandonment`", "8 % is `0.08`"),
    row_kpi("type: composite, parts: [{metric: conversion_rate, worst: ¦-1, best: 0.4}]", "a value of -100 % for `conversion_rate`", "-1 % is `-0.01`"),
    row_kpi("type: composite, parts: [{metric: orders, worst: 1, best: 2}], caps: [{metric: conversion_rate, below: ¦3, at: 5}]", "a value of 300 % for `conversion_rate`", "3 % is `0.03`"),
    incident_kpi("expr: count(*), bounds: {min: 0, max: 50}, targets: [{from: 2026-01-01, value: ¦60}]", "a target of 60 for `k`, which it cannot have", "a value from 0 up to 50"),
    # Objectives and key results
    key_result("{id: kr, kpi: conversion_rate, type: stay_above, baseline: ¦2, target: 0.5}", "a baseline of 200 % for `conversion_rate`", "2 % is `0.02`"),
    key_result("{id: kr, kpi: conversion_rate, baseline: 0.1, target: ¦20}", "a target of 2,000 % for `conversion_rate`", "20 % is `0.2`"),
    key_result("{id: kr, baseline: 0.5, target: ¦0.5}", "a target equal to the baseline (0.5)", "stay_above"),
    key_result("¦{id: kr, target: 2}", "of type numeric without `baseline`", "`baseline`"),
    key_result("¦{id: kr, type: milestone}", "without `milestones`", "`milestones`"),
    key_result("{id: kr, type: milestone, milestones: [{name: a, weight: ¦0}]}", "`weight` is `0`", "greater than 0"),
    key_result("{id: kr, kpi: ¦net_revenu, baseline: 1, target: 2}", "unknown KPI `net_revenu`", "did you mean `net_revenue`?"),
    key_result(f"{{id: kr, kpi: orders, grain: ¦hour, {NUMERIC}}}", "`grain` is `hour`", "`day`"),
    key_result(f"{{id: kr, kpi: orders, where: ¦{{country: PT}}, {NUMERIC}}}", "`orders` is not cut by [country]", "[channel]"),
    key_result(f"{{id: kr, kpi: orders, where: {{value_stream: ¦order}}, {NUMERIC}}}", "unknown value stream `order`", "one of"),
    key_result("{id: kr, ¦kpi: orders, type: binary}", "a KPI on a key result of type binary", "numeric"),
    key_result(f"{{id: kr, source: ¦measured, {NUMERIC}}}", "is measured, but by no KPI", "`source: reported`"),
    key_result(f"{{id: kr, ¦where: {{}}, {NUMERIC}}}", "`where` on a key result without a KPI", "remove `where`"),
    key_result(f"{{id: kr, ¦upper: 3, {NUMERIC}}}", "`upper` on a key result of type numeric", "`type: range`"),
    key_result("{id: kr, type: range, target: 3, upper: ¦2}", "a range from 3 to 2", "above"),
    key_result(f"{{id: kr, due: ¦2026-05-01, {NUMERIC}}}", "`due` on 2026-05-01", "2026-01-01 to 2026-03-31"),
    key_result(f"{{id: kr, start: 2026-03-01, due: ¦2026-02-01, {NUMERIC}}}", "from 2026-03-01 to 2026-02-01", "not after"),
    key_result(f"{{id: kr, supports: ¦kr2, {NUMERIC}}}", "unknown key result `kr2`", "did you mean `kr`?"),
    key_result(f"{{id: kr, supports: ¦kr, {NUMERIC}}}", "supports itself: kr → kr", "another key result"),
    key_result(f"{REPORTED}, {{id: ¦kr, {NUMERIC}}}", "a second key result `kr`", "each id"),
    key_result(f"{{id: kr, ¦weigth: 2, {NUMERIC}}}", "unknown key `weigth`", "`weight`?"),
    objective(
        f"- {{id: o, title: O, owners: {{it: x}}, period: ¦{{from: 2026-02-01, to: 2026-01-01}}, key_results: [{REPORTED}]}}",
        "a period from 2026-02-01 to 2026-01-01",
        "not after",
    ),
    objective(
        f"- ¦{{id: o, title: O, period: {{from: 2026-01-01, to: 2026-01-02}}, key_results: [{REPORTED}]}}",
        "nobody owns `o`",
        "`owners:",
    ),
    objective(
        f"- {{id: o, title: O, parent: ¦top, owners: {{it: x}}, period: {{from: 2026-01-01, to: 2026-01-02}}, key_results: [{REPORTED}]}}",
        "unknown objective `top`",
        "one of the objectives",
    ),
    objective(
        f"- {{id: o, title: O, parent: ¦o, owners: {{it: x}}, period: {{from: 2026-01-01, to: 2026-01-02}}, key_results: [{REPORTED}]}}",
        "an objective above itself: o → o",
        "lead to the top",
    ),
    objective(
        f"- {{id: o, title: O, level: ¦team, owners: {{it: x}}, period: {{from: 2026-01-01, to: 2026-01-02}}, key_results: [{REPORTED}]}}",
        "of level team without `team`",
        "`team: ...`",
    ),
    objective(
        "- {id: o, title: O, owners: {it: x}, period: {from: 2026-01-01, to: 2026-01-02}, key_results: ¦[]}",
        "`o` has no key result",
        "at least one",
    ),
    # Suites
    suite("¦core.fct_ordr", UNIQUE, "no suite can be run on `core.fct_ordr`", "`core.fct_order"),
    suite("¦quarantine.record", UNIQUE, "no suite can be run on `quarantine.record`", "a table of staging, core or marts"),
    expectation("expect_column_values_to_be_unique, arguments: {column: ¦totl}", "has no column `totl`", "one of its columns"),
    expectation("¦ExpectColumnToExist", "no `ExpectColumnToExist` for SQL", "did you mean `expect_column_to_exist`?"),
    expectation("¦no_nulls, arguments: {column: channel}", "has no `no_nulls` for SQL", "one of its expectations"),
    expectation(f"{ROW_COUNT}, arguments: {{¦minimum: 1}}", "takes no `minimum`", "one of its arguments: "),
    expectation(f"{ROW_COUNT}, arguments: {{¦severity: critical}}", "takes no `severity`", "one of"),
    expectation("¦expect_column_values_to_be_in_set", "without `column`, `value_set`", "with `column`, `value_set`"),
    expectation("¦expect_column_values_to_be_in_set, arguments: {column: channel}", "without `value_set`", "with `value_set`"),
    expectation(f"{ROWS}, arguments: {{unexpected_rows_query: ¦select 1}}", "does not read `{batch}`", "`from {batch}`"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_is_reported_once_at_its_place_with_what_would_be_right(case: Case, problems_of) -> None:
    before, mark, _ = case.text.partition("¦")
    assert mark
    text = case.text.replace("¦", "")
    files = {"catalogue/organisation.yaml": ORGANISATION, **case.others, case.file: text}
    problems = problems_of(files)
    assert [problem.file for problem in problems] == [case.file], problems
    [problem] = problems
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    assert case.found in problem.found
    assert case.expected in problem.expected
    assert (problem.line, problem.column) == (line, column)
    assert problem.excerpt in (text.splitlines()[line - 1].rstrip(), "")


def test_circles_of_kpis_print_their_path(problems_of) -> None:
    kpis = "".join(
        f"  - {{id: {id}, type: derived, expr: {over} + 1, unit: count, direction: up}}\n"
        for id, over in (("a", "b"), ("b", "c"), ("c", "a"))
    )
    problems = problems_of({"catalogue/kpis/k.yaml": "kpis:\n" + kpis})
    assert [problem.found for problem in problems] == ["a KPI that is computed from itself: a → b → c → a"]


def test_a_source_id_in_two_files_names_both(problems_of) -> None:
    source = "source: erp\nconnector: {kind: files, path: a.csv}\n"
    [problem] = problems_of({"sources/a.yaml": source, "sources/b.yaml": source})
    assert (problem.file, problem.line) == ("sources/b.yaml", 1)
    assert "(the first is in sources/a.yaml:1)" in problem.found


def test_links_out_of_the_company_are_refused(problems_of, tmp_path) -> None:
    company = tmp_path / "company"
    company.mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.csv").write_text("a\n")
    (company / "data").symlink_to(tmp_path / "outside")
    [problem] = problems_of({"sources/s.yaml": "source: s\nconnector: {kind: files, path: data/*.csv}\n"})
    assert "follows a link out" in problem.found
