"""Connectors that extract what a source has to immutable landing files; none touches the warehouse."""
