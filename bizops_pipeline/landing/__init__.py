"""Immutable landing files with manifests, and the loader that takes them into `raw` in one transaction."""

from bizops_pipeline.landing.store import Landed, LandingStore

__all__ = ["Landed", "LandingStore"]
