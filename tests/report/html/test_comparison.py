"""The page of a comparison: whole by itself, inert, and drawn by a real browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.compare.entries import read_entry
from harness.compare.results import compare
from harness.report.html.comparison import page_of
from tests.compare.entries import BUDGET, entry
from tests.compare.synthetic import comparison

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
QUIET += ["--disable-background-networking", "--disable-component-update", "--virtual-time-budget=8000"]


@pytest.fixture
def page(tmp_path: Path) -> str:
    ends = {"gepa": [2.0, 2.1, 2.2, 2.3, 2.4], "best-of-n": [1.5, 1.4, 1.3, 1.2, 1.1], "noop": [1.0] * 5}
    return page_of(compare([read_entry(folder) for folder in comparison(tmp_path / "runs", ends)], "15 runs"))


def test_the_page_has_the_answer_the_tables_and_every_run(page: str) -> None:
    assert "gepa beats best-of-n: 1.69x as good" in page
    assert page.count('<td class="id">20260301T') == 15
    assert not re.findall(r'(?:src|href)="[^"]+"', page), "it needs nothing but itself"


def test_names_that_are_not_ours_are_inert() -> None:
    hostile = "</script><img src=x onerror=alert(1)>\u202e"
    rows = [entry(hostile, 0, 2.0, target=hostile), entry("noop", 0, 1.0, target=hostile)]
    shown = page_of(compare(rows, hostile))
    assert "<img" not in shown and "\u202e" not in shown and "&lt;img src=x" in shown


def test_a_strategy_whose_cost_is_unknown_is_named_where_its_curve_would_be() -> None:
    from harness.types import Usage

    budget = {**BUDGET, "evaluations": None, "usd": 2.0}
    unpriced = Usage(20, 9, 0, 9, None, 100.0, 20)
    rows = [entry("gepa", 0, 2.0, budget=budget), entry("shinka", 0, 2.0, budget=budget, usage=unpriced)]
    shown = page_of(compare(rows, "t"))
    assert "shinka: what it spent is not known, so its curve is not drawn" in shown


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here: install the package chromium")
def test_a_real_browser_draws_the_curves_and_complains_of_nothing(page: str, tmp_path: Path) -> None:
    file = tmp_path / "compare.html"
    file.write_text(page)
    command = [str(BROWSER), *QUIET, f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", "--dump-dom"]
    ended = subprocess.run([*command, file.as_uri()], capture_output=True, text=True, timeout=120, check=True)
    canvas = re.search(r'<canvas id="anytime"[^>]*>', ended.stdout)
    assert canvas and re.search(r'width="\d{3,}"', canvas[0]), "the library took the canvas over and gave it a size"
    assert "CONSOLE" not in ended.stderr
