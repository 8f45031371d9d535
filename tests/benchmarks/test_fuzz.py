"""The short version of benchmarks/fuzz.py, and that it finds what it looks for."""

from pathlib import Path

import pytest

from benchmarks import fuzz
from harness.models.offline.program import Program
from harness.models.offline.rewriting import Site, Splice


def test_one_hundred_rewrites_of_real_code_are_without_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "OWN_SHARE", 0.0)  # to run results takes too long here
    found = fuzz.fuzz(100, seed=1, largest=6000)
    assert found.faults == []
    assert found.applications == 100 and len(found.sources) > 10 and len(found.operators) > 5


class Broken:
    name = theme = "all-broken"
    claim = before = after = ""
    goes_with = ()

    def sites(self, program: Program) -> list[Site]:
        return [Site(self.name, "", "", (Splice(0, 0, self.text),))]

    def __init__(self, text: str) -> None:
        self.text = text


@pytest.mark.parametrize("text", ["def (", "print('more')\n"])
def test_what_breaks_or_changes_a_program_is_a_fault(
    text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "one.py").write_text("print(1)\n" * 30)
    monkeypatch.setattr(fuzz, "PROGRAMS", tmp_path)
    monkeypatch.setattr(fuzz, "OWN_SHARE", 1.0)
    monkeypatch.setattr(fuzz, "operators", lambda: (Broken(text),))
    assert fuzz.fuzz(1, seed=1, largest=1).faults
