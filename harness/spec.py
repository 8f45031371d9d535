"""Everything that decides a run, and its place on disk: run.toml."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path

from harness.budget import Limit
from harness.errors import StoreError

DEFAULT_STRATEGY, DEFAULT_MODEL = "openevolve", "offline"
LISTS = ("settings", "roles", "evaluators")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """Everything that decides a run, as it stands in run.toml. settings are "knob=value" texts."""

    target: str
    strategy: str = DEFAULT_STRATEGY
    model: str = DEFAULT_MODEL
    program: str | None = None
    objective: str | None = None
    python: str | None = None  # the path of another interpreter than the harness's own
    roles: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    evaluators: tuple[str, ...] = ()  # the user's own, beside the built-in ones
    seed: int = 0
    parallel: int = 2
    lanes: int | None = None
    polish: bool = False  # what gains is handed to the offline engine before it is settled
    sandbox: str | None = None  # this backend and no other
    unsafe_no_sandbox: bool = False  # as it was said on the command line; reading it back here allows nothing
    executor: str = "local"
    ray_address: str | None = None  # of a cluster that is there; without one Ray starts its own here
    limit: Limit = field(default_factory=Limit)


def run_toml(spec: Spec) -> str:
    import tomli_w

    table = {key: value for key, value in asdict(spec).items() if value is not None}
    table["limit"] = {key: value for key, value in table["limit"].items() if value is not None}
    for name in LISTS:
        table[name] = list(table[name])
    return "# What decides this run, as it was resolved. Keys are never written here.\n" + tomli_w.dumps(table)


def read_spec(folder: Path) -> Spec:
    try:
        table = tomllib.loads((folder / "run.toml").read_text(encoding="utf-8"))
        texts = {name: tuple(table.get(name, ())) for name in LISTS}
        return Spec(**{**table, **texts, "limit": Limit(**table["limit"])})
    except FileNotFoundError:
        raise StoreError(f"{folder} holds no run.toml: it was stopped before it began; start a new run") from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StoreError(f"{folder / 'run.toml'} cannot be read: {error}") from None
