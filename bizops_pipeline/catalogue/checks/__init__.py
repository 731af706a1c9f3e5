"""What only the whole company can tell: names that must exist, be unique, fit each other and add up.

One function per rule, in the module of what it is about; each yields the problems it finds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bizops_pipeline.catalogue.checks import (
    ai_models,
    alerts,
    bands,
    key_results,
    kpis,
    marts,
    metrics,
    names,
    needs,
    objectives,
    organisation,
    possible_values,
    practices,
    quality,
    service_teams,
    sources,
    targets,
)
from bizops_pipeline.catalogue.draft import Draft
from bizops_pipeline.errors import Problem

Check = Callable[[Draft], Iterable[Problem]]

CHECKS: tuple[Check, ...] = (
    names.names_are_unique,
    organisation.settings_make_sense,
    alerts.channels_can_be_used,
    organisation.organisation_names_exist,
    organisation.services_are_told_apart,
    organisation.shares_add_up,
    organisation.statuses_lead_to_one_stage,
    sources.secrets_are_set,
    sources.paths_stay_inside,
    sources.connectors_are_complete,
    sources.loads_have_keys,
    sources.kept_columns_are_not_dropped,
    sources.zones_exist,
    sources.maps_fit_contracts,
    sources.maps_can_be_computed,
    kpis.fields_fit_type,
    kpis.entities_and_times_exist,
    needs.needs_exist,
    kpis.expressions_are_allowed,
    kpis.cuts_are_possible,
    targets.targets_make_sense,
    bands.bands_are_in_order,
    marts.kpis_over_marts_come_last,
    metrics.references_exist,
    metrics.references_make_no_circle,
    metrics.accumulated_kpis_add_up,
    objectives.objectives_name_what_exists,
    objectives.objectives_have_parts,
    objectives.objectives_make_no_circle,
    objectives.children_fit_their_parents,
    objectives.dates_are_in_order,
    key_results.key_results_can_be_measured,
    key_results.progress_is_defined,
    key_results.targets_are_on_the_better_side,
    key_results.targets_are_changed_in_order,
    possible_values.numbers_are_possible,
    key_results.curves_make_sense,
    key_results.options_fit_their_type,
    service_teams.service_teams_name_what_exists,
    service_teams.gates_can_be_judged,
    quality.suites_fit_tables,
    practices.practices_name_what_exists,
    practices.practices_are_assessed_once_a_day,
    practices.improvements_can_be_ordered,
    ai_models.models_name_what_exists,
    ai_models.models_know_what_is_better,
    ai_models.models_live_forwards,
    ai_models.plans_do_not_overlap,
    ai_models.links_are_told_apart,
)
"""Every rule."""
