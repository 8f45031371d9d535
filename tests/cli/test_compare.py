"""`compare` on the command line: over finished runs, in every form, and what it refuses."""

import csv
import io
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.compare.synthetic import comparison
from tests.runs_on_disk import Writing, scored

FAR = {"gepa": [2.0, 2.1, 2.2, 2.3, 2.4], "best-of-n": [1.5, 1.4, 1.3, 1.2, 1.1], "noop": [1.0] * 5}
FEW = {name: values[:3] for name, values in FAR.items()}


def names(root: Path, ends: dict[str, list[float]], **start: object) -> list[str]:
    return [folder.name for folder in comparison(root, ends, **start)]


def test_finished_runs_grouped_by_strategy(run: Run, root: Path) -> None:
    ended = run("compare", *names(root, FAR))
    assert ended.code == 0 and ended.err == ""
    assert "gepa beats best-of-n: 1.69x as good (1." in ended.out
    assert "Better than best-of-n at equal cost: gepa." in ended.out
    assert "5 seeds tell a factor of" in ended.out and "8 seeds 1." in ended.out


def test_three_seeds_cannot_tell_and_say_so(run: Run, root: Path) -> None:
    ended = run("compare", *names(root, FEW))
    assert ended.code == 0
    assert "No difference between strategies was shown." in ended.out
    assert "Not shown to be better than best-of-n at equal cost: gepa." in ended.out
    assert (
        "3 seeds a strategy cannot tell any two apart, however far apart they are: at least 5 are needed" in ended.out
    )
    assert "(no bound)" in ended.out and " beats " not in ended.out
    assert "What more seeds would find 80 % of the time: 5 seeds" in ended.out


def test_every_form_tells_the_same(run: Run, root: Path) -> None:
    runs = names(root, FAR)
    document = run("compare", *runs, "--json").json
    medians = {strategy["strategy"]: strategy["median"]["value"] for strategy in document["strategies"]}
    assert list(medians) == ["gepa", "best-of-n", "noop"] and medians["best-of-n"] == pytest.approx(1.3)
    rows = list(csv.DictReader(io.StringIO(run("compare", *runs, "-f", "csv").out)))
    assert {row["strategy"]: float(row["median"]) for row in rows} == medians
    shown = run("compare", *runs, "-f", "md").out
    assert "| gepa | 2.20x |" in shown and "| gepa over best-of-n | beats |" in shown
    assert "- gepa beats best-of-n: 1.69x as good" in shown


def test_the_page_goes_where_it_is_asked_to(run: Run, root: Path) -> None:
    ended = run("compare", *names(root, FEW), "-o", "mine.html")
    page = (root.parent / "mine.html").read_text()
    assert ended.code == 0 and page.startswith("<!DOCTYPE html>") and "however far apart they are" in page
    ended = run("compare", *names(root / "x", FEW), "--runs", str(root / "x"), "-o", "no/such.html")
    assert ended.code == 1 and ended.err.endswith("error: no/such.html: No such file or directory\n")


def test_unequal_budgets_are_said_to_be_unequal(run: Run, root: Path) -> None:
    runs = names(root, {"gepa": [2.0, 2.1]}) + [f.name for f in comparison(root, {"noop": [1.0]}, evaluations=6)]
    ended = run("compare", *runs)
    assert "UNEQUAL BUDGETS (12 evaluations; 6 evaluations): this does not compare" in ended.out
    assert "at equal cost:" not in ended.out
    assert run("compare", *runs, "--json").json["budget"]["unequal"] == "12 evaluations; 6 evaluations"


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ((), "compare what? a target with --strategy A --strategy B, or two finished runs or more"),
        (("microgpt",), "to compare strategies on microgpt, name two or more with --strategy, and one budget"),
        (("nowhere",), "unknown comparison 'nowhere'"),
        (("microgpt", "-s", "noop", "-s", "gepa"), "exactly one of --max-evaluations"),
        (("microgpt", "-s", "noop", "-s", "gepa", "--max-evaluations", "2", "--max-time", "1m"), "exactly one of"),
        (("-s", "noop", "-s", "gepa", "--max-evaluations", "2"), "name one TARGET"),
        (("microgpt", "-s", "noop", "--max-evaluations", "2"), "two strategies or more"),
        (("microgtp", "-s", "noop", "--control", "--max-evaluations", "2"), "did you mean microgpt?"),
        (("microgpt", "-s", "noop", "--control", "--max-usd", "2"), "would never end noop"),
        (("--resume", "nowhere"), "unknown comparison 'nowhere'"),
        (("microgpt", "--resume", "latest"), "leave out targets and strategies"),
        (("a", "b", "--max-evaluations", "2"), "name strategies with --strategy"),
    ],
)
def test_a_mistake_costs_one_line_and_leaves_nothing(run: Run, root: Path, args: tuple[str, ...], says: str) -> None:
    ended = run("compare", *args)
    assert (ended.code, ended.out) == (2, "") and says in ended.err
    assert ended.err.count("\n") == 1 and not root.exists()


def test_runs_that_are_not_alike_are_refused(run: Run, root: Path) -> None:
    runs = [*names(root, {"gepa": [2.0]}), *names(root, {"noop": [1.0]}, target="other")]
    ended = run("compare", *runs)
    assert ended.code == 2 and "on target other" in ended.err
    ended = run("compare", runs[0])
    assert ended.code == 2 and f"one run cannot be compared: name a second beside {runs[0]}" in ended.err


def test_hostile_words_in_runs_stay_inert(run: Run, root: Path) -> None:
    hostile = "<img src=x onerror=alert(1)>\x1b[2J\u202e|x"
    runs = []
    for strategy, model in (("gepa", hostile), ("noop", "offline")):
        writing = Writing(root, f"20260301T000000-t-{strategy}-0000", strategy=strategy, model=model, target=hostile)
        best = writing.outcome(scored(), crowned=True)
        writing.end(best=best)
        writing.close()
        runs.append(writing.folder.name)
    for form in ("table", "json", "csv", "md"):
        ended = run("compare", *runs, "-f", form, "-o", "page.html")
        assert ended.code == 0 and not set("\x1b\u202e") & set(ended.out + ended.err)
    page = (root.parent / "page.html").read_text()
    assert "<img" not in page and "&lt;img src=x" in page and not set("\x1b\u202e") & set(page)
    assert r"\<img" in run("compare", *runs, "-f", "md").out
