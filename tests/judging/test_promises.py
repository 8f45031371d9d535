"""Promises other than the default: a baseline that does not repeat itself, and the statistical level."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness import targets
from harness.errors import BadTarget, BaselineError
from harness.judging.judge import Judge
from harness.judging.lanes import Lanes
from harness.parts import make_judge
from harness.types import Candidate, Pair, Promise, Sandbox, Target

MINI = Path(__file__).parents[1] / "mini"
SOURCE = (MINI / "mini.py").read_text(encoding="utf-8")


def judge_of(target: Target, room: Sandbox) -> Judge:
    return make_judge(target, room, "a secret", Lanes())


# --- a baseline that does not repeat itself ---------------------------------------------------------------------------


def restless(amount: float) -> Target:
    """Sums in the order of addresses, played by a source that nobody seeds."""
    source = SOURCE.replace("random.seed(5)\n", "random.seed(5)\nrestless = random.Random()\n")
    source = source.replace("    doc = docs[", f"    state *= 1.0 + {amount} * restless.random()\n    doc = docs[")
    assert source.count("restless") == 2
    return replace(targets.load(str(MINI)), source=source)


def test_a_restless_baseline_gets_a_band_that_is_said_with_every_score(room: Sandbox) -> None:
    target = restless(1e-10)
    judge = judge_of(target, room)
    judge.prepare(ahead=False)
    bands = judge._bench.reference.bands
    assert set(bands) == {"brief", "timed"} and all(1e-12 < band <= 1e-6 for band in bands.values())
    (warning,) = judge.warnings()
    assert "does not repeat itself" in warning and "on brief" in warning and "on timed" in warning

    rewrite = Candidate.of(target.source + "\n# the same\n")
    score = judge.judge(rewrite)
    assert score.status == "ok" and warning in score.warnings, score.feedback
    whole = judge.confirm(rewrite)
    assert whole.status == "ok" and any("on full" in said for said in whole.warnings), whole.feedback

    wrong = Candidate.of(target.source.replace("0.9 * state", "0.9000001 * state"))
    assert judge.screen(wrong).status == "wrong"


def test_the_band_is_kept_with_the_trace_for_a_run_that_goes_on(room: Sandbox) -> None:
    target = restless(1e-10)
    first, second = judge_of(target, room), judge_of(target, room)
    first.prepare(ahead=False)
    assert second._bench.golden(target.workloads[0]).band == first._bench.golden(target.workloads[0]).band > 0


def test_what_repeated_itself_by_chance_until_now_gets_its_band_when_it_does_not(room: Sandbox) -> None:
    target = restless(1e-10)
    bench = judge_of(target, room)._bench
    timed = next(w for w in target.workloads if w.name == "timed")
    pair = bench.pair(target.source, target.source, timed, bench.lanes.spare, swapped=False)
    assert isinstance(pair, Pair) and bench.reference.bands["timed"] > 0


@pytest.mark.parametrize(
    ("target", "says"),
    [
        (restless(1e-3), "more than the 1e-06 allowed; make its sums in a fixed order"),
        (replace(restless(1e-10), promise=Promise(level="exact")), r"does not repeat itself .*output line \d differs"),
        (
            replace(restless(0.0), source=SOURCE + "print('sample', random.Random().choice('abcdefghijklmnop') * 3)\n"),
            "more than the last digits of its numbers changes",
        ),
    ],
    ids=["too wide", "exact", "text"],
)
def test_what_no_band_can_hold_is_refused_with_the_reason(room: Sandbox, target: Target, says: str) -> None:
    with pytest.raises(BaselineError, match=says):
        judge_of(target, room).prepare(ahead=False)


# --- the statistical level --------------------------------------------------------------------------------------------

STATISTICAL = """
[promise]
level = "statistical"

[promise.statistical]
value = "| loss"
within = 0.02
each = 0.3
seeds = 6
free = ["sample "]
"""


def written(folder: Path, promise: str = STATISTICAL) -> Path:
    text = (MINI / "target.toml").read_text()
    text = text[: text.index("[[metamorphic]]")] + promise + text[text.index("[limits]") :]
    (folder / "target.toml").write_text(text)
    for name in ("mini.py", "words.txt"):
        (folder / name).write_bytes((MINI / name).read_bytes())
    return folder


@pytest.fixture
def like(tmp_path: Path) -> Target:
    return targets.load(str(written(tmp_path)))


def test_the_label_is_in_the_name_that_every_table_shows(like: Target) -> None:
    assert like.name == "mini-not-equivalent"
    assert [w.name for w in like.workloads if w.stage == "short"] == [f"brief-{n}" for n in range(1, 7)]


@pytest.mark.parametrize(
    ("promise", "says"),
    [
        ('[promise]\nlevel = "statistical"\n', "come together"),
        ('[promise]\n[promise.statistical]\nvalue = "loss"\n', "come together"),
        (STATISTICAL.replace("within = 0.02", "within = 2"), "less than or equal to 0.1"),
        (STATISTICAL.replace("seeds = 6", "seeds = 2"), "greater than or equal to 3"),
        ("[promise]\nrtol = 1e-9\n", "promise.rtol: value error, 1e-09 lets wrong programs pass: at most 1e-11"),
    ],
)
def test_it_is_never_a_default_and_a_loose_promise_is_refused(tmp_path: Path, promise: str, says: str) -> None:
    with pytest.raises(BadTarget, match=says):
        targets.load(str(written(tmp_path, promise)))


# Another order of draws: the same program in distribution, other numbers. The start of the state fades away.
OTHER_DRAWS = SOURCE.replace("weights = [random.gauss", "random.random()\nweights = [random.gauss")


def test_other_random_draws_pass_and_are_labelled_everywhere(like: Target, room: Sandbox) -> None:
    steady = replace(like, source=SOURCE.replace("weight * 0.1", "weight * 0.0001"))
    score = judge_of(steady, room).judge(Candidate.of(steady.source.replace("state = 1.0", "state = 1.001")))
    assert score.status == "ok", score.feedback
    same, *_ = [r for r in score.readings if r.detail.get("workload") == "all seeds"]
    assert "over 6 seeds" in same.explanation and same.detail["low"] <= same.detail["mean"] <= same.detail["high"]
    assert all("NOT EQUIVALENT" in r.explanation for r in score.readings if r.metric == "equivalence")
    assert any(said.startswith("NOT EQUIVALENT") for said in score.warnings)


@pytest.mark.parametrize(
    ("search", "replacement", "says"),
    [
        ("0.9 * state", "0.905 * state", "not shown to be within 2.00%"),
        ("0.9 * state", "0.2 * state", "failed on a hidden workload"),
        ("loss {state", "loss {state * float('nan')", "failed on a hidden workload"),
        ("num docs", "documents", "failed on a hidden workload"),
        ("for sample in range(3)", "for sample in range(2)", "failed on a hidden workload"),
    ],
)
def test_what_it_promises_is_still_checked(
    like: Target, room: Sandbox, search: str, replacement: str, says: str
) -> None:
    assert search in SOURCE
    score = judge_of(like, room).screen(Candidate.of(SOURCE.replace(search, replacement)))
    assert score.status == "wrong" and says in score.feedback


def test_its_samples_are_free(like: Target, room: Sandbox) -> None:
    reworded = SOURCE.replace("print()\n", "print()\nrandom.random()\n")
    assert judge_of(like, room).screen(Candidate.of(reworded)).status == "ok"
    assert judge_of(targets.load(str(MINI)), room).screen(Candidate.of(reworded)).status == "wrong"
