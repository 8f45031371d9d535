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
