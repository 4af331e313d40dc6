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
PROCESSOR = Metric("processorMicrosecondsPerOperation", "CPU time per {}", duration, True,
                   "processor")
PROCESSOR_BULK = Metric("processorSecondsPerGigabyte", "CPU time per GB",
                        lambda seconds: f"{digits(seconds)} s", True, "processor")
RESIDENT = Metric("residentBytes", "resident memory", byte_count)
EACH_CONNECTION = Metric("anonymousBytesPerConnection", "memory per connection", byte_count, True,
                         "memory")

REQUESTS = [OPERATIONS, PROCESSOR, P50, P99, RESIDENT]
BESIDE_BULK = [P50, P99, GIGABYTES]
BESIDE_STALLED = [P50, P99, Metric("socketBytes", "held by the proxy's sockets", byte_count)]
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


def ratios(rounds_by_name):
    """By name and key, the ratio to the first target that has the figure; none for that one."""
    found = {name: {} for name in rounds_by_name}
    keys = {key for rounds in rounds_by_name.values() for each in rounds for key in each}
    for key in sorted(keys):
        have = [name for name, rounds in rounds_by_name.items() if values(key, rounds)]
        for name in have[1:]:
            ratio = ratio_to(key, rounds_by_name[name], have[0], rounds_by_name[have[0]])
            found[name] |= {key: ratio} if ratio else {}
    return found


def values(key, rounds):
    return [each[key] for each in rounds if each.get(key) is not None]


def ratio_to(key, rounds, reference, reference_rounds):
    """As `sluice bench` has it: of the two medians, and the ends of those of single rounds.

    What disturbed a round disturbed both of its runs; `None` if there is nothing to divide.
    """
    pairs = [(own.get(key), base.get(key)) for own, base in zip(rounds, reference_rounds)]
    found = [own / base for own, base in pairs if own is not None and base]
    if not found:
        return None
    ratio = {
        "reference": reference,
        "value": statistics.median(values(key, rounds))
        / statistics.median(values(key, reference_rounds)),
        "lowest": min(found),
        "highest": max(found),
    }
    if len(found) > 1:
        ratio["isSignificant"] = ratio["lowest"] > 1 or ratio["highest"] < 1
    return ratio


def ratio_text(ratio):
    """`0.94 [0.91–0.97]`, or `~0.94 [0.91–1.02]` if the rounds disagree on which is ahead.

    Without the ends if there is one round; empty for no ratio.
    """
    if ratio is None:
        return ""
    low, value, high = (factor(ratio[key]) for key in ("lowest", "value", "highest"))
    if "isSignificant" not in ratio:
        return value
    return f"{mark(ratio)}{value} [{low}–{high}]"


def mark(ratio):
    """`~` for no significant difference."""
    return "" if ratio.get("isSignificant", True) else "~"


def factor(value):
    """Hundredths, which is more than most runs can tell."""
    return f"{value:.2f}" if 0.1 <= value < 10 else digits(value)
