"""What decides a run, to run.toml and back."""

from __future__ import annotations

from pathlib import Path

from harness.budget import Limit
from harness.spec import Spec, read_spec, run_toml


def test_a_specification_comes_back_as_it_was(tmp_path: Path) -> None:
    spec = Spec(
        target="toy", strategy="shinka", model="a=0.5,b=0.5", roles=("planner=openai/x?effort=high",),
        settings=("num_islands=3",), seed=7, limit=Limit(usd=1.5),
    )  # fmt: skip
    (tmp_path / "run.toml").write_text(run_toml(spec))
    assert read_spec(tmp_path) == spec


def test_a_run_from_before_there_were_roles_has_none(tmp_path: Path) -> None:
    text = run_toml(Spec(target="toy", strategy="noop", model="offline"))
    (tmp_path / "run.toml").write_text(text.replace("roles = []\n", ""))
    assert "roles" not in (tmp_path / "run.toml").read_text()
    assert read_spec(tmp_path).roles == ()
