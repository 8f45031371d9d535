"""What an attack is. Its program prints BREACH when it got what it wanted, as it does when run without a sandbox."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from harness.sandbox.attacks.scene import Scene
from harness.types import Limits

SMALL = Limits(wall_s=20.0, cpu_s=10.0, memory_mib=1024, output_bytes=1 << 20)
WRITING = Limits(wall_s=20.0, cpu_s=10.0, writes_mib=2)

# At the head of most programs: try something, and say what came of it.
TRY = """
def attempt(what, action):
    try:
        got = action()
    except Exception as error:
        print('refused:', what, type(error).__name__)
    else:
        print('BREACH', what, str(got)[:80], flush=True)  # a forbidden call may follow
"""


@dataclass(frozen=True, slots=True)
class Attack:
    """claim: what a sandbox promises, in words for a user. ends: how a run may end when the attack was stopped.

    Modules that would be missing are staged for it (imports), so that it is the walls that stop it and not only the
    empty shelves. sequel: a second program, run afterwards in a room of its own.
    """

    name: str
    claim: str
    program: str
    imports: tuple[str, ...] = ()
    limits: Limits = SMALL
    ends: tuple[str, ...] = ("exit", "signal")
    sequel: str = ""

    def texts(self, scene: Scene) -> list[str]:
        """The programs, each with what it needs to know at its top."""
        return [f"SCENE = {asdict(scene)!r}\n{text}" for text in (self.program, self.sequel) if text]
