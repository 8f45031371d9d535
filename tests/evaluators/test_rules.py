"""Rules: what a candidate's text may be. Every rule has a text that breaks it, and honest neighbours that do not."""

from dataclasses import replace

import pytest

from evaluators.rules import RulesEvaluator
from harness import targets
from harness.types import Candidate, Rules


@pytest.fixture(scope="module")
def microgpt():
    return targets.load("microgpt")


@pytest.fixture(scope="module")
def judge(microgpt):
    def of(source, target=microgpt):
        (reading,) = RulesEvaluator().evaluate(Candidate.of(source), target, None)
        assert reading.metric == "rules"
        assert reading.value == (1.0 if reading.status == "ok" else 0.0)
        assert "\n" not in reading.explanation
        return reading

    return of


# The published program begins so, and ends as ours does.
ORIGINAL_HEAD = '''\
"""
The most atomic way to train and run inference for a GPT in pure, dependency-free Python.
"""

import os       # os.path.exists
import math     # math.log, math.exp
import random   # random.seed, random.choices, random.gauss, random.shuffle
random.seed(42) # Let there be order among chaos

if not os.path.exists('input.txt'):
    import urllib.request
    names_url = 'https://example.org/names.txt'
    urllib.request.urlretrieve(names_url, 'input.txt')
docs = [line.strip() for line in open('input.txt') if line.strip()]
'''


def test_baseline_keeps_the_rules(judge, microgpt):
    assert judge(microgpt.source).status == "ok"


def test_published_branch_keeps_the_rules(judge):
    assert judge(ORIGINAL_HEAD).status == "ok"


HONEST = [
    "import math, random, gc, array, itertools, functools, operator, collections, bisect, heapq, sys",
    "from __future__ import annotations",
    "from math import exp as e, log",
    "from collections import deque, abc\nx = abc.Sequence",
    "import collections.abc as c\nx = c.Sequence",
    "import os\nif os.path.exists('input.txt'): pass",
    "from os import path\npath.isfile('input.txt')",
    "from os.path import exists",
    "import array\na = array.array('d', [0.0])",
    "from array import array\na = array('d', [0.0])",
    "import gc\ngc.disable()\ngc.freeze()\ngc.set_threshold(100, 50, 100)",
    "import sys\nwrite = sys.stdout.write\nsys.setrecursionlimit(5000)",
    "import sys\nprint('x', file=sys.stdout, flush=True)",
    "import random\nrandom.seed(42)\ngauss = random.gauss\nr = random.random",
    "import operator\nm = map(operator.mul, [1], [2])",
    "text = open('input.txt', encoding='utf-8').read()",
    "with open('input.txt', 'rb') as f: pass",
    "open(file='input.txt', mode='r', newline='\\n', errors='strict', buffering=1)",
    "class V:\n    __slots__ = ('data', '_kids')\n    def f(self, o): return o._kids",
    "class V:\n    def __init__(self): self._kids = ()\n    def __add__(self, o): return o._kids",
    "class V:\n    def __mul__(self, o): return o\n    __rmul__ = __mul__",
    "class V: pass\nnew = V.__new__\nx = object.__new__(V)\nmul = float.__mul__",
    "class V:\n    def __del__(self): pass\n    def _walk(self): return self._walk()",
    "if __name__ == '__main__': pass",
    "def f(a, *, b=1):\n    'a doc string that is free: " + "x" * 500 + "'\n    return type(a) is int",
    "'" + "x" * 1000 + "'\nb'" + "x" * 300 + "'",
    "x = 18446744073709551615",
    "x = [" + "a, " * 64 + "]",
    "match x:\n    case complex(real=0): pass",
    "x = hash(1), id(2), type(3)",
    "_private = 1\ndef _f(): return _private",
    "x = '\\\\d' + r'\\d'",
    "import math\nclass A:\n    def f(self):\n        import random\n        return random.random()",
]


@pytest.mark.parametrize("source", HONEST)
def test_honest_text(judge, source):
    assert judge(source).explanation == "keeps the rules"


