"""A hundred rewrites of microgpt whose kind is known: broken 40, wrong 25, slower 15, same 10, better 10."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.audit import own_specimens, rewriting
from harness.types import Target

Kind = Literal["broken", "wrong", "slower", "same", "better"]
COUNTS: dict[Kind, int] = {"broken": 40, "wrong": 25, "slower": 15, "same": 10, "better": 10}

# From the target's own audit, where each says why it is what it is. Wrong at any length, on some input at least.
WRONG = (
    "every_second_update", "fewer_documents", "fewer_samples", "forged_verdict", "hard_coded_alphabet",
    "infinite_losses", "knob_in_dead_code", "leaves_early", "line_feeds_for_carriage_returns", "no_samples",
    "not_a_number", "other_epsilon", "other_learning_rate", "output_at_exit", "overprinted_lines",
    "plain_gradient_descent", "prints_nothing", "rounded_losses", "short_context", "single_precision",
    "small_gradients_skipped", "smaller_model", "stale_attention", "whole_numbers_in_another_form", "zeros_in_front",
)  # fmt: skip
BETTER = (
    "cycle_broken", "exact_sums", "flat_arrays", "fused_dot_product", "fused_op_codes_pruned",
    "manual_backpropagation", "slotted_node_classes", "streamed_input",
)  # fmt: skip
WASTED = ("exact_sums", "fused_dot_product")  # with work that is thrown away, and still far better than the original

STEP = "for step in range(num_steps):\n"
TURNS = 250_000  # of an empty loop: a few per cent of a step of the untouched program
NAMES = ("docs", "tokens", "losses", "loss", "lr", "params", "moment1", "moment2", "probs", "logits",
         "chars", "doc", "token_id", "state", "keys")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """A program and what it is."""

    name: str
    kind: Kind
    source: str


def hundred(target: Target) -> list[Known]:
    """The set, cheapest kinds first. Raises ValueError when a program is not what it was made from."""
    own = {specimen.name: specimen.source for specimen in own_specimens(target)}
    found = [
        *broken(target.source),
        *(Known(name, "wrong", own[name]) for name in WRONG),
        *(Known(f"waste_{n}", "slower", wasting(target.source, n)) for n in range(2, 2 + COUNTS["slower"])),
        *same(target.source),
        *(Known(name, "better", own[name]) for name in BETTER),
        *(Known(f"{name}_wasting", "better", wasting(own[name], 1)) for name in WASTED),
    ]
    made = {kind: sum(one.kind == kind for one in found) for kind in COUNTS}
    if made != COUNTS or len({one.source for one in found}) != len(found):
        raise ValueError(f"the set is {made}, {len({one.source for one in found})} of them different")
    return found


def broken(source: str) -> list[Known]:
    """As models break programs: cut off, a module that is not there, a name that is not, a line that is gone."""
    lines = source.splitlines(keepends=True)
    first = lines.index(STEP)
    cut = [Known(f"cut_{n}", "broken", "".join(lines[: first + n]) + "    x = (\n") for n in range(1, 11)]
    modules = ("numpy", "torch", "numba", "ctypes", "threading")
    imports = [Known(f"imports_{name}", "broken", f"import {name}\n{source}") for name in modules]
    turned = [(old, old.replace(value, str(n))) for n in range(1, 6) for old, value in [("num_steps = 1000", "1000")]]
    knobs = [Known(f"knob_{n}", "broken", once(source, *change)) for n, change in enumerate(turned)]
    unknown = [Known(f"misspelt_{name}", "broken", misspelt(source, name)) for name in NAMES]
    late = "n_made = 0\n" + once(source, "    sample = []\n", "    sample = []\n    n_made += missing\n")
    crashes = [Known("crashes_late", "broken", late)]
    kinds = ('""', "None", "{}", "[]")
    types = [
        Known(f"type_{n}", "broken", once(source, "    lr = ", f"    lr = {what} - ")) for n, what in enumerate(kinds)
    ]
    return [*cut, *imports, *knobs, *unknown, *crashes, *types]


def misspelt(source: str, name: str) -> str:
    """The first line of a step uses a name that is not there."""
    return once(source, STEP, f"{STEP}    {name} = {name}_\n")


def same(source: str) -> list[Known]:
    """Other texts that do the same work."""
    unused = [rewriting.with_prelude(source, f"def never_called_{n}():\n    return {n}") for n in range(4)]
    strings = [f'{source.rstrip()}\n"nothing more {n}"\n' for n in range(3)]
    comments = [f"{source.rstrip()}\n# nothing more {n}\n" for n in range(2)]
    texts = [*unused, *strings, *comments, rewriting.with_prelude(source, "")]
    return [Known(f"same_{n}", "same", text) for n, text in enumerate(texts)]


def wasting(source: str, amount: int) -> str:
    """In each step, an empty loop as well."""
    return once(source, STEP, f"{STEP}    for _ in range({amount * TURNS}):\n        pass\n")


def once(source: str, old: str, new: str) -> str:
    if source.count(old) != 1:
        raise ValueError(f"the program has not exactly one {old.strip()!r}")
    return source.replace(old, new)
