#!/usr/bin/env python3
"""Whether the first connection after the answer to a write obeys it, under a long whitelist.

    python3 Benchmarks/policy/first_connect.py --sluice .build/release/sluice

A list of a million entries is imported over the API. Then an entry for the client's own address is
added, changed to deny, changed to allow and removed, again and again; after each answer the client
connects once, and must be admitted or denied accordingly. Times are from the request to its answer.
"""
import argparse
import http.client
import json
import os
import select
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from reload import blocks, free_ports

WAREHOUSE = "/v1/warehouses/W/whitelist"


class LocalConnection(http.client.HTTPConnection):
    """HTTP over the gateway's local socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=600)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Gateway:
    """A gateway with an empty whitelist in a store."""

    def __init__(self, binary, folder):
        self.backend = socket.create_server(("127.0.0.1", 0))
        self.port, management = free_ports(2)
        self.socket = os.path.join(folder, "sluice.sock")
        path = os.path.join(folder, "sluice.yaml")
        with open(path, "w") as file:
            file.write(
                f"""\
management: {{ listen: 127.0.0.1:{management}, socket: {self.socket} }}
state: sluice.db
log: {{ access: off, level: error }}
limits: {{ connectRatePerSource: 0 }}
warehouses:
  - id: W
    whitelist: {{ mode: specific, entries: [] }}
    listeners:
      - protocol: tcp
        listen: 127.0.0.1:{self.port}
        healthCheck: off
        backends: [ 127.0.0.1:{self.backend.getsockname()[1]} ]
"""
            )
        self.process = subprocess.Popen(
            [binary, "serve", "--config", path], stderr=subprocess.DEVNULL
        )
        for _ in range(6000):
            if self.process.poll() is not None:
                sys.exit("the gateway ended; run it by hand with the same configuration")
            if os.path.exists(self.socket) and os.stat(self.socket).st_mode & 0o777 == 0o600:
                break
            time.sleep(0.01)
        self.api = LocalConnection(self.socket)

    def write(self, method, path, body=None):
        """The answer's data, and the milliseconds until it came."""
        while True:
            start = time.perf_counter()
            text = None if body is None else json.dumps(body)
            self.api.request(method, path, text, {"Content-Type": "application/json"})
            answer = self.api.getresponse()
            data = json.load(answer)
            elapsed = (time.perf_counter() - start) * 1000
            if answer.status == 429:
                time.sleep(0.1)
                continue
            if answer.status not in (200, 201):
                sys.exit(f"{method} {path}: {data}")
            return data["data"], elapsed

    def admits(self, source):
        """Whether a client is passed on to the backend; a denied one sees the end."""
        with socket.socket() as client:
            client.bind((source, 0))
            client.connect(("127.0.0.1", self.port))
            readable, _, _ = select.select([self.backend, client], [], [], 10)
            if self.backend in readable:
                self.backend.accept()[0].close()
                return True
            if client in readable:
                return False
        sys.exit("a client was neither admitted nor denied")

    def stop(self):
        for _ in range(2):
            self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sluice", default=".build/release/sluice", help="the gateway's binary")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--writes", type=int, default=1_000)
    options = parser.parse_args()
    own = "127.0.0.9"
    with tempfile.TemporaryDirectory() as folder:
        gateway = Gateway(options.sluice, folder)
        try:
            text = "\n".join(blocks(options.entries, seed=1))
            _, elapsed = gateway.write("POST", f"{WAREHOUSE}/import", {"text": text})
            print(f"imported {options.entries:,} entries in {elapsed / 1000:.1f} s")
            times, wrong, entry = [], 0, None
            for number in range(options.writes):
                step = number % 4
                # A connection to the API lives for two minutes at most.
                if number % 50 == 0:
                    gateway.api.close()
                if step == 0:
                    data, elapsed = gateway.write("POST", f"{WAREHOUSE}/entries", {"cidr": own})
                    entry = f"{WAREHOUSE}/entries/{data['entry']['entryId']}"
                elif step == 3:
                    _, elapsed = gateway.write("DELETE", entry)
                else:
                    action = "deny" if step == 1 else "allow"
                    _, elapsed = gateway.write("PATCH", entry, {"action": action})
                times.append(elapsed)
                wrong += gateway.admits(own) != (step in (0, 2))
            print(
                f"{options.writes:,} writes: median {statistics.median(times):.1f} ms,"
                f" 99% within {percentile(times, 0.99):.1f} ms, longest {max(times):.1f} ms"
            )
            print(f"first connections that did not obey: {wrong}")
        finally:
            gateway.stop()
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
