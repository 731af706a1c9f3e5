"""Alerts: every channel has a name of its own, and an address that is kept out of the file."""

from __future__ import annotations

from collections.abc import Iterator

from bizops_pipeline.catalogue import secrets
from bizops_pipeline.catalogue.draft import Draft
from bizops_pipeline.errors import Problem


def channels_can_be_used(draft: Draft) -> Iterator[Problem]:
    """No two channels have one name; a webhook and an e-mail have a `url`, which names a variable; the log has none."""
    settings = draft.settings
    if settings is None:
        return
    seen: set[str] = set()
    for index, channel in enumerate(settings.value.alerts.channels):
        path = ("alerts", "channels", index)
        if channel.key in seen:
            found = f"a second channel `{channel.key}`"
            yield settings.problem(
                *path, "name" if channel.name else "kind", found=found, expected="a `name` of its own"
            )
        seen.add(channel.key)
        if channel.kind == "log":
            if channel.url is not None:
                yield settings.problem(*path, "url", found="a `url` of the log", expected="no `url`")
        elif channel.url is None:
            expected = "`url: ${NAME}`, the variable that holds the address"
            yield settings.problem(*path, "kind", found=f"a channel `{channel.kind}` without `url`", expected=expected)
        elif not secrets.names(channel.url) or secrets.malformed(channel.url):
            expected = "`${NAME}`: an address lets its holder in, so it stands in the environment"
            yield settings.problem(*path, "url", found="an address in the file", expected=expected)
