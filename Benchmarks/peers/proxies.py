"""The backend and the proxies: each one's configuration, start and stop."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import configurations
from measure import SEARCH_PATH, process_tree


class Server:
    """A server of one foreground process, which may have children."""

    name = ""

    def __init__(self, folder):
        self.folder = Path(folder) / self.name
        self.folder.mkdir()
        self.port = free_port()
        self.process = None

    def start(self):
        log = open(self.folder / "output.log", "wb")
        environment = {**os.environ, "PATH": SEARCH_PATH}
        self.process = subprocess.Popen(
            self.command(), stdout=log, stderr=subprocess.STDOUT, env=environment
        )
        log.close()
        self.wait_until_listening()

    def command(self):
        raise NotImplementedError

    def wait_until_listening(self, limit=20):
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        output = (self.folder / "output.log").read_text(errors="replace")
        raise SystemExit(f"{self.name} does not listen on port {self.port}:\n{output}")

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def process_ids(self):
        return process_tree(self.process.pid)

    def write(self, file_name, text):
        path = self.folder / file_name
        path.write_text(text)
        return str(path)


class Backend(Server):
    """nginx that serves a small and a large file."""

    name = "backend"

    def __init__(self, folder, download_mib):
        super().__init__(folder)
        (self.folder / "small").write_text("a small answer\n")
        with open(self.folder / "large", "wb") as file:
            for _ in range(download_mib):
                file.write(os.urandom(1 << 20))

    def command(self):
        text = configurations.nginx_backend(self.port, self.folder)
        return nginx_command(self.folder, self.write("nginx.conf", text))


class Direct:
    """No proxy at all: what the load and the backend can do by themselves."""

    name = "direct"

    def __init__(self, backend):
        self.port = backend.port

    def start(self):
        pass

    def stop(self):
        pass

    def process_ids(self):
        return []


class HAProxy(Server):
    def __init__(self, backend, folder, name, splices=False):
        self.name = name
        super().__init__(folder)
        self.text = configurations.haproxy(self.port, backend.port, splices)

    def command(self):
        return ["haproxy", "-db", "-f", self.write("haproxy.cfg", self.text)]


class NginxStream(Server):
    name = "nginx-stream"

    def __init__(self, backend, folder):
        super().__init__(folder)
        self.text = configurations.nginx_stream(self.port, backend.port, self.folder)

    def command(self):
        return nginx_command(self.folder, self.write("nginx.conf", self.text))


class Sluice(Server):
    """Sluice as it is meant to run: whitelist, limits, metrics and access log are on."""

    def __init__(self, backend, folder, name, binary):
        self.name = name
        super().__init__(folder)
        self.binary = str(Path(binary).resolve())
        list_path = self.write("office.cidrs", configurations.whitelist(1000))
        self.text = configurations.sluice(self.port, backend.port, free_port(), list_path)

    def command(self):
        return [self.binary, "serve", "--config", self.write("sluice.yaml", self.text)]


def nginx_command(folder, path):
    program = shutil.which("nginx", path=SEARCH_PATH)
    return [program, "-e", str(folder / "error.log"), "-p", str(folder), "-c", path]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
