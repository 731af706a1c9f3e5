"""A company with AI models in its catalogue."""

from datetime import date

from bizops_pipeline.catalogue.models import AiCatalogue
from bizops_pipeline_tests.model.company import company

RANKER = {
    "id": "ranker",
    "service": "shop",
    "approved_on": "2026-04-01",
    "kpis": [{"kpi": "orders", "direction": "up", "baseline": 0.1, "unit_value": 20}],
}


def day(number):
    return date(2026, 5, number)


def with_models(**catalogue):
    return company().model_copy(update={"ai": AiCatalogue.model_validate(catalogue)})
