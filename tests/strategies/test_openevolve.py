"""openevolve on toy landscapes whose answers are known: where parents come from, and what is shown to whom."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from pydantic import ValidationError

from harness.strategies.openevolve import OpenEvolve
from harness.strategies.toy import failed, ok, toy_program, toy_target
from harness.types import Candidate, Order, Outcome, Score, Usage

TARGET = toy_target()
BASELINE = Candidate.of(TARGET.source)


def made(*, seed: int = 0, evaluations: int | None = None, **knobs: Any) -> OpenEvolve:
    settings = OpenEvolve.Settings(**knobs)
    return OpenEvolve(settings, target=TARGET, seed=seed, evaluations=evaluations, baseline=BASELINE)


def told(strategy: OpenEvolve, source: str, score: Score, note: str = "a note") -> Order:
    """Ask once and tell that this program with this score came of it."""
    order = strategy.ask()
    strategy.tell(Outcome(order, Candidate.of(source, order.parents, note), score, Usage()))
    return order


def numbered(n: int) -> str:
    return toy_program([n])


def shown_ids(order: Order) -> set[str]:
    lists = [order.context[key] for key in ("top", "diverse", "inspirations")]
    return {entry["id"] for entries in lists for entry in entries} | {order.context["best"]["id"], *order.parents}


# --- Islands ----------------------------------------------------------------------------------------------------------


def test_islands_take_turns() -> None:
    strategy = made(num_islands=3)
    assert [strategy.ask().context["island"] for _ in range(7)] == [0, 1, 2, 0, 1, 2, 0]


def test_islands_see_nothing_of_each_other_until_they_migrate() -> None:
    strategy = made(num_islands=2, migration_interval=15)
    homes: dict[str, set[int]] = {BASELINE.id: {0, 1}}
    for n in range(1, 29):
        order = told(strategy, numbered(n), ok(1 + n / 10), note=f"of island {(n - 1) % 2}")
        island = order.context["island"]
        assert all(island in homes[program] for program in shown_ids(order)), f"order {n} looks across the water"
        assert all(a["note"] == f"of island {island}" for a in order.context["attempts"])
        homes.setdefault(Candidate.of(numbered(n)).id, set()).add(island)


def test_after_migration_the_best_of_both_is_known_to_both() -> None:
    strategy = made(num_islands=2, migration_interval=5, migration_rate=0.2)
    for n in range(1, 11):  # the fifth generation of island 0 is told with n = 9; n = 10 is told after it
        told(strategy, numbered(n), ok(1 + n / 10))
    assert Candidate.of(numbered(9)).id in strategy.islands[1].programs
    assert strategy.islands[1].migrants == {Candidate.of(numbered(9)).id}
    assert Candidate.of(numbered(8)).id in strategy.islands[0].programs
    assert Candidate.of(numbered(10)).id not in strategy.islands[0].programs


def test_migration_waits_for_its_interval_each_time() -> None:
    strategy = made(num_islands=2, migration_interval=4)
    arrivals = []
    for n in range(1, 21):
        before = len(strategy.islands[0].migrants) + len(strategy.islands[1].migrants)
        told(strategy, numbered(n), ok(1 + n / 10))
        if len(strategy.islands[0].migrants) + len(strategy.islands[1].migrants) > before:
            arrivals.append(n)
    assert arrivals == [7, 15]  # island 0 reaches its 4th and 8th generation with these orders


# --- Parents ----------------------------------------------------------------------------------------------------------


def populated(**knobs: Any) -> OpenEvolve:
    """One island of 20 programs, baseline included, of fitness 1.0 to 2.9."""
    strategy = made(num_islands=1, **knobs)
    for n in range(1, 20):
        told(strategy, numbered(n), ok(1 + n / 10))
    return strategy


def parents(strategy: OpenEvolve, draws: int = 4000) -> Counter[str]:
    return Counter(strategy.ask().parents[0] for _ in range(draws))


def test_parents_come_from_where_the_shares_say() -> None:
    strategy = populated(archive=5)
    members = strategy.islands[0].programs
    drawn = parents(strategy)
    weights = {p.id: p.fitness for p in members.values()}
    for program in members:
        share = 0.2 / 20 + 0.1 * weights[program] / sum(weights.values())
        share += 0.7 / 5 if program in strategy.archive else 0.0
        deviation = (4000 * share * (1 - share)) ** 0.5
        assert abs(drawn[program] - 4000 * share) < 4 * deviation


def test_exploitation_draws_from_the_archive_alone() -> None:
    strategy = populated(archive=5, exploration=0.0, exploitation=1.0)
    assert set(parents(strategy, 500)) == {Candidate.of(numbered(n)).id for n in range(15, 20)}


def test_exploitation_falls_back_to_the_island_where_the_archive_has_none_of_it() -> None:
    strategy = made(num_islands=2, archive=1, exploration=0.0, exploitation=1.0, migration_interval=1000)
    told(strategy, numbered(1), ok(2.0))  # island 0 now holds all of the archive
    strategy.ask()
    assert strategy.ask().parents == (Candidate.of(numbered(1)).id,)
    strategy.tell(Outcome(strategy.ask(), None, failed("invalid"), Usage()))
    assert set(strategy.islands[1].programs) == {BASELINE.id}


def test_the_rest_is_drawn_in_proportion_to_fitness() -> None:
    strategy = made(num_islands=1, exploration=0.0, exploitation=0.0)
    told(strategy, numbered(1), ok(3.0))
    drawn = parents(strategy)
    assert drawn[Candidate.of(numbered(1)).id] == pytest.approx(3000, abs=4 * (4000 * 0.75 * 0.25) ** 0.5)


def test_a_losing_valid_program_can_be_a_parent() -> None:
    strategy = made(num_islands=1, archive=1)
    told(strategy, numbered(1), ok(0.5))
    assert Candidate.of(numbered(1)).id in parents(strategy, 200)


@pytest.mark.parametrize("status", ["wrong", "rule", "crash", "timeout", "memory", "invalid"])
def test_an_invalid_program_is_never_a_parent_but_its_feedback_is_shown(status: Any) -> None:
    strategy = made(num_islands=1)
    told(strategy, numbered(1), failed(status, "step 3 differs"), note="drop the graph")
    orders = [strategy.ask() for _ in range(100)]
    assert {order.parents for order in orders} == {(BASELINE.id,)}
    assert all(shown_ids(order) == {BASELINE.id} for order in orders)
    attempt = {"n": 1, "status": status, "fitness": None, "kept": False}
    assert orders[0].context["attempts"] == [{**attempt, "note": "drop the graph", "feedback": "step 3 differs"}]
    assert strategy.space.cell(strategy.islands[0].ranked()[0]) == (0, 0)


def test_a_fitness_without_a_valid_status_counts_for_nothing() -> None:
    strategy = made(num_islands=1)
    told(strategy, numbered(1), Score("wrong", 9.0))
    assert {strategy.ask().parents for _ in range(50)} == {(BASELINE.id,)}
    assert strategy.ask().context["attempts"][0] | {"note": ""} == {
        "n": 1,
        "status": "wrong",
        "fitness": None,
        "kept": False,
        "note": "",
        "feedback": "",
    }


def test_orders_in_flight_do_not_wait_for_each_other() -> None:
    strategy = made(num_islands=2)
    orders = [strategy.ask() for _ in range(8)]
    for order in reversed(orders):
        source = numbered(order.n)
        strategy.tell(Outcome(order, Candidate.of(source, order.parents), ok(1.0 + order.n / 10), Usage()))
    assert [len(island.programs) for island in strategy.islands] == [5, 5]


# --- What is shown ----------------------------------------------------------------------------------------------------


def test_inspirations_are_the_best_and_programs_of_other_cells_but_not_the_parent() -> None:
    strategy = populated(axes=("fitness",), bins=10, inspirations=5, elites=0.1, exploration=1.0, exploitation=0.0)
    best = strategy.islands[0].top(0.1)
    for order in (strategy.ask() for _ in range(100)):
        found = [entry["id"] for entry in order.context["inspirations"]]
        assert len(found) == len(set(found)) == 5
        assert order.parents[0] not in found
        top = [program.id for program in best if program.id != order.parents[0]]
        assert found[: len(top)] == top
        here = order.context["coordinates"]
        others = [strategy.islands[0].programs[program] for program in found[len(top) :]]
        assert all(strategy.space.coordinates(program) != here for program in others)


def test_an_attempt_is_kept_when_it_clearly_beats_its_parent() -> None:
    strategy = made(num_islands=1, gain=0.02)
    for n, fitness in enumerate((1.01, 1.05), start=1):
        order = strategy.ask()
        while order.parents != (BASELINE.id,):
            order = strategy.ask()
        strategy.tell(Outcome(order, Candidate.of(numbered(n), order.parents, f"{fitness}"), ok(fitness), Usage()))
    kept = {a["note"]: a["kept"] for a in strategy.ask().context["attempts"]}
    assert kept == {"1.01": False, "1.05": True}


def test_attempts_are_the_best_first_and_then_the_latest_each_once() -> None:
    strategy = made(num_islands=1, attempts=3, top_programs=2)
    for n, fitness in enumerate((3.0, 1.0, 2.0, 1.1, 1.2, 1.3), start=1):
        told(strategy, numbered(n), ok(fitness))
    assert [a["n"] for a in strategy.ask().context["attempts"]] == [1, 3, 4, 5, 6]


def test_the_same_program_again_changes_nothing_but_the_list_of_attempts() -> None:
    strategy = made(num_islands=1)
    told(strategy, numbered(1), ok(2.0))
    told(strategy, numbered(1), ok(9.0))
    assert len(strategy.islands[0].programs) == 2
    assert strategy.ask().context["best"]["fitness"] == 2.0


def test_population_is_bounded_and_keeps_the_best() -> None:
    strategy = made(num_islands=2, population=10, bins=2)
    for n in range(1, 60):
        told(strategy, numbered(n), ok(1 + (n * 7 % 59) / 10))
        assert sum(len(island.programs) for island in strategy.islands) <= 10
    assert max(island.ranked()[0].fitness for island in strategy.islands) == pytest.approx(1 + 58 / 10)


# --- Settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("evaluations", "sizes"),
    [(None, (5, 10, 50, 100)), (61, (5, 10, 50, 100)), (60, (2, 5, 10, 10)), (1, (2, 5, 10, 10))],
)
def test_short_runs_are_scaled_down(evaluations: int | None, sizes: tuple[int, int, int, int]) -> None:
    settings = made(evaluations=evaluations).settings
    assert (settings.num_islands, settings.bins, settings.migration_interval, settings.archive) == sizes


def test_what_the_user_set_stays() -> None:
    settings = made(evaluations=10, num_islands=7).settings
    assert (settings.num_islands, settings.bins) == (7, 5)


@pytest.mark.parametrize(
    "knobs",
    [
        {"num_islands": 0},
        {"exploration": 0.6, "exploitation": 0.5},
        {"axes": ("colour",)},
        {"axes": ("speed", "speed")},
        {"axes": ()},
        {"islands": 3},
        {"mode": "guess"},
    ],
)
def test_bad_settings_are_refused(knobs: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        OpenEvolve.Settings(**knobs)


def test_knobs_may_come_as_text() -> None:
    settings = OpenEvolve.Settings.model_validate({"axes": "memory, speed", "bins": "4", "exploration": "0.3"})
    assert settings.axes == ("memory", "speed")
    assert (settings.bins, settings.exploration) == (4, 0.3)
