"""Whole runs against services that misbehave: every iteration is recorded, whatever came of it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from harness import models
from harness.errors import Unusable
from harness.models import ModelOptions, Patience
from harness.types import Candidate, Order, Prompt, Tools
from tests.conftest import TOY
from tests.e2e.test_toy_run import BALLAST, cli, edit
from tests.models import bodies
from tests.models.bodies import error
from tests.models.dialects import DIALECTS, KEY, Dialect
from tests.models.server import Choose, Say, serving
from tests.test_engine import Bed, Counting

ITERATIONS = 60
NUMBERS = [1.0 + n / 100 for n in range(ITERATIONS)]
SHARE = 0.2
UNHARMED = 4  # a service that never answered well ends a run at once: another test's matter
PAGE = Say(b"<html>gateway</html>", headers={"content-type": "text/html"})
BRISK = Patience(tries=2, total_s=1.5, try_s=0.4, first_wait_s=0.01, longest_wait_s=0.05)


def faults(dialect: Dialect) -> list[Say]:
    good = dialect.good
    return [
        *(error(status, "later") for status in (408, 429, 500, 503, 529)),
        error(429, "soon", retry_after="0.02"),
        error(429, "tomorrow", retry_after="86400"),
        error(400, "prompt is too long"),
        error(400, "flagged as potentially violating our usage policy", "invalid_prompt"),
        error(401, "bad key", "invalid_api_key"),
        error(404, "no such model", "model_not_found"),
        replace(good, cut=0),
        replace(good, cut=40),
        replace(good, wait_s=2),
        replace(good, endless="body"),
        replace(good, endless="head"),
        PAGE,
        Say(b""),
        Say(b"{"),
        Say({}),
        Say({"error": {"message": "upstream failed", "code": 502}}),
        dialect.empty,
        dialect.truncated,
        dialect.refused,
    ]


def misbehaving(dialect: Dialect, good: Callable[[dict[str, Any]], Say], seed: int) -> Choose:
    """Good answers, and at a share of all requests a fault: each kind once before any comes twice."""
    rng, bag = Random(seed), list[Say]()

    def choose(nth: int, request: dict[str, Any]) -> Say:
        if nth <= UNHARMED or rng.random() >= SHARE:
            return good(request)
        if not bag:
            bag.extend(rng.sample(faults(dialect), len(faults(dialect))))
        return bag.pop()

    return choose


SAID: dict[str, Callable[[str], Say]] = {
    "responses": lambda text: Say(bodies.response(text)),
    "chat": lambda text: Say(bodies.completion(text)),
    "messages": lambda text: Say(bodies.message(text)),
    "streamed messages": lambda text: Say(bodies.streamed(text), headers=bodies.SSE),
}


class Careful(Counting):
    """Counting, for answers that may be none."""

    def propose(self, order: Order, tools: Tools) -> Candidate:
        reply = tools.complete(Prompt("system", f"worth = {order.context['worth']}\n", seed=str(order.n)))
        if reply.stop != "end" or not reply.text.startswith("worth"):
            raise Unusable(f"the answer ended by {reply.stop}")
        return Candidate.of(reply.text, order.parents)


@pytest.mark.parametrize("name", SAID)
@pytest.mark.parametrize("parallel", [1, 4])
def test_sixty_iterations_end_with_sixty_outcomes(
    name: str, parallel: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def echo(request: dict[str, Any]) -> Say:
        user = request.get("input") or request["messages"][-1]["content"]
        return SAID[name](str(user))

    dialect = DIALECTS[name]
    for variable in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OPTIMIZE_RUN_API_KEY"):
        monkeypatch.setenv(variable, KEY)
    with serving(choose=misbehaving(dialect, echo, seed=parallel)) as service:
        base = service.url if "anthropic" in dialect.spec else f"{service.url}/v1"
        model = models.make(dialect.spec, options=ModelOptions(base_url=base, patience=BRISK))
        bed = Bed(tmp_path, NUMBERS, parallel, model=model, made=Careful)  # type: ignore[arg-type]
        engine, best = bed.go()
        model.close()  # type: ignore[attr-defined]
    outcomes = [data for _, kind, data in bed.journal if kind == "outcome"]
    assert sorted(data["n"] for data in outcomes) == list(range(ITERATIONS))  # type: ignore[index]
    assert engine.reason == "the strategy is done" and best is not None
    failed = [data for data in outcomes if data["candidate"] is None]  # type: ignore[index]
    assert 0 < len(failed) < ITERATIONS / 2
    assert all(data["score"]["status"] == "invalid" and data["score"]["feedback"] for data in failed)  # type: ignore[index]
    assert KEY not in (tmp_path / "events.jsonl").read_text()


# --- Through the command line -----------------------------------------------------------------------------------------

LEAN = edit("keep no history", "        history.append(ballast)", "        pass")
WRONG = edit("a smaller ballast", BALLAST, BALLAST.replace("2000", "200"))


def optimized(folder: Path, url: str, *args: str, patience: str = "") -> subprocess.CompletedProcess[str]:
    model = f"openai-compatible/some?base_url={url}/v1&first_wait_s=0.01&try_s=5{patience}"
    return cli(str(TOY), "--model", model, "--max-evaluations", "2", "--parallel", "1", *args, folder=folder)


@pytest.mark.slow
@pytest.mark.usefixtures("room")
def test_a_run_finds_its_gain_though_the_service_misbehaves(tmp_path: Path) -> None:
    answers = [WRONG, LEAN]

    def choose(nth: int, _: dict[str, Any]) -> Say:
        trouble = faults(DIALECTS["chat"])
        return Say(bodies.completion(answers.pop(0))) if nth % 3 == 0 else trouble[nth % 5]

    with serving(choose=choose) as service:
        ran = optimized(tmp_path, service.url)
    assert ran.returncode == 0, ran.stderr
    shown = json.loads(cli("show", "--json", folder=tmp_path).stdout)
    assert [candidate["status"] for candidate in shown["candidates"]] == ["wrong", "ok"]
    assert shown["usage"]["calls"] == 2 and shown["usage"]["usd"] is None


@pytest.mark.usefixtures("room")
def test_a_run_whose_service_stays_away_ends_and_says_why(tmp_path: Path) -> None:
    with serving(error(503, "no capacity")) as service:
        ran = optimized(tmp_path, service.url, patience="&tries=2")
    assert ran.returncode == 1
    said = "error: the model failed 8 times in a row: no answer: model openai-compatible/some: 503 no capacity"
    assert f"{said}; gave up after 2 tries" in " ".join(ran.stderr.split()) and "Traceback" not in ran.stderr
    events = [json.loads(line) for line in (tmp_path / "runs/latest/events.jsonl").read_text().splitlines()]
    assert sum(event["kind"] == "outcome" for event in events) == 8
    assert (events[-1]["kind"], events[-1]["data"]["status"]) == ("end", "failed")
    assert len(service.requests) == 16


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "the key in OPTIMIZE_RUN_API_KEY was not accepted"),
        pytest.param(404, "is the model's name right", marks=pytest.mark.slow),
    ],
)
@pytest.mark.usefixtures("room")
def test_a_wrong_key_or_name_ends_a_run_with_its_first_question(status: int, words: str, tmp_path: Path) -> None:
    with serving(error(status, "no")) as service:
        ran = optimized(tmp_path, service.url)
    assert ran.returncode == 1 and words in " ".join(ran.stderr.split())
    assert len(service.requests) == 1


def test_a_limit_in_dollars_needs_prices(tmp_path: Path) -> None:
    ran = optimized(tmp_path, "http://127.0.0.1:9", "--max-usd", "1")
    assert ran.returncode == 2
    said = " ".join(ran.stderr.split())
    assert "error: a limit of $1 cannot be kept: the price of openai-compatible/some is not known; give it in" in said
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("room")
def test_a_limit_in_dollars_is_kept_by_prices_of_ones_own(tmp_path: Path) -> None:
    table = tmp_path / "prices.toml"
    table.write_text(
        '[[price]]\nmodels = ["openai-compatible/some"]\nsince = 2026-01-01\ninput = 1000\noutput = 1000\n'
    )
    with serving(Say(bodies.completion(WRONG))) as service:  # 120 tokens, 0.12 dollars
        model = f"openai-compatible/some?base_url={service.url}/v1"
        args = (str(TOY), "--model", model, "--max-usd", "0.2", "--parallel", "1")
        ran = cli(*args, folder=tmp_path, OPTIMIZE_RUN_PRICES=str(table))
    assert ran.returncode == 0, ran.stderr
    end = json.loads((tmp_path / "runs/latest/events.jsonl").read_text().splitlines()[-1])
    assert end["data"]["reason"] == "$0.2"
    assert end["data"]["usage"]["usd"] == pytest.approx(0.24)
