"""shinka: who becomes a parent, by which patch, and what is not evaluated."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from harness.edits import program_in, render
from harness.errors import Unusable
from harness.strategies.novelty import changes, nearest, similarity
from harness.strategies.shinka import Shinka
from harness.strategies.toy import Answer, ToyTools, failed, more_is_better, ok, toy_program, toy_target
from harness.types import Candidate, Order, Outcome, Prompt, Reply, Score, Usage

TARGET = toy_target()
BASELINE = Candidate.of(TARGET.source)


def made(*, seed: int = 0, **knobs: Any) -> Shinka:
    return Shinka(Shinka.Settings(**knobs), target=TARGET, seed=seed, evaluations=None, baseline=BASELINE)


def numbered(n: int) -> str:
    return toy_program([n])


def told(strategy: Shinka, source: str, score: Score) -> Order:
    order = strategy.ask()
    strategy.tell(Outcome(order, Candidate.of(source, order.parents, "a note"), score, Usage()))
    return order


def populated(**knobs: Any) -> Shinka:
    strategy = made(num_islands=1, **knobs)
    for n in range(1, 10):
        told(strategy, numbered(n), ok(1 + n / 10))
    return strategy


def tools(sources: dict[str, str], answer: Answer) -> ToyTools:
    return ToyTools(Random("0/1"), TARGET, sources, answer, more_is_better, [])


# --- Parents and patches ----------------------------------------------------------------------------------------------


def test_weights_follow_the_formula() -> None:
    strategy = made(num_islands=1, sharpness=10.0)
    for n, fitness in ((1, 1.5), (2, 2.0)):
        told(strategy, numbered(n), ok(fitness))
    strategy._children.clear()
    archive = strategy.islands[0].ranked()
    assert [p.fitness for p in archive] == [2.0, 1.5, 1.0]  # median 1.5, median deviation 0.5
    low, high = 1 / (1 + 2.718281828459045**10), 1 / (1 + 2.718281828459045**-10)
    assert strategy.weights(archive) == pytest.approx([high, 0.5, low])
    strategy._children[archive[0].id] = 3
    assert strategy.weights(archive)[0] == pytest.approx(high / 4)


def test_weights_by_rank_give_losing_programs_a_chance() -> None:
    strategy = made(num_islands=1, parents="rank", rank_power=2.0)
    told(strategy, numbered(1), ok(0.5))
    told(strategy, numbered(2), ok(2.0))
    archive = strategy.islands[0].ranked()
    assert [p.fitness for p in archive] == [2.0, 1.0, 0.5]
    assert strategy.weights(archive) == pytest.approx([1.0, 1 / 4, 1 / 9])


def test_a_child_makes_a_parent_less_likely_as_soon_as_it_is_asked_for() -> None:
    strategy = made(num_islands=1)
    strategy.ask()
    strategy.ask()
    assert strategy.weights(strategy.islands[0].ranked()) == [0.5 / 3]


def test_only_the_archive_breeds() -> None:
    strategy = populated(archive=3)
    parents = {strategy.ask().parents[0] for _ in range(300)}
    assert parents <= {Candidate.of(numbered(n)).id for n in (7, 8, 9)}


def test_patches_are_drawn_by_their_shares() -> None:
    strategy = populated()
    drawn = Counter(strategy.ask().operator for _ in range(2000))
    for operator, share in (("diff", 0.6), ("rewrite", 0.3), ("crossover", 0.1)):
        assert abs(drawn[operator] - 2000 * share) < 4 * (2000 * share * (1 - share)) ** 0.5


def test_crossover_waits_for_a_second_parent() -> None:
    strategy = made(num_islands=1, diff=0.1, rewrite=0.0, crossover=0.9)
    assert {strategy.ask().operator for _ in range(50)} == {"diff"}


def test_crossover_has_two_different_parents_and_shows_both() -> None:
    strategy = populated(crossover=0.9, diff=0.1, rewrite=0.0)
    order = next(o for o in (strategy.ask() for _ in range(50)) if o.operator == "crossover")
    first, second = order.parents
    assert first != second
    assert second != BASELINE.id
    sources = {Candidate.of(numbered(n)).id: numbered(n) for n in range(1, 10)} | {BASELINE.id: BASELINE.source}
    used = tools(sources, lambda prompt: Reply(render(program_in(prompt.user), "x0 = 77\n", "both"), "toy"))
    candidate = strategy.propose(order, used)
    assert candidate.parents == (first, second)
    assert "### The second parent" in used.prompts[0].user
    assert f"+{sources[second]}" in used.prompts[0].user
    assert program_in(used.prompts[0].user) == sources[first]


def test_an_invalid_program_is_never_a_parent() -> None:
    strategy = made(num_islands=1)
    told(strategy, numbered(1), failed("wrong"))
    assert {strategy.ask().parents for _ in range(50)} == {(BASELINE.id,)}
    assert strategy.ask().context["attempts"][0]["status"] == "wrong"


# --- Novelty ----------------------------------------------------------------------------------------------------------


def answers(*programs: str) -> Answer:
    left = list(programs)

    def answer(prompt: Prompt) -> Reply:
        return Reply(render(program_in(prompt.user), left.pop(0), "a note"), "toy")

    return answer


def first_order(**knobs: Any) -> tuple[Shinka, Order, dict[str, str]]:
    strategy = made(num_islands=1, diff=1.0, rewrite=0.0, crossover=0.0, **knobs)
    known = toy_program([1] + [0] * 7)
    told(strategy, known, failed("wrong"))
    told(strategy, known, ok(0.5))
    sources = {BASELINE.id: BASELINE.source, Candidate.of(known).id: known}
    order = next(o for o in (strategy.ask() for _ in range(50)) if o.parents == (BASELINE.id,))
    return strategy, order, sources


def test_what_is_not_new_is_asked_for_again_without_being_evaluated() -> None:
    strategy, order, sources = first_order()
    known = toy_program([1] + [0] * 7)
    used = tools(sources, answers(known, f"# the same\n{known}", toy_program([0, 1] + [0] * 6)))
    assert strategy.propose(order, used).source == toy_program([0, 1] + [0] * 6)
    assert len(used.prompts) == 3
    assert len({p.seed for p in used.prompts}) == 3


def test_after_the_last_resample_nothing_is_evaluated() -> None:
    strategy, order, sources = first_order(resamples=2)
    used = tools(sources, answers(*[toy_program([1] + [0] * 7)] * 9))
    with pytest.raises(Unusable, match="not new"):
        strategy.propose(order, used)
    assert len(used.prompts) == 3


BASE = "import math\n\n\ndef f(x):\n    return x\n\n\nprint(f(1))\n"


def test_layout_comments_and_doc_strings_are_no_novelty() -> None:
    child = BASE.replace("return x", "return x + 0")
    dressed = child.replace("def f(x):\n", 'def f(x):\n    """What f does."""\n    # a comment\n')
    assert similarity(changes(child, BASE), changes(dressed, BASE)) == 1.0


def test_one_line_can_be_the_whole_novelty() -> None:
    long = "".join(f"x{i} = {i}\n" for i in range(1000))
    assert similarity(changes(long + "import gc\n", long), changes(long, long)) == 0.0


def test_similarity_is_the_share_of_changes_in_common() -> None:
    one, both = changes("a = 1\nb = 0\n", "a = 0\nb = 0\n"), changes("a = 1\nb = 1\n", "a = 0\nb = 0\n")
    assert similarity(one, both) == 0.5
    assert nearest(one, []) == 0.0
    assert nearest(one, [both, one]) == 1.0


def test_text_that_does_not_parse_is_compared_by_its_lines() -> None:
    assert similarity(changes("if (\n x", "a"), changes("if (\nx", "a")) == 1.0


@pytest.mark.parametrize("knobs", [{"diff": 0, "rewrite": 0}, {"archive": 0}, {"similarity": 1.5}, {"model": "x"}])
def test_bad_settings_are_refused(knobs: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Shinka.Settings(**knobs)
