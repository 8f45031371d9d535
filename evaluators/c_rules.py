"""What a candidate's text in C may be: the rules of evaluators.rules, as far as they mean something there.

What Python's rules forbid because an interpreter could do it (reflection, other modules, other files) a C program does
by system calls, and those are the sandbox's affair: declaring a function by hand gets past any list of names. These
rules keep out what only a reader of the text can see: transcripts and weights in literals, and what would let the
preprocessor or the assembler make such a text of something that is not counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from evaluators import syntax
from evaluators.syntax import SPARE_CHARACTERS, SPARE_CONSTANTS, Breach, words
from harness import ctokens
from harness.ctokens import Token
from harness.types import Reading, Target

DIRECTIVES = words("define undef if ifdef ifndef elif else endif include pragma")
# Of `#pragma`: those that make a program faster. Others print what they are told, rename, or undo definitions.
PRAGMAS = words("optimize target unroll ivdep push_options pop_options diagnostic")
# Assembler can hold any bytes, and gcc hands it the text of section, symver and weakref as it stands; the macros are
# texts that nobody wrote, or make such; the rest would be ended by the sandbox anyway.
BARRED = words(
    "asm __asm __asm__ _Pragma __FILE__ __BASE_FILE__ __FILE_NAME__ __DATE__ __TIME__ __TIMESTAMP__ __func__"
    " __FUNCTION__ __PRETTY_FUNCTION__ __has_include __has_embed __builtin_FILE __builtin_FUNCTION syscall system"
    " popen fork vfork clone execve execv execvp execl execlp posix_spawn socket dlopen dlsym ptrace pthread_create"
    " thrd_create getenv environ freopen fdopen tmpfile section __section__ symver __symver__ weakref __weakref__"
)
# Macros of the C library's and gcc's own headers in which # and ## are hidden.
MAKING_TEXTS = re.compile(
    r"__STRING|__CONCAT|__ASMNAME2?|__REDIRECT\w*|__LDBL_REDIR\w*|__MATH\w*|__SIMD_\w*|__assert\w*|__glibc_macro_warning\w*"
    r"|__GLIBC_USE|_tile_\w+|__TGMATH\w*|\w*_REDUCE_OP"
)
OPENING = ("fopen", "open")


def reading(source: str, target: Target) -> Reading:
    """As RulesEvaluator's: 1.0 when the text keeps the rules; "invalid" when it may be read in more than one way."""
    if odd := [Breach(line, say) for line, say in ctokens.problems(source)]:
        return syntax.reading(odd, "invalid")
    found = set(breaches(target, source))
    return syntax.reading(sorted(found, key=lambda breach: (breach.line, breach.say)), "rule")


def breaches(target: Target, source: str) -> Iterator[Breach]:
    """Every rule that a program in C breaks."""
    text = ctokens.tokens(source)
    code = ctokens.code(text)
    yield from _directives(text, target)
    headers = {line.line for line in ctokens.directives(text) if line.name == "include"}
    yield from _names([word for word in code if word.line not in headers], target)
    yield from _literals(code, target)
    yield from _totals(code, target)


def _directives(text: Sequence[Token], target: Target) -> Iterator[Breach]:
    for line in ctokens.directives(text):
        if line.name and line.name not in DIRECTIVES:
            yield Breach(line.line, f"`#{line.name[:20]}` is not allowed; of directives, only {_listed(DIRECTIVES)}")
        if line.name == "include":
            header = "".join(word.text for word in line.words)
            if header not in [f"<{name}>" for name in target.rules.imports]:
                allowed = ", ".join(f"<{name}>" for name in target.rules.imports) or "nothing"
                yield Breach(line.line, f"#include {header[:40]} is not allowed; allowed: {allowed}")
        elif any(word.text in ("#", "##") for word in line.words if word.kind == "sign"):
            yield Breach(line.line, "`#` and `##` in a macro are not allowed: they make texts of names")
        elif line.name == "pragma" and not _speeds_up([word.text for word in line.words]):
            yield Breach(line.line, f"of #pragma only `GCC` with {_listed(PRAGMAS)}, and `STDC`, are allowed")
        if line.name != "include" and any(word.text == "assert" for word in line.words):
            yield Breach(line.line, "`assert` in a directive is not allowed: call it where it is needed")


