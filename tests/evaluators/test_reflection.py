"""Names that are put together at run time, and names as a hiding place; each with honest neighbours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evaluators.rules import RulesEvaluator
from harness import targets
from harness.types import Candidate

MICROGPT = targets.load("microgpt")


def explanation(source: str, target=MICROGPT) -> str:  # type: ignore[no-untyped-def]
    (reading,) = RulesEvaluator().evaluate(Candidate.of(source), target, None)  # type: ignore[arg-type]
    return "" if reading.status == "ok" else reading.explanation


HONEST = [
    "x = '{} and {name:>8.3f}'.format(1, name=2)",
    "x = f'{y:{width}.3f}'",
    "x = format(y, '.3f')",
    "class Point:\n    __match_args__ = ('x', 'y')\nmatch p:\n    case Point(a, b): pass",
    "class Point: pass\nmatch p:\n    case Point(x=a): pass\n    case int(n) | str(n): pass",
    "x = type(self)(data)",
    "import functools\nf = functools.lru_cache(maxsize=None)(g)\nh = functools.partial(f, 1)",
    "a_name_that_says_at_some_length_what_it_stands_for = 1",
    f"x = 'ä{'y' * 190}'",
]
BREACHES = [
    ("x = text.format(y)", "`.format`"),
    ("x = ('{0.' + name + '}').format(y)", "`.format`"),
    ("x = '{0.gi_frame}'.format(y)", "`.format`"),
    ("x = '{0[0]}'.format(y)", "`.format`"),
    ("x = '{:{}}'.format(y, z)", "`.format`"),
    ("x = map(str.format, texts)", "`.format`"),
    ("x = '{a}'.format_map(y)", "`.format`"),
    ("match text:\n    case str(format=f): pass", "`.format`"),
    ("match f:\n    case Bag(found): pass", "class pattern by position"),
    ("class Bag:\n    __match_args__ = (name,)\nmatch f:\n    case Bag(x): pass", "class pattern by position"),
    ("class Bag:\n    __match_args__: tuple = (name,)\nmatch f:\n    case Bag(x): pass", "class pattern by position"),
    ("class Bag: pass\nBag.__match_args__ = (name,)\nmatch f:\n    case Bag(x): pass", "class pattern by position"),
    ("class Bag: pass\nBag = other\nmatch f:\n    case Bag(x): pass", "class pattern by position"),
    ("class Bag(Other): pass\nmatch f:\n    case Bag(x): pass", "class pattern by position"),
    ("class Bag(metaclass=M): pass\nmatch f:\n    case Bag(x): pass", "class pattern by position"),
    ("@other\nclass Bag: pass\nmatch f:\n    case Bag(x): pass", "class pattern by position"),
    ("import functools\nfunctools.update_wrapper(a, b)", "`functools.update_wrapper`"),
    ("from functools import wraps", "`functools.wraps`"),
    ("from functools import singledispatch", "`functools.singledispatch`"),
    (f"f({'k' * 65}=1)", "a name of 65 letters: at most 64"),
    (f"x = '{'𠀀' * 60}'", "a string of 240 characters"),
    ("".join(f"a{n:060d} = 1\n" for n in range(90)), "letters in names in all"),
]


@pytest.mark.parametrize("source", HONEST)
def test_honest_text_passes(source: str) -> None:
    assert explanation(source) == ""


@pytest.mark.parametrize(("source", "says"), BREACHES)
def test_breaches_are_named(source: str, says: str) -> None:
    assert says in explanation(source)


def test_a_program_without_a_contract_may_format_as_it_likes() -> None:
    loose = replace(MICROGPT, rules=replace(MICROGPT.rules, strict=False))
    assert explanation("x = text.format(y)", loose) == ""
