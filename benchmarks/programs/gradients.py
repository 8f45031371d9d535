"""A fit by gradients: two layers of numbers that remember how they were made, and the chain rule backwards."""

import math
import random

random.seed(5)


class Number:
    """A number, its slope, what it was made of, and its slopes by these."""

    def __init__(self, value, made_of=(), slopes=()):
        self.value = value
        self.slope = 0.0
        self.made_of = made_of
        self.slopes = slopes

    def __add__(self, other):
        other = other if isinstance(other, Number) else Number(other)
        return Number(self.value + other.value, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Number) else Number(other)
        return Number(self.value * other.value, (self, other), (other.value, self.value))

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def tanh(self):
        bent = math.tanh(self.value)
        return Number(bent, (self,), (1 - bent * bent,))

    def walk_back(self):
        order = []
        seen = set()

        def visit(number):
            if number not in seen:
                seen.add(number)
                for part in number.made_of:
                    visit(part)
                order.append(number)

        visit(self)
        self.slope = 1.0
        for number in reversed(order):
            for part, slope in zip(number.made_of, number.slopes):
                part.slope += slope * number.slope


inputs = 8
hidden = 12
first = [[Number(random.gauss(0, 0.5)) for _ in range(inputs)] for _ in range(hidden)]
second = [Number(random.gauss(0, 0.5)) for _ in range(hidden)]
weights = [w for row in first for w in row] + second


def answer(x):
    middle = [sum(w * xi for w, xi in zip(row, x)).tanh() for row in first]
    return sum(w * m for w, m in zip(second, middle))


for epoch in range(40):
    total = 0.0
    for sample in range(40):
        x = [Number(math.sin(sample * (i + 1))) for i in range(inputs)]
        error = answer(x) + -math.cos(sample)
        loss = error * error
        loss.walk_back()
        for w in weights:
            w.value -= 0.02 * w.slope
            w.slope = 0.0
        total += loss.value
    print(epoch, f"{total:.10g}")
