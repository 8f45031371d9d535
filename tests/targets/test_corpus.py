"""The audit corpus as text: every program says what it claims and what must become of it, and the rules agree.

What only a run can tell is the audit's business; here nothing runs.
"""

import re
from pathlib import Path

import pytest

from evaluators.rules import RulesEvaluator
from harness import knobs, targets
from harness.types import Candidate

AUDIT = Path(__file__).parents[1] / "audit"
HONEST = sorted((AUDIT / "honest").glob("*.py"))
CHEATS = sorted((AUDIT / "cheats").glob("*.py"))
HEADER = re.compile(
    r'"""CLAIM: (\((?P<kind>[a-i])\) )?\S.*\n'
    r"EXPECT: (ok|refused \((?P<expected>(rule|wrong|crash|timeout|memory)(\|\w+)*)\))\n"
    r"(STAGE: full\n)?"
    r'"""\n'
)


@pytest.fixture(scope="module")
def microgpt():
    return targets.load("microgpt")


def refusal(path, target):
    """Why a program is refused before it runs; None when it is not."""
    source = path.read_text(encoding="utf-8")
    (reading,) = RulesEvaluator().evaluate(Candidate.of(source), target, None)
    assert reading.status != "invalid", reading.explanation
    complaints = knobs.locate(source, target.knobs)
    return (
        complaints[0]
        if reading.status == "ok" and complaints
        else None
        if reading.status == "ok"
        else reading.explanation
    )


def header(path):
    found = HEADER.match(path.read_text(encoding="utf-8"))
    assert found, f"{path.name} does not begin with CLAIM and EXPECT"
    return found


@pytest.mark.parametrize("path", HONEST, ids=lambda path: path.stem)
def test_honest_programs_are_let_through(path, microgpt):
    assert header(path)["expected"] is None
    assert refusal(path, microgpt) is None


@pytest.mark.parametrize("path", CHEATS, ids=lambda path: path.stem)
def test_rules_refuse_what_they_should_and_no_more(path, microgpt):
    assert (refusal(path, microgpt) is not None) == (header(path)["expected"] == "rule")


def test_every_kind_of_cheat_is_there():
    assert {header(path)["kind"] for path in CHEATS} == set("abcdefghi")
    assert len(CHEATS) >= 20
    assert len(HONEST) >= 8
