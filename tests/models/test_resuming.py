"""A run whose answers come from several places in order goes on, after kill -9, as the run that would have been."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness import models
from harness.models import ModelOptions
from harness.store import journal
from harness.types import Candidate, Model, Order, Prompt, Tools
from tests.test_engine import Bed, Counting, Killed, killer, without_seconds

NUMBERS = [float(n) for n in range(8)]  # how many orders; what they are worth is what the models say


class Asking(Counting):
    """Takes a program for what the model says, in one of three roles."""

    def propose(self, order: Order, tools: Tools) -> Candidate:
        role = ("planner", "worker", "")[order.n % 3]
        prompt = Prompt("system", f"order {order.n}", seed=str(tools.rng.random()), role=role)
        return Candidate.of(tools.complete(prompt).text, order.parents)


def model_of(kind: str, folder: Path, run: Path) -> Model:
    """The model of a run, new or resumed, that answers from scripts or from a recorded run."""
    for name, worth in (("a", 1.0), ("b", 1.5), ("c", 2.0)):
        (folder / f"{name}.json").write_text(json.dumps([f"worth = {worth + n / 100}\n" for n in range(20)]))
    a, b, c = (f"scripted/{folder / name}.json" for name in "abc")
    recorded = tuple(journal.read(run / "events.jsonl")) if (run / "events.jsonl").exists() else ()
    options = ModelOptions(answered=models.answered_in(recorded))
    spec, roles = {
        "ensemble": (f"{a}=0.5,{b}=0.5", []),
        "roles": (f"{a}=0.5,{b}=0.5", [f"planner={c}", f"worker={a}=0.5,{c}=0.5"]),
        "replay": (f"replay/{folder / 'recorded'}=0.5,{b}=0.5", [f"worker=replay/{folder / 'recorded'}"]),
    }[kind]
    return models.with_roles(spec, roles, options=options)


@pytest.mark.parametrize("kind", ["ensemble", "roles", "replay"])
def test_killed_anywhere_a_run_of_several_models_resumes_to_the_same_journal(kind: str, tmp_path: Path) -> None:
    def bed(name: str, watch: object = None, kind: str = kind) -> Bed:
        model = model_of(kind, tmp_path, tmp_path / name)
        rest = {"watch": watch} if watch else {}
        return Bed(tmp_path / name, NUMBERS, model=model, made=Asking, **rest)  # type: ignore[arg-type]

    bed("recorded", kind="roles").go()
    whole = bed("whole")
    whole.go()
    told = [data["via"] for _, event, data in whole.journal if event == "reply" and "via" in data]  # type: ignore[index]
    assert len(set(told)) >= {"ensemble": 2, "roles": 4, "replay": 3}[kind], "several answered"
    for last in range(1, len(whole.journal) - 1, 3):
        with pytest.raises(Killed):
            bed(f"{last}", killer(last)).go()
        resumed = bed(f"{last}")
        resumed.go()
        assert without_seconds(resumed.journal) == without_seconds(whole.journal), f"killed after event {last}"
