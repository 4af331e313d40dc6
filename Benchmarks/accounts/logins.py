#!/usr/bin/env python3
"""What logins cost a gateway, and whether its owner gets in while somebody guesses.

    logins.py attack 127.0.0.1:7080 anna --password-file FILE --pid PID
    logins.py times 127.0.0.1:7080 anna

Prints JSON. The gateway is on this machine: clients have addresses of 127.0.0.0/8 as their sources.
"""

import argparse
import collections
import http.client
import json
import os
import statistics
import threading
import time


def request(place, method, path, body=None, source="127.0.0.1", timeout=60):
    host, port = place.rsplit(":", 1)
    connection = http.client.HTTPConnection(
        host, int(port), timeout=timeout, source_address=(source, 0)
    )
    try:
        headers = {"Content-Type": "application/json"} if body else {}
        connection.request(method, path, json.dumps(body) if body else None, headers)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def login(place, name, password, source):
    body = {"name": name, "password": password, "client": "commandLine"}
    return request(place, "POST", "/v1/login", body, source)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mebibytes(pid):
    with open(f"/proc/{pid}/status") as file:
        line = next(line for line in file if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


class Attack:
    """Wrong passwords at a steady rate, from one address."""

    def __init__(self, place, name, rate, source):
        self.place, self.name, self.rate, self.source = place, name, rate, source
        self.statuses = collections.Counter()
        self.lock = threading.Lock()
        self.next = time.monotonic()
        self.isOver = False
        self.threads = [threading.Thread(target=self.run) for _ in range(32)]

    def run(self):
        while not self.isOver:
            with self.lock:
                moment, self.next = self.next, self.next + 1 / self.rate
            time.sleep(max(0, moment - time.monotonic()))
            try:
                status = login(self.place, self.name, f"wrong {moment}", self.source)
            except OSError as error:
                status = type(error).__name__
            with self.lock:
                self.statuses[str(status)] += 1

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.isOver = True
        for thread in self.threads:
            thread.join()


def attack(options):
    with open(options.password_file) as file:
        password = file.readline().rstrip("\n")
    cpu, start = cpu_seconds(options.pid), time.monotonic()
    with Attack(options.management, options.name, options.rate, "127.0.0.1") as attack:
        time.sleep(options.seconds / 4)
        begin = time.monotonic()
        owner = login(options.management, options.name, password, options.owner_from)
        owner_seconds = time.monotonic() - begin
        health = request(options.management, "GET", "/healthz")
        time.sleep(max(0, options.seconds - (time.monotonic() - start)))
    seconds = time.monotonic() - start
    return {
        "seconds": round(seconds, 3),
        "attempts": sum(attack.statuses.values()),
        "attemptsPerSecond": round(sum(attack.statuses.values()) / seconds, 1),
        "statuses": dict(attack.statuses),
        "ownerStatus": owner,
        "ownerSeconds": round(owner_seconds, 3),
        "healthStatus": health,
        "gatewayCPUSecondsPerSecond": round((cpu_seconds(options.pid) - cpu) / seconds, 3),
        "gatewayPeakMebibytes": round(peak_mebibytes(options.pid), 1),
    }


def times(options):
    """A known and an unknown name in turn, each from an address that has not failed before."""
    seconds = {"known": [], "unknown": []}
    for index in range(options.count):
        for kind, name in (("known", options.name), ("unknown", f"nobody{index}")):
            third = 1 if kind == "known" else 2
            source = f"127.{third}.{index // 250}.{index % 250 + 1}"
            begin = time.monotonic()
            status = login(options.management, name, f"wrong {index} password", source)
            if status != 401:
                raise SystemExit(f"expected 401, got {status}")
            seconds[kind].append(time.monotonic() - begin)
    return {
        kind: {
            "count": len(values),
            "medianMilliseconds": round(statistics.median(values) * 1000, 1),
            "quartilesMilliseconds": [
                round(value * 1000, 1) for value in statistics.quantiles(values, n=4)
            ],
        }
        for kind, values in seconds.items()
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("attack")
    command.set_defaults(run=attack)
    command.add_argument("management")
    command.add_argument("name")
    command.add_argument("--password-file", required=True)
    command.add_argument("--pid", type=int, required=True, help="of the gateway")
    command.add_argument("--rate", type=float, default=200)
    command.add_argument("--seconds", type=float, default=10)
    command.add_argument("--owner-from", default="127.0.0.2")
    command = commands.add_parser("times")
    command.set_defaults(run=times)
    command.add_argument("management")
    command.add_argument("name")
    command.add_argument("--count", type=int, default=100)
    options = parser.parse_args()
    print(json.dumps(options.run(options), indent=2))


if __name__ == "__main__":
    main()
