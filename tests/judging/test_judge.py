"""The judge on a small target in the real sandbox: verdicts, what they say, and what they never say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.errors import BaselineError
from harness.judging import scoring
from harness.judging.judge import Judge
from harness.judging.lanes import Lanes
from harness.parts import make_judge
from harness.types import Candidate, Reading, Sandbox, Score, Target
from tests.conftest import TOY

SOURCE = (TOY / "toy.py").read_text(encoding="utf-8")
LEAN = SOURCE.replace("        history.append(ballast)\n", "").replace("sum(sorted(ballast))", "sum(ballast)")


@pytest.fixture
def judge(toy: Target, room: Sandbox) -> Judge:
    return make_judge(toy, room, "a secret", Lanes())


def judged(judge: Judge, source: str) -> Score:
    return judge.judge(Candidate.of(source))


def test_the_baseline_against_itself_is_right_and_near_one(judge: Judge) -> None:
    score = judged(judge, SOURCE)
    assert score.status == "ok" and score.stage == "measure"
    assert score.fitness == pytest.approx(1.0, rel=0.5)
    assert score.ratio("memory") == pytest.approx(1.0, rel=0.05)


def test_a_leaner_program_scores_better_in_memory(judge: Judge) -> None:
    score = judged(judge, LEAN)
    memory = score.reading("memory")
    assert score.status == "ok" and memory is not None and memory.low is not None and memory.low > 1.5
    assert memory.detail["candidate_mib"] < memory.detail["baseline_mib"]
    assert memory.detail["floor_mib"] < memory.detail["candidate_mib"]


def test_what_was_screened_before_is_measured_at_once(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    lean = Candidate.of(LEAN)
    screened = judge.screen(lean)
    monkeypatch.setattr(judge, "screen", lambda _: pytest.fail("screened twice"))
    score = judge.judge(lean, screened=screened)
    assert score.status == "ok" and score.stage == "measure"
    assert score.readings[: len(screened.readings)] == screened.readings


def test_a_program_that_is_surely_worse_than_the_baseline_is_measured_no_further(judge: Judge) -> None:
    slow = Candidate.of(SOURCE.replace("math.fmod(", "sum(sorted(ballast)) * 0 + " * 30 + "math.fmod("))
    judge.prepare(ahead=False)
    speed = judge.judge(slow, stake=1.0).reading("speed")
    assert speed is not None and (speed.high or 0.0) < 1.0 and len(speed.samples) < 3


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        (
            ("state * 1.1", "state * 1.1000001"),
            "wrong",
            "short run, hidden workload few: failed on a hidden workload; on the public input with the same settings, "
            "output line 1 differs (a number, off by ",
        ),
        (("rounds = 40", "rounds = 41"), "rule", "the line `rounds = 40` was changed (line 8)"),
        (("rounds = 40", "rounds = 40\nrounds = 40"), "rule", "rounds = 40"),
        (("import math", "import math, os"), "rule", "os"),
        (("import math", "import math ("), "invalid", "parse"),
        (("state = 1.0", "state = 1 / 0"), "crash", "ZeroDivisionError at line 9"),
        (("state = 1.0", "state = 1.0\nwhile True: pass"), "timeout", ""),
        (("state = 1.0", "state = 1.0\nroom = bytearray(1 << 30)"), "memory", ""),
        (("for turn in range(rounds):", "for turn in range(rounds - 1):"), "wrong", "line 3 differs"),
        (('print("met:"', 'print("and met:"'), "wrong", "line 4 differs (text): expected 'met: "),
        (("state = 1.0", "state = 1.0\nif state is 2.0: pass"), "wrong", "text on standard error"),
    ],
)
def test_each_kind_of_failure_has_its_status_and_its_words(
    judge: Judge, change: tuple[str, str], status: str, says: str
) -> None:
    assert change[0] in SOURCE
    score = judged(judge, SOURCE.replace(*change, 1))
    assert (score.status, score.fitness) == (status, None)
    assert says in score.feedback


def test_feedback_on_hidden_input_holds_no_word_of_it(judge: Judge) -> None:
    leak = SOURCE.replace('print("met:"', 'raise ValueError(" ".join(words)); print("met:"')
    score = judged(judge, leak)
    hidden = judge._bench.drawn(judge.target.workloads[0]).files["input.txt"].decode().split()
    hidden = [word for word in hidden if len(word) > 4]
    assert hidden
    assert score.status == "crash" and "ValueError" in score.feedback
    assert not any(word in repr(score) for word in hidden)


def test_a_program_that_knows_the_public_output_by_heart_is_wrong(toy: Target, room: Sandbox) -> None:
    judge = make_judge(
        replace(toy, rules=replace(toy.rules, strict=False, constants_ratio=1e6)), room, "a secret", Lanes()
    )
    golden = judge._bench.golden(judge.target.workloads[2])
    printer = "rounds = 40\n" + "".join(f"print({line.decode()[:-1]!r})\n" for line in golden.lines)
    assert judged(judge, printer).status == "wrong"


def test_what_surely_misses_the_stake_is_measured_once(judge: Judge) -> None:
    score = judge.judge(Candidate.of(SOURCE), stake=50.0)
    speed = score.reading("speed")
    assert speed is not None and len(speed.samples) == 1


def test_a_real_gain_wins_its_duel_and_stands_its_whole_run(judge: Judge) -> None:
    duel = judge.duel(Candidate.of(LEAN), Candidate.of(SOURCE), nth=1)
    assert duel.won and duel.ratio.low > 1.0
    score = judge.confirm(Candidate.of(LEAN))
    assert score.status == "ok" and score.stage == "full" and (score.fitness or 0) > 1.2
    assert judge.stands(score)


@pytest.mark.parametrize(("low", "high", "stands"), [(0.98, 1.06, False), (1.01, 1.09, True), (0.80, 0.85, False)])
def test_what_shows_no_gain_beyond_its_own_error_does_not_stand(
    judge: Judge, low: float, high: float, stands: bool
) -> None:
    value = (low * high) ** 0.5
    readings = (Reading("memory", 1.0, low=1.0, high=1.0), Reading("speed", value, low=low, high=high))
    assert judge.stands(Score("ok", value**0.5, readings)) is stands
    assert not judge.stands(Score("wrong"))


def test_a_mode_switched_on_the_number_of_rounds_falls_in_the_whole_run(judge: Judge) -> None:
    late = LEAN.replace(
        "state = math.fmod(", "state = (1.0 if rounds == 40 and words[0] == 'alder' else 0.0) + math.fmod("
    )
    assert judge.screen(Candidate.of(late)).status == "ok"
    confirmed = judge.confirm(Candidate.of(late))
    assert confirmed.status == "wrong" and "public workload public" in confirmed.feedback


def test_a_baseline_that_does_not_repeat_itself_is_refused(toy: Target, room: Sandbox) -> None:
    restless = replace(
        toy,
        source=SOURCE.replace("import random\n", "import random\nimport gc\n")
        .replace("random.seed(7)", "random.seed()")
        .replace("state = 1.0", "state = random.random()"),
    )
    with pytest.raises(BaselineError, match="does not repeat itself"):
        make_judge(restless, room, "s", Lanes()).prepare()


def test_the_same_secret_draws_the_same_inputs_and_another_draws_others(toy: Target, room: Sandbox) -> None:
    one, same, other = (
        make_judge(toy, room, secret, Lanes())._bench.drawn(toy.workloads[0]) for secret in ("a", "a", "b")
    )
    assert one == same and one != other


def test_a_public_run_that_was_not_calculated_is_refused(
    toy: Target, room: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Right on every input, and on the public one it prints what it remembers."""
    monkeypatch.setattr(scoring, "REMEMBERED_S", 0.02)  # the toy is over in less than the real one
    slow = LEAN.replace("range(2000)", "range(40000)")
    public = toy.workloads[2]
    hidden = replace(public, name="whole", hidden=True, generator="relabel")
    loose = replace(toy.rules, strict=False, constants_ratio=1e6)
    judge = make_judge(
        replace(toy, source=slow, rules=loose, workloads=(*toy.workloads, hidden)), room, "a secret", Lanes()
    )
    known = "".join(line.decode() for line in judge._bench.golden(public).lines)
    remembering = slow.replace(
        "state = 1.0\n", f"state = 1.0\nif words[0] == 'alder':\n    print({known!r}, end='')\n    raise SystemExit\n"
    )
    assert judge.confirm(Candidate.of(slow)).status == "ok"
    confirmed = judge.confirm(Candidate.of(remembering))
    assert confirmed.status == "wrong" and "not calculated" in confirmed.feedback
