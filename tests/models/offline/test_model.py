"""The offline model as a model: same seed same answer, answers that apply, learning from what the prompt lists."""

from __future__ import annotations

import ast
from collections import Counter
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from harness import edits
from harness.models.offline.attempts import attempts_in, losers
from harness.models.offline.model import NOTHING, OfflineModel, noted
from harness.models.offline.operators import operators
from harness.models.offline.policy import plan
from harness.models.offline.program import Program
from harness.models.offline.rewriting import Site
from harness.types import Model, Prompt
from tests.models.offline.programs import PROGRAMS
from tests.models.offline.running import printed

TARGET = Path(__file__).parents[3] / "targets/microgpt/microgpt.py"


def prompt(source: str, seed: str = "1", attempts: str = "") -> Prompt:
    return Prompt("system", f"{attempts}\n## Current program\n{edits.fence(source)}\n## How to answer\n", seed)


@pytest.fixture(scope="module")
def model() -> OfflineModel:
    return OfflineModel()


def test_it_is_a_model(model: OfflineModel) -> None:
    assert isinstance(model, Model)
    assert model.name == "offline"


@pytest.mark.parametrize("name", ["sums", "scalars", "graph"])
@pytest.mark.parametrize("seed", ["1", "2", "3", "4"])
def test_answers_apply_and_keep_the_output(model: OfflineModel, name: str, seed: str) -> None:
    reply = model.complete(prompt(PROGRAMS[name], seed))
    child = edits.apply(reply.text, PROGRAMS[name])
    assert "[" in child.note and len(child.note) <= 300
    assert printed(child.source) == printed(PROGRAMS[name])
    assert (reply.usage.calls, reply.usage.tokens_in, reply.usage.tokens_out, reply.usage.usd) == (1, 0, 0, 0.0)


def test_the_same_seed_gives_the_same_answer_from_a_fresh_model(model: OfflineModel) -> None:
    first = [model.complete(prompt(PROGRAMS["scalars"], str(n))).text for n in range(5)]
    assert [OfflineModel().complete(prompt(PROGRAMS["scalars"], str(n))).text for n in reversed(range(5))] == first[
        ::-1
    ]
    assert len(set(first)) > 1


@pytest.mark.parametrize("source", ["print(1)\n", "def broken(:\n", ""])
def test_where_nothing_fits_it_says_so(model: OfflineModel, source: str) -> None:
    assert model.complete(prompt(source)).text == NOTHING


def test_a_prompt_without_a_program_is_answered_in_words(model: OfflineModel) -> None:
    assert model.complete(Prompt("", "hello")).text.startswith(NOTHING)


def test_a_pair_that_belongs_together_is_drawn_in_one_reply_of_eight() -> None:
    program = Program(TARGET.read_text(encoding="utf-8"))
    fitting = [operator for operator in operators() if operator.theme != "fusing" and operator.sites(program)]
    draws = []
    for n in range(2000):
        wanted, order = plan(Random(n), fitting, [])
        draws.append({operator.name for operator in islice(order, wanted)})
    paired = [d for d in draws if "collector-off" in d and d & {"break-cycle", "recursion-to-stack"}]
    assert len(paired) > len(draws) / 8


def test_what_pays_most_on_the_target_is_found_within_six_replies(model: OfflineModel) -> None:
    source = TARGET.read_text(encoding="utf-8")
    notes = (edits.apply(model.complete(prompt(source, str(n))).text, source).note for n in range(6))
    assert any("[fuse-products@Value]" in note for note in notes)


def test_every_answer_on_the_target_parses(model: OfflineModel) -> None:
    source = TARGET.read_text(encoding="utf-8")
    for n in range(4):
        child = edits.apply(model.complete(prompt(source, f"p{n}")).text, source).source
        ast.parse(child)
        assert child.count("num_steps = 1000\n") == 1 and child.count("random.seed(42)\n") == 1


LISTED = """\
## Previous attempts
- 1.31x kept: break the cycle of go once it is done [break-cycle@go]; drop xs [drop-dead@step]
- 0.71x discarded: turn the collector off [collector-off]
- 0.98x discarded: break the cycle [break-cycle@go]
- wrong: hoist it [hoist-invariant@i] (first difference at step 3)
- 1.05x kept: by somebody else
a line that names [collector-off] in prose
"""


def test_attempts_are_read_with_their_verdicts() -> None:
    found = attempts_in(LISTED)
    assert [(a.verdict, a.ratio) for a in found] == [
        ("kept", 1.31),
        ("discarded", 0.71),
        ("discarded", 0.98),
        ("failed", None),
    ]
    assert found[0].tags == {"[break-cycle@go]", "[drop-dead@step]"}
    assert losers(found) == {"collector-off", "break-cycle", "hoist-invariant"}


def test_pairs_that_lost_alone_are_tried_together_on_purpose() -> None:
    lost = attempts_in("- 0.7x discarded: a [collector-off]\n- 0.9x discarded: b [break-cycle@go]\n")
    firsts = Counter()
    for n in range(300):
        wanted, order = plan(Random(n), operators(), lost)
        if wanted >= 2:
            firsts[frozenset((next(order).name, next(order).name))] += 1
    assert firsts.most_common(1)[0][0] == {"collector-off", "break-cycle"}
    assert firsts.most_common(1)[0][1] > 90


def test_once_they_have_met_they_are_not_forced_again() -> None:
    lines = "- 0.7x discarded: a [collector-off]\n- 0.9x discarded: b [break-cycle@go]\n"
    met = attempts_in(lines + "- 0.8x discarded: c [collector-off]; [break-cycle@go]\n")
    pairs = 0
    for n in range(300):
        wanted, order = plan(Random(n), operators(), met)
        pairs += wanted >= 2 and {next(order).name, next(order).name} == {"collector-off", "break-cycle"}
    assert pairs < 60


def test_a_long_note_keeps_its_tags() -> None:
    sites = [Site("drop-dead", f"place{n}", "drop " + "x" * 80, ()) for n in range(6)]
    assert len(noted(sites)) <= 300
    assert all(site.tag in noted(sites) for site in sites)
