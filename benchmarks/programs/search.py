"""A graph search: shortest ways through a maze of squares, then the order of a web of tasks."""

import math

WIDTH = 300
HEIGHT = 240


def wall(x, y):
    """Whether a square is closed: a fixed pattern with gaps."""
    return (x * 7 + y * 13 + x * y) % 11 < 3 and x % 9 != 4 and y % 10 != 6


def distances(start):
    """Steps from a square to every other that can be reached, breadth first (Moore 1959)."""
    steps = {start: 0}
    waiting = [start]
    widest = 0
    while waiting:
        widest = max(widest, len(waiting))
        here = waiting.pop(0)
        x, y = here
        for other in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)):
            if other[0] < 0 or other[1] < 0 or other[0] >= WIDTH or other[1] >= HEIGHT:
                continue
            if other in steps or wall(other[0], other[1]):
                continue
            steps[other] = steps[here] + 1
            waiting.append(other)
    return steps, widest


def order_of(tasks):
    """Tasks in an order in which each comes after what it needs (Kahn 1962)."""
    needs = {task: len(before) for task, before in tasks.items()}
    after = {task: [] for task in tasks}
    for task, before in tasks.items():
        for each in before:
            after[each].append(task)
    ready = [task for task in tasks if needs[task] == 0]
    done = []
    while ready:
        task = ready.pop(0)
        done.append(task)
        for each in after[task]:
            needs[each] -= 1
            if needs[each] == 0:
                ready.append(each)
    return done


steps, widest = distances((4, 6))
farthest = max(steps, key=lambda square: (steps[square], square))
print(len(steps), widest, farthest, steps[farthest])
histogram = {}
for square in steps:
    ring = steps[square] // 50
    histogram[ring] = histogram.get(ring, 0) + 1
print([histogram[ring] for ring in sorted(histogram)])

tasks = {n: [m for m in (n // 2 - 1, n // 3, n - 60000) if 0 <= m < n and n % 5] for n in range(120000)}
order = order_of(tasks)
print(len(order), order[:5], order[-5:], f"{math.sqrt(sum(i * task % 97 for i, task in enumerate(order))):.6f}")
