"""Runs a program under a profiler, inside the sandbox. Not imported by the harness: it is handed over as a file.

    python driver.py time|memory SECONDS

Uses modules that are built into the interpreter and no others, so nothing has to be staged for it. Prints lines of
words and numbers, which their reader takes for the claims of a stranger: the program runs in the same process.
"""

import _tracemalloc
import gc
import posix
import sys
import time

PROGRAM = "candidate.py"
CHECK_EVERY = 512  # traced lines between two looks at the memory and at the clock of the process
GROWTH = 1.2  # over the last snapshot's size, from which another is worth its cost
FIRST_SNAPSHOT = 1 << 20
TYPES = 12


class Nowhere:
    """Takes what the program prints."""

    encoding = "utf-8"

    def write(self, text):
        return len(text)

    def flush(self):
        pass


def counted():
    """How many objects of each type the collector knows, by name."""
    types = {}
    for thing in gc.get_objects():
        name = type(thing).__name__
        types[name] = types.get(name, 0) + 1
    return types


class TimeProfile:
    """How often each line ran and what it took, callees of other lines not counted."""

    def __init__(self, deadline):
        self.deadline = deadline
        self.left = CHECK_EVERY
        self.hits = {}
        self.spent = {}
        self.line = 0
        self.since = time.perf_counter_ns()

    def call(self, frame, event, arg):
        if frame.f_code.co_filename != PROGRAM:
            return None
        self.turn(frame.f_lineno)
        return self.local

    def local(self, frame, event, arg):
        if event == "line":
            line = frame.f_lineno
            self.hits[line] = self.hits.get(line, 0) + 1
            self.turn(line)
        elif event == "return":
            caller = frame.f_back
            self.turn(caller.f_lineno if caller is not None and caller.f_code.co_filename == PROGRAM else 0)
        return self.local

    def turn(self, line):
        now = time.perf_counter_ns()
        self.spent[self.line] = self.spent.get(self.line, 0) + now - self.since
        self.left -= 1
        if self.left <= 0:
            self.left = CHECK_EVERY
            stop_when_late(self)
        self.line, self.since = line, time.perf_counter_ns()

    def start(self):
        sys.settrace(self.call)

    def report(self):
        for line, spent in self.spent.items():
            yield f"line {line} {self.hits.get(line, 0)} {spent}"


class MemoryProfile:
    """What was allocated where, and how many objects of which type there were, when memory was at its highest."""

    def __init__(self, deadline):
        self.deadline = deadline
        self.left = CHECK_EVERY
        self.threshold = FIRST_SNAPSHOT
        self.lines = {}
        self.types = {}
        self.before = counted()  # what the interpreter itself holds
        self.at = 0

    def call(self, frame, event, arg):
        return self.local if frame.f_code.co_filename == PROGRAM else None

    def local(self, frame, event, arg):
        self.left -= 1
        if self.left <= 0:
            self.left = CHECK_EVERY
            if _tracemalloc.get_traced_memory()[0] > self.threshold:
                self.snapshot()
            stop_when_late(self)
        return self.local

    def snapshot(self):
        sys.settrace(None)
        self.at = _tracemalloc.get_traced_memory()[0]
        self.threshold = self.at * GROWTH
        self.lines = {}
        for _domain, size, frames, *_ in _tracemalloc._get_traces():
            line = frames[0][1] if frames[0][0] == PROGRAM else 0
            bytes_, blocks = self.lines.get(line, (0, 0))
            self.lines[line] = (bytes_ + size, blocks + 1)
        self.types = {name: count - self.before.get(name, 0) for name, count in counted().items()}
        sys.settrace(self.call)

    def start(self):
        _tracemalloc.start(1)
        sys.settrace(self.call)

    def report(self):
        if not self.lines:
            self.snapshot()
            sys.settrace(None)
        for line, (bytes_, blocks) in self.lines.items():
            yield f"line {line} {blocks} {bytes_}"
        for name, count in sorted(self.types.items(), key=lambda item: -item[1])[:TYPES]:
            if count > 0:
                yield f"type {name} {count}"
        yield f"at {self.at}"


def stop_when_late(profile):
    if time.process_time() > profile.deadline:
        finish(profile, "cut")


def finish(profile, end):
    sys.settrace(None)
    text = "\n".join([*profile.report(), f"end {end}"]) + "\n"
    posix.write(1, text.encode())
    posix._exit(0)


def main(kind, seconds):
    with open(PROGRAM, encoding="utf-8") as file:
        code = compile(file.read(), PROGRAM, "exec")
    sys.argv = [PROGRAM]
    sys.stdout = Nowhere()
    deadline = time.process_time() + float(seconds)
    profile = {"time": TimeProfile, "memory": MemoryProfile}[kind](deadline)
    end = "done"
    profile.start()
    try:
        exec(code, {"__name__": "__main__", "__file__": PROGRAM})
    except SystemExit:
        pass
    except BaseException as error:
        end = f"error {type(error).__name__}"
    finish(profile, end)


main(*sys.argv[1:])
