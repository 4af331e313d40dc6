#!/usr/bin/env python3
"""Compare Sluice with HAProxy, nginx and Envoy, side by side in one run on one machine.

    python3 Benchmarks/peers/run.py                        # everything, about 20 minutes
    python3 Benchmarks/peers/run.py --only churn,idle --rounds 9 --without envoy
    python3 Benchmarks/peers/run.py --sluice old=/tmp/a/sluice --sluice new=.build/release/sluice
    python3 Benchmarks/peers/run.py --short                # everything once at a small scale: does it work?

All proxies have two threads (--threads), forward TCP and write no log; Sluice runs as intended, with
whitelist, limits, metrics and access log. `sluice bench` generates the load: every proxy runs in each
round, so that a noisy minute affects all of them. What matters is the ratio to HAProxy in each round.

To read the source, start with scenarios.py, which defines what is measured; then testbed.py
(backends.py, proxies.py, configurations.py) sets up the servers; load.py, idle.py, list_churn.py and
generators.py measure; results.py collects; markdown.py and page.py render. Only Python's standard
library is needed; other missing programs are reported with their Debian package.

The exit code is 1 if a scenario cannot be run, or if nothing succeeded with one of its targets.
"""

import signal
import sys
import tempfile
import traceback
from pathlib import Path

import descriptors
import options
import results
from failures import RunError
from progress import Progress
from testbed import Testbed


def main():
    arguments = options.parse(__doc__)
    # As Ctrl-C does: so that what was started is stopped.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        found = measure(arguments)
        results.publish(found, arguments)
    except RunError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    if found.problems:
        sys.exit("\n".join(["", "What went wrong:"] + found.problems))


def measure(arguments):
    """Everything that was asked for."""
    descriptors.raise_limit(arguments.scale)
    found = results.Results(arguments)
    with tempfile.TemporaryDirectory(prefix="sluice-peers-") as folder:
        testbed = Testbed(arguments, Path(folder))
        progress = Progress(arguments.scenarios, testbed)
        try:
            testbed.start()
            for scenario in arguments.scenarios:
                progress.begin(scenario)
                run(scenario, testbed, found)
        finally:
            testbed.stop()
    progress.end()
    return found


def run(scenario, testbed, found):
    """A scenario that fails is told of at the end; the others still have their turn."""
    try:
        found.add(scenario, scenario.run(testbed))
    except RunError as error:
        found.add_problem(scenario, str(error))
    except Exception:  # a defect of the benchmark itself must not cost the other results
        found.add_problem(scenario, traceback.format_exc())


if __name__ == "__main__":
    main()
