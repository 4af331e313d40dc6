"""Programs that end with the tests."""

import atexit
import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from free_ports import free_ports

# Nothing here is fast or slow: this is when a test that waits for what never happens gives up.
PATIENCE = 120
HERE = Path(__file__).parent


def wait_until(condition, what, seconds=PATIENCE):
    """Waits until `condition` is true, and returns what it returned."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"did not happen within {seconds} s: {what}")
        time.sleep(0.05)
    return result


def folder(prefix="stream-load-"):
    """A temporary folder that is removed in the end."""
    path = Path(tempfile.mkdtemp(prefix=prefix))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


class Program:
    def __init__(self, command, log):
        self.log = Path(log)
        with open(log, "a") as file:
            self.process = subprocess.Popen(
                [str(part) for part in command], stdout=file, stderr=file, stdin=subprocess.DEVNULL
            )
        atexit.register(self.process.kill)

    @property
    def is_running(self):
        return self.process.poll() is None

    @property
    def output(self):
        return self.log.read_text(errors="replace")

    def wait_until(self, condition, what):
        def check():
            if not self.is_running:
                raise AssertionError(f"{self.process.args[0]} has ended:\n{self.output}")
            return condition()

        return wait_until(check, what)

    def wait_for_port(self, port, host="127.0.0.1"):
        self.wait_until(lambda: accepts(host, port), f"something listens on {host}:{port}")

    def stop(self):
        if self.is_running:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()


def accepts(host, port):
    try:
        socket.create_connection((host, port), PATIENCE).close()
        return True
    except OSError:
        return False


class Configured(Program):
    """nginx or HAProxy with a configuration of `clients/`.

    - values: what `@NAME@` in it stands for, in addition to USER and FOLDER.
    """

    def __init__(self, name, template, port, values):
        path = folder()
        self.port = port
        text = (HERE / "clients" / template).read_text()
        for key, value in {"USER": getpass.getuser(), "FOLDER": path, **values}.items():
            text = text.replace(f"@{key}@", str(value))
        configuration = path / template
        configuration.write_text(text)
        search = os.environ["PATH"] + ":/usr/sbin"
        program = shutil.which(name, path=search)
        options = {"nginx": ["-e", "stderr", "-p", path, "-c"], "haproxy": ["-f"]}[name]
        super().__init__([program, *options, configuration], path / "log")
        self.wait_for_port(self.port)


class Proxy(Configured):
    """One in front of a front end."""

    def __init__(self, name, frontend):
        port, self.tuned_port, self.followed_port = free_ports(3)
        template = {"nginx": "nginx.conf", "haproxy": "haproxy.cfg"}[name]
        super().__init__(name, template, port, {
            "FRONTEND": frontend, "DEFAULT": port, "TUNED": self.tuned_port,
            "FOLLOWED": self.followed_port,
        })


class Responder(Configured):
    """One that answers every request itself and logs its target, as far as it can read it."""

    def __init__(self, name):
        [port] = free_ports(1)
        template = {"nginx": "nginx-responder.conf", "haproxy": "haproxy-responder.cfg"}[name]
        super().__init__(name, template, port, {"PORT": port})

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def targets(self):
        """The target of each request so far."""
        complete = self.output.rpartition("\n")[0]
        lines = [line.partition("target ") for line in complete.splitlines()]
        return [target for _, mark, target in lines if mark]
