"""What one client waits for while others move bulk, or do not read what they asked for."""

import contextlib
import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import backends
import load
import metrics
import processes
import stalled
from failures import RunError

#: Until bulk streams flow at their full rate.
SETTLING_SECONDS = 0.5
DRAIN = str(Path(__file__).with_name("drain.py"))


@dataclass(frozen=True)
class BesideScenario:
    """A foreground that is measured, and a background that stands meanwhile."""

    service = "http"
    other_services = ("echo",)
    operation = "echo"
    compares_proxies = True

    def planned_seconds(self, testbed):
        scale = testbed.scale
        each = SETTLING_SECONDS + scale.seconds + scale.warm_up_seconds + 1
        return each * len(testbed.targets) * scale.rounds

    def run(self, testbed):
        targets = {target.name: target for target in testbed.targets}
        rounds = {name: [] for name in targets}
        notes = []
        for index in range(testbed.scale.rounds):
            for name in load.rotated(list(targets), by=index):
                found, note = self.measure(testbed, targets[name])
                rounds[name].append(found)
                notes += [f"{name}: {note}"] if note else []
        return {"targets": load.target_results(rounds), "notes": notes}

    def echo(self, testbed, target, size):
        """Median and 99th percentile, in microseconds."""
        command = [
            str(testbed.arguments.generator), "bench", "tcp",
            f"127.0.0.1:{target.ports['echo']}", "--mode", "echo", "--size", size, "-c", "1",
            "--duration", load.milliseconds(testbed.scale.seconds),
            "--warm-up", load.milliseconds(testbed.scale.warm_up_seconds),
            "--timeout", "120s", "--json",
        ]
        report = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout)
        found = report["targets"][0]["metrics"]
        return {
            key: found[key]["median"]
            for key in ["p50Microseconds", "p99Microseconds"] if found.get(key)
        }


@dataclass(frozen=True)
class BesideBulkScenario(BesideScenario):
    """Small requests of one client, beside downloads of others."""

    streams: int
    name = "small-beside-bulk"
    detail = "an echo of 100 bytes on one kept connection; the downloads never pause"
    metrics = metrics.BESIDE_BULK

    @property
    def title(self):
        return f"Small requests beside {self.streams} downloads"

    def measure(self, testbed, target):
        command = [sys.executable, DRAIN, str(target.ports[self.service]), str(self.streams)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as downloads:
            try:
                time.sleep(SETTLING_SECONDS)
                found = self.echo(testbed, target, "100B")
            finally:
                downloads.send_signal(signal.SIGINT)
            rate = downloads.communicate()[0]
        if not rate:
            raise RunError(f"no downloads through {target.name}")
        return {**found, "bytesPerSecond": float(rate)}, ""


@dataclass(frozen=True)
class BesideStalledScenario(BesideScenario):
    """A large echo of one client, beside others that have stopped reading their downloads."""

    connections: int
    name = "beside-stalled"
    detail = (
        "each has read an eighth of its file at full speed before; the echo is of 2 MiB;"
        " memory of the proxy's own sockets (ss -tm)"
    )
    metrics = metrics.BESIDE_STALLED

    @property
    def title(self):
        return f"An echo beside {self.connections} stalled downloads"

    def measure(self, testbed, target):
        port = target.ports[self.service]
        read_bytes = testbed.scale.bulk_mib * backends.MEBIBYTE // 8
        with contextlib.ExitStack() as stack:
            clients = stalled.downloads(port, self.connections, read_bytes, stack)
            time.sleep(testbed.scale.settling_seconds)
            # What is direct has no sockets of a proxy's.
            held = {}
            if target.process_id:
                total = processes.socket_memory(port, testbed.backend_ports[self.service])
                held = {"socketBytes": total}
            found = self.echo(testbed, target, "2MiB")
            closed = self.connections - stalled.standing_count(clients)
        return {**found, **held}, f"closed {closed} stalled downloads" if closed else ""
