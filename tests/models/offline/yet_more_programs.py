"""Small programs of lists, queues, names, recursion, and a tape of numbers."""

from harness.models.offline.operators.fusing import TAPE

QUEUES = """\
import math
import heapq


def spread(start, n):
    waiting, met = [start], {start}
    out = []
    waiting = [start, 2]
    while waiting:
        at = waiting.pop(0)
        out.append(math.floor(math.sqrt(at)))
        for other in (at * 2, at + 3):
            if other < n and other not in met:
                met.add(other)
                waiting.append(other)
    return out, len(waiting)


def unused(a, b=2):
    return a


class Unused:
    pass


print(spread(1, 20))
jobs = [[3], [1]]
jobs = [[4], [2]]
while jobs:
    print(jobs.pop(0), not jobs)
"""

RECURSION = """\
WIDTH = 4


def ways(row, col):
    "How many."
    if row == 0 or col == 0:
        return 1
    best = 0
    for k in range(2):
        best += ways(row - 1, col) * k
    return best + ways(row, col - 1) % WIDTH


def scaled(x, y):
    return x * 2 + y - 0.5


def loose(x):
    if x < 1:
        return 0
    return loose(x - 1) + loose(x - 2)


for n in range(5):
    print(ways(n, 3), scaled(n, 3), scaled(1.5, n), scaled(n + 1, n), f"{scaled(n, n)}")
print(loose(4.0), loose(3))
"""

BUILDING = """\
def build(rows):
    xs = []
    for i, row in enumerate(rows):
        xs.append(row + i)
    ys = []
    for x in xs:
        if x % 2:
            ys.append((x, [x]))
    zs = [1, 2, 3]
    for k in range(len(zs)):
        print(k, zs[k] + zs[k])
    for k in range(len(zs)):
        zs[k] = zs[k] + 1
    for k in range(len(zs)):
        print(zs[k])
        zs.append(k)
        if k > 1:
            break
    kept = []
    for k in range(3):
        kept.append(len(kept))
    last = []
    for q in range(3):
        last.append(q)
    return xs, ys, zs, kept, last, q


print(build([1, 2, 3, 4]))
"""

TAPES = (
    TAPE
    + """\


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


ws = [N(n) for n in (2, -1, 3)]
us = [dot(ws, ws), dot([1, 2], [3, 4]), dot([], [])]
total = sum(ws) + us[0] * us[0]
total.walk()
print(total.v, us[1:], [w.g for w in ws])
"""
)

TABLES = """\
import math
import os

COUNT = 4
NAMES = ["ka", "to", "mi", "ren"]
ODD = (1, 3, 5, 7, 9)
scale = 0.5
half = scale
totals = {"seen": 0, "kept": 2 * COUNT}
xs = [k + 0.5 for k in range(COUNT)]
ys = [0] * COUNT
zs = [xs[0]] * 4


def spread(values):
    return sum(values) / len(values)


for turn in range(3):
    totals["seen"] += turn
    for i in range(COUNT):
        print(i, xs[i], zs[i] * xs[i], (i + scale) * (i + scale) + (1 - scale), turn in ODD)
        ys[i] = xs[i] + zs[i]
    for i in range(COUNT):
        xs[i] += zs[i] * half
    for j in range(COUNT):
        print(ys[j] + zs[j], f"{spread(xs):.3f}", [ys[j] for _ in range(2)])
print(totals["seen"], totals["kept"], [n for n in range(10) if n not in ODD])


def spelt(count):
    out = ""
    for k in range(count):
        out += NAMES[k % len(NAMES)] if k < 0 else str(k)
    text = ''
    for k in range(count):
        if k % 2:
            text += f"{k};"
    with open(os.devnull) as empty:
        held = [line.strip() for line in empty.readlines() if line]
    doubled = [b + 1 for b in [a * 2 for a in range(count) if a] if b > 2]
    return out, text, held, doubled, sum(b for b in [a - 1 for a in range(count)]), len([c for c in NAMES[0]])


print(spelt(12))
"""

FIELDS = """\
class Point:
    '''A point.'''

    # what it holds
    def __init__(self, x, y=1):
        self.x = x
        self.y = y
        self.hits = 0
        self.label = "none"
        self.unread = x

    def norm(self):
        return self.x * self.x + self.y * self.y

    def scaled(self, k):
        return self.norm() * k

    def both(self, other):
        return self.x + other.y


class Other:
    def __init__(self):
        self.size = 3

    def norm(self):
        return self.size


points = [Point(1), Point(2.5, 4)]
first = Point(3)
last = Other()
for p in points:
    p.hits += 1
    print(p.norm(), p.scaled(2), p.hits, p.label, first.norm(), first.both(p), first.hits)
for n in range(2):
    first.label = "set"
    print(first.scaled(n), first.label, last.norm(), Point(n).label)
"""
