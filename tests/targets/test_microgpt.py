"""The shipped target: its data and golden text can be made again, and its figures are the published ones."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from harness import knobs, targets

FOLDER = Path(__file__).parents[2] / "targets" / "microgpt"
PUBLIC = Path(__file__).parents[3] / "shared" / "data" / "names.txt"  # fetched, not shipped
NAMES = FOLDER / "names.txt"
GOLDEN = FOLDER / "golden.txt"
PUBLISHED_SAMPLES = ["kamon", "ann", "karai", "jaire", "vialan", "karia", "yeran", "anna", "areli", "kaina"]
LINE_ENDS = bytes.maketrans(b"\r", b"\n")

needs_public = pytest.mark.skipif(not PUBLIC.exists(), reason="the public list is not here")
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="the golden text was made on Linux")


@pytest.fixture(scope="module")
def microgpt():
    return targets.load("microgpt")


def start(source, names, folder):
    """The program in a process of its own, in an empty folder, as the judge would start it."""
    (folder / "input.txt").write_bytes(names.read_bytes())
    (folder / "program.py").write_text(source, encoding="utf-8")
    environment = {"PYTHONHASHSEED": "0", "PATH": os.defpath}
    command = [sys.executable, "-S", "-u", "program.py"]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def run(source, names, folder):
    """Lines of the whole standard output; nothing on standard error."""
    with start(source, names, folder) as process:
        out, err = process.communicate()
    assert (process.returncode, err) == (0, b"")
    return out.translate(LINE_ENDS).decode().split("\n")


def first_lines(source, names, folder, count):
    """The first lines of a run that is then killed."""
    text = b""
    with start(source, names, folder) as process:
        while text.count(b"\n") < count:
            chunk = process.stdout.read1()
            assert chunk, process.stderr.read()
            text += chunk.translate(LINE_ENDS)
        process.send_signal(signal.SIGKILL)
    return text.decode().split("\n")[:count]


def golden_lines():
    return GOLDEN.read_bytes().translate(LINE_ENDS).decode().split("\n")


# --- Data -------------------------------------------------------------------------------------------------------------


def test_names_are_made_again_byte_for_byte():
    made = subprocess.run([sys.executable, FOLDER / "names.py"], capture_output=True, check=True)
    assert made.stdout == NAMES.read_bytes()


def test_names_are_a_list_of_names():
    names = NAMES.read_text(encoding="ascii").split("\n")
    assert names.pop() == ""
    assert len(names) == len(set(names)) == 32_033
    assert set("".join(names)) == set("abcdefghijklmnopqrstuvwxyz")
    assert max(map(len, names)) == 15


@needs_public
def test_names_cost_what_the_public_ones_do():
    own, public = (path.read_text(encoding="ascii").split() for path in (NAMES, PUBLIC))
    assert len(own) == len(public)
    own_mean, public_mean = (sum(map(len, names)) / len(names) for names in (own, public))
    assert own_mean == pytest.approx(public_mean, rel=0.01)
    own_lengths, public_lengths = (Counter(map(len, names)) for names in (own, public))
    apart = sum(abs(own_lengths[n] - public_lengths[n]) for n in range(1, 16)) / len(own)
    assert apart < 0.02


# --- Contract ---------------------------------------------------------------------------------------------------------


def test_target_reads(microgpt):
    assert [workload.name for workload in microgpt.workloads] == ["odd", "short", "full", "public"]
    assert [workload.hidden for workload in microgpt.workloads] == [True, True, True, False]
    assert {knob.label for knob in microgpt.knobs} == {"steps", "seed", "loss"}
    assert microgpt.rules.inputs == ("input.txt",)


def test_hints_name_every_knob(microgpt):
    for words in ("`num_steps = 1000`", "`random.seed(42)`", "`.4f`"):
        assert words in microgpt.hints


def test_only_the_public_workload_has_a_golden(microgpt):
    assert [workload.golden for workload in microgpt.workloads] == ["", "", "", "golden.txt"]


# --- Golden text ------------------------------------------------------------------------------------------------------


def test_golden_has_every_line():
    lines = golden_lines()
    assert lines[:3] == ["num docs: 32033", "vocab size: 27", "num params: 4192"]
    steps = lines[3:1003]
    assert [line.split("|")[0] for line in steps] == [f"step {n:4d} / 1000 " for n in range(1, 1001)]
    assert lines[1003:1005] == ["", "--- inference (new, hallucinated names) ---"]
    samples = [line for line in lines if line.startswith("sample ")]
    assert [line.split(":")[0] for line in samples] == [f"sample {n:2d}" for n in range(1, 21)]
    assert lines[-1] == ""


@needs_linux
def test_golden_begins_as_a_run_does(microgpt, tmp_path):
    begun = first_lines(microgpt.source, NAMES, tmp_path, 15)
    assert begun == golden_lines()[:15]


# --- Published figures ------------------------------------------------------------------------------------------------


@needs_public
def test_figures_of_a_short_run(microgpt, tmp_path):
    lines = run(knobs.turn(microgpt.source, microgpt.knobs, {"steps": "3"}), PUBLIC, tmp_path)
    assert lines[:4] == ["num docs: 32033", "vocab size: 27", "num params: 4192", "step    1 /    3 | loss 3.3660"]
    assert sum(line.startswith("sample ") for line in lines) == 20


def test_turned_run_is_whole_and_at_full_precision(microgpt, tmp_path):
    settings = {"steps": "2", "seed": "7", "loss": ".17g"}
    lines = run(knobs.turn(microgpt.source, microgpt.knobs, settings), NAMES, tmp_path)
    losses = [line.rpartition(" ")[2] for line in lines if line.startswith("step ")]
    assert len(losses) == 2
    assert all(f"{float(loss):.17g}" == loss and len(loss) > 12 for loss in losses)


@pytest.mark.slow
@needs_linux
def test_golden_is_the_whole_run(microgpt, tmp_path):
    assert run(microgpt.source, NAMES, tmp_path) == golden_lines()


@pytest.mark.slow
@needs_public
def test_figures_of_the_whole_run(microgpt, tmp_path):
    lines = run(microgpt.source, PUBLIC, tmp_path)
    assert lines[3].endswith("loss 3.3660")
    assert lines[1002].endswith("loss 2.6497")
    samples = [line.partition(": ")[2] for line in lines if line.startswith("sample ")]
    assert samples[:10] == PUBLISHED_SAMPLES


# --- What there is to optimize ----------------------------------------------------------------------------------------


def test_a_step_builds_a_graph_of_the_size_that_the_original_builds(microgpt, tmp_path):
    """About 57,000 scalar nodes a step; a document of six letters, the mean, has seven positions."""
    counted = microgpt.source.replace("        visit(self)\n", "        visit(self)\n        print(len(order))\n")
    assert counted != microgpt.source
    lines = run(knobs.turn(counted, microgpt.knobs, {"steps": "4"}), NAMES, tmp_path)
    counts = [int(line) for line in lines if line.isdigit()]
    assert len(counts) == 4
    assert 40_000 < sum(counts) / len(counts) < 80_000


@pytest.mark.slow
@needs_linux
def test_the_whole_run_peaks_within_a_tenth_of_the_original(microgpt, tmp_path):
    """63 MiB on CPython 3.11; measured in the sandbox, whose reading is not inherited from the test's process."""
    from harness import sandbox
    from harness.types import Job, Limits

    result = sandbox.choose().run(
        Job(
            command=("{python}", "candidate.py"),
            files={"candidate.py": microgpt.source.encode(), "input.txt": NAMES.read_bytes()},
            imports=microgpt.rules.imports,
            limits=Limits(wall_s=3600, cpu_s=3600),
        )
    )
    assert result.code == 0
    assert 0.9 * 63 < result.peak_mib < 1.1 * 63