def _speeds_up(words: Sequence[str]) -> bool:
    return words[:1] == ["STDC"] or (words[:1] == ["GCC"] and len(words) > 1 and words[1] in PRAGMAS)


def _names(code: Sequence[Token], target: Target) -> Iterator[Breach]:
    inputs = target.rules.inputs
    for at, word in enumerate(code):
        if word.kind != "word":
            continue
        if word.text in BARRED or MAKING_TEXTS.fullmatch(word.text):
            yield Breach(word.line, f"`{word.text}` is not allowed: calculate, read the input and print")
        elif word.text in OPENING and not _reads_an_input(code[at + 1 : at + 5], inputs):
            example = f'{word.text}("{inputs[0]}", ...)' if inputs else "nothing"
            yield Breach(word.line, f"`{word.text}` may only read an input, named in the call: {example}")


def _reads_an_input(after: Sequence[Token], inputs: Sequence[str]) -> bool:
    """Followed by ("input", and a way to read it."""
    texts = [word.text for word in after]
    return (
        len(texts) == 4
        and texts[0] == "("
        and texts[1].strip('"') in inputs
        and texts[2] == ","
        and (texts[3] in ('"r"', '"rb"', "O_RDONLY"))
    )


def _literals(code: Sequence[Token], target: Target) -> Iterator[Breach]:
    length = 0  # of strings that stand one after another, which are one
    for word in code:
        length = length + _characters(word) if word.kind == "string" else 0
        if length > target.rules.max_string:
            yield Breach(
                word.line, f"a string of {length} characters: at most {target.rules.max_string} in one literal"
            )
            length = 0
    yield from _lists(code, target.rules.max_elements)


def _lists(code: Sequence[Token], most: int) -> Iterator[Breach]:
    """Braces that hold a list: many commas between two ends of statements."""
    counts: list[int] = []
    for word in code:
        if word.text == "{" and word.kind == "sign":
            counts.append(0)
        elif counts and word.kind == "sign" and word.text in ",;}":
            counts[-1] = counts[-1] + 1 if word.text == "," else 0 if word.text == ";" else counts[-1]
            if counts[-1] == most:
                yield Breach(word.line, f"more than {most} elements: at most {most} in one place")
            if word.text == "}":
                counts.pop()


def _totals(code: Sequence[Token], target: Target) -> Iterator[Breach]:
    """Transcripts and weights in many small pieces."""
    own, ratio = ctokens.code(ctokens.tokens(target.source)), target.rules.constants_ratio
    most = int(ratio * _numbers(own)) + SPARE_CONSTANTS
    if (count := _numbers(code)) > most:
        yield Breach(1, f"{count} numeric constants in all: at most {most} are allowed")
    most = int(ratio * (sum(map(_characters, own)) + _asserted(own))) + SPARE_CHARACTERS
    if (count := sum(map(_characters, code)) + _asserted(code)) > most:
        yield Breach(1, f"{count} characters in string literals in all: at most {most} are allowed")


def _numbers(code: Sequence[Token]) -> int:
    return sum(word.kind in ("number", "char") for word in code)


def _asserted(code: Sequence[Token]) -> int:
    """Characters of what is asserted: `assert` makes a text of it, which a program can get hold of."""
    count, depth, inside = 0, 0, False
    for word in code:
        if word.text == "assert":
            inside, depth = True, 0
        elif inside:
            depth += {"(": 1, ")": -1}.get(word.text, 0) if word.kind == "sign" else 0
            count += len(word.text) if word.kind != "string" else 0
            inside = depth > 0
    return count


def _characters(word: Token) -> int:
    return len(word.text.encode("utf-8", "replace")) - 2 if word.kind == "string" else 0


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))
