"""From a company's operational records to one value-stream model, KPIs and OKR progress."""

__version__ = "0.1.0"
