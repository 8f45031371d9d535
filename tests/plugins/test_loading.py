"""Loading a plug-in: what is named, what is missing in it, and what is said in one line."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import plugins
from harness.errors import BadPlugin, UsageError
from harness.plugins import Kind

STRATEGY = """
from pydantic import BaseModel

class Mine:
    name = "mine"
    class Settings(BaseModel):
        n: int = 1
    def __init__(self, settings, *, target, seed, evaluations, baseline): pass
    def ask(self): return None
    def tell(self, outcome): pass
    def propose(self, order, tools): return None
"""
EVALUATOR = """
class Mine:
    name = "mine"
    stage = "rules"
    def evaluate(self, candidate, target, bench): return []
"""
MODEL = """
class Mine:
    name = "mine"
    def complete(self, prompt): ...
    def can(self, what, role=""): return False
"""
SANDBOX = """
class Mine:
    def __init__(self, python): pass
    def run(self, job): ...
    def describe(self): ...
"""
WHOLE: dict[Kind, str] = {"strategy": STRATEGY, "evaluator": EVALUATOR, "model": MODEL, "sandbox": SANDBOX}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(kind: Kind, text: str, reference: str = "./mine.py:Mine") -> str:
    Path("mine.py").write_text(text)
    with pytest.raises(UsageError) as refused:
        plugin = plugins.find(kind, reference)
        plugins.made(plugin)
    said = str(refused.value)
    assert "\n" not in said
    return said


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_one_is_taken_and_its_file_is_fingerprinted(kind: Kind, here: Path) -> None:
    Path("mine.py").write_text(WHOLE[kind])
    origin = plugins.find(kind, "./mine.py:Mine").origin
    assert origin.sha256 == hashlib.sha256(WHOLE[kind].encode()).hexdigest()
    assert (origin.title, origin.by, origin.reference) == ("mine.py:Mine", "file", f"{here}/mine.py:Mine")


@pytest.mark.parametrize(
    ("kind", "change", "says"),
    [
        (
            "strategy",
            ("    def tell(self, outcome): pass\n", ""),
            "mine.py:Mine is no strategy: it has no tell(outcome)",
        ),
        (
            "strategy",
            ("propose(self, order, tools)", "propose(self, order)"),
            "propose(order) cannot be called as propose(order, tools)",
        ),
        ("strategy", ("def ask", "async def ask"), "its ask is async, and a plain ask() is due"),
        (
            "strategy",
            ("class Settings(BaseModel):\n        n: int = 1", "Settings = dict"),
            "its Settings is no pydantic model",
        ),
        (
            "strategy",
            ("class Settings(BaseModel):\n        n: int = 1", "Setting = dict"),
            "it has no Settings, a pydantic model of its knobs",
        ),
        (
            "strategy",
            ("*, target, seed, evaluations, baseline", "target"),
            "must be made as Mine(settings, target=, seed=, evaluations=, baseline=)",
        ),
        ("strategy", ('name = "mine"', ""), "it has no name"),
        ("evaluator", ('"rules"', '"soon"'), "stage is 'soon', and one of rules, short, measure is due"),
        (
            "evaluator",
            ("candidate, target, bench", "candidate"),
            "cannot be called as evaluate(candidate, target, bench)",
        ),
        ("evaluator", ('name = "mine"', "name = 3"), "its name is 3, not a str"),
        (
            "model",
            ('    def can(self, what, role=""): return False\n', ""),
            "mine.py:Mine is no model: it has no can(what, role)",
        ),
        (
            "model",
            ('name = "mine"', "def __init__(self, key): pass"),
            "it is made with (key), and must be made as Mine()",
        ),
        ("sandbox", ("def describe(self): ...", "describe = 3"), "its describe is no method, and describe() is due"),
        ("sandbox", ("    def describe(self): ...\n", ""), "it has no describe()"),
        ("sandbox", ("(self, python)", "(self)"), "must be made as Mine(python)"),
        (
            "model",
            ("class Mine:", "import nowhere_at_all\nclass Mine:"),
            "plug-in mine.py cannot be loaded: ModuleNotFoundError: No module named 'nowhere_at_all' (mine.py line 2)",
        ),
        ("model", ("class Mine:", "raise SystemExit('no')\nclass Mine:"), "cannot be loaded: SystemExit: no"),
        ("model", ("class Mine:", "class Mine"), "plug-in mine.py line 2 does not parse: expected ':'"),
        ("model", ("class Mine:", "class Mime:"), "unknown class in mine.py 'Mine': did you mean Mime?"),
        ("model", ("class Mine:", "def Mine(): ...\nclass Other:"), "it is a function, and a class is due"),
        (
            "evaluator",
            ('name = "mine"', "name = 'mine'\n    def __init__(self): self.x = {}['key']"),
            "failed when it was made: KeyError: 'key' (mine.py line 4)",
        ),
    ],
)
def test_what_is_missing_is_said_in_one_line(kind: Kind, change: tuple[str, str], says: str) -> None:
    assert change[0] in WHOLE[kind]
    assert says in refusal(kind, WHOLE[kind].replace(*change))


def test_all_that_is_missing_is_said_at_once() -> None:
    said = refusal("strategy", "class Mine: pass")
    for method in ("ask()", "tell(outcome)", "propose(order, tools)", "Settings", "name"):
        assert method in said


def test_a_reference_that_is_none() -> None:
    assert "name the class too, as in ./mine.py:Mine" in refusal("model", MODEL, "./mine.py")
    assert "nowhere.py: No such file or directory" in refusal("model", MODEL, "nowhere.py:Mine")
    assert "plug-in module no.such cannot be imported: ModuleNotFoundError" in refusal("model", MODEL, "no.such:Mine")


def test_a_changed_module_is_told_from_the_one_that_a_run_began_with(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "held_by_another.py").write_text(MODEL)
    monkeypatch.syspath_prepend(str(here))
    origin = plugins.find("model", "held_by_another:Mine").origin
    plugins.refuse_changed("r", [origin.record()], [origin])
    plugins.refuse_strangers("r", ["held_by_another:Mine", "some-model"])
    for recorded in ([{**origin.record(), "sha256": "0"}], []):
        with pytest.raises(BadPlugin, match="plug-in held_by_another:Mine is not what it was when run r began"):
            plugins.refuse_changed("r", recorded, [origin])


def test_an_abstract_class_is_refused() -> None:
    text = "from abc import ABC, abstractmethod\nclass Mine(ABC):\n    @abstractmethod\n    def run(self, job): ...\n"
    assert "it is abstract: run is still to be written" in refusal("sandbox", text)


def test_the_same_file_is_loaded_once_and_a_changed_one_anew() -> None:
    Path("mine.py").write_text(MODEL)
    first = plugins.find("model", "mine.py:Mine").made
    assert plugins.find("model", "./mine.py:Mine").made is first
    Path("mine.py").write_text(MODEL + "\n# changed\n")
    assert plugins.find("model", "mine.py:Mine").made is not first


def test_a_module_may_hold_one(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "held_by_a_module.py").write_text(MODEL)
    monkeypatch.syspath_prepend(str(here))
    origin = plugins.find("model", "held_by_a_module:Mine").origin
    assert (origin.by, origin.title) == ("module", "held_by_a_module:Mine")
    assert origin.sha256 == hashlib.sha256(MODEL.encode()).hexdigest()


@pytest.fixture
def package(here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed package with an entry point of every kind, and one under a built-in name."""
    (here / "installed_ones.py").write_text("\n".join(t.replace("Mine", k.title()) for k, t in WHOLE.items()))
    info = here / "ones-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ones\nVersion: 1.2\n")
    groups = {"strategy": "strategies", "evaluator": "evaluators", "model": "models", "sandbox": "sandboxes"}
    lines = [f"[optimize_run.{g}]\nsome-{k} = installed_ones:{k.title()}\n" for k, g in groups.items()]
    lines[0] += "noop = installed_ones:Strategy\n"
    (info / "entry_points.txt").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(str(here))
    yield
    sys.modules.pop("installed_ones", None)


