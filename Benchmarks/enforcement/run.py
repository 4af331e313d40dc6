#!/usr/bin/env python3
"""What enforcement costs: denials beside admissions and HAProxy's denials, and a list that changes.

    python3 Benchmarks/enforcement/run.py                       # .build/release/sluice
    python3 Benchmarks/enforcement/run.py --sluice /tmp/a/sluice --attempts 100000 --sessions 5000

1. One client connects `--attempts` times in a row, in interleaved rounds: denied by Sluice's
   whitelist, denied by HAProxy (tcp-request connection reject), admitted by Sluice. What counts is
   the processor time of the proxy for each connection, and whether its memory grows.
2. `--sessions` clients are connected; a new list denies one of them. What counts is that exactly
   that one is closed, and how long it takes from the signal (SIGHUP) to the end of its stream.

Needs haproxy; of Python only the standard library.
"""

import argparse
import json
import os
import resource
import select
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DENIED, ADMITTED = "127.0.0.66", "127.0.0.2"
RESET = struct.pack("ii", 1, 0)


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    raise_descriptor_limit()
    require_haproxy()
    results = {}
    with tempfile.TemporaryDirectory(prefix="sluice-enforcement-") as name:
        backend = Backend()
        folder = Path(name)
        results["denials"] = measure_denials(arguments, folder, backend)
        results["revocation"] = measure_revocation(arguments, folder, backend)
    print(json.dumps(results, indent=2))


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sluice", default=ROOT / ".build/release/sluice", type=Path)
    parser.add_argument("--attempts", type=int, default=100_000, help="of each kind, in all rounds")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sessions", type=int, default=5_000)
    parser.add_argument("--changes", type=int, default=5, help="lists that close one session each")
    return parser.parse_args()


def raise_descriptor_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def require_haproxy():
    if shutil.which("haproxy", path="/usr/sbin:/usr/bin") is None:
        sys.exit("missing: haproxy (on Debian: apt-get install haproxy)")


class Backend:
    """Accepts everybody, says nothing, and closes when the client does."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        poll = select.epoll()
        poll.register(self.listener, select.EPOLLIN)
        clients = {}
        while True:
            for number, _ in poll.poll():
                if number == self.listener.fileno():
                    client, _ = self.listener.accept()
                    clients[client.fileno()] = client
                    poll.register(client, select.EPOLLIN)
                else:
                    try:
                        done = not clients[number].recv(65536)
                    except OSError:
                        done = True
                    if done:
                        poll.unregister(number)
                        clients.pop(number).close()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Proxy:
    """A process whose processor time and memory are read from /proc."""

    def __init__(self, command, port, environment=None):
        self.port = port
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
        )
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    sys.exit(f"{command[0]} did not start")
                time.sleep(0.05)

    def seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_kib(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def sluice(path, folder, backend, denied):
    """A gateway with the access log on, whose list has one rule for each denied address."""
    port = free_port()
    file = folder / "sluice.yaml"
    write_configuration(file, folder, port, backend, denied)
    return Proxy([path, "serve", "--config", file], port), file


def write_configuration(file, folder, port, backend, denied):
    entries = "".join(
        f"        - {{ cidr: {address}/32, action: deny }}\n" for address in denied
    )
    file.write_text(f"""log: {{ access: {folder}/access.log }}
limits: {{ connections: 0, connectionsPerSource: 0, connectRatePerSource: 0 }}
warehouses:
  - id: W
    whitelist:
      mode: specific
      entries:
        - {{ cidr: 127.0.0.0/8 }}
{entries}    listeners:
      - protocol: tcp
        listen: 127.0.0.1:{port}
        backends: [ {{ address: 127.0.0.1:{backend.port} }} ]
        healthCheck: off
