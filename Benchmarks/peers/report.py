"""Samples, their medians, and the ratio to one reference proxy."""

import json
import os
import platform
import statistics
import sys

#: Key, heading, format, and whether less is better.
COLUMNS = [
    ("requestsPerSecond", "requests/s", "{:,.0f}", False),
    ("microsecondsPerRequest", "µs CPU/request", "{:.1f}", True),
    ("gigabytesPerSecond", "GB/s", "{:.2f}", False),
    ("secondsPerGigabyte", "s CPU/GB", "{:.2f}", True),
]


class Samples:
    """By scenario and proxy, in the order of their first appearance."""

    def __init__(self):
        self.scenarios = {}

    def add(self, scenario, proxy, sample):
        self.scenarios.setdefault(scenario, {}).setdefault(proxy, []).append(sample)

    def median(self, scenario, proxy, key):
        found = [sample.get(key) for sample in self.scenarios[scenario].get(proxy, [])]
        numbers = [number for number in found if number is not None]
        return statistics.median(numbers) if numbers else None

    def error_count(self, scenario, proxy):
        return sum(sample["errors"] for sample in self.scenarios[scenario][proxy])


def print_tables(samples, reference, file):
    print(machine(), file=file)
    for scenario, proxies in samples.scenarios.items():
        columns = [column for column in COLUMNS if is_measured(samples, scenario, column)]
        print(f"\n{scenario}", file=file)
        headings = [f"{column[1]:>15} {'× ' + reference:>10}" for column in columns]
        print(f"{'':16}" + "".join(headings) + f"{'errors':>8}", file=file)
        for proxy in sorted(proxies):
            cells = [cell(samples, scenario, proxy, column, reference) for column in columns]
            errors = samples.error_count(scenario, proxy)
            print(f"{proxy:16}{''.join(cells)}{errors:>8}", file=file)


def is_measured(samples, scenario, column):
    return any(
        samples.median(scenario, proxy, column[0]) is not None
        for proxy in samples.scenarios[scenario]
    )


def cell(samples, scenario, proxy, column, reference):
    key, _, form, _ = column
    value = samples.median(scenario, proxy, key)
    if value is None or (proxy == "direct" and column[3]):
        return f"{'-':>15} {'-':>10}"
    ratio = ratio_to(samples, scenario, proxy, key, reference)
    return f"{form.format(value):>15} {'-' if ratio is None else f'{ratio:.2f}':>10}"


def ratio_to(samples, scenario, proxy, key, reference):
    value = samples.median(scenario, proxy, key)
    base = samples.median(scenario, reference, key)
    return value / base if value is not None and base else None


def machine():
    return f"{os.cpu_count()} processors, {processor_name()}, {platform.system()} {platform.release()}"


def processor_name():
    try:
        with open("/proc/cpuinfo") as lines:
            names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.machine()


def write_json(samples, reference, path):
    document = {
        "machine": machine(),
        "reference": reference,
        "samples": samples.scenarios,
        "medians": {
            scenario: {proxy: medians(samples, scenario, proxy) for proxy in proxies}
            for scenario, proxies in samples.scenarios.items()
        },
    }
    text = json.dumps(document, indent=2)
    if path == "-":
        print(text, file=sys.stdout)
    else:
        with open(path, "w") as file:
            file.write(text + "\n")


def medians(samples, scenario, proxy):
    values = {column[0]: samples.median(scenario, proxy, column[0]) for column in COLUMNS}
    return {key: value for key, value in values.items() if value is not None}
