"""From a program to a target that works: real programs, run in the real sandbox."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from harness import targets
from harness.drafting import draft, toml
from harness.errors import BadTarget, BaselineError
from harness.judging.lanes import Lanes
from harness.parts import make_judge
from harness.types import Sandbox

SALES = """\
import random
import sys

random.seed(4)
ROUNDS = 50
rows = [line.split() for line in open("sales/day.txt", encoding="utf-8")]
total = 0
for turn in range(ROUNDS):
    name, sold = random.choice(rows)
    total += int(sold) * turn
    print(name, total)
print("factor", sys.argv[1])
"""
DAY = "ann 3\nbob 11\ncid 7\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with a program, its input, and what is none of its business."""
    (tmp_path / "sales").mkdir()
    (tmp_path / "sales/day.txt").write_text(DAY)
    (tmp_path / "notes.txt").write_text("nothing to do with it")
    (tmp_path / ".env").write_text("KEY=secret")
    (tmp_path / "my shop.py").write_text(SALES)
    return tmp_path


def test_a_draft_is_a_target_that_works_and_says_what_it_found(shop: Path, room: Sandbox) -> None:
    made = draft(shop / "My Shop!", shop / "my shop.py", room, arguments=("2 x",))
    assert (made.name, made.inputs, made.lines, made.code) == ("my-shop", ("sales/day.txt",), 51, 0)
    assert (made.level, made.written) == ("exact", ())
    assert made.cpu_s > 0 and made.peak_mib > 1
    folder = shop / "My Shop!"
    assert sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()) == [
        "golden.txt",
        "my shop.py",
        "sales/day.txt",
        "target.toml",
    ]
    assert "factor 2 x" in (folder / "golden.txt").read_text()
    target = targets.load(str(folder))
    assert target.source == SALES and target.command == ("{python}", "{program}", "2 x")
    assert target.rules.inputs == ("sales/day.txt",) and not target.rules.strict, "sys.argv is not for the strict"
    (public,) = target.workloads
    assert (public.stage, public.hidden, public.golden) == ("measure", False, "golden.txt")
    assert [path.name for path in shop.iterdir() if path.name.startswith(".")] == [".env"], "no folder half made"


def test_hidden_workloads_are_offered_switched_off_and_work_when_switched_on(shop: Path, room: Sandbox) -> None:
    made = draft(shop / "shop", shop / "my shop.py", room, arguments=("2",))
    assert [what.partition(" (")[0] for what in made.hidden] == ["Another seed", "Another size"]
    file = shop / "shop/target.toml"
    assert not any(w.hidden for w in targets.load(str(file.parent)).workloads)
    file.write_text(toml.uncommented(file.read_text()))
    target = targets.load(str(file.parent))
    assert {knob.name for knob in target.knobs} == {"random.seed", "ROUNDS"}
    hidden = {w.name: w for w in target.workloads if w.hidden}
    assert hidden["other-seed"].knobs == {"seed": "random"}
    assert 25 <= int(hidden["other-size"].knobs["size"]) < 50
    assert all(w.stage == "short" and w.files == {"sales/day.txt": "sales/day.txt"} for w in hidden.values())


WORDS = """\
import sys

seen = {}
for line in sys.stdin:
    for word in line.split():
        seen[word] = seen.get(word, 0) + 1
with open("report.txt", "w") as file:
    file.write(repr(sorted(seen.items())))
print(len(seen), file=sys.stderr)
sys.exit(3)
"""


def test_standard_input_exit_code_errors_and_files_belong_to_the_promise(tmp_path: Path, room: Sandbox) -> None:
    (tmp_path / "words.py").write_text(WORDS)
    (tmp_path / "text").write_text("one two two\nthree\n")
    made = draft(tmp_path / "words", tmp_path / "words.py", room, stdin=tmp_path / "text")
    assert (made.code, made.written, made.inputs, made.hidden) == (3, ("report.txt",), ("stdin.txt",), ())
    target = targets.load(str(tmp_path / "words"))
    assert target.promise.files and target.limits.writes_mib > 0
    assert not target.workloads[0].golden, "what is recorded as text is the output alone"
    assert "exit code 3" in (tmp_path / "words/target.toml").read_text()
    assert make_judge(target, room, "secret", Lanes()).prepare(ahead=False).cpu_s > 0


def test_lines_of_input_make_another_input_where_the_program_takes_it(tmp_path: Path, room: Sandbox) -> None:
    (tmp_path / "count.py").write_text('for line in open("names.txt"):\n    print(line.strip()[::-1])\n')
    (tmp_path / "names.txt").write_text("anna\nbert\ncarl\n")
    made = draft(tmp_path / "count", tmp_path / "count.py", room)
    assert [what.partition(" (")[0] for what in made.hidden] == ["Other input"]


