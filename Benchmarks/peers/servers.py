"""A server of one process tree: its start, its readiness, its end."""

import contextlib
import ctypes
import itertools
import os
import random
import signal
import socket
import subprocess
import time

from failures import RunError
from programs import SEARCH_PATH

#: A debug build, or MariaDB's first start, on a busy machine.
START_LIMIT_SECONDS = 60
STOP_LIMIT_SECONDS = 10
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


class Server:
    """Runs in the foreground, writes to `output.log` in a folder of its own."""

    stop_signal = signal.SIGTERM

    def __init__(self, name, folder):
        self.name = name
        self.folder = folder
        self.folder.mkdir()
        #: By service: `http`, `sink`, `mysql`.
        self.ports = {}
        self.process = None

    def command(self):
        raise NotImplementedError

    @property
    def process_id(self):
        return self.process.pid

    def launch(self):
        """Does not wait: several may start at the same time."""
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [str(part) for part in self.command()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PATH": SEARCH_PATH},
                # A Ctrl-C in the terminal is for the benchmark, which stops its servers in order.
                start_new_session=True,
                preexec_fn=end_with_parent,
            )

    def wait_until_ready(self):
        deadline = time.monotonic() + START_LIMIT_SECONDS
        for port in self.ports.values():
            while not accepts(port):
                if self.process.poll() is not None:
                    raise RunError(f"{self.name} ended at its start:\n{self.log_text()}")
                if time.monotonic() > deadline:
                    raise RunError(f"{self.name} does not listen on {port}:\n{self.log_text()}")
                time.sleep(0.02)

    def ask_to_stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)

    def wait_until_stopped(self):
        if self.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=STOP_LIMIT_SECONDS)
        # What did not listen, and children that a parent left behind.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    @property
    def log(self):
        return self.folder / "output.log"

    def log_text(self):
        return self.log.read_text(errors="replace")[-4_000:]

    def write(self, file_name, text):
        path = self.folder / file_name
        path.write_text(text)
        return path


def start(servers):
    """All at once."""
    for server in servers:
        server.launch()
    for server in servers:
        server.wait_until_ready()


def stop(servers):
    """All at once; those that never started too."""
    for server in servers:
        server.ask_to_stop()
    for server in servers:
        server.wait_until_stopped()


def end_with_parent():
    """Even a benchmark that is killed leaves no server behind (prctl(2))."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


#: Below the ports from which the system takes those of clients, so that no client can be there
#: before the server; from anywhere in them, so that two runs do not meet.
CANDIDATES = itertools.cycle(range(15_000, 32_000))
for _ in range(random.randrange(17_000)):
    next(CANDIDATES)


def free_port():
    """Each time another one."""
    for port in itertools.islice(CANDIDATES, 17_000):
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue
    raise RunError("no port between 15000 and 32000 is free")
