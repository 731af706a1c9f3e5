"""What the outside world says and publishes."""

from __future__ import annotations

from bizops_pipeline.contracts.core import market
from bizops_pipeline.model.declaration import Model

MODELS: tuple[Model, ...] = (
    Model(market.FCT_SOCIAL_POST, rebuild_by="post_id"),
    Model(market.FCT_PUBLIC_INDICATOR, rebuild_by="indicator_date"),
)
