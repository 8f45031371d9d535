"""optimize.toml in the working folder: defaults for options and knobs; flags win, and what is wrong is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli import defaults, optimize
from harness.cli.main import HIDDEN, MAIN_JOB, load_command
from harness.errors import UsageError
from harness.spec import Spec
from tests.cli.conftest import Run
from tests.conftest import TOY


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Spec]:
    """The specifications that the main job comes to; none is carried out."""
    specs: list[Spec] = []
    monkeypatch.setattr(optimize, "rehearsed", lambda spec, *_: specs.append(spec))
    return specs


def write(folder: Path, text: str) -> None:
    (folder / defaults.FILE).write_text(text, encoding="utf-8")


def flags(folder: Path, *given: str) -> list[str]:
    return defaults.flags_of(load_command(MAIN_JOB, HIDDEN[MAIN_JOB][1]), given, folder)


def test_options_and_knobs_come_from_the_file(run: Run, tmp_path: Path, asked: list[Spec]) -> None:
    write(
        tmp_path,
        '[run]\nstrategy = "shinka"\nmax-evaluations = 24\npolish = true\nparallel = 3\ntarget_score = 1.5\n'
        '[strategy.shinka]\nnum_islands = 3\nbandit = false\n[strategy.openevolve]\naxes = ["memory", "speed"]\n',
    )
    run(str(TOY), "--dry-run")
    (spec,) = asked
    assert (spec.strategy, spec.parallel, spec.polish) == ("shinka", 3, True)
    assert (spec.limit.evaluations, spec.limit.target_score) == (24, 1.5)
    assert spec.settings == ("num_islands=3", "bandit=false")


def test_flags_win(run: Run, tmp_path: Path, asked: list[Spec]) -> None:
    write(tmp_path, '[run]\nstrategy = "shinka"\npolish = true\n[strategy.openevolve]\nnum_islands = 3\n')
    run(str(TOY), "--dry-run", "--strategy", "openevolve", "--no-polish", "--set", "num_islands=4")
    (spec,) = asked
    assert (spec.strategy, spec.polish) == ("openevolve", False)
    assert spec.settings == ("num_islands=3", "num_islands=4"), "the last one counts"


def test_without_a_file_nothing_changes(run: Run, asked: list[Spec]) -> None:
    run(str(TOY), "--dry-run")
    assert (asked[0].strategy, asked[0].settings, asked[0].polish) == ("openevolve", (), False)


def test_roles_that_are_given_replace_those_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, '[run]\nrole = ["planner=offline", "worker=offline"]\n')
    assert flags(tmp_path) == ["--role", "planner=offline", "--role", "worker=offline"]
    assert flags(tmp_path, "--role", "planner=replay/x") == []
    assert flags(tmp_path, "--role=planner=replay/x") == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[run]\nmax-evalutions = 9\n", "'max-evalutions': did you mean max-evaluations?"),
        ("[rum]\n", "unknown table in optimize.toml 'rum': did you mean run?"),
        ("[strategy.shinca]\n", "unknown strategy in optimize.toml 'shinca': did you mean shinka?"),
        ("[strategy.shinka]\nislands = 3\n", "optimize.toml: unknown knob of strategy shinka 'islands'"),
        ("[strategy.shinka]\nnum_islands = 0\n", "optimize.toml: strategy shinka, knob num_islands"),
        ("strategy = 3\n", "optimize.toml: strategy is no table"),
        ("[strategy]\nshinka = 3\n", "optimize.toml: strategy.shinka is no table"),
        ("[run]\nmax-evaluations = 0\n", "optimize.toml, [run] max-evaluations: Invalid value"),
        ('[run]\nseed = "many"\n', "optimize.toml, [run] seed: Invalid value"),
        ("[run]\npolish = 3\n", "optimize.toml, [run] polish: 3 is not what it takes: true or false"),
        ("[run]\nstrategy = true\n", "optimize.toml, [run] strategy: True is not what it takes"),
        ("[run]\nseed = [1, 2]\n", "optimize.toml, [run] seed: [1, 2] is not what it takes"),
        ("[run\n", "optimize.toml cannot be read"),
    ],
)
def test_what_is_wrong_is_named_with_the_file(
    run: Run, tmp_path: Path, asked: list[Spec], text: str, says: str
) -> None:
    write(tmp_path, text)
    ended = run(str(TOY), "--dry-run")
    assert ended.code == 2 and not asked
    assert says in ended.err and ended.err.count("\n") == 1


@pytest.mark.parametrize("key", ["unsafe-no-sandbox", "runs", "json", "dry-run", "python", "evaluator"])
def test_a_folder_does_not_decide_what_is_for_its_user_to_say(tmp_path: Path, key: str) -> None:
    write(tmp_path, f"[run]\n{key} = true\n")
    with pytest.raises(UsageError, match="unknown key"):
        flags(tmp_path)


@pytest.mark.parametrize("option", ["base_url=http://127.0.0.1:9", "key_env=HOME", "base%5Furl=http://127.0.0.1:9"])
def test_a_folder_does_not_decide_where_a_key_is_sent(tmp_path: Path, option: str) -> None:
    for line in (f'model = "openai/x?{option}"', f'role = ["planner=openai/x?{option}"]'):
        write(tmp_path, f"[run]\n{line}\n")
        with pytest.raises(UsageError, match="where a key is sent"):
            flags(tmp_path)


def test_a_folder_does_not_choose_a_cluster(tmp_path: Path) -> None:
    """What it answers can be code."""
    write(tmp_path, '[run]\nexecutor = "ray"\nray-address = "127.0.0.1:9"\n')
    with pytest.raises(UsageError, match="unknown key"):
        flags(tmp_path)


@pytest.mark.parametrize(
    "line", ['strategy = "./mine.py:Mine"', 'model = "offline=0.5,./mine.py:Mine=0.5"', 'sandbox = "mine:Room"']
)
def test_a_folder_does_not_bring_code_that_is_run(tmp_path: Path, line: str) -> None:
    write(tmp_path, f"[run]\n{line}\n")
    with pytest.raises(UsageError, match="code of one's own is named on the command line"):
        flags(tmp_path)
