"""A target.toml with comments, as text. A line that begins with `#` and no space is a setting to be uncommented."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.report.text import clean
from harness.types import Level, Limits

WIDTH = 118
OFF = re.compile(r"^#(?=\S)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A hidden workload that the program was seen to take. settings: TOML, to be uncommented as it is."""

    what: str
    settings: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Everything that a target.toml says of a plain program. loose: why strict rules do not fit, or ""."""

    name: str
    program: str
    command: tuple[str, ...]
    imports: tuple[str, ...]
    inputs: tuple[str, ...]
    level: Level
    limits: Limits
    golden: str = ""
    loose: str = ""
    writes: tuple[str, ...] = ()
    code: int = 0
    suggestions: tuple[Suggestion, ...] = field(default=())
    untried: str = ""  # why nothing was tried


def render(sheet: Sheet) -> str:
    """The whole file."""
    parts = [_head(sheet), _rules(sheet), _public(sheet), _hidden(sheet), _promise(sheet), _limits(sheet)]
    return "\n\n".join(parts) + "\n"


def uncommented(text: str) -> str:
    """The same file with every suggestion in force."""
    return OFF.sub("", text)


def _head(sheet: Sheet) -> str:
    first = (
        f"What optimize-run must know about {sheet.program}: what it is, what a rewrite may be, and how it is judged. "
        "Written by `optimize-run init`, and yours to change; `optimize-run targets check` says whether it holds."
    )
    off = "A line that begins with # and no space is a setting that is off: take the # away to have it."
    hints = "Told to the model, word for word: what the program is for, where its time goes, what a rewrite must leave."
    return f"""\
{prose(first)}
{prose(off)}

name = {quoted(sheet.name)}
title = {quoted(sheet.program)}
program = {quoted(sheet.program)}
command = {listed(sheet.command)}

{prose(hints)}
hints = ""

[objective]
name = "balanced" # or: speed, memory"""


def _rules(sheet: Sheet) -> str:
    said = "What a rewrite may import: what the program does, and modules that do no harm. Its sandbox has no others."
    strict = "Strict: a rewrite may not look at itself, reach behind a module or open anything but the inputs."
    if sheet.loose:
        strict = f"Not strict, since the program itself would not pass: {sheet.loose}. The sandbox holds all the same."
    return f"""\
[rules]
{prose(said)}
imports = {listed(sheet.imports)}
inputs = {listed(sheet.inputs)} # files that it reads
{prose(strict)}
strict = {"false" if sheet.loose else "true"}"""


def _public(sheet: Sheet) -> str:
    golden = ""
    if sheet.golden:
        said = "What it printed when this was written, and must print. When you change the program, take the line out."
        golden = f"\n{prose(said)}\ngolden = {quoted(sheet.golden)}"
    return f"""\
{prose("The run that is timed and weighed: the program on the input that it has.")}
[[workloads]]
{workload("public", "measure", sheet.inputs)}{golden}"""


def _hidden(sheet: Sheet) -> str:
    found = [f"{prose(suggestion.what)}\n{_off(suggestion.settings)}" for suggestion in sheet.suggestions]
    why = sheet.untried or "Nothing in the program was found that could be turned to make one."
    return "\n\n".join([prose(UNKNOWN), *(found or [f"{prose(why)}\n{prose(WAYS)}\n{_off(EXAMPLE)}"])])


UNKNOWN = """--- What could not be known: other inputs ---

Everybody knows the run above, so a rewrite that prints its output from memory keeps the promise, and so does one that
is right on this input alone. A hidden workload is another run of the program, of which no rewrite and no model is
told; what is "random" in it, and generated input, is drawn anew for each run of optimize-run. Stage "short" means that
it is only compared, before anything is timed."""
WAYS = """Two ways to have one: a line `size = 2000` or a call `random.seed(7)` that stands in the program once and is a
[[knobs]] entry here, or an input of lines of text, from which generator "relabel" makes others (lines in another order,
letters exchanged). As in:"""
EXAMPLE = """\
# [[knobs]]
# label = "size"
# kind = "assign"
# name = "size"
# value = "2000"
# [[workloads]]
# name = "other-size"
# stage = "short"
# hidden = true
# knobs = { size = "1371" }"""


def _promise(sheet: Sheet) -> str:
    said = [f"The promise: the same standard output and exit code {sheet.code}"]
    said += [f", and the same files ({', '.join(sheet.writes)})"] if sheet.writes else []
    if sheet.level == "exact":
        said.append(
            ', letter by letter. Level "tolerant" allows other last digits of numbers (1e-12, relative), and with them '
            "sums in another order."
        )
    else:
        said.append(
            ". The last digits of its numbers change from run to run, so they may change in a rewrite too, within a "
            "band that is measured."
        )
    return f"""\
{prose("".join(said))}
[promise]
level = {quoted(sheet.level)}
files = {"true" if sheet.writes else "false"}"""


def _limits(sheet: Sheet) -> str:
    limits = sheet.limits
    return f"""\
{prose("What one run of a rewrite may use. The program's own runs were far below.")}
[limits]
wall_s = {limits.wall_s:.1f}
cpu_s = {limits.cpu_s:.1f}
memory_mib = {limits.memory_mib}
output_bytes = {limits.output_bytes}
writes_mib = {limits.writes_mib}"""


# --- Small pieces -----------------------------------------------------------------------------------------------------


def workload(
    name: str, stage: str, inputs: Sequence[str], generator: str = "file", knobs: Mapping[str, str] | None = None
) -> str:
    """The lines of a [[workloads]] table after its heading; hidden when it is a short one."""
    lines = [f"name = {quoted(name)}", f"stage = {quoted(stage)}"]
    lines += ["hidden = true"] if stage == "short" else []
    lines.append(f"generator = {quoted(generator)}")
    lines += [f"knobs = {_inline(knobs)}"] if knobs else []
    lines += [f"files = {_inline({name: name for name in inputs})}"] if inputs else []
    return "\n".join(lines)


def prose(text: str) -> str:
    """Comment lines, each paragraph filled; paragraphs are apart by an empty line, and follow each other here."""
    paragraphs = [clean(paragraph) for paragraph in text.split("\n\n")]  # of which a program's name may be a part
    lines = [line for paragraph in paragraphs for line in textwrap.wrap(paragraph, WIDTH - 2, break_long_words=False)]
    return "\n".join(f"# {line}" for line in lines)


def _off(settings: str) -> str:
    return "\n".join(line if line.startswith("#") else f"#{line}" if line else "" for line in settings.splitlines())


def quoted(text: str) -> str:
    """A basic string: what JSON escapes, TOML escapes alike, but for one control character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def listed(items: Iterable[str]) -> str:
    """An array, on as many lines as it takes."""
    words = [quoted(item) for item in items]
    plain = f"[{', '.join(words)}]"
    if len(plain) <= WIDTH - 12:
        return plain
    lines = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) > WIDTH - 3:
            lines.append("")
        lines[-1] += f"{word}, "
    return "[\n" + "".join(f"  {line.rstrip()}\n" for line in lines) + "]"


def _inline(table: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"{quoted(key)} = {quoted(value)}" for key, value in table.items()) + " }"
