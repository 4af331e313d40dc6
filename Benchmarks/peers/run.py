#!/usr/bin/env python3
"""Sluice side by side with HAProxy and nginx, in one run on one machine.

    python3 Benchmarks/peers/run.py                      # .build/release/sluice, 5 rounds
    python3 Benchmarks/peers/run.py --rounds 9 --json out.json
    python3 Benchmarks/peers/run.py --sluice old=/tmp/a/sluice --sluice new=.build/release/sluice

One nginx is the backend of all. Rounds are interleaved: every proxy takes its turn in each round,
in a rotating order, so that a noisy minute hits all of them. What counts is the processor time of
the proxy alone (user + system, all its threads and processes), for each request and each GB.

Needs nginx with the stream module, haproxy, wrk and curl; of Python only the standard library.
"""

import argparse
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import measure
import report
from proxies import Backend, Direct, HAProxy, NginxStream, Sluice

DEFAULT_SLUICE = Path(__file__).resolve().parents[2] / ".build/release/sluice"


def main():
    arguments = parse_arguments()
    # As Ctrl-C does: so that what was started is stopped.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    require_programs(["nginx", "haproxy", "wrk", "curl"])
    with tempfile.TemporaryDirectory(prefix="sluice-peers-") as folder:
        backend = Backend(Path(folder), arguments.download_mib)
        proxies = [Direct(backend)] + chosen_proxies(arguments, backend, Path(folder))
        running = [backend] + proxies
        try:
            for server in running:
                server.start()
            samples = run_rounds(arguments, proxies)
        finally:
            for server in reversed(running):
                server.stop()
    # Where JSON goes to standard output, nothing else does.
    tables = sys.stderr if arguments.json == "-" else sys.stdout
    report.print_tables(samples, reference="haproxy", file=tables)
    if arguments.json:
        report.write_json(samples, reference="haproxy", path=arguments.json)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--sluice",
        action="append",
        metavar="[NAME=]PATH",
        help="a sluice to measure; may be given several times (default: the release build)",
    )
    parser.add_argument("--without-sluice", action="store_true", help="measure only the peers")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of each wrk run")
    parser.add_argument("--connections", type=integers, default=[1, 64, 512], metavar="1,64,512")
    parser.add_argument("--downloads", type=int, default=4, help="in each round; 0 for none")
    parser.add_argument("--download-mib", type=int, default=256)
    parser.add_argument("--json", metavar="FILE", help="writes samples and medians; - for stdout")
    return parser.parse_args()


def integers(text):
    return [int(part) for part in text.split(",") if part]


def require_programs(names):
    missing = [name for name in names if shutil.which(name, path=measure.SEARCH_PATH) is None]
    if missing:
        sys.exit(f"missing: {', '.join(missing)} (on Debian: apt-get install {' '.join(missing)})")


def chosen_proxies(arguments, backend, folder):
    peers = [
        HAProxy(backend, folder, name="haproxy"),
        HAProxy(backend, folder, name="haproxy-splice", splices=True),
        NginxStream(backend, folder),
    ]
    if arguments.without_sluice:
        return peers
    return peers + [sluice(choice, backend, folder) for choice in arguments.sluice or [""]]


def sluice(choice, backend, folder):
    name, separator, path = choice.rpartition("=")
    binary = Path(path) if path else DEFAULT_SLUICE
    if not binary.is_file():
        sys.exit(f"{binary} does not exist: swift build -c release --product sluice")
    return Sluice(backend, folder, name=name if separator else "sluice", binary=binary)


def run_rounds(arguments, proxies):
    samples = report.Samples()
    for index in range(arguments.rounds):
        print(f"round {index + 1} of {arguments.rounds}", file=sys.stderr)
        order = rotated(proxies, by=index)
        for connections in arguments.connections:
            for proxy in order:
                sample = measure.requests(proxy, connections, arguments.seconds)
                samples.add(f"{connections} connections", proxy.name, sample)
        for proxy in order if arguments.downloads else []:
            sample = measure.downloads(proxy, arguments.downloads)
            samples.add(f"{arguments.download_mib} MiB download", proxy.name, sample)
    return samples


def rotated(items, by):
    offset = by % len(items)
    return items[offset:] + items[:offset]


if __name__ == "__main__":
    main()