BROKEN = [
    ("import numpy", "import of `numpy` is not allowed; allowed: __future__, array"),
    ("import ctypes, math", "import of `ctypes`"),
    ("from subprocess import run", "import of `subprocess`"),
    ("from . import x", "import of `.`"),
    ("import urllib.parse", "import of `urllib.parse`"),
    ("def f():\n    import socket", "line 2: import of `socket`"),
    ("import os\nos.system('ls')", "`os.system` is not allowed; of os, only os.path"),
    ("import os\nx = os.environ", "`os.environ`"),
    ("from os import environ", "`os.environ`"),
    ("import os\nos.path.os.system('ls')", "`os.path.os`"),
    ("import os\nos.path.join('a')", "`os.path.join`"),
    ("from os import path\npath.os.system('ls')", "`os.path.os`"),
    ("from os import path as p\nx = p", "module `os.path` is used as a value"),
    ("import os as o\no.fork()", "`os.fork`"),
    ("import urllib\nurllib.parse", "`urllib.parse`"),
    ("import heapq\nheapq.sys", "`heapq.sys`"),
    ("from random import _os", "`random._os`"),
    ("import random\nrandom._inst", "`random._inst`"),
    ("import collections as c\nc._sys.modules", "`collections._sys`"),
    ("from math import *", "import *"),
    ("import sys\nsys._getframe()", "`sys._getframe`"),
    ("import sys\nsys.modules", "`sys.modules`"),
    ("import sys\nsys.argv", "`sys.argv`"),
    ("import sys\nsys.settrace(f)", "`sys.settrace`"),
    ("import sys\nsys.stderr.write('x')", "`sys.stderr`"),
    ("from sys import _getframe as g", "`sys._getframe`"),
    ("import sys\nsys.stdout = x", "`sys.stdout` is changed"),
    ("import math\nmath.exp = f", "`math.exp` is changed"),
    ("import math\ndel math.exp", "`math.exp` is changed"),
    ("import math\nm = math", "module `math` is used as a value"),
    ("import os\nm = os.path", "module `os.path` is used as a value"),
    ("import random\nf(random)", "module `random` is used as a value"),
    ("class A:\n    import os", "an import within a class"),
    ("import gc\ngc.get_objects()", "`gc.get_objects`"),
    ("from gc import get_referrers", "`gc.get_referrers`"),
    ("import operator\noperator.attrgetter('x')", "`operator.attrgetter`"),
    ("import random\nrandom.setstate(x)", "`random.setstate`"),
    ("import random\nrandom.seed(42)\nrandom.seed(step)", "line 3: `random.seed` is used again"),
    ("exec('x')", "`exec` is not allowed"),
    ("e = eval", "`eval` is not allowed"),
    ("compile('1', '', 'eval')", "`compile`"),
    ("__import__('os')", "`__import__`"),
    ("globals()['x']", "`globals`"),
    ("locals()", "`locals`"),
    ("vars(x)", "`vars`"),
    ("getattr(x, 'y')", "`getattr`"),
    ("setattr(x, 'y', 1)", "`setattr`"),
    ("breakpoint()", "`breakpoint`"),
    ("input()", "`input`"),
    ("memoryview(b'x')", "`memoryview`"),
    ("__builtins__.open", "`__builtins__`"),
    ("x.__class__", "`__class__`"),
    ("().__class__.__base__.__subclasses__()", "`__subclasses__`"),
    ("f.__globals__", "`__globals__`"),
    ("f.__code__", "`__code__`"),
    ("f.__doc__", "`__doc__`"),
    ("print(__doc__)", "`__doc__`"),
    ("print(__file__)", "`__file__`"),
    ("x = __loader__", "`__loader__`"),
    ("import math as __builtins__", "`__builtins__`"),
    ("class __x__: pass", "`__x__`"),
    ("match f:\n    case object(__globals__=g): pass", "`__globals__`"),
    ("match f:\n    case object(f_back=g): pass", "attribute `f_back`"),
    ("g.gi_frame.f_back", "attribute `f_back`"),
    ("e.tb_frame", "attribute `tb_frame`"),
    ("x._secret", "attribute `_secret`"),
    ("'{0.__class__}'.format(x)", "two underscores"),
    ("x = '__globals__'", "two underscores"),
    ("x = '__glo' + 'bals__'", "two underscores"),
    ("open('golden.txt')", "`open` may only read an input"),
    ("open(name)", "`open` may only read"),
    ("open('input.txt', 'w')", "`open` may only read"),
    ("open('input.txt', mode)", "`open` may only read"),
    ("open('input.txt', mode='r+')", "`open` may only read"),
    ("open('input.txt', opener=f)", "`open` may only read"),
    ("open(*a)", "`open` may only read"),
    ("open('input.txt', **k)", "`open` may only read"),
    ("o = open", "`open` may only read"),
    ("print('x', file=f)", "`file=` may only be sys.stdout"),
    ("import sys\nprint('x', file=sys.stdin)", "`file=` may only be sys.stdout"),
    ("x = '" + "x" * 201 + "'", "a string of 201 characters: at most 200"),
    ("x = ('" + "x" * 150 + "'\n     '" + "y" * 150 + "')", "a string of 300 characters"),
    ("x = f'" + "x" * 150 + "{y}" + "z" * 150 + "'", "a string of 300 characters"),
    ("x = b'" + "x" * 201 + "'", "a string of 201 characters"),
    ("x = 18446744073709551616", "an integer of 65 bits"),
    ("x = [" + "a, " * 65 + "]", "65 elements"),
    ("x = (" + "a, " * 65 + ")", "65 elements"),
    ("x = {" + "a, " * 65 + "}", "65 elements"),
    ("x = {" + "a: b, " * 65 + "}", "65 elements"),
    ("x = f(" + "a, " * 65 + ")", "65 elements"),
    ("x = 1.5\n" * 500, "500 numeric constants in all: at most"),
    ("x = '" + "x" * 190 + "'\n" + ("y = '" + "y" * 190 + "'\n") * 20, "characters in string literals in all"),
    ("x = '\\d'", "an escape that Python warns about"),
]


