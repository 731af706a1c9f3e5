"""What is wrong in the records, how often, and the ledger that counts it.

Every n-th row of a table goes wrong in one way (`index % period == period // 2`), so the
rate holds at any scale, never passes 0.5 % of a table, and a row has at most one fault.
"""

from collections import defaultdict

import numpy as np

CLEAN = "clean"

# table -> fault -> every how many rows; the first match wins.
FAULTS: dict[str, dict[str, int]] = {
    "erp.customers": {"bad_date": 2003},
    "erp.orders": {
        "bad_date": 5003,
        "future_date": 6007,
        "unknown_currency": 4001,
        "unknown_customer": 3001,
        "late": 499,
    },
    "erp.order_lines": {"type_drift": 5501, "unknown_product": 4507, "duplicate": 1499},
    "webshop.sessions": {
        "bad_date": 8009,
        "too_few_fields": 9001,
        "too_many_fields": 11003,
        "late": 1009,
        "duplicate": 997,
    },
    "webshop.carts": {"malformed_json": 6007, "type_drift": 8011, "late": 1013, "duplicate": 1511},
    "webshop.checkouts": {"malformed_json": 7001, "closed_before_opened": 4003, "duplicate": 2003},
    "webshop.refunds": {"unknown_order": 601, "too_many_fields": 701, "late": 907},
    "itsm.incidents": {  # by incident
        "closed_before_opened": 401,
        "future_date": 601,
        "bad_date": 701,
        "unknown_service": 307,
        "late": 353,
    },
    "itsm.incident_versions": {"too_few_fields": 1201, "duplicate": 503},  # by version of an incident
    "itsm.changes": {"unknown_service": 463, "bad_date": 701},
    "itsm.reviews": {"type_drift": 251},
    "service_desk.tickets": {
        "bad_date": 1601,
        "unknown_service": 601,
        "solved_before_created": 1109,
        "duplicate": 997,
    },
    "service_desk.pauses": {"unknown_ticket": 499},
    "security.vulnerabilities": {"unknown_service": 311, "fixed_before_found": 701},
    "monitoring.usage": {"unknown_service": 3001, "duplicate": 2503},
    "monitoring.slo_days": {"type_drift": 4001},
    "devops.changes": {"merged_before_opened": 1201, "unknown_repository": 907},
    "devops.commits": {"future_date": 4001},
    "devops.deployments": {"unknown_service": 601, "closed_before_opened": 1009},
    "survey.answers": {"bad_date": 3001, "out_of_range": 1999, "text_score": 2003, "not_answered": 701},
    "fx.rates": {"type_drift": 1201},
    "ml_platform.usage": {"malformed_json": 1801, "unknown_model": 1301},
    "ml_platform.reviews": {"bad_date": 901, "unknown_decision": 701},
    "ml_platform.costs": {"type_drift": 601},
    "ci.runs": {"closed_before_opened": 1501},
    "tracker.issues": {"unknown_service": 409},
    "tracker.history": {"bad_date": 4001, "unknown_issue": 2503, "duplicate": 1499},
    "timesheets.bookings": {"type_drift": 2003, "out_of_range": 3001},
    "hr.assignments": {"unknown_unit": 307},
    "payments.payments": {"unknown_event": 2503},
    "partner.deliveries": {"bad_date": 401},
    "social.posts": {"malformed_json": 1201},
    "feedback.answers": {"out_of_range": 907},
    "ledger.postings": {"type_drift": 1201, "unknown_service": 907, "unknown_currency": 1301, "duplicate": 1103},
    "cloud.charges": {"unknown_category": 5003, "missing_cost": 6007},
    "procurement.purchase_order_lines": {"type_drift": 1009, "unknown_vendor": 907},
    "procurement.receipts": {"rejected_above_received": 1301, "unknown_line": 1103},
    "procurement.invoices": {"due_before_invoiced": 997},
}


def kinds(table: str) -> list[str]:
    return [CLEAN, *FAULTS.get(table, {})]


def code(table: str, kind: str) -> int:
    return kinds(table).index(kind)


def mark(table: str, index: np.ndarray) -> np.ndarray:
    """Fault code of each row by its running number (0 = clean)."""
    result = np.zeros(len(index), dtype=np.int8)
    for position, period in enumerate(FAULTS.get(table, {}).values(), start=1):
        hit = (index % period == period // 2) & (result == 0)
        result[hit] = position
    return result


def spared(marks: np.ndarray, where: np.ndarray) -> np.ndarray:
    """The marks with some rows kept clean (planted facts must stay exact)."""
    return np.where(where, 0, marks).astype(np.int8)


class Ledger:
    """Rows written and faults among them, per table."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = defaultdict(int)
        self.faults: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))

    def wrote(self, table: str, marks: np.ndarray, faults_of: str | None = None) -> None:
        self.rows[table] += len(marks)
        self.count(table, marks, faults_of)

    def count(self, table: str, marks: np.ndarray, faults_of: str | None = None) -> None:
        names = kinds(faults_of or table)
        for name, number in zip(names, np.bincount(marks, minlength=len(names)), strict=True):
            if name != CLEAN:
                self.faults[table][name] += int(number)
