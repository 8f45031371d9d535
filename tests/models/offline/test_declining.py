"""Where an operator could not prove its condition it declines: one small change to its doc example each."""

from __future__ import annotations

import pytest

from harness.models.offline.operators import operators
from harness.models.offline.program import Program
from tests.models.offline.running import printed

ALL = {operator.name: operator for operator in operators()}
CASES = [
    ("inline-function", "return a * b + 1", "'doc'; print(a)\n    return a * b + 1"),  # not only a docstring
    ("zip-for-index", "\nfor i", "\nys.append(2)\nfor i"),  # another length
    ("zip-for-index", "ys[i] + k", "ys.pop() + k"),
    ("zip-for-index", "\n    print(ys[i]", "\n    ys[i] = 2\n    print(ys[i]"),
    ("zip-for-index", "\n    print(ys[i]", "\n    i = 0\n    print(ys[i]"),
    ("zip-for-index", "for _ in range(n)", "for _ in range(n) if k"),
    ("zip-for-index", "\nfor i", "\nzs = ys\nfor i"),  # somebody else may change it
    ("zip-for-index", "print(ys[i] + k, ys[i])", "print(lambda: ys[i])"),
    ("inline-method", "p = P(3)", "p = P(3)\np = 3 if not p else p"),
    ("inline-method", "p = P(3)\n", "p = P(3)\np.area = abs\n"),
    ("inline-method", "p = P(3)\n", "class Q(P):\n    pass\np = P(3)\n"),
    ("inline-method", "return self.x * k", "print(k)\n        return self.x * k"),
    ("shared-default", "p.n += p.x", "del p.n"),
    ("shared-default", "p.n += p.x", "P.n = 3"),
    ("shared-default", "p.n += p.x", "p.__init__(2)"),
    ("shared-default", "self.n = 0", "self.n = []"),
    ("shared-default", "class P:", "class P:\n    __slots__ = ('x', 'n')"),
    ("shared-default", "(self, x):\n        self.x", "(self, x):\n        self.n = x\n        self.x"),
    ("unused-field", "print(P(1, 2).x)", "print(P(1, 2).x, P(1, 2).y)"),
    ("unused-field", "print(P(1, 2).x)", "print(getattr(P(1, 2), 'y'))"),
    ("unused-field", "print(P(1, 2).x)", "print('{0.y}'.format(P(1, 2)))"),
    ("unused-field", "print(P(1, 2).x)", "print(vars(P(1, 2)))"),
    ("tuple-for-list", "print(x", "xs[0] = 4\n    print(x"),
    ("tuple-for-list", "print(x", "print(xs, x"),
    ("tuple-for-list", "print(x", "print(xs[:1], x"),
    ("tuple-for-list", "print(x", "print([1, 2] == xs, x"),
    ("members-by-hash", "print(n in xs)", "print([n] in xs)"),  # has no hash
    ("members-by-hash", "print(n in xs)", "xs[0] = n\n    print(n in xs)"),
    ("members-by-hash", "[1, 2, 3, 5]", "[1, 2, 3, [5]]"),
    ("names-for-keys", 'print(d["a"]', 'print(d, d["a"]'),
    ("names-for-keys", 'print(d["a"]', 'print("a" in d, d["a"]'),
    ("names-for-keys", 'print(d["a"]', 'd["c"] = 1\nprint(d["a"]'),
    ("names-for-keys", 'print(d["a"]', 'del d["b"]\nprint(d["a"]'),
    ("names-for-keys", "\nfor n", '\ndef f():\n    d["a"] = 2\nfor n'),
    ("common-subexpression", "a = 2", "a = [2]"),  # may be an object's own operator
    ("common-subexpression", "print((i + a) * 2, (i + a) * 3)", "print((i + a) * 2 if i else (i + a) * 3)"),
    ("common-subexpression", "print((i + a) * 2", "print((a := 3) and (i + a) * 2"),
    ("common-subexpression", "    print((i", "    a = str(a)\n    print((i"),
    ("fold-constants", "\nfor x", "\na = 0.25\nfor x"),
    ("fold-constants", "    print(x * (1 - a))", "    print(x * (1 - a))\n    a += 1"),
    ("fold-constants", "a = 0.5\n", "a = 0.5 if __name__ else 1\n"),
    ("fuse-comprehensions", "y * 2", "print(y)"),  # the order of effects
    ("fuse-comprehensions", "x + 1", "y + 1"),
    ("fuse-comprehensions", "y * 2", "x * 2"),
    ("fuse-comprehensions", "[y * 2", "[lambda: y"),
    ("join-pieces", "str(i)", "i"),
    ("join-pieces", "str(i)", "str(len(out))"),
    ("join-pieces", '    out = ""\n', '    out = "" ; i = 3\n'),
    ("join-pieces", "    return out", "    return out, i"),
    ("stream-lines", "len(line)", "print(line)"),
    ("stream-lines", "f.readlines()", "f.readlines(2)"),
    ("stream-lines", "as f:\n", "as f:\n    f.read(1)\n"),
    ("collect-when-quiet", "import math\n", "import math\nimport gc\n"),
    ("collect-when-quiet", "    print(max(xs))\n", "    print(max(xs))\n    continue\n"),
    ("collect-when-quiet", "    xs = [n]", "    n = 2\n    xs = [n]"),
]


@pytest.mark.parametrize(("name", "old", "new"), CASES)
def test_it_declines(name: str, old: str, new: str) -> None:
    source = ALL[name].before
    assert ALL[name].sites(Program(source)) and old in source
    changed = source.replace(old, new)
    compile(changed, "changed", "exec")
    assert ALL[name].sites(Program(changed)) == [], printed(changed)
