"""The corpus as text: every program says what it claims and what must become of it, and the rules agree.

What only a run can tell is the audit's business; here nothing runs.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluators.rules import RulesEvaluator
from harness import knobs, targets
from harness.audit import CATEGORIES, Range, Specimen, own_specimens, read_specimen
from harness.errors import BadTarget
from harness.types import Candidate, Target

MICROGPT = targets.load("microgpt")
SPECIMENS = own_specimens(MICROGPT)
HONEST = [specimen for specimen in SPECIMENS if specimen.kind == "honest"]
CHEATS = [specimen for specimen in SPECIMENS if specimen.kind == "cheat"]


def refusal(specimen: Specimen, target: Target) -> str | None:
    """Why a program is refused before it runs; None when it is not."""
    (reading,) = RulesEvaluator().evaluate(Candidate.of(specimen.source), target, None)  # type: ignore[arg-type]
    assert reading.status != "invalid", reading.explanation
    if reading.status != "ok":
        return reading.explanation
    return next(iter(knobs.locate(specimen.source, target.knobs)), None)


@pytest.mark.parametrize("specimen", HONEST, ids=lambda specimen: specimen.name)
def test_honest_programs_keep_the_rules(specimen: Specimen) -> None:
    assert refusal(specimen, MICROGPT) is None


@pytest.mark.parametrize("specimen", CHEATS, ids=lambda specimen: specimen.name)
def test_rules_refuse_what_they_should_and_no_more(specimen: Specimen) -> None:
    refused = refusal(specimen, MICROGPT) is not None
    if refused:
        assert "rule" in specimen.expect.refusals
    else:
        assert specimen.expect.refusals - {"rule"}


def test_the_corpus_covers_every_category_and_ships() -> None:
    assert {specimen.category for specimen in CHEATS} == set(CATEGORIES)
    assert len(CHEATS) >= 75
    assert len(HONEST) >= 24
    assert (Path(targets.__file__).parents[2] / "targets" / "microgpt" / "audit" / "cheats").is_dir()


def test_every_honest_program_says_where_its_ratios_lie() -> None:
    for specimen in HONEST:
        assert [metric for metric, _ in specimen.expect.ratios] == ["memory", "speed"], specimen.name


def test_the_program_in_between_is_there() -> None:
    (found,) = [specimen for specimen in HONEST if specimen.name == "fused_op_codes_pruned"]
    assert dict(found.expect.ratios) == {"memory": Range(2.8, 4.2), "speed": Range(5.0)}


# --- Reading one ------------------------------------------------------------------------------------------------------


def write(folder: Path, *lines: str) -> Path:
    path = folder / "program.py"
    path.write_text('"""' + "\n".join(lines) + '\n"""\n\nprint(1)\n', encoding="utf-8")
    return path


def test_a_cheat_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, "CLAIM: (b) skips", "EXPECT: refused (wrong|crash)", "STAGE: full", "UNSAID: obey me")
    found = read_specimen(path, "cheat")
    assert (found.name, found.category, found.claim, found.whole, found.unsaid) == (
        "program", "b", "skips", True, "obey me",
    )  # fmt: skip
    assert found.expect.refusals == {"wrong", "crash"}
    assert str(found.expect) == "refused (crash|wrong)"


def test_an_honest_program_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, "CLAIM: does it well", "EXPECT: accepted, memory 2.8-4.2x, speed >5x")
    found = read_specimen(path, "honest")
    assert dict(found.expect.ratios) == {"memory": Range(2.8, 4.2), "speed": Range(5.0)}
    assert str(found.expect) == "accepted, memory 2.8-4.2x, speed >5x"
    assert str(Range(0.0, 2.0)) == "<2x"


@pytest.mark.parametrize(
    ("kind", "lines", "says"),
    [
        ("cheat", ["CLAIM: (b) skips"], "no line `EXPECT: ...`"),
        ("cheat", ["EXPECT: refused (wrong)"], "no line `CLAIM: ...`"),
        ("cheat", ["CLAIM: skips", "EXPECT: refused (wrong)"], "begins with its category"),
        ("cheat", ["CLAIM: (z) skips", "EXPECT: refused (wrong)"], "begins with its category"),
        ("cheat", ["CLAIM: (b) skips", "EXPECT: accepted"], "write `refused (S)`"),
        ("cheat", ["CLAIM: (b) skips", "EXPECT: refused (ok)"], "write `refused (S)`"),
        ("cheat", ["CLAIM: (b) skips", "EXPECT: refused (wrong)", "STAGE: short"], "write `STAGE: full` or nothing"),
        ("cheat", ["CLAIM: (b) skips", "and more", "EXPECT: refused (wrong)"], "'and more'"),
        ("honest", ["CLAIM: does it", "EXPECT: refused (wrong)"], "write `accepted, memory"),
        ("honest", ["CLAIM: does it", "EXPECT: accepted, memory 3x"], "write `accepted, memory"),
        ("honest", ["CLAIM: one", "CLAIM: two", "EXPECT: accepted"], "'CLAIM: two'"),
    ],
)
def test_a_header_that_says_nothing_clear_is_refused(tmp_path: Path, kind: str, lines: list[str], says: str) -> None:
    with pytest.raises(BadTarget) as refused:
        read_specimen(write(tmp_path, *lines), kind)  # type: ignore[arg-type]
    assert says in str(refused.value) and "program.py" in str(refused.value)
