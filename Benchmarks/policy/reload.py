#!/usr/bin/env python3
"""Memory of a gateway with long whitelists, and the time until a reload is obeyed.

    python3 Benchmarks/policy/reload.py --sluice new=.build/release/sluice --sluice old=/tmp/old-sluice

Two cases: 200 warehouses with a list file of 5,000 blocks each, and one warehouse with a list of a
million addresses. For each binary: resident memory once the gateway is idle; then, round by round
and binary by binary, one line is added to one list and the gateway gets SIGHUP. The time is the one
from the signal to the first new connection that is admitted by the new line.
"""
import argparse
import ipaddress
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time


def free_ports(count):
    """Ports that nobody has now, all of them different."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def blocks(count, seed):
    chosen = random.Random(seed)
    found = set()
    while len(found) < count:
        found.add(chosen.randrange(0x0B000000, 0x7E000000))
    return [str(ipaddress.IPv4Address(bits)) for bits in sorted(found)]


class Gateway:
    """One binary that serves the folder's configuration on ports of its own."""

    def __init__(self, binary, folder, lists):
        self.folder, self.backend = folder, socket.create_server(("127.0.0.1", 0))
        ports = free_ports(len(lists))
        self.port = ports[0]
        self.extra = 0
        warehouses = []
        for index, name in enumerate(lists):
            listener = (
                f"{{ protocol: tcp, listen: 127.0.0.1:{ports[index]}, healthCheck: off,"
                f" backends: [ 127.0.0.1:{self.backend.getsockname()[1]} ] }}"
            )
            warehouses.append(
                f"  - id: W{index}\n    whitelist: {{ files: [ {name} ] }}\n"
                f"    listeners: [ {listener} ]\n"
            )
        path = os.path.join(folder, "sluice.yaml")
        with open(path, "w") as file:
            file.write("log: { access: off, level: error }\n")
            file.write("limits: { connectRatePerSource: 0 }\n")
            file.write("warehouses:\n" + "".join(warehouses))
        self.list = os.path.join(folder, lists[0])
        self.process = subprocess.Popen(
            [binary, "serve", "--config", path], stderr=subprocess.DEVNULL
        )
        self.wait_until_accepting()

    def wait_until_accepting(self):
        for _ in range(6000):
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self.process.poll() is not None:
                sys.exit("the gateway ended; run it by hand with the same configuration")
            time.sleep(0.01)
        sys.exit("the gateway does not listen")

    def resident(self):
        """Resident memory in MiB, as soon as it no longer falls."""
        least, since = None, time.monotonic()
        while time.monotonic() - since < 8:
            with open(f"/proc/{self.process.pid}/status") as status:
                now = int(next(l for l in status if l.startswith("VmRSS")).split()[1]) / 1024
            if least is None or now < least - 0.5:
                least, since = now, time.monotonic()
            time.sleep(0.5)
        return least

    def is_admitted(self, source):
        with socket.socket() as client:
            client.settimeout(5)
            client.bind((source, 0))
            self.backend.settimeout(0.0005)
            try:
                client.connect(("127.0.0.1", self.port))
                peer, _ = self.backend.accept()
                peer.close()
                return True
            except OSError:
                return False

    def reload(self):
        """Milliseconds from SIGHUP to the first connection that obeys it."""
        self.extra += 1
        source = f"127.1.{self.extra // 250}.{self.extra % 250 + 1}"
        with open(self.list, "a") as file:
            file.write(source + "\n")
        start = time.perf_counter()
        self.process.send_signal(signal.SIGHUP)
        while not self.is_admitted(source):
            if time.perf_counter() - start > 60:
                sys.exit("a reload was not obeyed within a minute")
        return (time.perf_counter() - start) * 1000

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def measure(case, lists, binaries, rounds):
    gateways = {}
    for name, binary in binaries:
        folder = tempfile.mkdtemp(prefix="sluice-policy-")
        for index, entries in enumerate(lists):
            with open(os.path.join(folder, f"{index}.cidrs"), "w") as file:
                file.write("\n".join(entries) + "\n")
        gateways[name] = Gateway(binary, folder, [f"{i}.cidrs" for i in range(len(lists))])
    memory = {name: gateway.resident() for name, gateway in gateways.items()}
    times = {name: [] for name in gateways}
    for _ in range(rounds):
        # A file that was changed less than two seconds ago is read again anyway.
        time.sleep(2.5)
        for name, gateway in gateways.items():
            times[name].append(gateway.reload())
    for name, gateway in gateways.items():
        after = gateway.resident()
        print(
            f"{case:<16} {name:<8} {memory[name]:8.1f} {after:8.1f}"
            f" {statistics.median(times[name]):10.1f} {max(times[name]):10.1f}",
            flush=True,
        )
        gateway.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sluice", action="append", required=True, metavar="NAME=PATH")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=["many", "one"])
    options = parser.parse_args()
    binaries = [pair.split("=", 1) for pair in options.sluice]
    print(f"{'case':<16} {'binary':<8} {'MiB':>8} {'after':>8} {'median ms':>10} {'max ms':>10}")
    if options.only != "one":
        lists = [blocks(5000, seed) for seed in range(200)]
        measure("200 x 5,000", lists, binaries, options.rounds)
    if options.only != "many":
        measure("1 x 1,000,000", [blocks(1_000_000, 7)], binaries, options.rounds)


if __name__ == "__main__":
    main()
