"""Rates, costs, budgets and forecasts."""

from __future__ import annotations

from bizops_pipeline.contracts.core import finance
from bizops_pipeline.model.declaration import Model

MODELS: tuple[Model, ...] = (Model(finance.DIM_EXCHANGE_RATE, rebuild_by="currency"),)
