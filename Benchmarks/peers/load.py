"""A scenario that is one `sluice bench --compare`."""

import json
import os
import subprocess
from dataclasses import dataclass

import metrics
import processes
from failures import RunError

#: A generator that uses more of its thread than this measures itself.
BUSY = 0.9
#: What others may use of a processor without a note.
OTHERS = 0.1
#: To start the generator and to connect, for each target in each round.
OVERHEAD_SECONDS = 0.2


@dataclass(frozen=True)
class LoadScenario:
    name: str
    title: str
    #: `http`, `sink` or `mysql`: the backend behind the proxies.
    service: str
    #: Of `sluice bench`.
    arguments: list
    #: What one operation is called.
    operation: str
    #: Those that are reported.
    metrics: list
    detail: str = ""
    #: How many must stand at the end; 0 where they come and go.
    connections: int = 0
    is_bulk: bool = False
    takes_long_to_warm_up: bool = False
    compares_proxies = True

    def run(self, testbed):
        arguments = self.arguments + (login(testbed) if self.service == "mysql" else [])
        times = self.times(testbed.scale)
        found = compare(testbed, arguments, testbed.targets, self.service, times)
        return {**found, "notes": found["notes"] + self.missing(found["targets"])}

    def planned_seconds(self, testbed):
        each = sum(self.times(testbed.scale)) + OVERHEAD_SECONDS
        return each * len(testbed.targets) * testbed.scale.rounds

    def times(self, scale):
        """Warm-up and measured time, in seconds."""
        is_long = self.takes_long_to_warm_up
        return (
            scale.long_warm_up_seconds if is_long else scale.warm_up_seconds,
            scale.bulk_seconds if self.is_bulk else scale.seconds,
        )

    def missing(self, targets):
        return [
            f"{each['name']}: only {each['openConnections']} of {self.connections} connections"
            " stood at the end"
            for each in targets
            if each["openConnections"] < self.connections
        ]


def login(testbed):
    database = testbed.database
    return ["--user", database.USER, "--password-file", str(database.password_file)]


def compare(testbed, arguments, targets, service, times):
    """Each target in each round, with `arguments` of `sluice bench`."""
    report = bench(testbed, arguments, targets, service, times)
    require_all(report["targets"], targets)
    found = [target_result(each, target) for each, target in zip(report["targets"], targets)]
    add_memory_ratios(found)
    return {"targets": found, "notes": notes(found, report["setting"]["threads"])}


def require_all(reports, targets):
    """`sluice bench` ends at an error that would affect every attempt."""
    if len(reports) == len(targets) and all(each["rounds"] for each in reports):
        return
    failures = [
        failure_note(each, failure) for each in reports
        for failure in each["failures"] + each["connectFailures"] + each["warmUpFailures"]
    ]
    raise RunError("; ".join(failures) or "not every target had its turn")


def bench(testbed, arguments, targets, service, times):
    warm_up, measured = times
    command = [
        str(testbed.arguments.generator), "bench", *arguments, *named(targets, service),
        "--rounds", str(testbed.scale.rounds), "--duration", milliseconds(measured),
        "--warm-up", milliseconds(warm_up), "--json",
    ]
    # What goes wrong and, where a person watches, its progress it tells on standard error.
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout
    try:
        return json.loads(output)
    except ValueError:
        raise RunError(f"no report from: {' '.join(command)}") from None


def bench_command(testbed, workload, target):
    """The beginning of a load on one target."""
    address = f"127.0.0.1:{target.ports['http']}"
    return [str(testbed.arguments.generator), "bench", workload, address]


def named(targets, service):
    """The targets as arguments; a single one has no name there."""
    if len(targets) == 1:
        process = ["--pid", str(targets[0].process_id)] if targets[0].process_id else []
        return [f"127.0.0.1:{targets[0].ports[service]}"] + process
    addresses = [f"{target.name}=127.0.0.1:{target.ports[service]}" for target in targets]
    processes = [
        argument
        for target in targets if target.process_id
        for argument in ("--pid", f"{target.name}={target.process_id}")
    ]
    return ["--compare", *addresses, *processes]


def milliseconds(seconds):
    return f"{round(seconds * 1000)}ms"


def target_result(report, target):
    """One target's part of the report, with its memory among the metrics."""
    keys = ["metrics", "completed", "failed", "failures", "warmUpFailures", "openConnections",
            "latency", "generator", "others", "rounds"]
    found = {"name": target.name, **{key: report[key] for key in keys if key in report}}
    found["ratios"] = report.get("ratios", {})
    # What only pictures of one target need.
    found.get("latency", {}).pop("curve", None)
    for each in found["rounds"]:
        del each["timeline"], each["timelineSliceSeconds"]
    resident = sum(process.get("residentBytes", 0) for process in report["processes"])
    if resident:
        found["metrics"]["residentBytes"] = metrics.spread([resident])
    return found


def add_memory_ratios(targets):
    """The report has the memory of the last round, and no ratios of it."""
    rounds = {
        each["name"]: [{key: spread["median"] for key, spread in each["metrics"].items()
                        if key == "residentBytes"}]
        for each in targets
    }
    ratios = metrics.ratios(rounds)
    for each in targets:
        each["ratios"] |= ratios[each["name"]]


def target_results(rounds):
    """Of rounds that were measured one by one: by target, the numbers of each of its rounds."""
    ratios = metrics.ratios(rounds)
    return [
        {
            "name": name,
            "metrics": {key: metrics.spread(each.get(key) for each in own) for key in own[0]},
            "ratios": ratios[name],
            "rounds": own,
        }
        for name, own in rounds.items()
    ]


def rotated(items, by):
    """Another one first each time."""
    offset = by % len(items)
    return items[offset:] + items[:offset]


def notes(targets, threads):
    """What a person should know about the numbers."""
    found = [failure_note(each, failure) for each in targets for failure in each["failures"]]
    found += [
        failure_note(each, failure, " while warming up")
        for each in targets for failure in each["warmUpFailures"]
    ]
    busy = [each["name"] for each in targets
            if each["generator"]["processorShare"] > BUSY * threads]
    if busy:
        found.append(f"the load generator used all of its thread: {', '.join(busy)}")
    return found + other_notes(targets)


def other_notes(targets):
    """Figures that were measured beside other work are of that work, too.

    The proxies and backends are processes of this run.
    """
    known = set(processes.tree(os.getpid()))
    found = []
    for target in targets:
        others = [each for each in target["others"]["processes"] if each["id"] not in known]
        if sum(each["processorShare"] for each in others) > OTHERS:
            names = ", ".join(
                f"{each['name']} ({each['id']}) {each['processorShare']:.0%}" for each in others
            )
            found.append(f"{target['name']}: other processes used the CPU meanwhile: {names}")
        if target["others"]["stolenShare"] > OTHERS:
            share = target["others"]["stolenShare"]
            found.append(f"{target['name']}: the hypervisor stole {share:.0%} of a CPU")
    return found


def failure_note(target, failure, when=""):
    detail = f" ({failure['detail']})" if failure.get("detail") else ""
    return f"{target['name']}: {failure['count']:,} × {failure['kind']}{when}{detail}"
