"""microgpt in C prints what microgpt in Python prints: one algorithm, two programs."""

from __future__ import annotations

import pytest

from harness import targets
from harness.errors import BadTarget
from harness.judging.launching import Launching, runs_on
from harness.languages import LANGUAGES
from harness.types import Limits, Sandbox, Target
from harness.workloads import draw


@pytest.fixture(scope="module")
def pair() -> tuple[Target, Target]:
    target = targets.load("microgpt-c")
    try:
        runs_on(target)
    except BadTarget as error:
        pytest.skip(str(error))
    return target, targets.load("microgpt")


def printed(target: Target, room: Sandbox, files: dict[str, bytes], settings: dict[str, str]) -> bytes:
    turned = LANGUAGES[target.language].turn(target.source, target.knobs, settings)
    result = room.run(Launching(target, room).job(turned, files, Limits(), None))
    assert (result.end, result.code, result.stderr) == ("exit", 0, b"")
    return result.stdout


def test_both_print_the_same_on_documents_of_every_odd_shape(pair: tuple[Target, Target], room: Sandbox) -> None:
    in_c, in_python = pair
    odd = next(workload for workload in in_python.workloads if workload.name == "odd")
    drawn = draw(odd, in_python, "a secret")
    seed, files = drawn.settings["seed"], dict(drawn.files)
    said = printed(in_c, room, files, {"steps": "3", "seed": seed, "loss": '"%.17g"'})
    assert said == printed(in_python, room, files, {"steps": "3", "seed": seed, "loss": ".17g"})


def test_its_whole_run_on_the_public_input_is_microgpts_own(pair: tuple[Target, Target], room: Sandbox) -> None:
    target = pair[0]
    public = next(workload for workload in target.workloads if workload.name == "public")
    said = printed(target, room, dict(draw(public, target, "").files), {})
    assert said == (target.folder / public.golden).read_bytes()
