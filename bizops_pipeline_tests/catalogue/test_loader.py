# ruff: noqa: E501 - the examples are written as people write them

import textwrap
from pathlib import Path

import pytest

from bizops_pipeline.catalogue.loader import load_company
from bizops_pipeline.catalogue.models import FilesConnector, SqlConnector
from bizops_pipeline.errors import CatalogueError

SOURCE = """
    source: erp
    connector: {kind: sql, url: "${ERP_URL}", chunk_rows: 1000}
    cadence: weekly
    time_zone: Europe/Lisbon
    drop_columns: [email]
    tables:
      orders:
        connector: {table: orders, cursor: changed_at}
        load: {mode: merge, key: [id]}
        drop_columns: [phone]
        entities:
          order:
            map: {order_id: id, ordered_at: placed, status: state}
      customers:
        cadence: monthly
        connector: {query: select * from customers, chunk_rows: 5}
        entities:
          customer:
            time_zone: UTC
            floor: 0.8
            map: {customer_id: id}
    """


def test_bizops_yaml_alone_is_a_company(write_files) -> None:
    company = load_company(write_files({}), {})
    assert company.settings.name == "Shop"
    assert company.source_tables == ()
    assert company.kpis == ()


def test_a_folder_without_bizops_yaml_is_no_company(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"no bizops\.yaml"):
        load_company(tmp_path, {})


def test_tables_share_what_their_source_says_unless_they_say_otherwise(write_files) -> None:
    orders, customers = load_company(write_files({"sources/erp.yaml": SOURCE}), {"ERP_URL": "sqlite://"}).source_tables
    assert isinstance(orders.connector, SqlConnector)
    assert isinstance(customers.connector, SqlConnector)
    assert (orders.connector.url, orders.connector.table, orders.connector.chunk_rows) == ("${ERP_URL}", "orders", 1000)
    assert (customers.connector.query, customers.connector.chunk_rows) == ("select * from customers", 5)
    assert (orders.cadence, customers.cadence) == ("weekly", "monthly")
    assert orders.entities["order"].time_zone == "Europe/Lisbon"
    assert customers.entities["customer"].time_zone == "UTC"
    assert (orders.drop_columns, customers.drop_columns) == (("email", "phone"), ("email",))
    assert (orders.floor, customers.floor) == (None, 0.8)
    assert orders.file == "sources/erp.yaml"


def test_a_source_without_tables_is_its_own_table(write_files) -> None:
    source = """
        source: itsm
        connector: {kind: files, path: extracts/*.csv.gz}
        entities:
          outage:
            map: {outage_id: id, started_at: start, is_planned: false}
        """
    [table] = load_company(write_files({"sources/itsm.yaml": source}), {}).source_tables
    assert isinstance(table.connector, FilesConnector)
    assert (table.source, table.name, table.cadence) == ("itsm", "itsm", "daily")
    assert table.entities["outage"].time_zone == "Europe/Lisbon"
    assert table.entities["outage"].map["is_planned"] is False


def test_kpis_come_after_those_they_refer_to(write_files) -> None:
    kpis = """
        kpis:
          - {id: value_lost, type: derived, expr: aov * orders, unit: currency, direction: down}
          - {id: revenue_to_date, type: cumulative, metric: net_revenue, reset: quarter, unit: currency, direction: up}
          - {id: aov, use: library}
          - {id: orders, use: library}
          - {id: net_revenue, use: library}
        """
    company = load_company(write_files({"catalogue/kpis/a.yaml": kpis}), {})
    assert [kpi.id for kpi in company.kpis] == ["net_revenue", "orders", "aov", "value_lost", "revenue_to_date"]
    with pytest.raises(KeyError):
        company.kpi("unknown")