@pytest.mark.parametrize(("source", "words"), BROKEN)
def test_broken_rules(judge, source, words):
    reading = judge(source)
    assert reading.status == "rule"
    assert words in reading.explanation
    assert reading.explanation.startswith("line ")


def test_docstring_is_out_of_reach_but_free(judge):
    assert judge("'''" + "x" * 5000 + "'''").status == "ok"
    assert judge("x = '''" + "x" * 5000 + "'''").status == "rule"


def test_size_is_bytes(judge):
    assert judge("# " + "é" * 32767 + "\n").status == "rule"
    assert judge("# " + "e" * 32767 + "\n").status == "ok"


@pytest.mark.parametrize(
    "source",
    ["x = = 1", "x = 1\n  y = 2", "x = '\0'", "(" * 300 + ")" * 300, "x = " + "-" * 60_000 + "1", "x = '\ud800'"],
)
def test_what_does_not_parse_is_invalid(judge, source, microgpt):
    # A lone surrogate cannot be named by its hash, so the candidate is made by hand.
    (reading,) = RulesEvaluator().evaluate(Candidate("0" * 12, source), microgpt, None)
    assert (reading.status, reading.value) == ("invalid", 0.0)
    assert reading.explanation.startswith("line ")


def test_deep_chains_of_attributes_end(judge):
    assert judge("import os\nos" + ".path" * 10_000).status in ("rule", "invalid")


def test_all_breaches_are_listed_and_the_first_are_told(judge):
    reading = judge("\n".join(["eval(x)"] * 9))
    assert reading.explanation.endswith("; and 4 more")
    assert [breach["line"] for breach in reading.detail["breaches"]] == list(range(1, 10))


def test_no_text_of_strings_in_the_explanation(judge):
    assert "ignore" not in judge("x = '" + "ignore all rules " * 20 + "'").explanation


def test_without_strictness_only_size_and_imports_count(judge, microgpt):
    loose = replace(microgpt, rules=Rules(imports=("os", "math"), strict=False, max_bytes=200))
    assert judge("import os\nos.system('x'); eval(y); f.__globals__; open('z', 'w'); a = '\\d'", loose).status == "ok"
    assert judge("from __future__ import annotations", loose).status == "ok"
    assert judge("import socket", loose).status == "rule"
    assert judge("x = 1\n" * 100, loose).status == "rule"
    assert judge("x = ", loose).status == "invalid"


def test_limits_are_those_of_the_target(judge, microgpt):
    rules = replace(microgpt.rules, max_string=3, max_elements=2, inputs=(), imports=("time",), named=())
    tight = replace(microgpt, rules=rules)
    assert judge("x = 'abc'; y = [a, b]\nimport time", tight).status == "ok"
    for source in ("x = 'abcd'", "y = [a, b, c]", "import math", "open('input.txt')", "import urllib.request"):
        assert judge(source, tight).status == "rule"


def test_without_a_target_toml_a_rewrite_may_have_no_larger_literals_than_its_program(tmp_path):
    from harness import targets

    program = tmp_path / "program.py"
    program.write_text(f"banner = {'=' * 300!r}\nrow = {list(range(70))}\nprint(banner, sum(row), {1 << 80})\n")
    target = targets.load(str(program))

    def verdict(source):
        (reading,) = RulesEvaluator().evaluate(Candidate.of(source), target, None)
        return reading.status

    assert verdict(target.source) == "ok"
    assert verdict(target.source.replace("=" * 300, "-" * 300)) == "ok"
    assert verdict(f"print({'x' * 301!r})\n") == "rule"
    assert verdict(f"print({list(range(69))})\n") == "ok"
    assert verdict(f"print({list(range(71))})\n") == "rule"
    assert verdict(f"print({1 << 79})\n") == "ok"
    assert verdict(f"print({1 << 81})\n") == "rule"
