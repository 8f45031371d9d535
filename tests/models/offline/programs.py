"""Small programs of varied kinds. Each is rewritten by every operator at every site and must print the same."""

from tests.models.offline.more_programs import GLOBALS, GRAPH, ITEMS, SLOTTED, TIGHT
from tests.models.offline.yet_more_programs import BUILDING, FIELDS, QUEUES, RECURSION, TABLES, TAPES

SUMS = """\
import math
import json  # not used
import random

random.seed(3)
total = 0
for n in range(6):
    row = [random.gauss(0, 1) for _ in range(4)]  # a comment that stays
    biggest = max(row)
    total += sum(x * x for x in row)
    print(f"{total:.17g}", biggest, max(0, n - 2), min(n, 3), n**2)
print(",".join(str(i) for i in range(3)), tuple(i for i in range(2)))
"""

SCALARS = """\
import math


class Scalar:
    def __init__(self, value, made_of=()):
        self.value = value
        self.slope = 0
        self.made_of = made_of

    def __add__(self, other):
        other = other if isinstance(other, Scalar) else Scalar(other)
        return Scalar(self.value + other.value, (self, other))

    def __mul__(self, other):
        other = other if isinstance(other, Scalar) else Scalar(other)
        return Scalar(self.value * other.value, (self, other))

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def floor(self):
        return Scalar(max(0, self.value), (self,))

    def walk(self):
        done, met = [], set()

        def go(node):
            if node not in met:
                met.add(node)
                for part in node.made_of:
                    go(part)
                done.append(node)

        go(self)
        self.slope = 1
        names = []
        for node in reversed(done):
            names.append(round(node.value, 9))
            for part in node.made_of:
                part.slope += 0.5 * node.slope
        return names


weights = [Scalar(0.1 * i) for i in range(5)]
rate, decay, tiny = 0.1, 0.85, 1e-8
speed = [0.0] * len(weights)
rounds = 4
for step in range(rounds):
    parts = [w * (step + 1) for w in weights]
    out = sum(p.floor() for p in parts)
    print(out.walk())
    lr = rate * (1 - step / rounds)
    for i, w in enumerate(weights):
        speed[i] = decay * speed[i] + (1 - decay) * w.slope
        w.value -= lr * speed[i] / (1 - decay ** (step + 1)) + tiny
        w.slope = 0
    print(f"{out.value:.17g}", [f"{w.value:.17g}" for w in weights])
"""

WORDS = """\
docs = ["bob", "ada", "cyd"]
chars = sorted(set("".join(docs)))
print(len(chars))
for doc in docs:
    codes = [chars.index(ch) for ch in doc]
    back = "".join(chars[c] for c in codes)
    print(codes, back)
"""

CARRIED = """\
last = None
seen = []
for n in range(5):
    item = [n]
    if last is not None:
        print(last, item)
    last = item
    seen.append(item)
print(last, len(seen))
item.append(9)
print(item, seen)
"""

CLOSURES = """\
def counter():
    made = []

    def bump(n):
        made.append(n)
        if n:
            bump(n - 1)
        return made

    bump(2)
    return bump


def depth(tree):
    best = list()

    def visit(node, level):
        best.append(level)
        for kid in node:
            visit(kid, level + 1)

    visit(tree, 0)
    total = sum(best)
    print(max(best), total)
    return best


keep = counter()
print(keep(1), keep(0))
print(depth([[], [[], [[]]]]))
"""

LAZY = """\
def lazily(n):
    base = [n, n + 1]
    later = (b * 2 for b in base)
    hook = lambda: base
    base = [7]
    print(list(later), hook())


for k in range(3):
    data = [k] * 3
    doubled = (d * 2 for d in data)
    data = []
    print(list(doubled), data)
lazily(4)
"""

NOISY = """\
class Loud:
    def __init__(self, n):
        self.n = n

    def __add__(self, other):
        print("add", self.n)
        return Loud(self.n + getattr(other, "n", other))

    def __radd__(self, other):
        return self + other

    def __gt__(self, other):
        print("gt", self.n)
        return self.n > getattr(other, "n", other)


def make(n):
    print("make", n)
    return Loud(n)


print(sum(make(i) for i in range(3)).n)
print(max(make(1), make(2)).n)
a = make(5)
b = make(4)
print(max(a, b).n)
"""

DYING = """\
class Noted:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("gone", self.name)


for n in range(3):
    one = Noted(n)
    print("made", one.name)
    print("next")
print("end")
"""

EARLY = """\
for n in range(4):
    row = [n, n * n]
    if n == 1:
        continue
    if n == 3:
        break
    print(row)
else:
    print("never")
print(row, n)


def find(xs, want):
    for i in range(len(xs)):
        hit = [xs[i]]
        if hit[0] == want:
            return hit
    return None


print(find([1, 2, 3], 2), find([], 1))
"""

FAILING = """\
xs = []
scale = 0.5
for x in xs:
    print(x * (1 - scale), 1 / len(xs))
try:
    total = sum(1 / n for n in (1, 0))
except ZeroDivisionError as why:
    total = str(why)
print(total)
ys = ["b", "a"]
ys = sorted(set("".join(ys)))
for y in "abz":
    print(ys.index(y))
"""

PROGRAMS = {
    "sums": SUMS, "scalars": SCALARS, "words": WORDS, "carried": CARRIED, "closures": CLOSURES, "lazy": LAZY,
    "noisy": NOISY, "dying": DYING, "early": EARLY, "failing": FAILING, "graph": GRAPH, "items": ITEMS,
    "slotted": SLOTTED, "globals": GLOBALS, "tight": TIGHT, "queues": QUEUES, "recursion": RECURSION,
    "building": BUILDING, "tapes": TAPES, "tables": TABLES, "fields": FIELDS,
}  # fmt: skip
