"""A simulation: bodies that draw one another, in steps of fixed length, with walls that they bounce off."""

import math
import random

random.seed(11)
bodies = 40
steps = 400
pull = 0.002
softness = 0.05
dt = 0.01

xs = [random.uniform(-1, 1) for _ in range(bodies)]
ys = [random.uniform(-1, 1) for _ in range(bodies)]
us = [0.0] * bodies
vs = [0.0] * bodies
masses = [1 + random.random() for _ in range(bodies)]


def squared(a, b):
    return a * a + b * b


def energy():
    """Of motion alone."""
    return sum(masses[i] * (us[i] ** 2 + vs[i] ** 2) / 2 for i in range(bodies))


def spread(values):
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))


bounces = 0
for step in range(steps):
    for i in range(bodies):
        ax = 0.0
        ay = 0.0
        for j in range(bodies):
            if i != j:
                dx = xs[j] - xs[i]
                dy = ys[j] - ys[i]
                distance = math.sqrt(squared(dx, dy) + softness * softness)
                force = pull * masses[j] / (distance * distance * distance)
                ax += force * dx
                ay += force * dy
        us[i] += ax * dt * (1 - softness)
        vs[i] += ay * dt * (1 - softness)
    for i in range(bodies):
        xs[i] += us[i] * dt
        ys[i] += vs[i] * dt
        if abs(xs[i]) > 1:
            us[i] = -us[i]
            bounces += 1
        if abs(ys[i]) > 1:
            vs[i] = -vs[i]
            bounces += 1
    if step % 100 == 0:
        print(step, f"{energy():.12g}", f"{spread(xs):.12g}", f"{spread(ys):.12g}")
print(bounces, f"{energy():.12g}", [f"{x:.9g}" for x in xs[:3]])
