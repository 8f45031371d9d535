"""Property: on generated programs, every rewrite, and every chain of rewrites, keeps the output."""

from __future__ import annotations

from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.models.offline.operators import operators
from harness.models.offline.program import Program
from harness.models.offline.rewriting import apply
from tests.models.offline.running import printed

NUMBERS = ["a", "b", "c"]
LISTS = ["xs", "ys"]


# Values grow slowly, so that no program runs long: nothing multiplies an int by itself again and again.
def number(rng: Random, depth: int = 0) -> str:
    if depth > 2 or rng.random() < 0.35:
        return rng.choice([*NUMBERS, "0", "1", "2", "0.5", "-0.0", "k", "i", "len(xs)"])
    one, two = number(rng, depth + 1), number(rng, depth + 1)
    return rng.choice(
        [
            f"({one} + {two})",
            f"({one} - {two})",
            f"({one} * {rng.choice(['2', 'i', '0.5'])})",
            f"(1 - k ** ({two.replace('-', '')} + 1))" if two in ("i", "1") else f"({one} * 0.5)",
            f"max({one}, {two})",
            f"min({rng.choice(NUMBERS)}, {rng.choice(NUMBERS)})",
            "i ** 2",
            f"sum({one} * 0.5 * v for v in {rng.choice(LISTS)})",
            f"sum({rng.choice(LISTS)}[q] + 1 for q in range(len({rng.choice(['xs', 'xs', 'ys'])})))",
        ]
    )


def lines(rng: Random, depth: int = 0) -> list[str]:
    found: list[str] = []
    for _ in range(rng.randint(1, 5)):
        found += _statement(rng, depth)
    return found


def _statement(rng: Random, depth: int) -> list[str]:
    kind = rng.randrange(14 if depth < 2 else 10)
    name, many = rng.choice(NUMBERS), rng.choice(LISTS)
    if kind <= 1:
        return [f"{name} = {number(rng)}  # kept"]
    if kind == 2:
        return [f"{many} = [{number(rng)}, {number(rng)}]"]
    if kind == 3:
        return [f"{many} = [v + {name} for v in {rng.choice(LISTS)}]"]
    if kind == 4:
        return [f"print({name}, {many}, {number(rng)})"]
    if kind == 5:
        return [f"{name} += 1"]
    if kind == 6:
        return [f"{name} = {name} if {number(rng)} > 0 else {number(rng)}"]
    if kind == 7:
        return [f"box[i] = {number(rng)}", f"print(box[i] * {name}, box)"]
    if kind == 8:
        return [
            rng.choice([f"{name}, {many} = 1, [2]", f"{many}.append({name})", f"zs = list({many})", "print(len(box))"])
        ]
    if kind == 9:
        return rng.choice(
            [
                [f"{name} = scaled({rng.choice(NUMBERS)}, {rng.choice(['i', '0.5', '2', number(rng, 2)])})"],
                [f"{name} = (Pair({name}, {many}) + Pair({number(rng, 2)})).first()"],
                [f"{name} = sum(p.one for p in [Pair(b), Pair({name}) + 1])", "print(twice(4) + twice(3))"],
                [f"{many} = []", f"for t in {rng.choice(LISTS)}:", f"    {many}.append(t + {name})"],
                [f"zs = [{name}, 2]", "for q in range(len(zs)):", f"    print(q, zs[q], {number(rng, 2)})"],
                ['text = ""', f"for t in {many}:", "    text += str(t)", "print(text, 0.5 in xs, 2 in ODD)"],
                [f"print([t + 1 for t in [s * 2 for s in {many}] if t], [s for s in [{name}]])"],
                [f"{name} = ({name} + k) * 2 - ({name} + k)", "print(a * 2 + i, a * 2 - i, k * 2 + 1)"],
                ["for q in range(4):", f"    print(box[q], q, FOUR[q] + {name}, FOUR[3 - q])"],
                [
                    "for q in range(4):",
                    f"    {name} = FOUR[q] * 2",
                    "for i in range(3):",
                    "    print(i in ODD, ODD[i])",
                ],
                [f"pair = Pair({name}, b)", "print(pair.first(), pair.total(), pair.mark, table['y'] + 1)"],
                ["line = [1, b]", "while line:", f"    {name} = line.pop(0)", "    print(len(line), math.floor(2.5))"],
            ]
        )
    inner = [f"    {line}" for line in lines(rng, depth + 1)]
    if kind == 10:
        return [f"if {number(rng)} > 1:", *inner, "else:", f"    {name} = 0"]
    if kind == 11:
        jump = rng.choice([[], [f"    if {name} > 3:", "        continue"], [f"    if {name} > 9:", "        break"]])
        return [f"for i in range({rng.randint(0, 3)}):", *jump, *inner]
    if kind == 12:
        return [f"for v, w in zip({many}[:], {many}[:]):", f"    {name} = v - w", *inner]
    return ["try:", *inner, "except TypeError:", f"    print({name})"]


