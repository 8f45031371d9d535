"""The names of the strategies, and what each must say of itself."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from typing import Any

import pytest
from pydantic import BaseModel

from harness.strategies import STRATEGIES, known


def load(name: str) -> Any:
    module, _, attribute = STRATEGIES[name].partition(":")
    return getattr(import_module(module), attribute)


def test_names_are_sorted() -> None:
    assert known() == tuple(sorted(STRATEGIES))
    assert {"best-of-n", "noop", "openevolve"} <= set(known())


@pytest.mark.parametrize("name", known())
def test_a_strategy_says_what_it_is(name: str) -> None:
    strategy = load(name)
    assert strategy.name == name
    assert strategy.summary
    assert "\n" not in strategy.summary
    assert strategy.source
    assert issubclass(strategy.Settings, BaseModel)
    assert strategy.Settings.model_config["frozen"]
    assert strategy.Settings.model_config["extra"] == "forbid"


@pytest.mark.parametrize("name", known())
def test_knobs_are_described_and_have_defaults(name: str) -> None:
    fields = load(name).Settings.model_fields
    assert not [knob for knob, field in fields.items() if not field.description]
    load(name).Settings()


@pytest.mark.parametrize("name", known())
def test_settings_survive_json(name: str) -> None:
    settings = load(name).Settings()
    assert type(settings).model_validate_json(settings.model_dump_json()) == settings


def test_listing_names_imports_nothing_heavy() -> None:
    script = "import sys, harness.strategies as s; s.known(); print(*sorted({'pydantic', 'jinja2'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
