#!/usr/bin/env python3
"""What an admitted client feels of a flood of denied ones.

    python3 Benchmarks/enforcement/flood.py                     # .build/release/sluice
    python3 Benchmarks/enforcement/flood.py --sluice old=/tmp/old --sluice new=/tmp/new --tries 1000

Ten denied addresses connect as fast as they can while a whitelisted client connects, sends a line,
and waits for its echo, `--tries` times. In interleaved rounds the flood meets the gateway's own port
and, for comparison, the port of another program (HAProxy, which rejects them). What counts is that
every try is admitted, and the 99th percentile of the tries' time as a ratio of the two.

Each gateway runs with `limits.connections: 500` and answers denials in the costliest way
(errorAfterGreeting), and once with 2,048 descriptors. Needs haproxy; of Python only the standard
library.
"""

import argparse
import json
import multiprocessing
import signal
import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import run

DENIED = [f"127.0.0.{number}" for number in range(60, 70)]
ADMITTED = "127.0.0.2"


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    run.raise_descriptor_limit()
    run.require_haproxy()
    echo = Echo()
    results = {}
    for name, path in arguments.sluice:
        for descriptors in (None, 2048):
            with tempfile.TemporaryDirectory(prefix="sluice-flood-") as folder:
                label = name if descriptors is None else f"{name}, {descriptors} descriptors"
                results[label] = measure(arguments, path, descriptors, Path(folder), echo)
                print(label, json.dumps(results[label]), file=sys.stderr)
    print(json.dumps(results, indent=2))


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sluice", action="append", type=named, metavar="[NAME=]PATH")
    parser.add_argument("--tries", type=int, default=1_000, help="in all rounds, of each kind")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    arguments.sluice = arguments.sluice or [("sluice", run.ROOT / ".build/release/sluice")]
    return arguments


def named(text):
    name, separator, path = text.rpartition("=")
    return (name if separator else "sluice", Path(path))


class Echo:
    """Echoes what it gets, one thread for each client."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client:
            try:
                while data := client.recv(4096):
                    client.sendall(data)
            except OSError:
                pass


def gateway(path, descriptors, folder, echo):
    port = run.free_port()
    file = folder / "sluice.yaml"
    file.write_text(f"""log: {{ access: {folder}/access.log }}
limits: {{ connections: 500, connectionsPerSource: 0, connectRatePerSource: 0 }}
warehouses:
  - id: W
    whitelist: {{ mode: specific, entries: [ {{ cidr: {ADMITTED}/32 }} ] }}
    listeners:
      - protocol: mysql
        listen: 127.0.0.1:{port}
        reject: errorAfterGreeting
        backends: [ {{ address: 127.0.0.1:{echo.port} }} ]
        healthCheck: off
""")
    command = [str(path), "serve", "--config", str(file)]
    if descriptors:
        command = ["sh", "-c", f'ulimit -n {descriptors}; exec "$0" "$@"'] + command
    return run.Proxy(command, port)


def flood(port, connects, stop):
    """Connects from ten addresses in turn. The first connections stay open, as those of a client do
    that never reads its refusal; the others are closed at once."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    kept = []
    number = 0
    while not stop.value:
        number += 1
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, run.RESET)
        client.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
        client.settimeout(1)
        try:
            client.bind((DENIED[number % len(DENIED)], 0))
            client.connect(("127.0.0.1", port))
        except OSError:
            client.close()
            continue
        if len(kept) < 400:
            kept.append(client)
        else:
            client.close()
    connects.value = number
    for client in kept:
        client.close()


class Flood:
    def __init__(self, port):
        self.stop = multiprocessing.Value("b", 0, lock=False)
        self.connects = [multiprocessing.Value("q", 0, lock=False) for _ in range(2)]
        self.processes = [
            multiprocessing.Process(target=flood, args=(port, count, self.stop), daemon=True)
            for count in self.connects
        ]

    def __enter__(self):
        self.start = time.monotonic()
        for process in self.processes:
            process.start()
        time.sleep(0.2)
        return self

    def __exit__(self, *_):
        self.stop.value = 1
        for process in self.processes:
            process.join()
        seconds = time.monotonic() - self.start
        self.rate = round(sum(count.value for count in self.connects) / seconds)


def visit(port):
    """Whether the client was admitted, and after how many milliseconds."""
    start = time.monotonic()
    try:
        with socket.socket() as client:
            client.settimeout(10)
            client.setsockopt(socket.IPPROTO_IP, 24, 1)
            client.bind((ADMITTED, 0))
            client.connect(("127.0.0.1", port))
            client.sendall(b"let me in")
            answer = client.recv(64)
    except OSError:
        return False, (time.monotonic() - start) * 1e3
    return answer == b"let me in", (time.monotonic() - start) * 1e3


def measure(arguments, path, descriptors, folder, echo):
    other = run.haproxy(folder, echo.port)
    share = max(1, arguments.tries // arguments.rounds)
    times = {"own port": [], "other program": []}
    admitted = {"own port": 0, "other program": 0}
    rates = {"own port": [], "other program": []}
    try:
        for number in range(arguments.rounds):
            for kind in list(times)[:: 1 if number % 2 else -1]:
                # A fresh one each time: it does not know yet who will not give up.
                sluice = gateway(path, descriptors, folder, echo)
                try:
                    port = sluice.port if kind == "own port" else other.port
                    with Flood(port) as flooding:
                        for _ in range(share):
                            is_admitted, milliseconds = visit(sluice.port)
                            admitted[kind] += is_admitted
                            times[kind].append(milliseconds)
                finally:
                    sluice.stop()
                rates[kind].append(flooding.rate)
    finally:
        other.stop()
    percentile = {kind: statistics.quantiles(all, n=100)[98] for kind, all in times.items()}
    return {
        "tries": share * arguments.rounds,
        "admitted": admitted,
        "connectsPerSecondOfTheFlood": {k: round(statistics.median(v)) for k, v in rates.items()},
        "p99Milliseconds": {kind: round(value, 1) for kind, value in percentile.items()},
        "p99Ratio": round(percentile["own port"] / percentile["other program"], 2),
    }


if __name__ == "__main__":
    main()