def test_a_program_with_nothing_to_turn_is_told_how(tmp_path: Path, room: Sandbox) -> None:
    (tmp_path / "plain.py").write_text('"""Plain."""\nprint("only this")\n')
    made = draft(tmp_path / "plain", tmp_path / "plain.py", room)
    text = (tmp_path / "plain/target.toml").read_text()
    assert made.hidden == () and made.strict
    assert "Two ways to have one" in text and tomllib.loads(text)["rules"]["strict"] is True


DRIFTING = """\
import os

print(f"{1.0 + os.stat('.').st_ctime_ns % 1000 * 1e-14:.17f}")
"""


def test_last_digits_that_change_make_the_promise_tolerant(tmp_path: Path, room: Sandbox) -> None:
    (tmp_path / "drifting.py").write_text(DRIFTING)
    made = draft(tmp_path / "drifting", tmp_path / "drifting.py", room)
    assert made.level == "tolerant" and not (tmp_path / "drifting/golden.txt").exists()


# --- what cannot be a target ------------------------------------------------------------------------------------------

REFUSED = {
    "import numpy as np\n": (BadTarget, "line 1 imports numpy, which is not in the standard library"),
    "import helper\n": (BadTarget, "line 1 imports helper, a file of its own: only single files"),
    "from . import helper\n": (BadTarget, "only single files can be optimized"),
    "print(": (BadTarget, "line 1 does not parse"),
    "print(open('missing.txt').read())": (BaselineError, "FileNotFoundError: [Errno 2] No such file or directory"),
    "print(open('/data/far.txt').read())": (BadTarget, "opens /data/far.txt, which a candidate does not see"),
    "import sys\nprint(sys.argv[1])": (BaselineError, "IndexError: list index out of range; does it want arguments?"),
    "print(1 / 0)": (BaselineError, "fails: ZeroDivisionError: division by zero"),
    "import socket\nsocket.socket().connect(('127.0.0.1', 9))": (BadTarget, "uses the network, and a candidate has"),
    "import subprocess\nsubprocess.run(['true'])": (BadTarget, "starts another process"),
    "import os\nos.fork()": (BadTarget, "starts another process"),
    "import threading\nthreading.Thread(target=print).start()": (BadTarget, "starts a thread"),
    "print(input())": (BadTarget, "reads its standard input: name a file that is to be it, --stdin FILE"),
    "x = 1\nimport time\nprint(time.time())": (BaselineError, "line 3 calls time.time: leave times out of what it"),
    "from random import random as r\nprint(r())": (BaselineError, "line 2 calls random.random and nothing seeds it"),
    "import uuid\nprint(uuid.uuid4())": (BaselineError, "line 2 calls uuid.uuid4, which is never the same"),
    "import os\nprint(os.urandom(4))": (BaselineError, "output line 1 was"),
    "import os\nprint(os.stat('.').st_ctime_ns % 10**9)": (BaselineError, "print nothing that changes by itself"),
    "import os\nos.mkfifo('x')": (BadTarget, "asks the system for"),
    "import os\nopen('out.bin', 'wb').write(os.urandom(4))": (BaselineError, "the file out.bin that it writes changes"),
}


@pytest.mark.parametrize("source", REFUSED)
def test_what_cannot_be_a_target_is_refused_in_one_line_and_nothing_is_left(
    tmp_path: Path, room: Sandbox, source: str
) -> None:
    (tmp_path / "helper.py").write_text("")
    program = tmp_path / "program.py"
    program.write_text(source)
    error, says = REFUSED[source]
    with pytest.raises(error) as caught:
        draft(tmp_path / "target", program, room)
    assert says in str(caught.value) and "\n" not in str(caught.value) and "program.py" in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["helper.py", "program.py"]


def test_a_folder_that_exists_is_left_alone(tmp_path: Path, room: Sandbox) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "program.py").write_text("print(1)\n")
    with pytest.raises(BadTarget, match="exists already"):
        draft(tmp_path / "mine", tmp_path / "program.py", room)
    assert not list((tmp_path / "mine").iterdir())


def test_a_name_that_the_target_needs_is_said(tmp_path: Path, room: Sandbox) -> None:
    (tmp_path / "program.py").write_text("print(open('target.toml').read())\n")
    (tmp_path / "target.toml").write_text("x = 1\n")
    with pytest.raises(BadTarget, match=r"reads target\.toml, a name that a target needs"):
        draft(tmp_path / "mine", tmp_path / "program.py", room)
    (tmp_path / "program.py").write_text("print(open('golden.txt').read())\n")
    (tmp_path / "golden.txt").write_text("its own\n")
    draft(tmp_path / "mine", tmp_path / "program.py", room)
    assert (tmp_path / "mine/golden.txt").read_text() == "its own\n"
    assert (tmp_path / "mine/recorded-output.txt").read_text() == "its own\n\n"
