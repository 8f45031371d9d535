"""Attacks that want to know: files, keys, expected outputs, other processes."""

from __future__ import annotations

from harness.sandbox.attacks.attack import TRY, Attack

ATTACKS = (
    Attack(
        "read a file",
        "no file of the machine can be read",
        TRY + "attempt('a file', lambda: open(SCENE['secret']).read())\n",
    ),
    Attack(
        "read the home folder",
        "the user's home folder is out of reach",
        TRY + "import os\nattempt('home', lambda: os.listdir(SCENE['home']))\n",
    ),
    Attack(
        "read the expected output",
        "what a program should print is nowhere that it could look",
        TRY + "attempt('golden', lambda: open(SCENE['golden']).read())\n",
    ),
    Attack(
        "look around",
        "home folders, keys, system files and devices are not there",
        TRY
        + "import os\n"
        + "for path in ('/root', '/home', '/etc', '/tmp', '/var', '/usr', '/proc', '/sys', '/dev', '/run'):\n"
        + "    attempt(path, lambda: os.listdir(path))\n",
    ),
    Attack(
        "read the environment",
        "no variable of the harness's environment is seen",
        "import os\n"
        "harmless = {'PYTHONHASHSEED', 'PYTHONHOME', 'PYTHONPLATLIBDIR', 'LD_LIBRARY_PATH', 'PWD', 'LC_CTYPE'}\n"
        "left = sorted(set(os.environ) - harmless)\n"
        "if left: print('BREACH', left)\n",
    ),
    Attack(
        "read the keys of the harness",
        "the environment and the arguments of the harness cannot be read",
        TRY
        + "import os\n"
        + "for pid in (SCENE['harness'], os.getppid(), 1):\n"
        + "    for name in ('environ', 'cmdline'):\n"
        + "        attempt(f'{name} of {pid}', lambda: open(f'/proc/{pid}/{name}', 'rb').read()[:9])\n",
    ),
    Attack(
        "read another process",
        "no other process's environment, arguments, memory or files can be read",
        TRY
        + "import os\n"
        + "for name in ('environ', 'cmdline', 'maps', 'mem', 'root/etc/hostname', 'task'):\n"
        + "    attempt(name, lambda: open(f\"/proc/{SCENE['victim']}/{name}\", 'rb').read(1))\n"
        + "for name in ('exe', 'cwd', 'fd/0'):\n"
        + "    attempt(name, lambda: os.readlink(f\"/proc/{SCENE['victim']}/{name}\"))\n",
    ),
    Attack(
        "use what was left open",
        "no descriptor of the harness is inherited",
        "import os\n"
        "for number in range(3, 1024):\n"
        "    try: os.fstat(number)\n"
        "    except OSError: continue\n"
        "    print('BREACH descriptor', number)\n",
    ),
    Attack(
        "import what was not offered",
        "modules that the target does not allow do not exist",
        TRY
        + "for name in ('ctypes', 'subprocess', 'socket', 'mmap', 'multiprocessing', 'threading', 'sysconfig'):\n"
        + "    attempt(name, lambda: __import__(name))\n",
    ),
)
