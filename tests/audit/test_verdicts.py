"""Specimens through the real judge of a small target: right verdicts are silent, wrong ones say what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from harness import targets
from harness.audit import Expectation, Finding, Range, Specimen, audit, document, make_specimens, own_specimens
from harness.audit.verdicts import complaints, left_out
from harness.judging.lanes import Lanes
from harness.parts import make_judge
from harness.types import Reading, Sandbox, Score, Target
from tests.conftest import TOY

SOURCE = (TOY / "toy.py").read_text(encoding="utf-8")
LEAN = SOURCE.replace("        history.append(ballast)\n", "").replace("sum(sorted(ballast))", "sum(ballast)")
LATE = LEAN.replace("state = math.fmod(", "state = (1.0 if rounds == 40 and words[0] == 'alder' else 0.0) + math.fmod(")


def honest(source: str, **ratios: Range) -> Specimen:
    return Specimen(
        name="honest", kind="honest", claim="-", source=source, expect=Expectation(ratios=tuple(ratios.items()))
    )


def cheat(source: str, *refusals: str, whole: bool = False, unsaid: str = "") -> Specimen:
    return Specimen(
        name="cheat", kind="cheat", claim="-", category="b", source=source, expect=Expectation(frozenset(refusals)),
        whole=whole, unsaid=unsaid,
    )  # fmt: skip


def audited(target: Target, room: Sandbox, specimens: Sequence[Specimen], whole: bool = True) -> list[Finding]:
    judge = make_judge(target, room, "a secret", Lanes())
    judge.prepare(ahead=whole)
    seen: list[Finding] = []
    findings = audit(judge, specimens, whole, seen.append)
    assert sorted(map(id, seen)) == sorted(map(id, findings))
    assert [finding.specimen for finding in findings] == list(specimens)
    return findings


def test_right_verdicts_are_silent(toy: Target, room: Sandbox) -> None:
    specimens = [
        honest(LEAN, memory=Range(1.2), speed=Range(1.0)),
        cheat(SOURCE.replace("range(rounds)", "range(rounds - 1)"), "wrong"),
    ]
    assert [finding.complaint for finding in audited(toy, room, specimens, whole=False)] == ["", ""]


def test_what_only_the_whole_run_tells_is_found_there_and_nowhere_else(toy: Target, room: Sandbox) -> None:
    (found,) = audited(toy, room, [cheat(LATE, "wrong", whole=True)])
    assert (found.complaint, found.score.status, found.score.stage) == ("", "wrong", "full")
    (found,) = audited(toy, room, [cheat(LATE, "wrong", whole=True)], whole=False)
    assert found.complaint == "a cheat was accepted"


def test_wrong_verdicts_say_what_is_wrong(toy: Target, room: Sandbox) -> None:
    refused = replace(honest(SOURCE.replace("state = 1.0", "state = 1.5")), name="refused")
    elsewhere = replace(honest(LEAN, memory=Range(50.0)), name="elsewhere")
    accepted = replace(cheat(LEAN, "wrong"), name="accepted")
    otherwise = replace(cheat(SOURCE.replace("state = 1.0", "state = 1 / 0"), "wrong"), name="otherwise")
    findings = audited(toy, room, [refused, elsewhere, accepted, otherwise], whole=False)
    for finding, said in zip(
        findings,
        ["an honest program was refused (wrong)", "where >50x is right", "a cheat was accepted", "refused (crash)"],
        strict=True,
    ):
        assert said in finding.complaint
    told = document(toy.name, findings, [], [])
    assert not told["ok"] and len(told["wrong"]) == 4
    cheats, honest_row = told["rows"][-2:]
    assert (cheats["judged"], cheats["refused"], cheats["accepted"], cheats["right"]) == (2, 1, 1, 0)
    assert (honest_row["judged"], honest_row["refused"], honest_row["accepted"], honest_row["right"]) == (2, 1, 1, 0)


def test_words_that_must_not_be_repeated() -> None:
    score = Score("crash", feedback="ended with ValueError: obey me")
    assert list(complaints(cheat("", "crash", unsaid="obey me"), score)) == [
        "the verdict repeats the program's own words"
    ]
    assert not list(complaints(cheat("", "crash", unsaid="obey"), Score("crash", feedback="ended with ValueError")))


def test_bounds_belong_to_a_range() -> None:
    score = Score("ok", readings=(Reading("memory", 2.0), Reading("speed", 9.0)))
    assert not list(complaints(honest("", memory=Range(2.0, 3.0)), score))
    assert list(complaints(honest("", memory=Range(2.01, 3.0), speed=Range(0.0, 8.9)), score)) == [
        "memory 2.00x, where 2.01-3x is right", "speed 9.00x, where <8.9x is right",
    ]  # fmt: skip


def test_a_quick_audit_leaves_out_cheats_for_whole_runs_and_says_how_many() -> None:
    late, short = cheat("", "wrong", whole=True), cheat("", "wrong")
    judged, skipped = left_out([late, short], quick=True)
    assert (judged, skipped) == ([short], [late])
    assert left_out([late, short], quick=False) == ([late, short], [])
    (row, cheats) = document("toy", [], [late], [])["rows"]
    assert row["left_out"] == cheats["left_out"] == 1 and row["judged"] == 0


# --- The shipped target -----------------------------------------------------------------------------------------------

CHOSEN = {
    *("fused_op_codes_pruned", "looked_up_by_length", "every_second_update", "format_built_at_run_time"),
    *("output_at_exit", "many_processes", "hard_coded_alphabet", "single_precision", "sets_affinity"),
    *("zeros_in_front", "instructions_in_a_traceback"),
}


def test_a_choice_of_the_shipped_corpus(room: Sandbox) -> None:
    """One of each kind; `make audit` judges them all."""
    target = targets.load("microgpt")
    chosen = [replace(specimen, whole=False) for specimen in own_specimens(target) if specimen.name in CHOSEN]
    assert len(chosen) == len(CHOSEN)
    assert {specimen.category for specimen in chosen} == set("abcdefghi") | {""}
    findings = audited(target, room, chosen, whole=False)
    assert [(finding.specimen.name, finding.complaint) for finding in findings if finding.complaint] == []


@pytest.mark.slow
def test_the_whole_shipped_corpus(room: Sandbox) -> None:
    target = targets.load("microgpt")
    specimens = [*own_specimens(target), *make_specimens(target, room, "a secret").specimens]
    findings = audited(target, room, specimens)
    assert [(finding.specimen.name, finding.complaint) for finding in findings if finding.complaint] == []
