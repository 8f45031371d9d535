"""Models of services, and the servers on loopback that they ask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from harness import models
from harness.models import ModelOptions
from harness.types import Model
from tests.models.dialects import DIALECTS, HASTE, KEY, Dialect, Meet
from tests.models.server import Say, Service, serving


@pytest.fixture(params=DIALECTS.values(), ids=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    chosen: Dialect = request.param
    return chosen


@pytest.fixture
def meet(monkeypatch: pytest.MonkeyPatch) -> Iterator[Meet]:
    """A model, and the service that it will ask, which gives these answers."""
    with ExitStack() as stack:

        def made(spec: str, *answers: Say, options: ModelOptions = HASTE) -> tuple[Model, Service]:
            service = stack.enter_context(serving(*answers))
            for variable in ("OPENAI_BASE_URL", "OPTIMIZE_RUN_BASE_URL"):
                monkeypatch.setenv(variable, f"{service.url}/v1")
            monkeypatch.setenv("ANTHROPIC_BASE_URL", service.url)
            for variable in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OPTIMIZE_RUN_API_KEY"):
                monkeypatch.setenv(variable, KEY)
            model = models.make(spec, options=options)
            stack.callback(model.close)  # type: ignore[attr-defined]
            return model, service

        yield made
