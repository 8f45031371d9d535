"""From names to models, and what is refused on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness import models, registry
from harness.errors import ModelError, ModelRefused, UnknownName, UsageError
from harness.models import Answered, ModelOptions
from harness.models.ensemble import Ensemble
from harness.models.roles import Roles
from harness.models.scripted import ScriptedModel
from harness.types import Model, Prompt, Reply, ToolCall

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


def test_a_json_file_may_call_tools_and_satisfy_a_schema(tmp_path: Path) -> None:
    calls = [{"name": "read", "arguments": {"path": "a"}}, {"name": "done"}]
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"text": "Let me see.", "calls": calls}, {"json": {"area": "é"}}, {"calls": calls}]))
    model = ScriptedModel(path)
    first, second, third = (model.complete(Prompt("", "")) for _ in range(3))
    assert (first.text, first.stop) == ("Let me see.", "calls")
    assert first.calls == (ToolCall("0-0", "read", {"path": "a"}), ToolCall("0-1", "done"))
    assert (second.text, second.stop) == ('{"area": "é"}', "end")
    assert (third.text, third.stop, third.calls[0].id) == ("", "calls", "2-0")
    assert model.can("tools") and model.can("schema")


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
        ('[{"text": 1}]', "no answer|is none"),
        ('[{"stop": "end"}]', "no answer"),
        ('[{"calls": [{"name": 1}]}]', "no call"),
        ('[{"calls": [{"name": "f", "arguments": "{}"}]}]', "no call"),
        ('[{"calls": 1}]', "cannot be used"),
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
    def __init__(self, name: str, able: bool = True) -> None:
        self.name, self.able = name, able

    def complete(self, prompt: Prompt) -> Reply:
        return Reply(self.name, self.name)

    def can(self, what: str, role: str = "") -> bool:
        return self.able


def ensemble(*members: Named) -> Ensemble:
    weights = dict(zip((m.name for m in members), (0.8, 0.2), strict=True))
    return Ensemble("e", {member.name: member for member in members}, weights, seed=1)


def test_an_ensemble_draws_by_weight_and_the_prompts_seed() -> None:
    model = ensemble(Named("a"), Named("b"))
    drawn = [asked(model, str(n)) for n in range(1000)]
    assert 750 < drawn.count("a") < 850
    assert drawn == [asked(model, str(n)) for n in range(1000)]
    assert asked(model) == asked(model)


def test_a_prompt_may_choose_the_member_that_answers_and_the_reply_says_who_did() -> None:
    model = ensemble(Named("a"), Named("b"))
    replies = [model.complete(Prompt("s", "u", str(n), model="b")) for n in range(20)]
    assert {(reply.model, reply.via) for reply in replies} == {("b", "b")}
    with pytest.raises(UnknownName, match="unknown model of e 'c'"):
        model.complete(Prompt("s", "u", model="c"))


def test_an_ensemble_can_do_what_every_member_can() -> None:
    assert ensemble(Named("a"), Named("b")).can("tools")
    assert not ensemble(Named("a"), Named("b", able=False)).can("tools")


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


def test_an_ensemble_with_a_member_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="'offline' twice"):
        models.make("offline=0.5,offline=0.5")


# --- Roles ------------------------------------------------------------------------------------------------------------


def scripts(folder: Path, **answers: int) -> dict[str, str]:
    """A script for each name, with answers that say whose and the how manieth they are."""
    for name, count in answers.items():
        (folder / f"{name}.json").write_text(json.dumps([f"{name}{n}" for n in range(count)]))
    return {name: f"scripted/{folder / name}.json" for name in answers}


def test_a_prompt_goes_to_the_model_of_its_role_or_else_to_the_runs_own(tmp_path: Path) -> None:
    own, other = scripts(tmp_path, own=2, other=2).values()
    model = models.with_roles(own, [f"planner={other}"])
    replies = [model.complete(Prompt("s", "u", role=role)) for role in ("", "planner", "worker")]
    assert [(r.text, r.via) for r in replies] == [("own0", ""), ("other0", "role planner"), ("own1", "")]
    assert model.name == "scripted/own.json, planner: scripted/other.json"


def test_what_a_role_can_is_what_its_model_can() -> None:
    model = Roles(Named("a", able=False), {"planner": Named("b")})
    assert model.can("schema", "planner") and not model.can("schema") and not model.can("schema", "worker")


def test_without_roles_a_model_is_as_it_is(tmp_path: Path) -> None:
    assert models.with_roles(scripts(tmp_path, own=1)["own"], []).name == "scripted/own.json"


@pytest.mark.parametrize("roles", [["planner"], ["=offline"], ["planner=offline", "planner=offline"]])
def test_a_role_that_is_not_understood_is_refused(roles: list[str]) -> None:
    with pytest.raises(UsageError, match="write --role ROLE=MODEL, each role once"):
        models.with_roles("offline", roles)


def test_a_role_that_a_strategy_does_not_have_is_refused() -> None:
    with pytest.raises(UnknownName, match="unknown role of strategy noop 'planner': known: none"):
        registry.check_roles("noop", ["planner=offline"])


def test_every_model_goes_on_after_its_own_answers(tmp_path: Path) -> None:
    """However they are nested, and though two of them read the same file."""
    s = scripts(tmp_path, a=9, b=9)
    spec, roles = f"{s['a']}=0.5,{s['b']}=0.5", [f"planner={s['a']}", f"critic={s['b']}=0.7,{s['a']}=0.3"]
    asked = [Prompt("s", f"u{n}", f"{n}", role=("", "planner", "critic", "worker")[n % 4]) for n in range(16)]
    whole = models.with_roles(spec, roles)
    replies = [whole.complete(prompt) for prompt in asked]
    for n in range(len(asked)):
        answered = tuple(Answered(reply.via, "") for reply in replies[:n])
        resumed = models.with_roles(spec, roles, options=ModelOptions(answered=answered))
        assert [resumed.complete(prompt) for prompt in asked[n:]] == replies[n:]


# --- Prices -----------------------------------------------------------------------------------------------------------


def test_models_without_a_price_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(variable, "k")
    spec = "offline=1,openai/nobody=1,anthropic/claude-sonnet-5=1"
    model = models.with_roles(spec, ["planner=anthropic/nobody", "worker=openai/nobody"])
    assert models.unpriced(model) == ("openai/nobody", "anthropic/nobody")
    own = tmp_path / "prices.toml"
    own.write_text('[[price]]\nmodels = ["openai/nobody"]\nsince = 2026-01-01\ninput = 0\noutput = 0\n')
    monkeypatch.setenv("OPTIMIZE_RUN_PRICES", str(own))
    assert models.unpriced(models.make(spec)) == ()
    assert models.unpriced(models.make("offline")) == ()
