"""Tolerances and bands: measured, bounded, and refused in words that say why."""

import math
import subprocess
import sys

import pytest

from harness.errors import BadTarget, BaselineError
from harness.judging import bands
from harness.judging.traces import Trace
from harness.languages import LANGUAGES


def trace(value: float, text: str = "loss") -> Trace:
    return Trace((f"{text} {value!r}\n".encode(),), 0, b"", {}, 1.0, 8.0)


def test_a_band_is_ten_times_the_widest_divergence_among_the_runs() -> None:
    assert bands.band_of([trace(1.0), trace(1.0 + 2e-14), trace(1.0 + 5e-14)], "w") == pytest.approx(5e-13, rel=1e-2)
    assert bands.band_of([trace(1.0)] * 5, "w") == 0.0


def test_a_band_that_would_let_anything_pass_is_refused() -> None:
    with pytest.raises(
        BaselineError, match=r"workload few: its numbers are off by 1e-04 .* more than the 1e-06 allowed"
    ):
        bands.band_of([trace(1.0), trace(1.0001)], "workload few")
    with pytest.raises(BaselineError, match="more than the last digits"):
        bands.band_of([trace(1.0), trace(1.0, "lose")], "workload few")


@pytest.mark.parametrize(
    ("divergence", "rtol"), [(2.6e-16, 1e-12), (1e-15, 1e-12), (1.1e-15, 1e-11), (2.5e-14, 1e-11), (1e-3, 1e-11)]
)
def test_a_tolerance_is_a_thousand_divergences_up_to_a_power_of_ten_and_bounded(divergence: float, rtol: float) -> None:
    assert bands.calibrated(divergence) == pytest.approx(rtol)


def test_weights_that_move_nothing_are_no_weights() -> None:
    with pytest.raises(BadTarget, match="moving it changes no number"):
        bands.calibrated(0.0)


PROGRAM = """\
import random
random.seed(1)
é = [random.gauss(0, 1) for _ in range(2)] + [random.gauss(
    0, 1)]
print(*map(repr, é))
"""


def printed(source: str) -> list[float]:
    out = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True).stdout
    return [float(word) for word in out.split()]


@pytest.mark.parametrize("towards", ["inf", "-inf"])
def test_a_nudge_moves_every_weight_by_one_unit_in_the_last_place(towards: str) -> None:
    moved = printed(LANGUAGES["python"].nudged(PROGRAM, "random.gauss", towards))
    assert moved == [math.nextafter(value, float(towards)) for value in printed(PROGRAM)]


def test_a_nudge_of_what_is_never_called_is_refused() -> None:
    with pytest.raises(BadTarget, match=r"'random\.uniform': the program never calls it"):
        LANGUAGES["python"].nudged(PROGRAM, "random.uniform", "inf")
