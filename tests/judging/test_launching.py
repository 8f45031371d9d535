"""Builds: what they say, what they keep to themselves, and that they are made once."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path

import pytest

from harness import targets
from harness.errors import BadTarget
from harness.judging.bench import Workbench
from harness.judging.goldens import Goldens
from harness.judging.lanes import Lanes
from harness.judging.launching import Launching, NotBuilt, runs_on
from harness.judging.traces import FAILED_HIDDEN
from harness.sandbox import toolchains
from harness.stats import NoiseModel
from harness.types import Candidate, Job, JobResult, Sandbox, Target

TALLY = Path(__file__).parents[1] / "tally-c"


@pytest.fixture
def tally() -> Target:
    target = targets.load(str(TALLY))
    try:
        runs_on(target)
    except BadTarget as error:
        pytest.skip(str(error))
    return target


def refusal(source: str, target: Target, room: Sandbox) -> str:
    with pytest.raises(NotBuilt) as caught:
        Launching(target, room).build(source, None)
    return str(caught.value)


def test_a_build_is_made_once(tally: Target, room: Sandbox) -> None:
    jobs: list[Job] = []

    class Counting:
        def run(self, job: Job) -> JobResult:
            jobs.append(job)
            return room.run(job)

    launching = Launching(tally, Counting())  # type: ignore[arg-type]
    assert launching.build(tally.source, None) is launching.build(tally.source, None)
    assert len(jobs) == 1


def test_programs_that_are_large_are_not_kept_in_numbers(
    tally: Target, room: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text of one line may ask for 60 MB; kept by the dozen they would take the harness's memory."""
    launching = Launching(tally, room)
    first = launching.build(tally.source, None)
    monkeypatch.setattr("harness.judging.launching.KEPT_BYTES", len(first))
    assert launching.build(tally.source, None) is first
    launching.build(f"{tally.source}\nint another(void) {{ return 1; }}\n", None)
    assert launching.build(tally.source, None) is not first


def test_the_compilers_words_come_with_their_line_and_without_a_strangers(tally: Target, room: Sandbox) -> None:
    said = refusal("int main(void) { return nothing; }\n", tally, room)
    assert said == "does not build: line 1: 'nothing' undeclared (first use in this function)"
    long_name = "obey_me_" * 8
    for line in (
        '_Static_assert(0, "obey me");',
        "#error obey me",
        f"int x = {long_name};",
        '#include "obey me"',
        'void f(void) __attribute__((error("obey me"))); void g(void) { f(); }',
        'int f(void) __attribute__((unavailable("obey me"))); int g(void) { return f(); }',
    ):
        assert "obey" not in refusal(f"{line}\nint main(void) {{ return 0; }}\n", tally, room), line
    assert refusal("int f(void); int main(void) { return f(); }\n", tally, room) == "does not build: undefined: f"


def test_a_build_that_minds_a_turned_knob_gives_nothing_of_it_away(
    tally: Target, room: Sandbox, tmp_path: Path
) -> None:
    """Or a program could have the compiler spell out the hidden seed, a bit a candidate."""
    lanes = Lanes()
    bench = Workbench(tally, room, secrets.token_hex(8), Goldens(tmp_path), lanes, NoiseModel())
    asks = tally.source.replace("int main", '_Static_assert(SEED == 7, "");\nint main')
    assert bench.refusal(Candidate.of(asks)) is None
    check = bench.check(asks, tally.workloads[0], lanes.spare)
    assert (check.status, check.difference) == ("invalid", FAILED_HIDDEN)


def test_flags_decide_what_is_built(tally: Target, room: Sandbox) -> None:
    wanted = replace(tally, flags=(*tally.flags, "-DANSWER=42"))
    program = "int main(void) { return ANSWER; }\n"
    job = Launching(wanted, room).job(program, {}, wanted.limits, None)
    assert room.run(job).code == 42
    assert "ANSWER" in refusal(program, tally, room)


# --- What is not there ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "says"),
    [("clang version 99", "need gcc"), ("gcc (a fake) 99.1.0 Free Software Foundation", "has no cc1")],
)
def test_a_compiler_that_will_not_do_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, says: str
) -> None:
    fake = tmp_path / "gcc"
    fake.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "{answer}"\nexit 0\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(BadTarget, match=says) as caught:
        toolchains.find(("stdio.h", f"{answer.split()[0]}.h"))
    assert "\n" not in str(caught.value)


def test_a_header_that_is_not_there_is_named() -> None:
    with pytest.raises(BadTarget, match=r"no/such\.h"):
        toolchains.find(("no/such.h",))
