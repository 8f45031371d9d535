"""What a machine's noise is said to be, from real pairs in the real sandbox and from made-up ones."""

from dataclasses import replace
from random import Random

import pytest

from harness.cli.calibrate import warnings
from harness.errors import BaselineError
from harness.judging.calibration import GAINS, busy_target, calibrate, conclusions
from harness.judging.lanes import Lanes
from harness.types import Pair, Rules, Sandbox
from tests.stats import machines


def pairs(deviation: float, others: float = 0.0) -> list[Pair]:
    logs = machines.normal(Random(1), deviation)
    return [replace(machines.pair(next(logs)), others=others) for _ in range(16)]


def test_the_built_in_program_is_run_against_itself(room: Sandbox) -> None:
    ticks: list[int] = []
    found = calibrate(busy_target(), room, Lanes(), pairs=6, tick=ticks.append)
    assert ticks == [1, 2, 3, 4, 5, 6] and found.pairs == 6
    assert found.cpu > 0 and found.cautious > found.cpu / 3 and found.seconds_a_pair > 0
    assert [cost.gain for cost in found.costs] == list(GAINS)


def test_a_program_that_does_not_repeat_itself_cannot_calibrate(room: Sandbox) -> None:
    restless = replace(
        busy_target(), source="import random\nprint(random.random())\n", rules=Rules(imports=("random",))
    )
    with pytest.raises(BaselineError):
        calibrate(restless, room, Lanes(), pairs=6)


def test_more_noise_asks_for_more_pairs_and_tells_less() -> None:
    still, loud = conclusions("x", pairs(0.01), 2.0), conclusions("x", pairs(0.06), 2.0)
    assert still.smallest[0.8] <= still.smallest[0.95] < loud.smallest[0.95]
    assert (still.promised(0.03) or 0) < (loud.promised(0.03) or 10**6)


def test_a_noisy_or_disturbed_machine_is_called_so_plainly() -> None:
    assert list(warnings(conclusions("x", pairs(0.01), 2.0))) == []
    (noisy,) = warnings(conclusions("x", pairs(0.08), 2.0))
    assert noisy.startswith("this machine is too noisy for small gains")
    (disturbed,) = warnings(conclusions("x", pairs(0.01, others=0.5), 2.0))
    assert disturbed.startswith("other work took 50% of the core")
