"""KPIs: definitions compiled to SQL, and their values at every scope, grain and period in `marts.kpi_value`."""

from bizops_pipeline.errors import MetricError
from bizops_pipeline.metrics.build import MetricsResult, build
from bizops_pipeline.metrics.explain import sql_of

__all__ = ["MetricError", "MetricsResult", "build", "sql_of"]
