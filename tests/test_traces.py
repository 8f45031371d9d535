"""Comparing output line by line, as it comes."""

import pytest

from harness.traces import Comparison, Trace, split_lines
from harness.types import JobResult, Promise

GOLDEN = b"docs: 5\nstep    1 / 2 | loss 3.36601234567890\rstep    2 / 2 | loss 2.5e-03\r\nsample 1: anna\n"
TOLERANT = Promise(level="tolerant", rtol=1e-12)


def result(stdout: bytes, code: int = 0, stderr: bytes = b"", written: dict[str, bytes] | None = None) -> JobResult:
    return JobResult(
        end="exit",
        code=code,
        reason="",
        stdout=stdout,
        stderr=stderr,
        written=written or {},
        cpu_s=1,
        wall_s=1,
        peak_mib=8,
    )


def difference(
    output: bytes, promise: Promise = TOLERANT, hidden: bool = False, size: int = 7, **more: object
) -> str | None:
    comparison = Comparison(Trace.of(result(GOLDEN)), promise, hidden)
    for start in range(0, len(output), size):
        comparison.feed(output[start : start + size])
    return comparison.finish(result(output, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_the_same_output_is_the_same_in_any_chunks(size: int) -> None:
    assert difference(GOLDEN, size=size) is None
    assert difference(GOLDEN, Promise(level="exact"), size=size) is None


def test_lines_end_at_newline_carriage_return_or_both() -> None:
    assert split_lines(b"a\rb\r\nc\n\nd") == [b"a\r", b"b\r\n", b"c\n", b"\n", b"d"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ((b"docs: 5", b"docs: 6"), "line 1 differs (a whole number)"),
        ((b"docs: 5", b"docs: 5.0"), "line 1 differs (a whole number)"),
        ((b"docs: 5", b"docs: 05"), "line 1 differs (a whole number)"),
        ((b"anna", b"anne"), "line 4 differs (text)"),
        (
            (b"3.36601234567890", b"3.36601234577890"),
            "line 2 differs (a number, off by 3e-11 relative where 1e-12 is allowed)",
        ),
        ((b"3.36601234567890", b"nan"), "line 2 differs"),
        ((b"2.5e-03", b"2.5e-01"), "line 3 differs"),
        ((b"sample 1: anna\n", b""), "ends after 3 of 4 lines"),
        ((b"anna\n", b"anna\nmore\n"), "goes on after the 4 lines"),
        ((b"anna\n", b"anna"), "line 4 differs (text)"),
    ],
)
def test_each_kind_of_difference_is_named(change: tuple[bytes, bytes], says: str) -> None:
    assert says in (difference(GOLDEN.replace(*change)) or "no difference")


def test_whole_numbers_that_are_one_as_floats_are_two() -> None:
    comparison = Comparison(Trace.of(result(b"9007199254740992\n")), TOLERANT, hidden=False)
    assert "a whole number" in (comparison.feed(b"9007199254740993\n") or "no difference")


def test_numbers_within_the_tolerance_are_the_same_unless_exact_text_is_promised() -> None:
    close = GOLDEN.replace(b"3.36601234567890", b"3.36601234567891")
    assert difference(close) is None
    assert "line 2 differs (text)" in (difference(close, Promise(level="exact")) or "")


def test_nothing_at_all_is_a_difference() -> None:
    assert difference(b"") == "output ends after 0 of 4 lines"


def test_exit_code_standard_error_and_files_belong_to_the_promise() -> None:
    assert difference(GOLDEN, code=3) == "exit code 3, expected 0"
    assert difference(GOLDEN, stderr=b"oops") == "text on standard error"
    assert difference(GOLDEN, Promise(level="exact", files=True), written={"a": b"1"}) == (
        "file 'a' was written, and should not be"
    )


def test_values_of_hidden_workloads_are_never_shown() -> None:
    changed = GOLDEN.replace(b"anna", b"secret")
    assert "anna" in (difference(changed) or "")
    shown = difference(changed, hidden=True) or ""
    assert "anna" not in shown and "secret" not in shown and "line 4" in shown
    number = difference(GOLDEN.replace(b"3.36601", b"3.36602"), hidden=True)
    assert number == "output line 2 differs (a number)"


def test_the_first_difference_is_known_while_the_program_still_runs() -> None:
    comparison = Comparison(Trace.of(result(GOLDEN)), TOLERANT, hidden=True)
    assert comparison.feed(b"docs: 5\n") is None
    assert comparison.feed(b"step    1 / 2 | loss 9.9\r") is None  # the carriage return may be half of a line end
    assert "line 2" in (comparison.feed(b"s") or "")
