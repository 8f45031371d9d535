"""Each operator keeps its claim, does what its doc example shows, and declines where it cannot prove its condition."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.models.offline.operators import operators
from harness.models.offline.program import Program
from harness.models.offline.rewriting import Operator, Site, apply
from tests.models.offline.programs import PROGRAMS
from tests.models.offline.running import printed

ALL = {operator.name: operator for operator in operators()}


def every_rewrite(source: str) -> list[tuple[Site, str]]:
    program = Program(source)
    return [(site, apply(program, site)) for operator in operators() for site in operator.sites(program)]


def tags(source: str, name: str) -> list[str]:
    return [site.tag for site in ALL[name].sites(Program(source))]


@pytest.mark.parametrize("operator", operators(), ids=list(ALL))
def test_doc_example(operator: Operator) -> None:
    program = Program(operator.before)
    sites = operator.sites(program)
    assert sites, "the doc example must be a site"
    assert apply(program, sites[0]) == operator.after
    assert printed(operator.after) == printed(operator.before)
    assert "\n" not in operator.claim


def test_the_page_lists_every_operator_with_its_claim() -> None:
    page = (Path(__file__).parents[3] / "docs/offline.md").read_text(encoding="utf-8")
    table = page.partition("## How it chooses")[0]
    rows = [line for line in table.splitlines() if line.startswith("| `") and line.split("`")[1] in ALL]
    assert rows == [f"| `{operator.name}` | {operator.claim} |" for operator in operators()]


def test_names_are_tags_that_can_be_found_again() -> None:
    assert len(ALL) == len(operators()) >= 25
    assert all("-" in name and name.islower() for name in ALL)


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_rewrite_of_the_corpus_prints_the_same(name: str) -> None:
    expected = printed(PROGRAMS[name])
    for site, child in every_rewrite(PROGRAMS[name]):
        assert printed(child) == expected, site.tag


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_pair_of_rewrites_prints_the_same(name: str) -> None:
    expected = printed(PROGRAMS[name])
    for first, child in every_rewrite(PROGRAMS[name]):
        for second, grandchild in every_rewrite(child):
            assert printed(grandchild) == expected, (first.tag, second.tag)


def test_the_corpus_has_a_site_for_most_operators() -> None:
    met = {site.operator for text in PROGRAMS.values() for site, _ in every_rewrite(text)}
    assert met >= set(ALL) - {"collector-freeze"}, set(ALL) - met


@pytest.mark.parametrize("name", PROGRAMS)
def test_untouched_lines_keep_every_byte(name: str) -> None:
    for site, child in every_rewrite(PROGRAMS[name]):
        if site.operator == "loop-into-function":  # every line of the loop is indented
            continue
        left = iter(child.splitlines(keepends=True))
        for line in untouched(PROGRAMS[name].encode(), site):
            assert line in left, f"{site.tag}: {line!r} is not there, or not in its place"


def untouched(data: bytes, site: Site) -> list[str]:
    """The lines of a program that no splice reaches into."""
    found, start = [], 0
    for line in data.splitlines(keepends=True):
        end = start + len(line)
        if all(s.end <= start or s.start >= end for s in site.splices):
            found.append(line.decode())
        start = end
    return found


def test_a_local_is_not_taken_for_the_global_that_it_shadows() -> None:
    source = (
        "x = 2\ndef set_x():\n    global x\n    x = 3\ndef f(xs):\n    x = 1\n    for y in xs:\n"
        "        print(x + 1)\n        x = y - 0.5\nf([1, 2])\nset_x()\nprint(x)\n"
    )
    assert tags(source, "hoist-invariant") == []
    for site, child in every_rewrite(source):
        assert printed(child) == printed(source), site.tag


def test_windows_line_ends_are_kept() -> None:
    for site, child in every_rewrite(PROGRAMS["sums"].replace("\n", "\r\n")):
        assert child.count("\n") == child.count("\r\n"), site.tag
        assert printed(child) == printed(PROGRAMS["sums"])


def test_break_cycle_declines_what_escapes() -> None:
    assert tags(PROGRAMS["closures"], "break-cycle") == ["[break-cycle@visit]"]  # bump is returned


def test_nothing_is_freed_early_when_somebody_listens() -> None:
    for name in ("break-cycle", "drop-dead", "collector-off", "consume-reversed"):
        assert tags(PROGRAMS["dying"], name) == []


def test_drop_dead_declines_what_the_next_round_needs() -> None:
    assert tags(PROGRAMS["carried"], "drop-dead") == ["[drop-dead@module]"] or not tags(
        PROGRAMS["carried"], "drop-dead"
    )


def test_lists_are_not_made_where_the_order_of_effects_shows() -> None:
    assert tags(PROGRAMS["noisy"], "list-in-reduction") == []
    assert tags(PROGRAMS["failing"], "list-in-reduction") == []


def test_any_and_all_stop_early() -> None:
    assert tags("print(any(x for x in [1, 0]), all(x for x in [0, 1]))\n", "list-in-reduction") == []


def test_squares_of_floats_are_left_alone() -> None:
    assert tags("x = 1.5\nprint(x**2)\n", "integer-power") == []


def test_hoisting_declines_what_could_raise_or_change() -> None:
    assert tags("z = 0\nfor x in []:\n    print(x + 1 / z)\n", "hoist-invariant") == []
    assert tags("a = 2\nfor x in [1]:\n    print(x * (a + 1))\n    a += 1\n", "hoist-invariant") == []
    assert tags("a = [1]\nfor x in [1]:\n    print(a + a)\n", "hoist-invariant") == []


def test_slots_decline_an_object_that_grows() -> None:
    assert tags(PROGRAMS["slotted"], "add-slots") == []  # g.b is set outside __init__
    assert tags(PROGRAMS["slotted"].replace("g.b = 4", "").replace(", g.b", ""), "add-slots") != []


def test_a_shadowed_builtin_is_not_taken_for_the_builtin() -> None:
    source = "def sum(xs):\n    return next(xs)\nprint(sum(x for x in [4, 5]))\n"
    assert tags(source, "list-in-reduction") == []


def test_a_comprehension_is_not_made_where_a_local_function_looks_at_the_list() -> None:
    source = (
        "def f():\n    xs = [1]\n    def size():\n        return len(xs)\n    xs = []\n"
        "    for i in range(3):\n        xs.append(size())\n    return xs\nprint(f())\n"
    )
    assert tags(source, "loop-to-comprehension") == []
    assert tags(source.replace("append(size())", "append(i)"), "loop-to-comprehension") != []


def test_an_index_stays_where_a_local_function_changes_the_list() -> None:
    source = (
        "def f():\n    xs = [1, 2]\n    def grow():\n        xs.append(3)\n"
        "    for i in range(len(xs)):\n        print(xs[i])\n        grow()\nf()\n"
    )
    assert tags(source, "item-with-index") == []
    assert tags(source.replace("        grow()\n", ""), "item-with-index") != []


def test_a_queue_stays_a_list_where_somebody_could_tell() -> None:
    source = "import math\nxs = [1, 2]\nwhile xs:\n    print(xs.pop(0))\n"
    assert tags(source, "queue-for-list") != []
    for end in ("print(xs)\n", "ys = xs\n", "print(xs == [])\n", "xs += [1]\n", "print(xs[0:1])\n"):
        assert tags(source + end, "queue-for-list") == [], end


def test_answers_are_not_remembered_where_they_might_change() -> None:
    source = "k = 2\ndef f(n):\n    if n < 2:\n        return k\n    return f(n - 1) + f(n - 2)\nprint(f(5))\n"
    assert tags(source, "remember-answers") != []
    for old, new in (("print(f(5))", "k = 3\nprint(f(5))"), ("f(5)", "f(5.0)"), ("f(5)", "f(True)")):
        assert tags(source.replace(old, new), "remember-answers") == [], new
    assert tags(source.replace("    if n", "    print(n)\n    if n"), "remember-answers") == []


def test_a_loop_hands_a_total_on() -> None:
    source = "import math\nt = 0\nfor x in (1, 2):\n    t += x\nprint(t)\n"
    (site,) = ALL["loop-into-function"].sites(Program(source))
    assert "t = run_x(t)" in apply(Program(source), site)
    assert tags(source.replace("print(t)", "def f():\n    return t\nprint(f())"), "loop-into-function") == []
    assert tags(source.replace("t = 0\n", ""), "loop-into-function") == []
