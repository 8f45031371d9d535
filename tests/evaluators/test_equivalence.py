"""Two one-sided tests: what is shown to be like, and what is only not shown to be unlike."""

import random

import pytest

from evaluators.equivalence import same_mean
from harness.types import Check, JobResult, Statistical

WANTED = Statistical(value="loss", within=0.02, seeds=8)
RAN = JobResult(end="exit", code=0, reason="", stdout=b"", stderr=b"", written={}, cpu_s=1, wall_s=1, peak_mib=8)


def checks(*differences: float) -> list[Check]:
    return [Check(f"odd-{n}", True, "ok", None, RAN, last=(3.0, 3.0 * (1 + d))) for n, d in enumerate(differences)]


@pytest.mark.parametrize(
    ("differences", "status"),
    [
        ((0.0,) * 8, "ok"),
        ((0.004, -0.003, 0.002, 0.0, -0.001, 0.003, -0.004, 0.001), "ok"),
        ((0.03,) * 8, "wrong"),
        ((-0.03,) * 8, "wrong"),
        ((0.2, -0.2, 0.2, -0.2), "wrong"),  # mean 0, and nothing is shown
        ((0.001,), "wrong"),
        ((), "wrong"),
    ],
)
def test_only_what_is_shown_passes(differences: tuple[float, ...], status: str) -> None:
    assert same_mean(checks(*differences), WANTED).status == status


def test_a_mean_that_is_off_by_the_margin_passes_one_time_in_twenty() -> None:
    rng = random.Random(1)
    trials = 4000
    passed = sum(
        same_mean(checks(*(rng.gauss(WANTED.within, 0.005) for _ in range(8))), WANTED).status == "ok"
        for _ in range(trials)
    )
    assert 0.03 < passed / trials < 0.07