def test_the_examples_of_the_catalogue_page_load(write_files) -> None:
    files = {
        "catalogue/organisation.yaml": """
            services: [{id: checkout, value_streams: [{value_stream: order_to_cash}]}]
            value_streams: [{id: order_to_cash, name: Order to cash}]
            """,
        "sources/itsm.yaml": """
            source: itsm
            connector: {kind: files, path: extracts/itsm/*.csv.gz, format: csv, delimiter: ",", null_values: ["?", ""]}
            cadence: daily
            load: {mode: merge, key: [number], cursor: sys_updated_at, keep: latest_by sys_mod_count}
            entities:
              incident:
                map:
                  incident_id: number
                  opened_at: strptime(opened_at, '%d/%m/%Y %H:%M')
                  detected_at: strptime(opened_at, '%d/%m/%Y %H:%M')
                  resolved_at: strptime(resolved_at, '%d/%m/%Y %H:%M')
                  priority: {from: priority, values: {"1 - Critical": P1, "2 - High": P2}, otherwise: keep}
                  service_id: {lookup: services, by: cmdb_ci, otherwise: unallocated}
                time_zone: Europe/Lisbon
                drop_columns: [caller_id]
                floor: 0.8
            """,
        "catalogue/kpis/all.yaml": """
            kpis:
              - id: cart_abandonment
                use: library
                targets:
                  - {from: 2026-01-01, value: 0.65, warn: 0.70}
                  - {from: 2026-07-01, value: 0.60, warn: 0.65, where: {channel: mobile}}
              - id: sla_compliance
                label: SLA compliance
                owner: it-ops@example.com
                value_domain: risk_mitigation
                layer: it_operational
                unit: percent
                direction: up
                type: ratio
                entity: fct_incident
                time: resolved_at
                numerator: count(*) filter (where sla_met)
                denominator: count(*)
                grains: [day, week, month, quarter, all]
                by: [[], [value_stream], [service], [service, priority]]
                compare: [previous, previous_to_date]
                min_denominator: 30
                late_arrival_days: 3
                targets: [{from: 2026-01-01, value: 0.85, warn: 0.82}]
              - {id: invoices, type: distinct, entity: fct_order_line, time: ordered_at, expr: invoice_number, unit: count, direction: up, grains: [month, all], by: [[]]}
              - {id: mttr_resolve_median, type: percentile, entity: fct_incident, time: resolved_at, expr: "date_diff('second', opened_at, resolved_at)", percentile: 0.5, unit: hours, scale: 3600, direction: down, grains: [week, month, all], by: [[], [service]]}
              - {id: open_incidents, type: snapshot, entity: fct_incident, from: opened_at, to: resolved_at, over_time: last, unit: count, direction: down, grains: [day, week, month], by: [[], [service]]}
              - {id: revenue_to_date, type: cumulative, metric: net_revenue, reset: quarter, unit: currency, direction: up, grains: [day], by: [[]]}
              - {id: cart_conversion, type: conversion, base: {entity: fct_cart, time: created_at}, event: {entity: fct_order, time: ordered_at}, match: cart_id, within: 24h, unit: percent, direction: up, grains: [day, week], by: [[], [channel]]}
              - {id: aov, type: ratio, numerator: {metric: net_revenue}, denominator: {metric: orders}, unit: currency, direction: up, grains: [day, month], by: [[], [channel]]}
              - {id: failed_deployments, type: derived, expr: "deployments * change_failure_rate", unit: count, direction: down, grains: [month], by: [[]]}
              - {id: deployments, type: simple, entity: fct_deployment, time: group_finished_at, expr: count(*), unit: count, direction: up}
              - {id: change_failure_rate, use: library}
              - {id: net_revenue, use: library}
              - {id: orders, use: library}
              - {id: availability, use: library}
            """,
        "catalogue/okrs/2026q4.yaml": """
            objectives:
              - id: frictionless_checkout_2026q4
                title: Buying is effortless
                level: company
                parent: null
                owners: {business: vp-commerce, it: head-of-platform}
                value_stream: order_to_cash
                value_domain: value_creation
                kind: aspirational
                period: {from: 2026-10-01, to: 2026-12-31}
                key_results:
                  - {id: kr_cart, kpi: cart_abandonment, grain: week, baseline: 0.71, target: 0.60, weight: 2, supports: null}
                  - {id: kr_avail, kpi: availability, where: {service: checkout}, type: stay_above, target: 0.999}
                  - {id: kr_rollout, type: milestone, milestones: [{name: pilot, weight: 1, done: 2026-10-20}, {name: all shops, weight: 3, due: 2026-12-01}]}
                  - {id: kr_partner, type: numeric, source: reported, baseline: 0, target: 12}
            """,
    }
    company = load_company(write_files(files), {})
    assert len(company.kpis) == 14
    assert len(company.objectives[0].key_results) == 4


def test_suites_stand_alone_or_in_a_list(write_files) -> None:
    suite = "{suite: %s, table: core.fct_order, expectations: [{expectation: expect_table_row_count_to_be_between}]}"
    files = {
        "catalogue/quality/one.yaml": suite % "one",
        "catalogue/quality/more.yaml": f"suites: [{suite % 'two'}, {suite % 'three'}]",
    }
    assert [found.suite for found in load_company(write_files(files), {}).suites] == ["two", "three", "one"]


def test_the_fingerprint_follows_the_definitions_and_no_secret(write_files, tmp_path: Path) -> None:
    root = write_files({"sources/erp.yaml": SOURCE})
    first = load_company(root, {"ERP_URL": "sqlite://"}).fingerprint
    assert load_company(root, {"ERP_URL": "postgresql://u:hunter2@h/d"}).fingerprint == first
    (root / "bizops.yaml").write_text((root / "bizops.yaml").read_text() + "# a comment\n")
    assert load_company(root, {"ERP_URL": "sqlite://"}).fingerprint == first
    (root / "bizops.yaml").write_text((root / "bizops.yaml").read_text() + "week_start: sunday\n")
    assert load_company(root, {"ERP_URL": "sqlite://"}).fingerprint != first


