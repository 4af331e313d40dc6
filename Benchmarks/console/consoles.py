#!/usr/bin/env python3
"""What open consoles cost a gateway, and what the data plane notices of them.

    python3 Benchmarks/console/consoles.py --sluice .build/release/sluice

Starts a gateway in front of nginx, and measures requests a second with and without 200 open consoles, round by
round. A console does what a browser with a page does: it keeps a stream of events, and asks for the page again when
something has happened, as often as live.js does. Also: processor time and memory of a gateway that serves the
consoles and nothing else. Prints JSON.

With --entries N the whitelist has N entries; the times of its first page and of a search are measured too.
"""

import argparse
import asyncio
import ipaddress
import json
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

WAREHOUSE = "AWVA7CM7"
#: Of a page, and what it listens to: as data-events says.
PAGES = [
    ("overview", "status,notices,denials"),
    ("public-link", "changes"),
    ("sessions", "sessions"),
    ("private-link", "changes,status,denials"),
]
#: From an event to the next refresh, in seconds: live.js.
SLOW_PACE, PACE = 5.0, 1.5
SLOW = {b"event: status\n", b"event: sessions\n"}


def free_ports(count):
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def wait_for(port, process):
    for _ in range(600):
        if process.poll() is not None:
            sys.exit(f"{process.args[0]} ended with {process.returncode}")
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
    sys.exit(f"nobody listens on port {port}")