""")


def haproxy(folder, backend_port, denied=None):
    """Rejects the address `denied`, or everybody."""
    port = free_port()
    condition = f" if {{ src {denied} }}" if denied else ""
    file = folder / "haproxy.cfg"
    file.write_text(f"""global
    nbthread 2
    maxconn 4000
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend f
    bind 127.0.0.1:{port}
    tcp-request connection reject{condition}
    default_backend b
backend b
    server s 127.0.0.1:{backend_port}
""")
    environment = dict(os.environ, PATH="/usr/sbin:/usr/bin")
    return Proxy(["/usr/sbin/haproxy", "-db", "-f", file], port, environment)


def connect(port, source):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    client.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
    client.bind((source, 0))
    client.connect(("127.0.0.1", port))
    return client


def attempt(port, source, is_admitted):
    try:
        client = connect(port, source)
        if not is_admitted:
            client.recv(1)
        client.close()
    except ConnectionError:
        pass


def measure_denials(arguments, folder, backend):
    gateway, _ = sluice(arguments.sluice, folder, backend, [DENIED])
    peer = haproxy(folder, backend.port, DENIED)
    kinds = {
        "sluice denies": (gateway, DENIED),
        "haproxy denies": (peer, DENIED),
        "sluice admits": (gateway, ADMITTED),
    }
    share = max(1, arguments.attempts // arguments.rounds)
    samples = {kind: [] for kind in kinds}
    try:
        for source in (DENIED, ADMITTED):  # warm
            for _ in range(2_000):
                attempt(gateway.port, source, source == ADMITTED)
        before = gateway.resident_kib()
        for number in range(arguments.rounds):
            order = list(kinds)[number % 3:] + list(kinds)[:number % 3]
            for kind in order:
                proxy, source = kinds[kind]
                start = proxy.seconds()
                for _ in range(share):
                    attempt(proxy.port, source, source == ADMITTED)
                time.sleep(0.3)
                samples[kind].append((proxy.seconds() - start) / share * 1e6)
            print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr)
        after = gateway.resident_kib()
    finally:
        gateway.stop()
        peer.stop()
    lines = sum(1 for _ in open(folder / "access.log"))
    return {
        "attemptsOfEachKind": share * arguments.rounds,
        "microsecondsOfProcessorTime": {
            kind: round(statistics.median(values), 2) for kind, values in samples.items()
        },
        "residentKiB": {"before": before, "after": after},
        "accessLogLines": lines,
    }


def measure_revocation(arguments, folder, backend):
    gateway, file = sluice(arguments.sluice, folder, backend, [])
    sources = [f"127.1.{n // 250}.{1 + n % 250}" for n in range(arguments.sessions)]
    clients = []
    milliseconds = []
    closed_others = 0
    try:
        clients = [connect(gateway.port, source) for source in sources]
        time.sleep(1)
        poll = select.epoll()
        for client in clients:
            poll.register(client, select.EPOLLIN | select.EPOLLRDHUP)
        for number in range(arguments.changes):
            victim = (number * 977 + 13) % arguments.sessions
            write_configuration(file, folder, gateway.port, backend, [sources[victim]])
            start = time.monotonic()
            gateway.process.send_signal(signal.SIGHUP)
            events = poll.poll(10, maxevents=10)
            milliseconds.append((time.monotonic() - start) * 1e3)
            numbers = [number for number, _ in events]
            if clients[victim].fileno() not in numbers:
                sys.exit("the denied session was not closed")
            poll.unregister(clients[victim])
            time.sleep(1)
            closed_others += len([n for n, _ in poll.poll(0) if n != clients[victim].fileno()])
    finally:
        for client in clients:
            client.close()
        gateway.stop()
    return {
        "sessions": arguments.sessions,
        "changes": arguments.changes,
        "otherSessionsClosed": closed_others,
        "millisecondsFromSignalToEnd": {
            "median": round(statistics.median(milliseconds), 1),
            "all": [round(value, 1) for value in milliseconds],
        },
    }


if __name__ == "__main__":
    main()
