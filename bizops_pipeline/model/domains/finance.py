"""Rates, costs, budgets and forecasts."""

from __future__ import annotations

from bizops_pipeline.contracts.core import finance
from bizops_pipeline.model.declaration import Model, ValidOn, exchange_rate_of

MODELS: tuple[Model, ...] = (
    Model(finance.DIM_EXCHANGE_RATE, rebuild_by="currency"),
    Model(finance.FCT_GL_COST, rebuild_by="gl_cost_id", valid_on=(exchange_rate_of("cost_date"),)),
    Model(finance.FCT_BUDGET, rebuild_by="budget_id", valid_on=(exchange_rate_of("budget_date"),)),
    Model(finance.FCT_FORECAST, rebuild_by="month", valid_on=(exchange_rate_of("forecast_date"),)),
    Model(finance.FCT_CLOUD_COST, rebuild_by="cloud_cost_id", valid_on=(exchange_rate_of("cost_date"),)),
    Model(
        finance.FCT_TECHNOLOGY_COST,
        rebuild_by="cost_date",
        valid_on=(ValidOn("core.bridge_item_service", match="item_id", day="cost_date"),),
    ),
)
