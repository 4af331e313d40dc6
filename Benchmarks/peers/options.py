"""The command line, and the sizes that depend on it."""

import argparse
import dataclasses
import sys
from dataclasses import dataclass
from pathlib import Path

import scenarios

ROOT = Path(__file__).resolve().parents[2]
RELEASE_BUILD = ROOT / ".build/release/sluice"
RESULTS = ROOT / "Benchmarks/Results"
PEERS = ["haproxy", "nginx", "envoy", "direct"]
EXTRAS = ["haproxy-splice"]


@dataclass(frozen=True)
class Scale:
    """How large and how long everything is."""

    rounds: int = 5
    #: Measured in each round, and what goes before it.
    seconds: float = 3.0
    warm_up_seconds: float = 0.5
    #: Until thousands of connections stand and have been served.
    long_warm_up_seconds: float = 3.0
    #: A bulk transfer: it must repeat often enough in the measured time.
    bulk_seconds: float = 4.0
    bulk_mib: int = 256
    medium_connections: int = 512
    many_connections: int = 4_000
    idle_connections: int = 4_000
    #: Downloads beside which one client is measured: that flow, that are not read.
    beside_streams: int = 12
    stalled_downloads: int = 200
    #: Between the last connection that stands and the look at the memory.
    settling_seconds: float = 1.0
    #: As many as a full IPv4 routing table has (March 2024).
    prefixes: int = 901_899


SHORT = Scale(
    rounds=1,
    seconds=0.3,
    warm_up_seconds=0.1,
    long_warm_up_seconds=0.2,
    bulk_seconds=0.4,
    bulk_mib=8,
    medium_connections=100,
    many_connections=200,
    idle_connections=200,
    beside_streams=4,
    stalled_downloads=8,
    settling_seconds=0.2,
    prefixes=20_000,
)


def parse(description):
    """Checked, with `scale`, `scenarios` and `builds` worked out."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_choices(parser)
    add_sizes(parser)
    add_output(parser)
    arguments = parser.parse_args()
    arguments.scale = scale(arguments)
    known = scenarios.all_scenarios(arguments.scale)
    if arguments.list_scenarios:
        print("\n".join(f"{each.name:14} {each.title}" for each in known))
        sys.exit(0)
    arguments.scenarios = chosen_scenarios(parser, known, arguments.only)
    arguments.builds = builds(parser, arguments.sluice)
    arguments.generator = arguments.generator or arguments.builds[0][1]
    return arguments


def add_choices(parser):
    parser.add_argument(
        "--sluice",
        action="append",
        metavar="[NAME=]PATH",
        help="a sluice to measure; can be repeated (default: the release build)",
    )
    parser.add_argument(
        "--generator", metavar="PATH", type=Path,
        help="the sluice that generates the load (default: the first one measured)",
    )
    parser.add_argument(
        "--without", action="append", default=[], choices=PEERS + ["sluice"],
        help="exclude one from the comparison; can be repeated",
    )
    parser.add_argument(
        "--with", action="append", default=[], choices=EXTRAS, dest="extras",
        help="haproxy-splice: also measure HAProxy with option splice-auto",
    )
    parser.add_argument("--only", metavar="NAME,…", help="run only these scenarios")
    parser.add_argument("--list-scenarios", action="store_true", help="list the scenarios and exit")
    parser.add_argument(
        "--list", metavar="FILE", type=Path,
        help="prefixes for the list churn (default: synthetic, the size of a routing table)",
    )


def add_sizes(parser):
    parser.add_argument("--short", action="store_true", help="run everything once, at a small scale")
    parser.add_argument("--rounds", type=positive(int), help=f"number of rounds (default: {Scale.rounds})")
    parser.add_argument(
        "--seconds", type=positive(float), help=f"measured time per round (default: {Scale.seconds:g})"
    )
    parser.add_argument(
        "--threads", type=positive(int), default=2, help="threads per proxy (default: 2)"
    )
    parser.add_argument(
        "--bulk-mib", type=positive(int), metavar="MIB",
        help=f"size of a download or upload (default: {Scale.bulk_mib})",
    )


def add_output(parser):
    parser.add_argument(
        "--results", metavar="FOLDER", type=Path, default=RESULTS,
        help="output folder for peers.json, peers.md and peers.html (default: Benchmarks/Results)",
    )
    parser.add_argument(
        "--json", choices=["-"], help="print JSON instead of the tables"
    )


def without_paths(words):
    """What was asked for, for whoever repeats it; but not where files lie on this machine."""
    of_files = {"--sluice", "--generator", "--results", "--list", "--json"}
    kept, is_value = [], False
    for word in words:
        option, separator, _ = word.partition("=")
        if not is_value and option not in of_files:
            kept.append(word)
        is_value = not is_value and word in of_files and not separator
    return " ".join(kept)


def positive(kind):
    def parse_number(text):
        number = kind(text)
        if number <= 0:
            raise argparse.ArgumentTypeError(f"invalid number {text} (expected more than 0)")
        return number

    return parse_number


def scale(arguments):
    base = SHORT if arguments.short else Scale()
    asked = {
        "rounds": arguments.rounds,
        "seconds": arguments.seconds,
        "bulk_seconds": arguments.seconds,
        "bulk_mib": arguments.bulk_mib,
    }
    return dataclasses.replace(base, **{key: each for key, each in asked.items() if each})


def chosen_scenarios(parser, known, only):
    if only is None:
        return known
    wanted = [name for name in only.split(",") if name]
    unknown = set(wanted) - {scenario.name for scenario in known}
    if unknown or not wanted:
        names = ", ".join(scenario.name for scenario in known)
        parser.error(f"--only {only}: unknown scenario (expected one or more of {names})")
    return [scenario for scenario in known if scenario.name in wanted]


def builds(parser, choices):
    """Name and path of each sluice."""
    found = []
    for choice in choices or [str(RELEASE_BUILD)]:
        name, separator, path = choice.rpartition("=")
        binary = Path(path).resolve()
        if not binary.is_file():
            parser.error(f"{binary} does not exist (build it with swift build -c release --product sluice)")
        found.append((name if separator else "sluice", binary))
    names = [name for name, _ in found]
    if len(set(names)) < len(names) or set(names) & set(PEERS + EXTRAS):
        parser.error("each --sluice needs a unique name, e.g. --sluice old=… --sluice new=…")
    return found
