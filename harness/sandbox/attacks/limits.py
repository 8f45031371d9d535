"""Attacks that want too much: memory, disk, output, time. Each is bounded, for it is run outside a room as well."""

from __future__ import annotations

from harness.sandbox.attacks.attack import WRITING, Attack
from harness.types import Limits

ATTACKS = (
    Attack(
        "take 8 GB",
        "memory is limited",
        "blocks = [bytes(1 << 30) for _ in range(8)]\nprint('BREACH', len(blocks), 'GB')\n",
        ends=("memory",),
    ),
    Attack(
        "fill the disk",
        "where writing is allowed, its amount is limited",
        "for number in range(64):\n"
        "    with open(f'fill-{number}', 'wb') as file: file.write(bytes(1 << 20))\n"
        "print('BREACH 64 MiB')\n",
        limits=WRITING,
        ends=("writes",),
    ),
    Attack(
        "print without end",
        "output is limited",
        "for _ in range(64): print('x' * (1 << 16))\nprint('BREACH 4 MiB')\n",
        ends=("output",),
    ),
    Attack(
        "loop without end",
        "CPU time is limited",
        "import time\nwhile time.process_time() < 1.7: pass\nprint('BREACH still running')\n",
        limits=Limits(wall_s=20.0, cpu_s=1.0),
        ends=("timeout",),
    ),
    Attack(
        "ignore the signal to end",
        "time is limited, and ending cannot be refused",
        "import _signal, time\n"
        "for number in range(1, 32):\n"
        "    if number not in (9, 19): _signal.signal(number, _signal.SIG_IGN)\n"
        "time.sleep(1.5)\n"
        "print('BREACH still running')\n",
        limits=Limits(wall_s=0.7, cpu_s=10.0),
        ends=("timeout",),
    ),
)
