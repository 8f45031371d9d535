"""Whole toy runs with known answers: a search must be worth more than sampling, and more than greed."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.landscapes import LANDSCAPES, deceptive, flips, found
from harness.strategies.best_of_n import BestOfN
from harness.strategies.openevolve import OpenEvolve
from harness.strategies.toy import Landscape, ToyRun, more_is_better, toy_program, toy_target
from harness.types import Candidate

TARGET = toy_target()
BASELINE = Candidate.of(TARGET.source)


def made(*, seed: int = 0, evaluations: int | None = None, **knobs: Any) -> OpenEvolve:
    settings = OpenEvolve.Settings(**knobs)
    return OpenEvolve(settings, target=TARGET, seed=seed, evaluations=evaluations, baseline=BASELINE)


def times_found(strategies: list[Any], landscape: Landscape, evaluations: int) -> int:
    runs = (ToyRun(s, TARGET, landscape, seed=i, answer=flips) for i, s in enumerate(strategies))
    return sum(run.go(evaluations).best() >= 3.0 for run in runs)


def test_two_changes_that_lose_alone_are_found_more_often_than_by_sampling_or_by_greed() -> None:
    seeds, evaluations = range(20), 40
    ours = times_found([made(seed=s, evaluations=evaluations) for s in seeds], deceptive, 40)
    greedy = [made(seed=s, num_islands=1, archive=1, exploration=0.0, exploitation=1.0) for s in seeds]
    greed = times_found(greedy, deceptive, evaluations)
    samples = [BestOfN(BestOfN.Settings(), target=TARGET, seed=s, evaluations=None, baseline=BASELINE) for s in seeds]
    chance = times_found(samples, deceptive, evaluations)
    assert ours > 2 * chance
    assert ours > 2 * greed


@pytest.mark.parametrize(
    ("landscape", "name"),
    [("deceptive", "aster"), ("deceptive", "shinka by rank"), ("trade-off", "gepa"), ("trade-off", "openevolve")],
)
def test_populations_find_it_more_often_than_one_lineage_and_than_samples(landscape: str, name: str) -> None:
    def times(called: str) -> int:
        return sum(found(called, LANDSCAPES[landscape], seed, 30) for seed in range(8))

    assert times(name) > max(times("codex"), times("best-of-n"))


def test_both_landscapes_have_the_same_scores() -> None:
    for number in range(256):
        source = toy_program([number >> i & 1 for i in range(8)])
        assert LANDSCAPES["trade-off"](source).fitness == LANDSCAPES["deceptive"](source).fitness


def test_a_smooth_landscape_is_climbed() -> None:
    run = ToyRun(made(evaluations=60), TARGET, more_is_better).go(60)
    assert run.best() >= more_is_better(toy_program([1] * 5 + [0] * 3)).fitness  # type: ignore[operator]
