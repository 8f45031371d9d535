"""Pages name only what there is: commands, options, files."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from harness.cli.main import COMMANDS, HIDDEN, MAIN_JOB, load_command
from tests.docs.reading import PAGES, ROOT, blocks, commands, links

LONGEST = 300  # lines of a file of the harness


@cache
def options_of(command: str) -> frozenset[str]:
    loaded = load_command(command, (COMMANDS | HIDDEN)[command][1])
    return frozenset({"--help", "-h", *(opt for p in loaded.params for opt in (*p.opts, *p.secondary_opts))})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_that_are_there(page: Path) -> None:
    missing = [link for link in links(page) if not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_have_the_options_that_a_page_gives_them(page: Path) -> None:
    wrong = [f"optimize-run {' '.join(words)}" for words in commands(page) if unknown(words)]
    assert wrong == []


def unknown(words: list[str]) -> list[str]:
    """Options that the command does not have. A first word that is no command is a target."""
    command = words[0] if words and words[0] in COMMANDS | HIDDEN else MAIN_JOB
    own = {"--help", "-h", "--version"} if not words or words[0].startswith("-") else options_of(command)
    given = [word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)]
    return [option for option in given if option not in own | options_of(command)]


def test_an_option_that_is_not_there_is_seen() -> None:
    assert unknown(["microgpt", "--no-such-option"]) == ["--no-such-option"]
    assert unknown(["show", "--strategy", "x"]) == ["--strategy"]
    assert unknown(["microgpt", "--max-time=8m", "-m", "offline"]) == []
    assert sum(1 for page in PAGES for _ in commands(page)) > 30, "and there is something to see"


def test_modules_and_scripts_that_pages_run_are_there() -> None:
    told = [block for page in PAGES for block in blocks(page)] + [page.read_text() for page in PAGES]
    named = {name for text in told for name in re.findall(r"python -m (benchmarks\.\w+)", text)}
    scripts = {name for text in told for name in re.findall(r"python (benchmarks/\w+\.py)", text)}
    missing = [name for name in named if not (ROOT / f"{name.replace('.', '/')}.py").exists()]
    assert missing + [name for name in scripts if not (ROOT / name).exists()] == []
    assert named and scripts


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_a_page_names_are_there(page: Path) -> None:
    """In backticks, from the root of the project: `tests/judging/test_layers.py`, `harness/types/`."""
    named = re.findall(r"`((?:harness|evaluators|targets|benchmarks|tests|docs)/[\w./-]*)`", page.read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_figures_about_the_corpus_and_the_attacks_are_those_of_today() -> None:
    from harness.sandbox.attacks import ATTACKS

    text = (ROOT / "docs/threats.md").read_text()
    cheats = list((ROOT / "targets/microgpt/audit/cheats").glob("*.py"))
    honest = list((ROOT / "targets/microgpt/audit/honest").glob("*.py"))
    assert f"holds {len(cheats)} cheats" in text and f"and {len(honest)} honest rewrites" in text
    assert f"runs {len(ATTACKS)} attacks" in text
    kinds = [re.search(r"CLAIM: \((.)\)", path.read_text())[1] for path in cheats]  # type: ignore[index]
    for kind, told in re.findall(r"^\| (.) \| [^|]+ \| (\d+) \|", text, re.M):
        assert kinds.count(kind) == int(told), kind


def test_files_of_the_harness_are_short() -> None:
    counted = {
        path.relative_to(ROOT): len(path.read_text().splitlines())
        for folder in ("harness", "evaluators")
        for path in (ROOT / folder).rglob("*.py")
    }
    assert {str(path): lines for path, lines in counted.items() if lines > LONGEST} == {}