CLASS = """\
class Pair:
    def __init__(self, one, two=0):
        self.one = one
        self.two = two
        self.mark = 0
        self.never = one

    def total(self):
        return self.two if self.mark else self.one

    def __add__(self, other):
        other = other if isinstance(other, Pair) else Pair(other)
        return Pair(max(self.one, 0) + other.one, self.two)

    def __radd__(self, other):
        return self + other

    def first(self):
        return self.one if self.one < 99 else 0


def scaled(x, y):
    return x * 0.5 - y


def twice(n):
    if n < 2:
        return n
    return twice(n - 1) + twice(n - 2) % 7
"""
HEAD = [
    "import math",
    *CLASS.splitlines(),
    "a, b, c, k = 1, 0.25, 3, 0.85",
    "xs, ys = [1, 2], [0.5]",
    "box = [0] * 4",
    "i = 1",
    "ODD = [1, 3, 5, 7]",
    "FOUR = [n * 0.5 for n in range(4)]",
    "table = {'x': 1, 'y': 2}",
    "table['x'] += 2",
]
MAKE = "def work(a, b, c):"


def program(seed: int) -> str:
    """A program of arithmetic, lists, loops and jumps, at the top level and in a function."""
    rng = Random(seed)
    body = ["xs, ys = [1, 2], [0.5]", "box = [0] * 4", "i = 1", *lines(rng), *_walk(rng)]
    function = [MAKE, *(f"    {line}" for line in body), "    return xs"]
    return "\n".join([*HEAD, *function, *lines(rng), "print(work(2, 0.5, 1))", *lines(rng), "print(a, b, c)"]) + "\n"


def _walk(rng: Random) -> list[str]:
    """A recursive visitor over a random graph, with some use of its parts afterwards."""
    graph = {n: [rng.randrange(4) for _ in range(rng.randint(0, 3))] for n in range(4)}
    after = rng.choice([[], ["print(met)"], ["for n in reversed(out):", "    print(n)"], ["go(2)"], ["out = go"]])
    return [
        f"graph = {graph}", "out, met = [], set()", "def go(n):", "    if n not in met:", "        met.add(n)",
        "        for other in graph[n]:", "            go(other)", "        out.append(n)", "go(0)", *after,
        "print(len(met))",
    ]  # fmt: skip


relaxed = settings(max_examples=14, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@relaxed
@given(st.integers(0, 10**9))
def test_every_rewrite_of_a_generated_program_prints_the_same(seed: int) -> None:
    source = program(seed)
    expected, parsed = printed(source), Program(source)
    for operator in operators():
        for site in operator.sites(parsed):
            child = apply(parsed, site)
            assert printed(child) == expected, f"{site.tag}\n{source}\n--- became ---\n{child}"


@relaxed
@given(st.integers(0, 10**9))
def test_chains_of_rewrites_print_the_same(seed: int) -> None:
    rng = Random(seed)
    source = child = program(seed)
    expected, done, parsed = printed(source), [], Program(source)
    for operator in rng.sample(operators(), len(operators())):
        sites = operator.sites(parsed)
        if sites:
            site = rng.choice(sites)
            child = apply(parsed, site)
            parsed = Program(child)
            done.append(site.tag)
            assert printed(child) == expected, f"{done}\n{source}\n--- became ---\n{child}"
