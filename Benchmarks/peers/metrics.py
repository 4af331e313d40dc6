"""The numbers that are compared: their names, their units, and how far they reach over rounds."""

import dataclasses
import statistics
from dataclasses import dataclass
from typing import Callable


def digits(value):
    """Three significant ones, with thousands set apart."""
    if abs(value) >= 99.95:
        return f"{value:,.0f}"
    decimals = 1 if abs(value) >= 9.995 else 2 if abs(value) >= 0.9995 else 3
    return f"{value:.{decimals}f}" if value else "0"


def scaled(value, units):
    """With the first of the units, each a thousand of the one before, in which it is short."""
    for unit in units[:-1]:
        if abs(value) < 999.5:
            return f"{digits(value)} {unit}"
        value /= 1000
    return f"{digits(value)} {units[-1]}"


def duration(microseconds):
    return scaled(microseconds, ["µs", "ms", "s"])


def byte_count(value):
    return scaled(value, ["B", "kB", "MB", "GB"])


@dataclass(frozen=True)
class Metric:
    #: As in `sluice bench --json` where it comes from there.
    key: str
    #: `{}` is what one operation is called.
    heading: str
    text: Callable[[float], str]
    less_is_better: bool = True
    #: `throughput`, `processor` or `memory`, for those that the summary shows.
    family: str = ""


OPERATIONS = Metric("operationsPerSecond", "{plural}/s", digits, False, "throughput")
GIGABYTES = Metric("bytesPerSecond", "GB/s", lambda value: digits(value / 1e9), False,
                   "throughput")
P50 = Metric("p50Microseconds", "p50", duration)
P99 = Metric("p99Microseconds", "p99", duration)
PROCESSOR = Metric("processorMicrosecondsPerOperation", "processor time a {}", duration, True,
                   "processor")
PROCESSOR_BULK = Metric("processorSecondsPerGigabyte", "processor time a GB",
                        lambda seconds: f"{digits(seconds)} s", True, "processor")
RESIDENT = Metric("residentBytes", "resident memory", byte_count)
EACH_CONNECTION = Metric("anonymousBytesPerConnection", "memory a connection", byte_count, True,
                         "memory")

REQUESTS = [OPERATIONS, PROCESSOR, P50, P99, RESIDENT]
#: One transfer after the other: how long each takes follows from the throughput.
BULK = [GIGABYTES, PROCESSOR_BULK, RESIDENT]
IDLE = [EACH_CONNECTION, dataclasses.replace(RESIDENT, family="memory")]
GENERATOR = [OPERATIONS, PROCESSOR, P50, P99]


def spread(numbers):
    """The middle of some numbers and their ends; `None` for no numbers."""
    found = [number for number in numbers if number is not None]
    if not found:
        return None
    return {"median": statistics.median(found), "lowest": min(found), "highest": max(found)}


def ratios(rounds, reference_rounds):
    """By key, the ratio to the reference in the same round: what shook one shook both."""
    keys = {key for each in rounds for key in each}
    found = {key: spread(quotients(key, rounds, reference_rounds)) for key in keys}
    return {key: each for key, each in found.items() if each}


def quotients(key, rounds, reference_rounds):
    pairs = [(own.get(key), base.get(key)) for own, base in zip(rounds, reference_rounds)]
    return [own / base for own, base in pairs if own is not None and base]


def ratio_text(ratio):
    """`0.94 [0.91–0.97]`; without the ends where there is one round, empty for no ratio."""
    if ratio is None:
        return ""
    low, middle, high = (factor(ratio[key]) for key in ("lowest", "median", "highest"))
    return middle if ratio["lowest"] == ratio["highest"] else f"{middle} [{low}–{high}]"


def factor(value):
    """Hundredths, which is more than most runs can tell."""
    return f"{value:.2f}" if 0.1 <= value < 10 else digits(value)
