"""Runs a program and writes down what it reaches for. A program of its own, handed into the sandbox:

    watcher.py STDIN PROGRAM [ARGUMENTS]

STDIN is a file, or - for none. It imports nothing that an interpreter does not have built in. Each line of the report
is an event and its first argument, with a tab between.
"""

import posix
import sys

REPORT = "optimize-run-watched"
EVENTS = {  # audit events of the interpreter -> what they mean here
    "os.listdir": "list",
    "os.scandir": "list",
    "glob.glob": "list",
    "socket.__new__": "network",
    "socket.getaddrinfo": "network",
    "subprocess.Popen": "process",
    "os.fork": "process",
    "os.forkpty": "process",
    "os.posix_spawn": "process",
    "os.system": "process",
    "os.exec": "process",
    "_thread.start_new_thread": "thread",
    "builtins.input": "stdin",
}
WRITING = posix.O_WRONLY | posix.O_RDWR | posix.O_CREAT


def watch() -> None:
    """From here on every event is written down as it comes: a program that is killed has been seen up to there."""
    report = posix.open(REPORT, posix.O_WRONLY | posix.O_CREAT | posix.O_APPEND, 0o600)
    seen: set[bytes] = set()

    def hear(event, args):  # type: ignore[no-untyped-def]
        if event == "open":
            path, _, flags = args
            what = "write" if (flags or 0) & WRITING else "read"
            words = "stdin" if path == 0 else what
            path = "" if isinstance(path, int) else path
        elif event in EVENTS:
            words, path = EVENTS[event], args[0] if args else ""
        else:
            return
        if isinstance(path, bytes):
            path = path.decode("utf-8", "replace")
        elif not isinstance(path, str):  # another object's words may need a system call
            path = ""
        line = (words + "\t" + path).replace("\n", " ").encode("utf-8", "replace") + b"\n"
        if line not in seen and len(seen) < 10000:
            seen.add(line)
            posix.write(report, line)

    sys.addaudithook(hear)


def main() -> None:
    stdin = sys.argv[1]
    del sys.argv[:2]
    if stdin != "-":
        posix.dup2(posix.open(stdin, posix.O_RDONLY), 0)
    with open(sys.argv[0], encoding="utf-8") as file:  # noqa: PTH123 - pathlib is not built in
        code = compile(file.read(), sys.argv[0], "exec")
    names = sys.modules["__main__"].__dict__
    names["__file__"] = sys.argv[0]
    watch()
    exec(code, names)


if __name__ == "__main__":
    main()
