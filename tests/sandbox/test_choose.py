"""The choice of a backend: proved by running, refused in one line that helps, and never none unless a user says so."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import sandbox as rooms
from harness.errors import SandboxError, UnknownName, UsageError
from harness.sandbox import bubblewrap, choose, confine
from harness.types import Job, Sandbox

ROOT = Path(__file__).parents[2]

# As Docker's default profile does: no new user namespaces, and clone3 as if the kernel did not have it.
NO_USER_NAMESPACES = """
import pyseccomp
refusing = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
refusing.add_rule(pyseccomp.ERRNO(1), "unshare")
refusing.add_rule(pyseccomp.ERRNO(1), "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, 0x10000000, 0x10000000))
refusing.add_rule(pyseccomp.ERRNO(38), "clone3")
refusing.load()
"""
NO_LANDLOCK = """
import pyseccomp
refusing = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
refusing.add_rule(pyseccomp.ERRNO(38), "landlock_create_ruleset")
refusing.load()
"""
SURVEY = """
from harness.sandbox import survey
for trial in survey(): print(trial.name, trial.sandbox is not None, trial.failure)
"""

STOPPED = """
from harness.sandbox import choose
from harness.sandbox.attacks import attempt_all
room = choose()
print(room.describe().lacks[0])
print([finding for finding in attempt_all(room) if not finding.stopped])
"""


@pytest.fixture
def both() -> None:
    for name in ("bubblewrap", "landlock"):
        try:
            choose(backend=name)
        except (SandboxError, UsageError) as error:
            pytest.skip(str(error))


def test_the_choice_keeps_the_protocol_and_says_what_it_does(sandbox: Sandbox, backend: str) -> None:
    protection = sandbox.describe()
    assert isinstance(sandbox, Sandbox)
    assert protection.backend.startswith(backend)
    assert any("kernel" in line for line in protection.lacks)
    assert any("side channels" in line for line in protection.lacks)


@pytest.mark.usefixtures("both")
def test_bubblewrap_is_the_first_choice() -> None:
    assert choose().describe().backend.startswith("bubblewrap")


# --- What cannot be had -----------------------------------------------------------------------------------------------


def test_where_there_is_no_backend_it_says_so_and_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "plan9")
    with pytest.raises(SandboxError, match=r"no sandbox for plan9 yet: .*--unsafe-no-sandbox"):
        choose()


def test_importing_costs_and_needs_nothing() -> None:
    check = "import sys, harness.sandbox; sys.exit(bool({'ctypes', 'pyseccomp', 'pwd'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", check], cwd=ROOT, check=False).returncode == 0


def test_a_bad_interpreter_is_named() -> None:
    with pytest.raises(SandboxError, match="/no/such/python cannot be run"):
        choose("/no/such/python")


def test_an_unknown_backend_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean bubblewrap"):
        choose(backend="bublewrap")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere another one is out of place")
def test_a_backend_of_another_platform_is_refused() -> None:
    with pytest.raises(UsageError, match="sandbox-exec works on darwin only"):
        choose(backend="sandbox-exec")


def test_none_cannot_be_chosen_by_its_name() -> None:
    with pytest.raises(UsageError, match="--unsafe-no-sandbox"):
        choose(backend="none")


def test_a_sandbox_and_none_are_opposites() -> None:
    with pytest.raises(UsageError, match="opposites"):
        rooms.asked_for("landlock", unsafe=True)


def test_no_backend_at_all_is_an_error_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "_bundled", lambda: None)
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
    monkeypatch.setattr(confine, "abi", lambda: 0)
    with pytest.raises(SandboxError) as error:
        choose()
    for words in ("apt install bubblewrap", "no Landlock", "unprivileged user namespaces", "--unsafe-no-sandbox"):
        assert words in str(error.value)
    assert "\n" not in str(error.value)


# --- What does not work -----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("both")
def test_the_next_tool_is_tried_when_one_does_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    real, expected = bubblewrap.candidates, choose(backend="bubblewrap").describe()

    def candidates(python: str) -> Iterator[bubblewrap.Bubblewrap]:
        yield from (_broken(one) for one in real(python))
        yield from real(python)

    monkeypatch.setattr(bubblewrap, "candidates", candidates)
    assert choose().describe() == expected


@pytest.mark.usefixtures("both")
def test_the_next_backend_is_tried_when_one_does_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    real = bubblewrap.candidates
    monkeypatch.setattr(bubblewrap, "candidates", lambda python: (_broken(one) for one in real(python)))
    assert choose().describe().backend.startswith("landlock")
    with pytest.raises(SandboxError, match=r"bubblewrap: .*could not be set up"):
        choose(backend="bubblewrap")


@pytest.mark.usefixtures("both")
def test_where_user_namespaces_are_refused_landlock_takes_over() -> None:
    first, second = _survey(NO_USER_NAMESPACES)
    assert first.startswith("bubblewrap False bubblewrap (") and "could not be set up" in first
    assert second.startswith("landlock True")


@pytest.mark.usefixtures("both")
@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare of util-linux")
def test_in_a_container_whose_root_is_nobody_every_attack_is_stopped() -> None:
    """A root that may become no other user, and a kernel that gives out no more namespaces."""
    shut = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    command = ["unshare", "--user", "--map-root-user", "sh", "-c", shut, "sh", sys.executable, "-c", SURVEY + STOPPED]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    if "unshare failed" in done.stderr:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr
    first, second, caveat, left = done.stdout.splitlines()
    assert first.startswith("bubblewrap False") and second.startswith("landlock True")
    assert "this root may not become another" in caveat and left == "[]"


@pytest.mark.usefixtures("both")
def test_where_landlock_is_refused_bubblewrap_still_works() -> None:
    assert _survey(NO_LANDLOCK)[-1].startswith("landlock False this kernel has no Landlock, or refuses it")


@pytest.mark.usefixtures("both")
def test_the_reason_of_a_failed_set_up_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = choose(backend="bubblewrap")
    monkeypatch.setattr(bubblewrap, "ISOLATION", (*bubblewrap.ISOLATION, "--no-such-option"))
    with pytest.raises(SandboxError, match=r"could not be set up: .*no-such-option"):
        sandbox.run(Job(command=("{python}", "p.py"), files={"p.py": b"pass"}))


def test_the_library_of_filters_may_be_missing(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyseccomp", None)
    with pytest.raises(SandboxError, match="install libseccomp2"):
        choose(backend=backend)


def _survey(before: str) -> list[str]:
    command = [sys.executable, "-c", before + SURVEY]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()


def _broken(working: bubblewrap.Bubblewrap) -> bubblewrap.Bubblewrap:
    return bubblewrap.Bubblewrap(working._host, bubblewrap.Tool(Path("/bin/false"), nesting_guard=True))