@pytest.mark.usefixtures("package")
def test_an_entry_point_is_found_by_its_name_and_a_built_in_name_stays_built_in() -> None:
    from harness import models, registry
    from harness.strategies.noop import Noop

    assert registry.strategy_class("some-strategy").name == "mine"
    assert "some-strategy" in registry.strategy_names()
    assert registry.strategy_class("noop") is Noop
    assert plugins.find("strategy", "some-strategy").origin.release == "ones 1.2"
    assert models.make("some-model").name == "mine"
    assert "some-model" in [entry["name"] for entry in models.known()]
    assert [e.name for e in registry.evaluators(["some-evaluator"])][-1] == "mine"
    with pytest.raises(UsageError, match="did you mean some-strategy"):
        registry.strategy_class("some-strateg")


@pytest.mark.usefixtures("package")
def test_a_broken_installed_one_hides_none_of_the_others(here: Path) -> None:
    from harness.cli.strategies import described, names

    (here / "installed_ones.py").write_text("import nowhere_at_all\n")
    summaries = {name: described(name)["summary"] for name in names()}
    assert summaries["some-strategy"].startswith("cannot be used: plug-in module installed_ones cannot be imported")
    assert summaries["noop"].startswith("control: ")


def test_a_name_that_is_nothing_says_how_a_file_is_named() -> None:
    from harness import models, registry

    with pytest.raises(UsageError, match=r"known: \./FILE.py:Strategy, aster"):
        registry.strategy_class("zzzzzzzzzz")
    with pytest.raises(UsageError, match=r"\./FILE.py:Model"):
        models.make("zzzzzzzzzz")


def test_two_evaluators_of_one_name_are_refused() -> None:
    from harness import registry

    Path("mine.py").write_text(EVALUATOR)
    Path("other.py").write_text(EVALUATOR.replace('"mine"', '"speed"'))
    for names in (["mine.py:Mine", "./mine.py:Mine"], ["other.py:Mine"]):
        with pytest.raises(BadPlugin, match="is taken; give it another"):
            registry.evaluators(names)


def test_references_in_ensembles_and_roles_become_absolute_and_short_again(here: Path) -> None:
    text = "./a.py:One=0.5,offline=0.5"
    assert plugins.settled(text) == f"{here}/a.py:One=0.5,offline=0.5"
    assert plugins.titled(plugins.settled(text)) == "a.py:One=0.5,offline=0.5"
    assert plugins.settled("planner=b.py:Two") == f"planner={here}/b.py:Two"
    assert plugins.settled("openai/ft:name") == "openai/ft:name"
    assert plugins.slug("./a.py:One") == "a.py-One"
