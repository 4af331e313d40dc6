"""What idle connections cost in memory."""

import contextlib
import signal
import subprocess
import time
from dataclasses import dataclass

import load
import metrics
import processes
from failures import RunError

WARM_UP_CONNECTIONS = 64
WARM_UP_REQUESTS = 2_000
STANDING_LIMIT_SECONDS = 30
#: To start a proxy, to serve its warm-up, and for all connections to stand.
OVERHEAD_SECONDS = 1.5


@dataclass(frozen=True)
class IdleScenario:
    """Every round has fresh processes: what a program has once allocated it rarely gives back.

    Each serves some connections first, so that what it allocates only once does not count.
    """

    name = "idle"
    service = "http"
    operation = "connection"
    metrics = metrics.IDLE
    compares_proxies = True
    connections: int

    @property
    def title(self):
        return f"{self.connections:,} idle connections"

    @property
    def detail(self):
        return (
            f"fresh processes in each round, which serve {WARM_UP_CONNECTIONS} connections first;"
            " growth of anonymous memory (RssAnon)"
        )

    def planned_seconds(self, testbed):
        each = OVERHEAD_SECONDS + 2 * testbed.scale.settling_seconds
        return each * len(testbed.makers) * testbed.scale.rounds

    def run(self, testbed):
        names = list(testbed.makers)
        rounds = {name: [] for name in names}
        for index in range(testbed.scale.rounds):
            for name in load.rotated(names, by=index):
                rounds[name].append(self.measure(testbed, name, index))
        return {"targets": load.target_results(rounds), "notes": []}

    def measure(self, testbed, name, index):
        proxy = testbed.makers[name](testbed.folder / f"idle-{index}-{name}")
        testbed.start_extra(proxy)
        try:
            warm_up(testbed, proxy)
            time.sleep(testbed.scale.settling_seconds)
            before = processes.anonymous_bytes(proxy.process_id)
            with self.standing_connections(testbed, proxy):
                time.sleep(testbed.scale.settling_seconds)
                growth = processes.anonymous_bytes(proxy.process_id) - before
                resident = processes.resident_bytes(proxy.process_id)
        finally:
            testbed.stop_extra(proxy)
        return {
            "anonymousBytesPerConnection": growth / self.connections,
            "residentBytes": resident,
        }

    @contextlib.contextmanager
    def standing_connections(self, testbed, proxy):
        """All of them stand inside, at the proxy and from there at the backend."""
        at_backend = processes.established_count(testbed.backend_ports[self.service])
        command = load.bench_command(testbed, "idle", proxy) + [
            "-c", str(self.connections), "--warm-up", f"{STANDING_LIMIT_SECONDS}s", "-d", "1h",
        ]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as generator:
            try:
                self.wait_until_standing(testbed, proxy, at_backend, generator)
                yield
                self.require_standing(testbed, proxy, at_backend)
            finally:
                generator.send_signal(signal.SIGKILL)

    def wait_until_standing(self, testbed, proxy, at_backend, generator):
        deadline = time.monotonic() + STANDING_LIMIT_SECONDS
        while self.missing(testbed, proxy, at_backend):
            if generator.poll() is not None or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        self.require_standing(testbed, proxy, at_backend)

    def require_standing(self, testbed, proxy, at_backend):
        missing = self.missing(testbed, proxy, at_backend)
        if missing:
            raise RunError(f"{proxy.name}: of {self.connections} connections, {missing}")

    def missing(self, testbed, proxy, at_backend):
        """In words; empty where all stand."""
        port = testbed.backend_ports[self.service]
        clients = processes.established_count(proxy.ports[self.service])
        dialled = processes.established_count(port) - at_backend
        if min(clients, dialled) >= self.connections:
            return ""
        return f"{clients} stand at the proxy and {dialled} at the backend\n{proxy.log_text()}"


def warm_up(testbed, proxy):
    command = load.bench_command(testbed, "http", proxy) + [
        "--path", "/small", "-c", str(WARM_UP_CONNECTIONS), "--warm-up", "0s",
        "--operations", str(WARM_UP_REQUESTS),
    ]
    if subprocess.run(command, stdout=subprocess.DEVNULL).returncode != 0:
        raise RunError(f"{proxy.name} served nothing:\n{proxy.log_text()}")
