"""Lagged correlation of time series that trend and remember: the statistics behind `kpi_association`.

Values of a week have no weekday, and differences from week to week have no trend. What is left may still be
autocorrelated, so that n pairs say less than n independent ones would; every test uses the effective number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.multitest import multipletests
from statsmodels.tools.tools import add_constant
from statsmodels.tsa.stattools import acf

Series = NDArray[np.float64]

REMEMBERED = 8
"""Weeks over which a series is taken to remember."""

CONFIDENCE = 0.95

LAST_BITS = 1e-9
"""Share of a series' greatest change below which a change is none: the last bits of sums differ."""


@dataclass(frozen=True, slots=True)
class Correlation:
    """The correlation of a leading series with a following one, both by their rows, at a lag."""

    leader: int
    follower: int
    lag: int
    n: int
    n_effective: float
    r: float
    p: float
    low: float | None
    high: float | None
    """Confidence interval of r; None when too little is known for one."""
    first_half: float | None
    second_half: float | None
    first: int
    """Position of the first leading value that counts."""
    last: int
    """Position of the last following value that counts."""


def differences(values: Series) -> Series:
    """Return the changes from one value to the next along the last axis; unknown where one of the two is."""
    return np.diff(values, axis=-1)


def memory(series: Series) -> Series:
    """Return the autocorrelations of lags 1 to REMEMBERED of a series that may have gaps."""
    known = series[np.isfinite(series)]
    lags = min(REMEMBERED, len(known) - 1)
    # By extent: the deviation of equal numbers is not always 0.
    if lags < 1 or np.ptp(known) == 0:
        return np.zeros(REMEMBERED)
    found = acf(series, nlags=lags, missing="conservative", fft=False)[1:]
    return np.pad(np.nan_to_num(found), (0, REMEMBERED - len(found)))


def effective_n(n: int, first: Series, second: Series) -> Series:
    """Return how many independent pairs say as much as n pairs of series with these autocorrelations (by row).

    Bartlett's variance of a cross-correlation; never more than n.
    """
    lags = np.arange(1, first.shape[-1] + 1)
    inflation = 1 + 2 * np.sum((1 - lags / n).clip(0) * first * second, axis=-1)
    return np.asarray(n / np.maximum(inflation, 1.0))


def correlations(leaders: Series, followers: Series, lags: range, minimum: int, moves: int) -> Iterator[Correlation]:
    """Yield the correlation of every leading series with every one that may follow, where enough is known of both.

    Args:
        leaders: One series a row, differences already taken, unknown values NaN.
        followers: One series a row, of the same length.
        lags: Steps by which the leaders come first.
        minimum: Fewest pairs of which something is said.
        moves: Fewest differences of each of the two, among these pairs, that are not 0.
    """
    memories = np.array([memory(each) for each in leaders]), np.array([memory(each) for each in followers])
    for lag in lags:
        if leaders.shape[1] - lag < minimum:
            continue
        earlier, later = leaders[:, : leaders.shape[1] - lag], followers[:, lag:]
        known = (np.isfinite(earlier)[:, None, :] & np.isfinite(later)[None, :, :]).reshape(-1, later.shape[1])
        for pairs, weeks in _alike(known):
            if len(weeks) < minimum:
                continue
            leader, follower = np.divmod(pairs, len(followers))
            now, then = earlier[leader][:, weeks], later[follower][:, weeks]
            r, half = _pearson(now, then), len(weeks) // 2
            halves = _pearson(now[:, :half], then[:, :half]), _pearson(now[:, half:], then[:, half:])
            n_effective = effective_n(len(weeks), memories[0][leader], memories[1][follower])
            p, low, high = p_values(r, n_effective), *intervals(r, n_effective)
            moved = np.minimum(_moves(now), _moves(then))
            for place in np.flatnonzero(np.isfinite(r) & (moved >= moves)).tolist():
                yield Correlation(
                    int(leader[place]),
                    int(follower[place]),
                    lag,
                    len(weeks),
                    float(n_effective[place]),
                    float(r[place]),
                    float(p[place]),
                    _known(low[place]),
                    _known(high[place]),
                    _known(halves[0][place]),
                    _known(halves[1][place]),
                    int(weeks[0]),
                    int(weeks[-1]) + lag,
                )


def p_values(r: Series, n_effective: Series) -> Series:
    """Return the two-sided probabilities of so strong correlations of independent series."""
    freedom = np.maximum(n_effective - 2, 1e-9)
    with np.errstate(divide="ignore"):
        return np.asarray(2 * stats.t.sf(np.abs(r) * np.sqrt(freedom / np.maximum(1 - r * r, 0)), freedom))


def intervals(r: Series, n_effective: Series) -> tuple[Series, Series]:
    """Return the confidence intervals by Fisher's transformation; NaN where the effective n is too small."""
    certain = np.where((n_effective > 3) & (np.abs(r) < 1), n_effective - 3, np.nan)
    reach = stats.norm.ppf((1 + CONFIDENCE) / 2) / np.sqrt(certain)
    middle = np.arctanh(np.where(np.isfinite(certain), r, np.nan))
    return np.tanh(middle - reach), np.tanh(middle + reach)


def q_values(p_values: list[float]) -> list[float]:
    """Return the false discovery rate at which each of all tests counts, by Benjamini and Hochberg."""
    return [float(q) for q in multipletests(p_values, method="fdr_bh")[1]] if p_values else []


def slope(leader: Series, follower: Series, lag: int) -> tuple[float, float, float]:
    """Return the change of the follower with one more unit of the leader, and its interval.

    Least squares with errors that are robust to autocorrelation and unequal spread (Newey-West).
    """
    length = len(follower) - lag
    known = np.isfinite(leader[:length]) & np.isfinite(follower[lag:])
    fitted: Any = OLS(follower[lag:][known], add_constant(leader[:length][known])).fit(
        cov_type="HAC", cov_kwds={"maxlags": REMEMBERED // 2}
    )
    low, high = fitted.conf_int(1 - CONFIDENCE)[1]
    return float(fitted.params[1]), float(low), float(high)


def _alike(known: NDArray[np.bool_]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield the rows that are known at the same places, with these places: they are computed at once."""
    packed = np.packbits(known, axis=1)  # eight places a byte: sorting whole rows would take longer than correlating
    _, found_at, pattern_of = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    for number, place in enumerate(found_at):
        yield np.flatnonzero(pattern_of.ravel() == number), np.flatnonzero(known[place])


def _moves(changes: Series) -> NDArray[np.intp]:
    """Return how many of each row's changes are any."""
    size = np.abs(changes)
    return np.asarray(np.count_nonzero(size > LAST_BITS * size.max(axis=1, keepdims=True), axis=1))


def _pearson(now: Series, then: Series) -> Series:
    """Return the correlation of each row with the other's row; NaN where one of the two does not vary."""
    varies = (np.ptp(now, axis=1) > 0) & (np.ptp(then, axis=1) > 0)
    first, second = (each - each.mean(axis=1, keepdims=True) for each in (now, then))
    together = np.sum(first * second, axis=1)
    spread = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    r = np.divide(together, spread, out=np.full(len(now), np.nan), where=varies & (spread > 0))
    return np.asarray(np.clip(r, -1, 1))


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
