"""Contestants that do the same work in turns, round by round: for `loads/run.py` and `tls/run.py`."""

import collections
import contextlib
import re
import socket
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Callable

import processes
import servers
from failures import RunError


class Program(servers.Server):
    """A server whose command ends with the path of its configuration."""

    def __init__(self, name, folder, command, ports, configuration):
        super().__init__(name, folder / name)
        self.ports = ports
        self.arguments = [*command, self.write("configuration", configuration)]

    def command(self):
        return self.arguments

    def cpu_seconds(self):
        return processes.cpu_seconds(self.process_id)

    def resident_bytes(self):
        return processes.proportional_bytes(self.process_id)


def nginx(name, folder, ports, http):
    """One worker; `http` goes into its http block."""
    own = folder / name
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return Program(name, folder, ["nginx", "-c"], ports, f"""
daemon off; pid {own}/nginx.pid; error_log {own}/nginx.log; worker_processes 1;
events {{ worker_connections 20000; }}
http {{ access_log off; keepalive_requests 1000000000; keepalive_timeout 1h;
{"".join(f"{kind}_temp_path {own}/{kind};" for kind in kinds)}
{http} }}
""")


@contextlib.contextmanager
def running(backend, contestants):
    """The backend starts first: a proxy looks after its health."""
    try:
        servers.start([backend])
        servers.start(contestants)
        yield
    except RunError as error:
        sys.exit(str(error))
    finally:
        servers.stop([*contestants, backend])


@dataclass(frozen=True)
class Measurement:
    name: str
    #: By name; ratios are to "haproxy".
    contestants: dict
    #: Puts load on one of them and returns how many pieces of work it did.
    work: Callable
    #: Of the CPU time for a piece of work.
    unit: str = "µs"

    def measure(self, contestant):
        """CPU time for a piece of work, and pieces per second."""
        before, start = contestant.cpu_seconds(), time.monotonic()
        count = self.work(contestant)
        elapsed = time.monotonic() - start
        scale = 1e6 if self.unit == "µs" else 1
        return (contestant.cpu_seconds() - before) / count * scale, count / elapsed


def compare(measurements, rounds, only, name_width, decimals):
    """Interleaves the contestants, and prints medians; `only` is a comma-separated list or `None`."""
    if only:
        measurements = [each for each in measurements if each.name in only.split(",")]
    results = collections.defaultdict(list)
    for index in range(rounds):
        for measurement in measurements:
            for name in list(measurement.contestants)[:: 1 if index % 2 == 0 else -1]:
                found = measurement.measure(measurement.contestants[name])
                results[measurement.name, name].append(found)
    for measurement in measurements:
        base = results[measurement.name, "haproxy"]
        for name in measurement.contestants:
            own = results[measurement.name, name]
            cpu, rate = (statistics.median(pair[i] for pair in own) for i in (0, 1))
            ratios = [statistics.median(a[i] / b[i] for a, b in zip(own, base)) for i in (0, 1)]
            print(f"{measurement.name:12} {name:{name_width}} {cpu:9.{decimals}f} {measurement.unit:5}"
                  f" {rate:10.{decimals - 1}f}/s   CPU ×{ratios[0]:.2f}  rate ×{ratios[1]:.2f}")


def wrk(url, seconds, connections, *options):
    """The number of requests that were answered."""
    output = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", *options, url],
        capture_output=True, text=True).stdout
    if "Non-2xx" in output:
        sys.exit(output)
    return int(re.search(r"(\d+) requests in", output)[1])


def idle_bytes(program, count, wrap=lambda plain: plain):
    """Of each idle connection that has had a request answered, beyond what the program holds anyway."""
    before, connections = program.resident_bytes(), []
    for _ in range(count):
        connection = wrap(socket.create_connection(("127.0.0.1", program.ports["http"])))
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        if b"200" not in connection.recv(4096):
            sys.exit(f"{program.name} does not answer")
        connections.append(connection)
    time.sleep(1)
    after = program.resident_bytes()
    for connection in connections:
        connection.close()
    time.sleep(1)
    return (after - before) / count
