"""Attacks that want to do something to the world: write, connect, start, signal, outlive."""

from __future__ import annotations

from harness.sandbox.attacks.attack import TRY, WRITING, Attack

ATTACKS = (
    Attack(
        "write somewhere",
        "nothing can be written, not even in the work folder",
        TRY
        + "import os\n"
        + "places = ['.', '/', '/tmp', '/box', '/py', '/dev', '/dev/shm', '/var/tmp', SCENE['folder'], SCENE['home']]\n"
        + "for place in places:\n"
        + "    name = f'{place}/attack-{os.getpid()}'\n"
        + "    attempt(place, lambda: open(name, 'w').name)\n"
        + "    if os.access(name, os.F_OK): os.unlink(name)\n"
        + "attempt('prey', lambda: open(SCENE['prey'], 'a').write('more'))\n"
        + "attempt('input', lambda: open('input.txt', 'a').write('more'))\n"
        + "attempt('itself', lambda: open(__file__, 'a').write('#'))\n",
    ),
    Attack(
        "write outside the work folder",
        "where writing is allowed, it is in the work folder only",
        TRY
        + "import os\n"
        + "prey, folder = SCENE['prey'], SCENE['folder']\n"
        + "attempt('new file', lambda: open(f'{folder}/new', 'w').name)\n"
        + "attempt('beside the work folder', lambda: open('../new', 'w').name)\n"
        + "attempt('append', lambda: open(prey, 'a').write('more'))\n"
        + "attempt('new folder', lambda: os.mkdir(f'{folder}/made'))\n"
        + "attempt('empty while reading', lambda: os.open(prey, os.O_RDONLY | os.O_TRUNC))\n"
        + "attempt('empty', lambda: os.truncate(prey, 0))\n"
        + "attempt('take away', lambda: os.rename(prey, 'prey.txt'))\n"
        + "attempt('remove', lambda: os.unlink(f'{folder}/secret.txt'))\n",
        limits=WRITING,
    ),
    Attack(
        "empty a file that can only be read",
        "a file is not emptied by opening it",
        TRY + "import os\nattempt('truncate', lambda: os.open(SCENE['prey'], os.O_RDONLY | os.O_TRUNC))\n",
    ),
    Attack(
        "leave something for the next run",
        "no run finds anything of another",
        "for place in ('.', SCENE['folder'], '/tmp', '/dev/shm'):\n"
        "    try: open(f'{place}/left-by-attack', 'w').write('a hint')\n"
        "    except OSError: pass\n",
        limits=WRITING,
        sequel=TRY
        + "import os\n"
        + "for place in ('.', SCENE['folder'], '/tmp', '/dev/shm'):\n"
        + "    attempt(place, lambda: open(f'{place}/left-by-attack').read())\n"
        + "    if os.access(f'{place}/left-by-attack', os.F_OK): os.unlink(f'{place}/left-by-attack')\n",
    ),
    Attack(
        "change modes and links",
        "no permission, owner, time or link can be changed",
        TRY + "import os\nattempt('chmod', lambda: os.chmod(__file__, 0o700))\n",
    ),
    Attack(
        "connect to the loopback",
        "there is no network, not even to this machine",
        TRY
        + "import socket\n"
        + "attempt('loopback', lambda: socket.create_connection(('127.0.0.1', SCENE['port']), 2))\n",
        imports=("socket",),
    ),
    Attack(
        "send a datagram",
        "nothing can be sent without a connection either",
        TRY
        + "import socket\n"
        + "datagrams = lambda: socket.socket(type=socket.SOCK_DGRAM)\n"
        + "attempt('UDP', lambda: datagrams().sendto(b'a key', ('127.0.0.1', SCENE['port'])))\n",
        imports=("socket",),
    ),
    Attack(
        "connect to an abstract socket",
        "no socket of another program can be reached",
        TRY + "import socket\nattempt('abstract', lambda: socket.socket(socket.AF_UNIX).connect(SCENE['abstract']))\n",
        imports=("socket",),
    ),
    Attack(
        "connect to a socket in a file",
        "no service of the machine can be reached by its file",
        TRY + "import socket\nattempt('file', lambda: socket.socket(socket.AF_UNIX).connect(SCENE['socket_file']))\n",
        imports=("socket",),
    ),
    Attack(
        "fork bomb",
        "no process can be started",
        "import os\nfor _ in range(40):\n    if os.fork() == 0: os._exit(0)\nprint('BREACH 40 processes')\n",
    ),
    Attack(
        "leave a daemon",
        "nothing outlives a run",
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        time.sleep(0.3)\n"
        "        print('BREACH the daemon lives', flush=True)\n"
        "    os._exit(0)\n",
    ),
    Attack(
        "run another program",
        "no program of the machine can be run beside",
        TRY + "import subprocess\nattempt('sh', lambda: subprocess.check_output(['/bin/sh', '-c', 'id']))\n",
        imports=("subprocess",),
    ),
    Attack(
        "become another program",
        "no program of the machine can be run instead",
        "import os\n"
        "try: os.execv('/bin/sh', ['sh', '-c', 'echo BREACH a shell'])\n"
        "except OSError as error: print('refused', type(error).__name__)\n",
    ),
    Attack(
        "start a thread",
        "no thread can be started",
        "import _thread, time\n_thread.start_new_thread(print, ('BREACH a thread',))\ntime.sleep(0.2)\n",
    ),
    Attack(
        "kill the harness",
        "neither the harness nor what guards a run can be signalled",
        TRY + "import os\nfor pid in (SCENE['harness'], os.getppid()): attempt(pid, lambda: os.kill(pid or 1, 0))\n",
    ),
    Attack(
        "kill another process",
        "no other process can be signalled",
        TRY + "import os\nattempt('victim', lambda: os.kill(SCENE['victim'], 9))\n",
    ),
    Attack(
        "signal a thread of another process",
        "no other process can be signalled, by whatever call",
        "import ctypes\n"
        "if ctypes.CDLL(None).tgkill(SCENE['victim'], SCENE['victim'], 9) == 0: print('BREACH a signal')\n",
        imports=("ctypes",),
    ),
)
