"""A comparison for people: its two tables, and in words what they can and cannot tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.compare.plan import CONTROL
from harness.compare.results import MORE_SEEDS, Comparison, Pair
from harness.compare.statistics import POWER, Bounds
from harness.report import text
from harness.report.grid import Column, as_markdown, rich_table
from harness.types import JsonObject

if TYPE_CHECKING:
    from rich.console import RenderableType


def gained(value: float | None) -> str:
    """A gain per something, in percent of the baseline: +4.2 %."""
    return "-" if value is None else f"{100 * value:+,.2g} %" if abs(value) < 0.1 else f"{100 * value:+,.0f} %"


def spent(unit: str, value: float | None) -> str:
    """An amount of a budget: 24 evaluations, 1,000 tokens, $2.00, 8 min 00 s."""
    match unit:
        case "usd":
            return text.money(value)
        case "seconds":
            return "-" if value is None else text.duration(value)
        case _:
            return "-" if value is None else text.count(value, unit.removesuffix("s"))


STANDINGS = (
    Column("strategy", "strategy"),
    Column("median", "median", text.times, "right"),
    Column("interval", "interval (covers)"),
    Column("each", "best of each seed"),
    Column("area", "area", lambda value: "-" if value is None else text.times(value), "right"),
    Column("per_evaluation", "gain/evaluation", gained, "right"),
    Column("per_1k_tokens", "gain/1k tokens", gained, "right"),
    Column("per_dollar", "gain/dollar", str, "right"),
    Column("spent", "spent", str, "right"),
)
PAIRS = (
    Column("pair", "pair"),
    Column("verdict", "verdict"),
    Column("ratio", "by a factor of"),
    Column("superiority", "wins a run"),
    Column("p", "p (needed)"),
    Column("would_find", "would have found", str, "right"),
)


def standings(result: Comparison) -> list[JsonObject]:
    return [
        {
            "strategy": standing.name,
            "median": standing.median.value,
            "interval": _median_interval(standing.median),
            "each": " ".join(text.times(e.fitness) for e in sorted(standing.entries, key=lambda e: e.start.seed)),
            "area": standing.area,
            "per_evaluation": standing.gain_per_evaluation,
            "per_1k_tokens": standing.gain_per_1k_tokens,
            "per_dollar": gained(standing.gain_per_dollar) if standing.usd_known else "unknown",
            "spent": spent(result.unit, standing.spent),
        }
        for standing in result.standings
    ]


def _median_interval(bounds: Bounds) -> str:
    return f"{text.bounds(bounds.value, bounds.low, bounds.high)[1:-1]} ({100 * bounds.confidence:.0f} %)"


def pairs(result: Comparison) -> list[JsonObject]:
    return [
        {
            "pair": f"{pair.ours} over {pair.theirs}",
            "verdict": pair.verdict,
            "ratio": f"{text.times(pair.ratio.value)} {_factor(pair.ratio)}",
            "superiority": _share(pair),
            "p": f"{pair.p:.2g} ({pair.needed:.2g})",
            "would_find": _would_find(result, pair),
            "style": "bold" if pair.verdict == "beats" else "",
        }
        for pair in result.pairs
    ]


def _would_find(result: Comparison, pair: Pair) -> str:
    if pair.detectable is not None:
        return text.times(pair.detectable)
    return "nothing" if result.seeds < result.seeds_needed else "not known"


def _factor(bounds: Bounds) -> str:
    return text.bounds(bounds.value, bounds.low, bounds.high) or "(no bound)"


# --- In words ---------------------------------------------------------------------------------------------------------


def heading(result: Comparison) -> str:
    budget = "unequal budgets" if result.unequal else f"{spent(result.unit, result.horizon)} each"
    return text.clean(
        f"{result.title}: {len(result.standings)} strategies on {result.target}, objective {result.objective}, "
        f"{text.count(result.seeds, 'seed')}, {budget}"
    )


def findings(result: Comparison) -> Iterator[str]:
    """The answer first, then what the data cannot tell, what more would buy, and how to read the tables."""
    if result.unequal:
        yield f"UNEQUAL BUDGETS ({result.unequal}): this does not compare strategies at equal cost."
    yield from _told(result)
    yield _against_control(result)
    yield _limits(result)
    if result.seeds < MORE_SEEDS[-1]:
        yield _more(result)
    for remark in result.remarks:
        yield f"Mind that {remark}."


def _told(result: Comparison) -> Iterator[str]:
    for pair in result.pairs:
        if pair.verdict == "beats":
            yield (
                f"{pair.ours} beats {pair.theirs}: {text.times(pair.ratio.value)} as good {_factor(pair.ratio)}, "
                f"p = {pair.p:.2g} where {pair.needed:.2g} was needed."
            )
    if not any(pair.verdict == "beats" for pair in result.pairs):
        yield "No difference between strategies was shown."


def _share(pair: Pair) -> str:
    shown = pair.superiority
    return f"{100 * shown.value:.0f} % ({100 * (shown.low or 0):.0f}-{100 * (shown.high or 0):.0f})"


def _against_control(result: Comparison) -> str:
    if not result.against_control:
        return f"Whether any strategy beats {CONTROL} was not asked: add it with --control."
    cost = "" if result.unequal else " at equal cost"
    beat = [name for name, shown in result.against_control if shown]
    if beat:
        return f"Better than {CONTROL}{cost}: {text.listed(beat)}."
    names = text.listed([name for name, _ in result.against_control])
    return f"Not shown to be better than {CONTROL}{cost}: {names}."


def _limits(result: Comparison) -> str:
    seeds, pairs = text.count(result.seeds, "seed"), text.count(len(result.pairs), "pair")
    verb = "tells" if result.seeds == 1 else "tell"
    rule = f"an exact rank test at 5 % for {'this pair' if len(result.pairs) == 1 else f'all {pairs} together'}"
    if result.seeds < result.seeds_needed:
        return (
            f"{seeds} a strategy cannot tell any two apart, however far apart they are: "
            f"at least {result.seeds_needed} are needed ({rule})."
        )
    sizes = [pair.detectable for pair in result.pairs if pair.detectable is not None]
    if not sizes:
        return f"How far apart two strategies must be for {seeds} to tell is not known ({rule})."
    least = f"{text.times(min(sizes))} to {text.times(max(sizes))}" if len(sizes) > 1 else text.times(max(sizes))
    return (
        f"{seeds} {verb} a factor of {least} apart {100 * POWER:.0f} % of the time, by the spread between seeds that "
        f"was seen here; a smaller difference may be there and stay unseen ({rule})."
    )


def _more(result: Comparison) -> str:
    if not result.more:
        return "What more seeds would find is not known: all runs ended alike, so how far seeds differ was not seen."
    bought = "; ".join(f"{seeds} seeds {text.times(factor)}" for seeds, factor in result.more)
    return f"What more seeds would find {100 * POWER:.0f} % of the time: {bought}."


READING = (
    "Values are fitness against the untouched program, which has 1.00x.",
    "Interval: where the true median lies, and how surely; few seeds bound it poorly.",
    "Area: the mean of the best so far over the whole budget. Gain: fitness above 1.00 for what was spent.",
    "By a factor of: the median over all meetings of a run of the first with one of the second.",
    "Wins a run: how probable it is that a run of the first ends better. Its interval holds for any two strategies "
    "whatever, so it is wider than the test, which asks only whether both could be one and the same.",
)


# --- Put together -----------------------------------------------------------------------------------------------------


def for_people(result: Comparison) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    told = [
        Text(text.clean(line), "yellow" if line.startswith(("UNEQUAL", "Mind")) else "") for line in findings(result)
    ]
    return Group(
        Text(heading(result), "bold"),
        rich_table(shown_columns(result), standings(result)),
        rich_table(PAIRS, pairs(result)),
        *told,
        Text("\n" + "\n".join(READING), "dim"),
    )


def shown_columns(result: Comparison) -> list[Column]:
    """The standings' columns, without those that say nothing here: no tokens, or no dollars, were spent by anybody."""
    free = all(standing.usd_known and standing.gain_per_dollar is None for standing in result.standings)
    dull = {"per_dollar"} if free else set()
    if all(standing.gain_per_1k_tokens is None for standing in result.standings):
        dull.add("per_1k_tokens")
    return [column for column in STANDINGS if column.key not in dull]


def markdown(result: Comparison) -> str:
    """The same as a part of a page."""
    told = [f"- {escaped}" for escaped in map(_escaped, findings(result))]
    parts = [
        f"### {_escaped(heading(result))}",
        as_markdown(shown_columns(result), standings(result)),
        as_markdown(PAIRS, pairs(result)),
        "\n".join(told),
        " ".join(READING),
    ]
    return "\n\n".join(parts)


def _escaped(line: str) -> str:
    cleaned = text.clean(line)
    for mark in "\\|<>[]`*_":
        cleaned = cleaned.replace(mark, f"\\{mark}")
    return cleaned
