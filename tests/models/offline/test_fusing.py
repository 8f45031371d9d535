"""Fusing sums on a tape: the same numbers and gradients on generated graphs, and nothing where the proof fails."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.models.offline.operators import operators
from harness.models.offline.operators.fusing import TAPE, FuseProducts, FuseSum
from harness.models.offline.program import Program
from harness.models.offline.rewriting import apply
from tests.models.offline.running import printed

FUSING = (FuseProducts(), FuseSum())
OTHERS = ("recursion-to-stack", "consume-reversed", "drop-dead", "no-self-assign", "reflected-alias", "break-cycle")
relaxed = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def graph(seed: int) -> str:
    """A program that builds a random graph of whole numbers, where the order of sums cannot be seen, and walks it."""
    rng = Random(seed)
    lines = [TAPE, "", "def total(a, b):", "    return sum(x * y for x, y in zip(a, b))", "", ""]
    lines += [f"xs = [N(n) for n in {[rng.randint(-3, 3) for _ in range(5)]}]", "ys = [3, 0.5, N(2)]", "zs = xs[:3]"]
    for _ in range(rng.randint(2, 7)):
        lines.append(rng.choice([
            "xs.append(sum(x * y for x, y in zip(xs, zs)))", "xs.append(sum([x * x for x in zs]))",
            "zs.append(sum(xs[i] * zs[-i] for i in range(3)))", "xs.append(sum(zs))", "zs = [xs[0] + z for z in zs]",
            "xs.append(total(zs, xs) * xs[1])", "print(sum(zs).v, total([], []), total([2], [5.0]))",
            "zs[0] = sum(x * z for x in xs[:2] for z in zs if x is not z)", "print(total(ys, [1, 2, 4]).v)",
        ]))  # fmt: skip
    return "\n".join([*lines, "y = sum(xs)", "y.walk()", "print(y.v, y.g, [x.g for x in xs], [z.g for z in zs])", ""])


@relaxed
@given(st.integers(0, 10**9))
def test_a_fused_graph_has_the_same_numbers_and_gradients(seed: int) -> None:
    source = graph(seed)
    parsed = Program(source)
    for operator in FUSING:
        sites = operator.sites(parsed)
        assert sites
        for site in sites:
            child = apply(parsed, site)
            assert printed(child) == printed(source), f"{source}\n--- became ---\n{child}"


@relaxed
@given(st.integers(0, 10**9))
def test_it_is_found_again_after_other_rewrites(seed: int) -> None:
    rng, source = Random(seed), graph(seed)
    child, known = source, {operator.name: operator for operator in operators()}
    for name in rng.sample(OTHERS, rng.randint(1, 6)):
        program = Program(child)
        sites = known[name].sites(program)
        child = apply(program, sites[0]) if sites else child
    for operator in FUSING:
        program = Program(child)
        sites = operator.sites(program)
        assert sites, child
        child = apply(program, sites[0])
    assert printed(child) == printed(source), child


END = "\nxs = [N(2)]\nprint(sum(x * x for x in xs).v, sum(xs).v)\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(1, 1))", "(1, 2))"),  # another derivative
        ("self.g = 0", "self.g = 3"),
        ("N(self.v * other.v,", "N(self.v * other.v + 1,"),
        ("(other.v, self.v))", "(self.v, other.v))"),
        ("        self.slopes = slopes", "        self.slopes = slopes\n        print('made')"),
        ("reversed(done)", "done"),
        ("met.add(n)", "met.add(n)\n                print(len(met))"),
        ("class N:", "class M:\n    pass\n\n\nclass N(M):"),
        ("    def walk(self):", "    def __eq__(self, other):\n        return True\n\n    def walk(self):"),
        ("    def walk(self):", "    def parts(self):\n        return len(self.made_of)\n\n    def walk(self):"),
        ("m.g += s * n.g", "m.g = s * n.g"),
        ("return self + other", "return self * other"),
        ("\nxs =", "\n\n\ndef type(x):\n    return N\n\n\nxs ="),
        ("\nxs =", "\n\n\ndef sum(xs):\n    return N(0)\n\n\nxs ="),
        ("print(", "print(N(1).__dict__, "),
    ],
)
def test_it_declines_what_is_not_such_a_tape(old: str, new: str) -> None:
    assert all(operator.sites(Program(TAPE + END)) for operator in FUSING)
    changed = (TAPE + END).replace(old, new, 1)
    assert changed != TAPE + END
    assert [site for operator in FUSING for site in operator.sites(Program(changed))] == []


@pytest.mark.parametrize(
    "walks",
    [
        "y.walk()\ny.walk()",
        "for _ in range(2):\n    y.walk()",
        "for _ in range(2):\n    y += sum(xs)\n    y.walk()",
        "h = y\nfor _ in range(2):\n    h = h * h\n    z = h + 1\n    z.walk()",
        "[y.walk() for _ in range(2)]",
    ],
)
def test_it_declines_where_a_graph_may_be_walked_twice(walks: str) -> None:
    source = TAPE + f"\nxs = [N(2), N(3)]\ny = sum(x * x for x in xs)\n{walks}\nprint(xs[0].g, y.v)\n"
    assert [site for operator in FUSING for site in operator.sites(Program(source))] == []


def test_it_is_done_where_each_round_makes_its_own_graph() -> None:
    rounds = (
        "t = 0\nfor n in range(3):\n    y = sum(x * x for x in xs)\n    y.walk()\n    t += y.v\nprint(t, xs[0].g)\n"
    )
    source = TAPE + "\nxs = [N(2), N(3)]\n" + rounds
    (site,) = FUSING[0].sites(Program(source))
    assert printed(apply(Program(source), site)) == printed(source)


def test_names_do_not_matter_not_even_those_of_fields() -> None:
    renamed = TAPE.replace("for m, s in", "for made_of, g in").replace("m.g += s *", "made_of.g += g *") + END
    renamed = renamed.replace("walk", "backwards").replace("done", "v").replace("met", "slopes")
    for operator in FUSING:
        assert [apply(Program(renamed), site) for site in operator.sites(Program(renamed))]


def test_a_start_value_and_a_noisy_factor_are_left_alone() -> None:
    source = TAPE + "\nxs = [N(2)]\nprint(sum((x * x for x in xs), N(1)).v, sum(x * print(x.v) for x in []))\n"
    assert [site for operator in FUSING for site in operator.sites(Program(source))] == []
