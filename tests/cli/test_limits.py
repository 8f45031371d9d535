"""What ends a run: what was asked for, or, where nothing was, eight minutes or a long time without a gain."""

from __future__ import annotations

import pytest

from harness.budget import Limit
from harness.errors import UsageError
from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("args", "limit"),
    [
        ((), Limit(seconds=480.0, patience=24)),
        (("--target-score", "1.5"), Limit(seconds=480.0, patience=24, target_score=1.5)),
        (("--max-time", "20m"), Limit(seconds=1200.0)),
        (("--max-evaluations", "3"), Limit(evaluations=3)),
        (("--patience", "5"), Limit(patience=5)),
    ],
)
def test_a_run_without_a_limit_gets_one(
    run: Run, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], limit: Limit
) -> None:
    asked = []

    def launched(spec, root, hooks):  # type: ignore[no-untyped-def]
        asked.append(spec.limit)
        raise UsageError("seen")

    monkeypatch.setattr("harness.launch.launch", launched)
    assert "seen" in run("microgpt", *args).err
    assert asked == [limit]
