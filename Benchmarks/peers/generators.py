"""How good the load generator is: its own CPU time per request, beside wrk's."""

import json
import re
import resource
import subprocess
from dataclasses import dataclass

import load
import metrics
import programs
from failures import RunError

CONNECTIONS = 64
UNITS = {"us": 1, "ms": 1e3, "s": 1e6}


@dataclass(frozen=True)
class GeneratorScenario:
    """Straight on the backend. wrk is left out where it is not installed."""

    name = "generator"
    title = f"The load generators themselves, {CONNECTIONS} kept connections"
    detail = "straight on nginx, one thread each; CPU time is that of the generator"
    service = "http"
    operation = "request"
    metrics = metrics.GENERATOR
    compares_proxies = False

    def planned_seconds(self, testbed):
        return (whole_seconds(testbed) + load.OVERHEAD_SECONDS) * 2 * testbed.scale.rounds

    def run(self, testbed):
        kinds = {"wrk": wrk, "sluice bench": sluice_bench}
        notes = []
        if programs.optional("wrk") is None:
            notes.append("wrk is not installed")
            del kinds["wrk"]
        rounds = {name: [] for name in kinds}
        for index in range(testbed.scale.rounds):
            for name in load.rotated(list(kinds), by=index):
                rounds[name].append(kinds[name](testbed))
        found = load.target_results(rounds)
        for target in found:
            target["failed"] = sum(each["failed"] for each in target["rounds"])
        return {"targets": found, "notes": notes}


def whole_seconds(testbed):
    """wrk takes no others."""
    return max(1, round(testbed.scale.seconds))


def wrk(testbed):
    seconds = whole_seconds(testbed)
    output, used = metered(
        programs.find("wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency",
        f"http://127.0.0.1:{testbed.backend_ports['http']}/small",
    )
    count = int(re.search(r"(\d+) requests in", output).group(1))
    return {
        "operationsPerSecond": float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1)),
        "failed": wrk_failures(output),
        "processorMicrosecondsPerOperation": each(used, count),
        "p50Microseconds": percentile(output, 50),
        "p99Microseconds": percentile(output, 99),
    }


def wrk_failures(output):
    """Failed connects, reads, writes and timeouts, and answers that are not 2xx or 3xx."""
    socket_errors = re.search(r"Socket errors: (.*)", output)
    other_status = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    numbers = re.findall(r"\d+", socket_errors.group(1)) if socket_errors else []
    return sum(map(int, numbers)) + (int(other_status.group(1)) if other_status else 0)


def percentile(output, percent):
    number, unit = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)\b", output).groups()
    return float(number) * UNITS[unit]


def sluice_bench(testbed):
    """Without a warm-up, which wrk has not."""
    seconds = whole_seconds(testbed)
    output, used = metered(
        str(testbed.arguments.generator), "bench", "http",
        f"127.0.0.1:{testbed.backend_ports['http']}", "--path", "/small", "-c", str(CONNECTIONS),
        "-d", f"{seconds}s", "--warm-up", "0s", "--json",
    )
    target = json.loads(output)["targets"][0]
    middles = {key: spread["median"] for key, spread in target["metrics"].items()}
    return {
        **{key: middles[key] for key in
           ("operationsPerSecond", "p50Microseconds", "p99Microseconds")},
        "processorMicrosecondsPerOperation": each(used, target["completed"]),
        "failed": target["failed"],
    }


def each(seconds, count):
    if count == 0:
        raise RunError("not one request succeeded")
    return seconds * 1e6 / count


def metered(*command):
    """What it prints, and its user and system time in seconds, from beginning to end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return output, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
