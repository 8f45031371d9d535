"""Vetting a target: the real judge on small programs, fit and unfit ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness import targets
from harness.judging.lanes import Lanes
from harness.types import Limits, Promise, Sandbox, Statistical, Target, Workload
from harness.vetting import Found, Vet, Vetting, vet

SUMS = """\
import random

random.seed(3)
rounds = 300
total = 0.0
for turn in range(rounds):
    total += random.random() * turn
    if turn % 30 == 0:
        print(f"{turn}: {total:.9f}")
print("done", rounds)
"""


def target_of(tmp_path: Path, source: str, *, strict: bool = False) -> Target:
    (tmp_path / "program.py").write_text(source)
    target = targets.load(str(tmp_path / "program.py"))
    limits = Limits(wall_s=60, cpu_s=5)
    return replace(target, limits=limits, rules=replace(target.rules, strict=strict), promise=replace(target.promise))


def check(target: Target, room: Sandbox, name: str) -> Found:
    """One check, and those before it."""
    lanes = Lanes()
    with lanes.kept_clear():
        return next(found for found in Vet(target, room, lanes, 6, lambda _: None).checks() if found.check == name)


def test_a_target_without_hidden_input_is_weak_where_it_is(tmp_path: Path, room: Sandbox) -> None:
    said: list[str] = []
    vetting = vet(target_of(tmp_path, SUMS), room, Lanes(), tell=said.append)
    found = {one.check: one for one in vetting.checks}
    order = "rules, repeats itself, hidden inputs, size, noise, broken copies, harmless copies, cost"
    assert ", ".join(found) == order
    assert vetting.fit and vetting.judgement_s is not None and vetting.judgement_s > 0
    fit = {name for name, one in found.items() if one.verdict == "fit"}
    assert fit >= {"rules", "repeats itself", "harmless copies", "cost"}
    assert found["hidden inputs"].verdict == found["size"].verdict == found["broken copies"].verdict == "weak"
    assert "transcript (prints the public text from strings)" in found["broken copies"].said
    assert "a hidden workload refuses these" in found["broken copies"].advice
    assert "a judgement" in found["cost"].said and len(said) == 3


def test_a_hidden_workload_refuses_every_broken_copy(toy: Target, room: Sandbox) -> None:
    found = {found.check: found for found in vet(toy, room, Lanes()).checks}
    assert {one.verdict for name, one in found.items() if name not in ("noise", "size")} == {"fit"}, found
    assert found["hidden inputs"].said == "2 that no rewrite is told: few, timed"
    assert "1 whole runs, which were not made here" in found["cost"].said


def test_a_program_that_does_not_repeat_itself_is_not_fit_and_nothing_else_is_tried(
    tmp_path: Path, room: Sandbox
) -> None:
    vetting = vet(target_of(tmp_path, "import os\nprint(os.urandom(2))\n"), room, Lanes())
    *_, last = vetting.checks
    assert (last.check, last.verdict, vetting.fit, vetting.judgement_s) == ("repeats itself", "not fit", False, None)
    assert "does not repeat itself" in last.said and last.advice


def test_a_program_that_breaks_its_own_rules_is_not_fit(tmp_path: Path, room: Sandbox) -> None:
    (only,) = vet(target_of(tmp_path, "print(eval('1'))\n", strict=True), room, Lanes()).checks
    assert (only.check, only.verdict) == ("rules", "not fit")
    assert "line 1: `eval` is not allowed" in only.said and "strict = false" in only.advice


def test_an_output_that_was_recorded_of_another_program_is_told_apart(tmp_path: Path, room: Sandbox) -> None:
    target = target_of(tmp_path, "print('new')\n")
    (tmp_path / "golden.txt").write_text("old\n")
    (public,) = target.workloads
    target = replace(target, workloads=(replace(public, golden="golden.txt"),))
    *_, last = vet(target, room, Lanes()).checks
    assert last.verdict == "not fit" and "no longer prints what golden.txt recorded of it" in last.said
    assert 'take `golden = "golden.txt"` out of target.toml' in last.advice


def test_a_hidden_workload_that_hides_nothing_is_weak(tmp_path: Path, room: Sandbox) -> None:
    (tmp_path / "words.txt").write_text("one\ntwo\n")
    target = target_of(tmp_path, "print(sum(range(1000)), open('words.txt').name)\n")
    files = {"words.txt": "words.txt"}
    hidden = Workload(name="other", stage="short", hidden=True, generator="relabel", files=files)
    found = check(replace(target, workloads=(hidden, *target.workloads)), room, "hidden inputs")
    assert found.verdict == "weak" and "workload other: the same output as on public input" in found.said


def test_a_tolerance_that_lets_broken_copies_pass_is_not_fit(tmp_path: Path, room: Sandbox) -> None:
    """A statistical promise whose lines are all free: nothing of them is promised."""
    source = 'limit = 5\nfor turn in range(limit):\n    print("free", turn * 2)\nprint("value 1.5")\n'
    target = target_of(tmp_path, source)
    loose = Promise(level="statistical", statistical=Statistical(value="value", free=("free", "value"), seeds=3))
    (public,) = target.workloads
    shorts = tuple(replace(public, name=f"short-{n}", stage="short", hidden=True) for n in range(3))
    found = check(replace(target, promise=loose, workloads=(*shorts, public)), room, "broken copies")
    assert found.verdict == "not fit" and "other_last_line" in found.said


@pytest.mark.parametrize(("verdict", "fit"), [("fit", True), ("weak", True), ("not fit", False)])
def test_only_what_is_not_fit_makes_a_target_unfit(verdict: str, fit: bool) -> None:
    assert Vetting("x", (Found("a", "fit", ""), Found("b", verdict, "")), 1.0).fit is fit  # type: ignore[arg-type]
