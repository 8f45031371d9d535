"""Everything on this machine."""

from __future__ import annotations

from collections.abc import Callable

from harness.errors import UsageError
from harness.judging.judge import Judge
from harness.types import JsonObject, Sandbox, Target


class LocalExecutor:
    """The judge as it is."""

    def describe(self) -> JsonObject:
        return {"name": "local"}

    def judge(self, local: Judge, target: Target, secret: str) -> Judge:  # noqa: ARG002 - it has them already
        return local

    def close(self) -> None:
        """Nothing is held."""


def executor(address: str | None, sandbox: Callable[[], Sandbox], lanes: int | None) -> LocalExecutor:
    del sandbox, lanes
    if address is not None:
        raise UsageError("--ray-address is for --executor ray: say both, or neither")
    return LocalExecutor()