def test_no_value_of_the_environment_reaches_company_or_message(write_files) -> None:
    root = write_files({"sources/erp.yaml": SOURCE})
    company = load_company(root, {"ERP_URL": "postgresql://u:hunter2@h/d"})
    assert "hunter2" not in repr(company)
    path = root / "sources" / "erp.yaml"
    path.write_text(path.read_text().replace("mode: merge", "mode: marge"))
    with pytest.raises(CatalogueError) as error:
        load_company(root, {"ERP_URL": "postgresql://u:hunter2@h/d"})
    assert "hunter2" not in str(error.value)


def test_all_problems_of_all_files_are_reported_in_one_run(problems_of) -> None:
    files = {
        "bizops.yaml": "id: shop\nname: Shop\nweek_start: moonday\n",
        "catalogue/organisation.yaml": "teams: [{id: a, name: A, side: it}, {id: a, name: B, side: it}]\nmision: x\n",
        "catalogue/kpis/a.yaml": "kpis: [{id: orders, use: library, unit: cuont}, {id: nothing}]\n",
        "catalogue/kpis/b.yaml": "kpis:\n\t- x\n",
        "catalogue/okrs/a.yaml": "objectives: [{id: o, title: T, key_results: []}]\n",
        "catalogue/quality/a.yaml": "suite: s\ntable: core.fct_ordr\nexpectations: [{expectation: expect_x}]\n",
        "sources/a.yaml": "source: a\nconnector: {kind: files}\n",
        "sources/b.yaml": "source: b\nconnector: {kind: sql, url: '${B_URL}', table: t}\nentities: {ordre: {map: {}}}\n",
    }
    problems = problems_of(files)
    assert {problem.file for problem in problems} == set(files)
    found = " | ".join(problem.found for problem in problems)
    for part in (
        "moonday",
        "`mision`",
        "cuont",
        "`unit` is missing",
        "tab",
        "`period` is missing",
        "fct_ordr",
        "B_URL",
        "ordre",
    ):
        assert part in found, part
    places = [(problem.file, problem.line) for problem in problems]
    assert places == sorted(places)


def test_a_fault_in_a_definition_is_not_reported_again_where_it_is_used(problems_of) -> None:
    files = {
        "catalogue/kpis/a.yaml": """
            kpis:
              - {id: orders, use: library, unit: cuont}
              - {id: net_revenue, use: library}
              - {id: aov, use: library}
            """
    }
    assert [problem.found for problem in problems_of(files)] == ["`unit` is `cuont`"]


def test_the_message_shows_line_and_caret(problems_of, write_files) -> None:
    root = write_files({"catalogue/kpis/a.yaml": "kpis:\n  - {id: ordres, use: library}\n"})
    with pytest.raises(CatalogueError) as error:
        load_company(root, {})
    assert str(error.value) == (
        "1 problem in the catalogue\n\n"
        "catalogue/kpis/a.yaml:2:10: the library has no KPI `ordres`\n"
        "      - {id: ordres, use: library}\n"
        "             ^\n"
        "    expected: did you mean `orders`?"
    )


OKRS = """
    objectives:
      - id: sell
        title: Sell
        level: team
        team: web
        parent: grow
        owners: {business: anna}
        period: {from: 2026-04-01, to: 2026-06-30}
        key_results:
          - {id: more, kpi: net_revenue, baseline: 1, target: 9}
"""
GROW = """
    objectives:
      - id: grow
        title: Grow
        owners: {business: anna}
        period: {from: 2026-01-01, to: 2026-12-31}
        key_results:
          - {id: gross, kpi: net_revenue, baseline: 1, target: 9}
"""
REFERRED = {
    "catalogue/kpis/a.yaml": "kpis:\n  - {id: net_revenue, use: library}\n",
    "catalogue/okrs/grow.yaml": GROW,
    "catalogue/organisation.yaml": "teams:\n  - {id: web, name: Web, side: it}\n",
}


@pytest.mark.parametrize("broken", REFERRED)
def test_what_refers_to_an_unreadable_file_is_not_blamed_for_it(problems_of, broken: str) -> None:
    files = {**REFERRED, "catalogue/okrs/sell.yaml": OKRS}
    assert problems_of(files) == []
    found = problems_of({**files, broken: textwrap.dedent(REFERRED[broken]) + "\t- {id: x}\n"})
    assert [(each.file, each.found) for each in found] == [(broken, "a tab in the indentation")]
