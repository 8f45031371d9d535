"""From runs to standings and pairs, with numbers that can be worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.compare.document import document
from harness.compare.entries import read_entry
from harness.compare.results import compare
from harness.errors import UsageError
from harness.report.comparison import findings
from harness.types import Objective, Usage
from tests.compare.entries import BUDGET, entry
from tests.compare.synthetic import comparison, run
from tests.runs_on_disk import Writing, scored


def several(**values: list[float]):
    return [entry(name.replace("_", "-"), seed, value) for name, vs in values.items() for seed, value in enumerate(vs)]


def test_standings_best_median_first() -> None:
    result = compare(several(gepa=[1.5, 1.0, 2.0], best_of_n=[3.0, 2.5, 2.6]), "t")
    first, second = result.standings
    assert (first.name, first.median.value, second.median.value) == ("best-of-n", 2.6, 1.5)
    assert (second.median.low, second.median.high, second.median.confidence) == (1.0, 2.0, 0.75)
    assert first.gain_per_evaluation == pytest.approx(1.6 / 20)
    assert first.gain_per_1k_tokens == pytest.approx(1.6 / 5)
    assert first.gain_per_dollar == pytest.approx(1.6 / 0.5)
    assert first.area == pytest.approx(2.6**0.5), "reached half way through: the geometric mean of 1 and 2.6"
    assert result.seeds_needed == 4 and "cannot tell" in {pair.verdict for pair in result.pairs}


def test_what_is_not_known_stays_unknown() -> None:
    unpriced = Usage(20, 0, 0, 0, None, 100.0, 20)
    rows = [entry("gepa", n, 2.0, usage=unpriced if n else None) for n in range(3)]
    result = compare([*rows, *several(noop=[1, 1, 1])], "t")
    gepa = result.standings[0]
    assert gepa.gain_per_dollar is None and not gepa.usd_known, "one unknown price, and the median is not known"
    assert gepa.gain_per_1k_tokens is None and gepa.gain_per_evaluation == pytest.approx(0.05)


def test_a_curve_over_dollars_is_left_out_when_a_price_is_unknown() -> None:
    budget = {**BUDGET, "evaluations": None, "usd": 2.0}
    rows = [entry("gepa", n, 2.0, budget=budget) for n in range(2)]
    unpriced = Usage(20, 9, 0, 9, None, 100.0, 20)
    rows += [entry("shinka", n, 2.0, budget=budget, usage=unpriced) for n in range(2)]
    result = compare(rows, "t")
    assert (result.unit, result.horizon) == ("usd", 2.0)
    curves = {standing.name: standing.curve for standing in result.standings}
    assert curves["gepa"] and not curves["shinka"]


def test_better_than_best_of_n_only_when_it_was_shown() -> None:
    far = {"best_of_n": [1.5, 1.6, 1.7, 1.8, 1.9], "gepa": [2.5, 2.6, 2.7, 2.8, 2.9], "noop": [1.0] * 5}
    result = compare(several(**far), "t")
    assert dict(result.against_control) == {"gepa": True}, "the other control is not asked about"
    few = compare(several(**{name: values[:3] for name, values in far.items()}), "t")
    assert dict(few.against_control) == {"gepa": False} and few.seeds < few.seeds_needed == 5
    assert document(compare(several(gepa=[1, 2], noop=[1, 1]), "t"))["beats_best_of_n"] is None


def test_worse_than_best_of_n_is_not_better_than_it() -> None:
    result = compare(several(best_of_n=[2.5, 2.6, 2.7, 2.8], gepa=[1.5, 1.6, 1.7, 1.8]), "t")
    assert result.pairs[0].verdict == "beats" and result.pairs[0].ours == "best-of-n"
    assert result.against_control == [("gepa", False)]


@pytest.mark.parametrize("seeds", [2, 6])
def test_runs_that_all_ended_as_they_began_promise_nothing(seeds: int) -> None:
    """No spread was seen, and that is no reason to promise that the least difference would be found."""
    result = compare(several(gepa=[1.0] * seeds, best_of_n=[1.0] * seeds), "t")
    assert [pair.detectable for pair in result.pairs] == [None] and result.more == ()
    told = " ".join(findings(result))
    assert "What more seeds would find is not known: all runs ended alike" in told and "1.00x" not in told
    assert ("is not known (an exact rank test" in told) == (seeds == 6)


def test_with_twenty_seeds_nothing_is_said_of_more() -> None:
    result = compare(several(gepa=[2.0 + n / 100 for n in range(20)], noop=[1.0] * 20), "t")
    assert not [line for line in findings(result) if "more seeds" in line]


def test_the_spread_comes_from_those_that_were_measured() -> None:
    """Runs in which nothing was crowned were not measured at their end, and do not make measuring look exact."""
    result = compare(several(gepa=[2.0] * 6, noop=[1.0] * 6), "t")
    assert result.pairs[0].detectable is not None and result.pairs[0].detectable > 1.005


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"target": "toy"}, "on target toy"),
        ({"baseline_id": "c" * 12}, "began with another program"),
        ({"objective": Objective(name="memory", memory=1, speed=0)}, "objective memory"),
        ({"run": "gepa-0"}, "named twice"),
    ],
)
def test_runs_that_are_not_alike_are_refused(other: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        compare([entry("gepa", 0, 2.0), entry("noop", 0, 1.0, **other)], "t")


def test_one_strategy_alone_is_no_comparison() -> None:
    with pytest.raises(UsageError, match=r"only one strategy is among these runs \(gepa\)"):
        compare(several(gepa=[1, 2]), "t")


def test_unequal_budgets_are_named() -> None:
    result = compare([*several(gepa=[2, 2]), entry("noop", 0, 1.0, budget={**BUDGET, "evaluations": 40})], "t")
    assert result.unequal == "20 evaluations; 40 evaluations" and result.horizon == 20
    assert compare(several(gepa=[2, 2], noop=[1]), "t").unequal == ""


def test_one_strategy_with_two_models_or_two_knobs_is_two() -> None:
    by_model = compare([entry("gepa", 0, 2.0), entry("gepa", 0, 1.5, model="openai/x", run="r2")], "t")
    assert {standing.name for standing in by_model.standings} == {"gepa with offline", "gepa with openai/x"}
    knobs = [entry("gepa", n, 2.0, settings={"a": n, "b": 1}, run=f"r{n}") for n in (1, 2)]
    assert {standing.name for standing in compare(knobs, "t").standings} == {"gepa (a=1)", "gepa (a=2)"}


def test_runs_that_may_repeat_each_other_are_minded() -> None:
    result = compare([*several(gepa=[2.0], noop=[1.0]), entry("gepa", 0, 2.0, run="again")], "t")
    assert result.remarks == ("gepa ran more than once with one seed: such runs may repeat each other",)


# --- From journals ----------------------------------------------------------------------------------------------------


def test_the_curve_of_a_run_is_its_bests_in_order(tmp_path: Path) -> None:
    folder = run(tmp_path, "gepa", 0, [None, 1.5, None, 1.2, 2.0, None])
    found = read_entry(folder)
    assert found.fitness == pytest.approx(2.0)
    assert [(step.spent.evaluations, step.best) for step in found.curve] == [(2, 1.5), (5, 2.0)]
    assert found.best_at("evaluations", [0, 1, 2, 4, 5, 9]) == pytest.approx([1, 1, 1.5, 1.5, 2, 2])
    assert found.area("evaluations", 6) == pytest.approx((1.5**3 * 2.0) ** (1 / 6))
    assert found.deviation == pytest.approx(0.02 / 1.96 / 2**0.5, rel=0.01)


def test_no_step_of_a_curve_is_above_what_was_confirmed_at_the_end(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.measure_baseline()
    first = writing.outcome(scored(3.0, 3.0), crowned=True)
    best = writing.outcome(scored(3.5, 3.5), crowned=True, parents=(first,))
    writing.confirm(best, scored(2.0, 2.0))
    writing.end(best=best)
    assert [step.best for step in read_entry(writing.close()).curve] == pytest.approx([2.0])


def test_who_fell_is_no_step_of_the_curve(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.measure_baseline()
    first = writing.outcome(scored(1.5, 1.5), crowned=True)
    cheat = writing.outcome(scored(9.0, 9.0), crowned=True, parents=(first,))
    writing.append("confirm", candidate=cheat, ok=False, score={**_plain(scored(9.0, 9.0))})
    writing.confirm(first, scored(1.5, 1.5))
    writing.end(best=first)
    assert [step.best for step in read_entry(writing.close()).curve] == pytest.approx([1.5])


def _plain(score: object) -> dict[str, object]:
    from harness.store.records import plain

    return plain(score)


def test_a_run_that_is_not_finished_is_refused_with_what_to_do(tmp_path: Path) -> None:
    folder = Writing(tmp_path).close()
    with pytest.raises(UsageError, match=f"is not finished .*optimize-run resume {folder.name}"):
        read_entry(folder)


def test_the_document_of_simulated_runs(tmp_path: Path) -> None:
    folders = comparison(tmp_path, {"gepa": [2.0, 2.1, 2.2, 2.3], "best-of-n": [1.5, 1.4, 1.3, 1.2]})
    told = document(compare([read_entry(folder) for folder in folders], "4 runs"))
    assert list(told) == [
        "comparison", "target", "objective", "budget", "seeds", "seeds_needed", "strategies", "pairs",
        "beats_best_of_n", "more_seeds", "remarks",
    ]  # fmt: skip
    assert told["budget"] == {"unit": "evaluations", "amount": 12.0, "unequal": None}
    assert told["beats_best_of_n"] == {"gepa": True}
    pair = told["pairs"][0]
    assert (pair["strategy"], pair["over"], pair["verdict"]) == ("gepa", "best-of-n", "beats")
    assert pair["p"] == pytest.approx(2 / 70) and pair["probability_of_superiority"]["value"] == 1.0
    assert [len(strategy["runs"]) for strategy in told["strategies"]] == [4, 4]
    assert [point["spent"] for point in told["strategies"][0]["curve"]] == list(range(13))
