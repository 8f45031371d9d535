"""From names to models, and what is refused on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import models
from harness.errors import ModelError, ModelRefused, UnknownName, UsageError
from harness.models import Answered, ModelOptions
from harness.models.ensemble import Ensemble
from harness.models.scripted import ScriptedModel
from harness.types import Model, Prompt, Reply

VARIABLES = (
    *("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OPTIMIZE_RUN_API_KEY", "OPENAI_BASE_URL", "OPTIMIZE_RUN_BASE_URL"),
    "OPTIMIZE_RUN_PRICES",
)


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


def asked(model: Model, seed: str = "") -> str:
    return model.complete(Prompt("s", "u", seed)).text


# --- Names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", ["opnai/x", "", "openai", "offline/x", "gpt-5", "/x"])
def test_an_unknown_name_is_refused_with_the_names_that_are_known(spec: str) -> None:
    with pytest.raises(UnknownName, match="unknown model"):
        models.make(spec)


def test_an_unknown_name_is_told_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean anthropic/NAME"):
        models.make("antropic/claude")


@pytest.mark.parametrize(
    ("spec", "variable"),
    [("openai/x", "OPENAI_API_KEY"), ("anthropic/x", "ANTHROPIC_API_KEY"), ("openai/x?key_env=MINE", "MINE")],
)
def test_a_missing_key_is_refused_before_anything_is_asked(
    spec: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelRefused, match=f"set the environment variable {variable}$"):
        models.make(spec)
    monkeypatch.setenv(variable, "  ")
    with pytest.raises(ModelRefused):
        models.make(spec)
    monkeypatch.setenv(variable, "k")
    assert models.make(spec).name == spec.partition("?")[0]


def test_a_server_of_ones_own_needs_an_address_and_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="set OPTIMIZE_RUN_BASE_URL"):
        models.make("openai-compatible/x")
    assert models.make("openai-compatible/x?base_url=http://127.0.0.1:1/v1").name == "openai-compatible/x"
    monkeypatch.setenv("OPENAI_BASE_URL", "127.0.0.1:1/v1")
    with pytest.raises(UsageError, match="begins with http"):
        models.make("openai-compatible/x")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("efort=high", "unknown model option 'efort': did you mean effort"),
        ("max_tokens=many", "max_tokens=many is not a number above zero"),
        ("max_tokens=-1", "max_tokens=-1 is not"),
        ("total_s=inf", "total_s=inf is not"),
        ("api=rest", "use responses or chat"),
        ("base_url=ftp://x", "begins with http"),
    ],
)
def test_options_that_cannot_be_are_refused(query: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with pytest.raises(UsageError, match=words):
        models.make(f"openai/x?{query}")


def test_known_models_say_whether_their_key_is_set_and_never_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    records = {record["provider"]: record for record in models.known()}
    assert {name: record["key_set"] for name, record in records.items()} == {
        "offline": None,
        "openai": True,
        "anthropic": False,
        "openai-compatible": False,
        "scripted": None,
        "replay": None,
    }
    assert "sk-very-secret" not in str(records)
    assert len({tuple(record) for record in records.values()}) == 1, "the records make a table"


def test_a_service_does_not_show_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    model = models.make("openai/x")
    assert "sk-very-secret" not in repr(vars(model))


# --- Scripted ---------------------------------------------------------------------------------------------------------


def test_a_text_file_gives_its_answers_in_order(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\n%%\ntwo\nlines\n%%\n")
    model = models.make(f"scripted/{tmp_path / 'a.txt'}")
    assert [asked(model), asked(model)] == ["one\n", "two\nlines\n"]
    assert model.complete(Prompt("", "")).stop == "empty"
    with pytest.raises(ModelError, match="all its 3 answers are given"):
        asked(model)


def test_a_json_file_may_say_how_an_answer_ended_and_what_it_cost(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('["one", {"text": "tw", "stop": "length", "usage": {"tokens_out": 3, "usd": 0.5}}]')
    model = ScriptedModel(path)
    first, second = model.complete(Prompt("", "")), model.complete(Prompt("", ""))
    assert (first.text, first.stop, first.usage.calls, first.usage.usd) == ("one", "end", 1, 0.0)
    assert (second.stop, second.usage.tokens_out, second.usage.usd) == ("length", 3, 0.5)


def test_a_resumed_run_goes_on_after_the_answers_it_has(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\n%%\ntwo\n")
    assert (
        asked(models.make(f"scripted/{tmp_path / 'a.txt'}", options=ModelOptions(answered=(Answered("", ""),))))
        == "two\n"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "cannot be used"),
        ("{}", "no list"),
        ('[{"txt": 1}]', "no answer"),
        ('[{"text": "", "usage": {"x": 1}}]', "'x'"),
    ],
)
def test_a_script_that_is_none_is_refused(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(UsageError, match=words):
        models.make(f"scripted/{tmp_path / 'a.json'}")
    with pytest.raises(UsageError, match="cannot be used"):
        models.make(f"scripted/{tmp_path / 'none.txt'}")


# --- Ensembles --------------------------------------------------------------------------------------------------------


class Named:
    def __init__(self, name: str) -> None:
        self.name = name

    def complete(self, prompt: Prompt) -> Reply:
        return Reply(self.name, self.name)


def test_an_ensemble_draws_by_weight_and_the_prompts_seed() -> None:
    model = Ensemble("e", {"a": Named("a"), "b": Named("b")}, {"a": 0.8, "b": 0.2}, seed=1)
    drawn = [asked(model, str(n)) for n in range(1000)]
    assert 750 < drawn.count("a") < 850
    assert drawn == [asked(model, str(n)) for n in range(1000)]
    assert asked(model) == asked(model)


def test_an_ensemble_is_made_of_any_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    (tmp_path / "a.txt").write_text("one")
    spec = f"scripted/{tmp_path / 'a.txt'}=1e9, openai/x?max_tokens=5=1"
    model = models.make(spec)
    assert (model.name, asked(model, "s")) == (spec, "one")


@pytest.mark.parametrize("spec", ["offline,openai/x=1", "offline=0.5,", "offline=0,openai/x=1", "offline=x,openai/x=1"])
def test_an_ensemble_without_weights_is_refused(spec: str) -> None:
    with pytest.raises(UsageError, match="has no weight"):
        models.make(spec)