class Testbed:
    """nginx, and a gateway in front of it."""

    def __init__(self, sluice, entries, folder):
        self.sluice = sluice
        self.folder = Path(folder)
        self.management, self.http, self.backend = free_ports(3)
        nginx = self.folder / "nginx.conf"
        nginx.write_text(
            f"daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;"
            " events { worker_connections 1024; } http { access_log off; keepalive_requests 1000000000;"
            f" server {{ listen 127.0.0.1:{self.backend}; location / {{ return 200 hello; }} }} }}"
        )
        configuration = self.folder / "sluice.yaml"
        configuration.write_text(
            f"management: {{ listen: '127.0.0.1:{self.management}', socket: {folder}/gateway.sock }}\n"
            "state: sluice.db\nlog: { access: off, level: warning }\n"
            "warehouses:\n"
            f"  - id: {WAREHOUSE}\n"
            "    whitelist: { entries: [ 127.0.0.0/8 ] }\n"
            "    listeners:\n"
            f"      - {{ protocol: http, listen: '127.0.0.1:{self.http}', backends: [ '127.0.0.1:{self.backend}' ] }}\n"
        )
        self.processes = [
            subprocess.Popen(["nginx", "-c", str(nginx)], stderr=subprocess.DEVNULL),
            subprocess.Popen([sluice, "serve", "--config", str(configuration)], cwd=folder),
        ]
        wait_for(self.backend, self.processes[0])
        wait_for(self.management, self.processes[1])
        self.pid = self.processes[1].pid
        # One may have an eighth of all streams.
        self.keys = [
            self.cli("key", "create", f"person-{number}", "--role", "administer", "--quiet").strip()
            for number in range(10)
        ]
        if entries:
            self.write_entries(entries)

    def cli(self, *arguments):
        command = [self.sluice, *arguments, "--socket", f"{self.folder}/gateway.sock"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def write_entries(self, count):
        chosen = random.Random(1)
        numbers = chosen.sample(range(0x0B000000, 0x7E000000), count)
        file = self.folder / "entries.txt"
        file.write_text("".join(f"{ipaddress.IPv4Address(number)}\n" for number in numbers))
        self.cli("whitelist", "import", str(file), "--warehouse", WAREHOUSE, "--yes")
        self.sample = str(ipaddress.IPv4Address(numbers[count // 2]))

    def close(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(20)

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mebibytes(self):
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def page(self, path):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.management}{path}", headers={"X-API-Key": self.keys[0]}
        )
        begin = time.perf_counter()
        with urllib.request.urlopen(request) as answer:
            size = len(answer.read())
        return time.perf_counter() - begin, size


class Console:
    """One open page."""

    def __init__(self, testbed, number):
        self.testbed = testbed
        self.key = testbed.keys[number % len(testbed.keys)]
        page, self.events = PAGES[number % len(PAGES)]
        self.path = f"/console/warehouses/{WAREHOUSE}/{page}"
        self.refreshes = 0
        self.failures = 0

    def head(self, path):
        return (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {self.key}\r\n\r\n"
        ).encode()

    async def run(self):
        due = None
        reader, writer = await asyncio.open_connection("127.0.0.1", self.testbed.management)
        writer.write(self.head(f"/v1/events?types={self.events}&warehouse={WAREHOUSE}"))
        try:
            if not (await reader.readline()).startswith(b"HTTP/1.1 200"):
                self.failures += 1
                return
            while line := await reader.readline():
                if not line.startswith(b"event: ") or due:
                    continue
                pace = SLOW_PACE if line in SLOW else PACE
                due = asyncio.create_task(self.refresh(pace))
                due.add_done_callback(lambda _: None)
                task = due

                def clear(_, task=task):
                    nonlocal due
                    due = None if due is task else due

                due.add_done_callback(clear)
            self.failures += 1
        finally:
            if due:
                due.cancel()
            writer.close()

    async def refresh(self, pace):
        await asyncio.sleep(pace)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.testbed.management)
        try:
            writer.write(self.head(self.path).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            answer = await reader.read(-1)
            if answer.startswith(b"HTTP/1.1 200"):
                self.refreshes += 1
            else:
                self.failures += 1
        except OSError:
            self.failures += 1
        finally:
            writer.close()


async def load(testbed, seconds):
    """Requests a second of 64 connections, and what they and others have cost, in processor seconds."""
    begin, gateway, own = time.monotonic(), testbed.cpu_seconds(), time.process_time()
    process = await asyncio.create_subprocess_exec(
        testbed.sluice, "bench", "http", f"127.0.0.1:{testbed.http}", "--duration", f"{seconds}s",
        "--warm-up", "500ms", "--json", stdout=subprocess.PIPE,
    )
    output, _ = await process.communicate()
    passed = time.monotonic() - begin
    target = json.loads(output)["targets"][0]
    return {
        "requestsPerSecond": target["metrics"]["operationsPerSecond"]["median"],
        "gateway": (testbed.cpu_seconds() - gateway) / passed,
        "browsers": (time.process_time() - own) / passed,
    }


def compared(without, beside):
    """Medians of both, and of the rounds' ratios."""
    rate = "requestsPerSecond"
    ratios = [b[rate] / a[rate] for a, b in zip(without, beside)]
    return {
        name: {key: round(statistics.median(each[key] for each in rounds), 3) for key in rounds[0]}
        for name, rounds in (("without", without), ("beside", beside))
    } | {"ratios": [round(ratio, 3) for ratio in ratios], "median": round(statistics.median(ratios), 3)}


async def measure(testbed, options):
    result = {"consoles": options.consoles}
    without, beside = [], []
    consoles = []
    result["residentBefore"] = round(testbed.resident_mebibytes(), 1)
    for _ in range(options.rounds):
        without.append(await load(testbed, options.seconds))
        consoles = [Console(testbed, number) for number in range(options.consoles)]
        tasks = [asyncio.create_task(console.run()) for console in consoles]
        await asyncio.sleep(2)
        beside.append(await load(testbed, options.seconds))
        failures = sum(console.failures for console in consoles)
        if failures:
            result["failures"] = result.get("failures", 0) + failures
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.5)
    result["load"] = compared(without, beside)
    consoles = [Console(testbed, number) for number in range(options.consoles)]
    tasks = [asyncio.create_task(console.run()) for console in consoles]
    await asyncio.sleep(3)
    for name, busy in (("idle", False), ("busy", True)):
        # A little traffic, so that the status changes each second.
        traffic = None
        if busy:
            traffic = await asyncio.create_subprocess_exec(
                testbed.sluice, "bench", "http", f"127.0.0.1:{testbed.http}", "--rate", "20",
                "--new-connections", "--duration", f"{options.seconds + 4}s", stdout=subprocess.DEVNULL,
            )
            await asyncio.sleep(2)
        before, cpu = sum(console.refreshes for console in consoles), testbed.cpu_seconds()
        begin = time.monotonic()
        await asyncio.sleep(options.seconds)
        passed = time.monotonic() - begin
        result[name] = {
            "cpuSecondsPerSecond": round((testbed.cpu_seconds() - cpu) / passed, 3),
            "pagesPerSecond": round((sum(c.refreshes for c in consoles) - before) / passed, 1),
            "resident": round(testbed.resident_mebibytes(), 1),
        }
        if traffic:
            await traffic.wait()
    result["failuresAtEnd"] = sum(console.failures for console in consoles)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return result


def long_list(testbed, options):
    """The whitelist's first page, its last one, and searches: in milliseconds."""
    root = f"/console/warehouses/{WAREHOUSE}/public-link"
    queries = {
        "first": root, "last": f"{root}?page={options.entries // 50}",
        "search": f"{root}?text={testbed.sample}", "searchNothing": f"{root}?text=nobody",
    }
    times = {}
    for name, path in queries.items():
        samples = [testbed.page(path) for _ in range(7)]
        times[name] = {
            "ms": round(statistics.median(seconds for seconds, _ in samples) * 1000, 1),
            "bytes": samples[0][1],
        }
    return times


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sluice", required=True)
    parser.add_argument("--consoles", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--entries", type=int, default=0)
    options = parser.parse_args()
    options.sluice = os.path.abspath(options.sluice)
    if not shutil.which("nginx"):
        sys.exit("nginx is needed")
    with tempfile.TemporaryDirectory(prefix="sluice-consoles-") as folder:
        testbed = Testbed(options.sluice, options.entries, folder)
        try:
            result = asyncio.run(measure(testbed, options)) if options.consoles else {}
            if options.entries:
                result["whitelist"] = {"entries": options.entries, **long_list(testbed, options)}
                result["resident"] = round(testbed.resident_mebibytes(), 1)
        finally:
            testbed.close()
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
