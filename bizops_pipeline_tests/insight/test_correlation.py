"""The statistics of associations on series whose truth is known."""

import numpy as np
import pytest
from scipy import stats

from bizops_pipeline.insight.correlation import (
    correlations,
    differences,
    effective_n,
    intervals,
    memory,
    p_values,
    q_values,
    slope,
)

LAGS = range(5)
MOVES = 13


def noise(*shape, seed=7):
    return np.random.default_rng(seed).normal(size=shape)


def test_a_follower_is_found_at_its_lag_with_its_sign():
    leader = np.cumsum(noise(1, 120), axis=1)
    follower = -2 * np.roll(leader, 3, axis=1) + 0.3 * noise(1, 120, seed=8)
    found = list(correlations(differences(leader), differences(follower), LAGS, 26, MOVES))

    best = max(found, key=lambda each: abs(each.r))
    assert (best.lag, best.n, best.first, best.last) == (3, 116, 0, 118)
    assert best.r < -0.9
    assert best.low < best.r < best.high < 0
    assert max(best.first_half, best.second_half) < 0
    assert best.p < 1e-9
    assert all(each.p > 0.001 for each in found if each.lag != 3)


def test_the_slope_and_its_interval_contain_the_truth():
    leader = noise(150)
    follower = np.concatenate([[0.0, 0.0], 1.5 * leader[:-2]]) + noise(150, seed=9)
    estimate, low, high = slope(leader, follower, 2)

    assert low < 1.5 < high
    assert estimate == pytest.approx(1.5, abs=0.25)
    assert slope(leader, np.where(np.arange(150) % 10 == 5, np.nan, follower), 2)[0] == pytest.approx(1.5, abs=0.3)


def test_noise_gives_no_discoveries():
    """Three hundred pairs of series that have nothing in common, whatever the lag."""
    leaders, followers = differences(noise(20, 105)), differences(noise(15, 105, seed=10))
    found = list(correlations(leaders, followers, LAGS, 26, MOVES))

    assert len(found) == 20 * 15 * 5
    assert min(q_values([each.p for each in found])) > 0.05


def test_p_values_of_noise_that_remembers_hold_their_level():
    """Averages of four weeks of noise pass for related far too often by n, seldom by the effective n."""
    rng = np.random.default_rng(11)
    smooth = np.array([np.convolve(row, np.ones(4), "valid") for row in rng.normal(size=(120, 108))])
    found = list(correlations(smooth[:60], smooth[60:], range(1), 26, MOVES))
    naive = p_values(np.array([each.r for each in found]), np.array([float(each.n) for each in found]))

    assert np.mean(naive < 0.05) > 0.2
    assert np.mean([each.p < 0.05 for each in found]) < 0.09


def test_the_effective_n_falls_with_memory_and_never_exceeds_n():
    ones = np.array([[0.5, 0.25]])
    assert effective_n(100, ones, ones)[0] == pytest.approx(100 / (1 + 2 * (0.99 * 0.25 + 0.98 * 0.0625)))
    assert effective_n(100, ones, -ones)[0] == 100
    assert effective_n(100, ones, 0 * ones)[0] == 100


def test_memory_is_the_autocorrelation_and_survives_gaps():
    alternating = np.tile([1.0, -1.0], 60)
    assert memory(alternating)[:2] == pytest.approx([-1, 1], abs=0.05)
    alternating[[5, 17, 40]] = np.nan
    assert memory(alternating)[:2] == pytest.approx([-1, 1], abs=0.12)
    assert not memory(np.ones(50)).any()
    assert not memory(np.full(50, np.nan)).any()


def test_with_independent_pairs_p_and_interval_are_the_textbook_ones():
    first, second = noise(80), 0.3 * noise(80) + noise(80, seed=12)
    textbook = stats.pearsonr(first, second)
    r, n = np.array([textbook.statistic]), np.array([80.0])

    assert p_values(r, n)[0] == pytest.approx(textbook.pvalue)
    low, high = intervals(r, n)
    assert (low[0], high[0]) == pytest.approx(tuple(textbook.confidence_interval()))


def test_too_few_pairs_and_series_that_do_not_vary_say_nothing():
    leaders = np.stack([noise(40), np.ones(40)])
    followers = np.stack([noise(40, seed=13), np.where(np.arange(40) < 25, np.nan, noise(40, seed=14))])
    found = list(correlations(leaders, followers, range(1), 26, MOVES))

    assert [(each.leader, each.follower) for each in found] == [(0, 0)]


def once(weeks, at):
    """Changes of a series that moved in one week only."""
    changes = np.zeros(weeks)
    changes[at] = 500.0
    return changes


@pytest.mark.parametrize("which", ["leader", "follower"])
def test_a_single_event_says_nothing_however_well_it_falls(which):
    other = noise(56)
    other[40] = 12.0  # a great change of the other in the very week
    event = once(56, at=40)
    leader, follower = (event, other) if which == "leader" else (other, event)

    assert stats.pearsonr(event, other).pvalue < 1e-9
    assert list(correlations(leader[None], follower[None], range(1), 26, MOVES)) == []


def test_a_series_is_compared_from_the_weeks_in_which_it_moved():
    weeks = np.arange(56)
    twelve, thirteen = (np.where(weeks % 4 == 0, noise(56), 0.0) * (weeks < 4 * moves) for moves in (12, 13))
    # What is left of sums that differ in their last bits is no move.
    twelve[50] = 1e-15
    found = list(correlations(np.stack([twelve, thirteen]), noise(1, 56, seed=8), range(1), 26, MOVES))

    assert [each.leader for each in found] == [1]


def test_weeks_that_one_side_does_not_know_are_left_out():
    leader, follower = noise(60), noise(60, seed=15)
    leader[10], follower[[20, 21]] = np.nan, np.nan
    [found] = correlations(leader[None], follower[None], range(1), 26, MOVES)
    known = np.isfinite(leader) & np.isfinite(follower)

    assert found.n == 57
    assert found.r == pytest.approx(stats.pearsonr(leader[known], follower[known]).statistic)


@pytest.mark.parametrize("weeks", [0, 1, 2, 3, 4, 26])
def test_the_first_weeks_of_a_company_say_nothing(weeks):
    assert list(correlations(noise(2, weeks), noise(1, weeks, seed=8), LAGS, 27, MOVES)) == []


@pytest.mark.parametrize("value", [0.1, 3.0])
def test_a_constant_series_remembers_nothing(value):
    assert memory(np.array([np.nan, *[value] * 30])).tolist() == [0.0] * 8
