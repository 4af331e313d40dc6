#!/usr/bin/env python3
"""Sluice side by side with HAProxy, nginx and Envoy, in one run on one machine.

    python3 Benchmarks/peers/run.py                        # everything, some 20 minutes
    python3 Benchmarks/peers/run.py --only churn,idle --rounds 9 --without envoy
    python3 Benchmarks/peers/run.py --sluice old=/tmp/a/sluice --sluice new=.build/release/sluice
    python3 Benchmarks/peers/run.py --short                # everything once and tiny: does it work?

All proxies have two threads (--threads), pass TCP on and write no log; Sluice runs as it is meant to, with
whitelist, limits, metrics and access log. `sluice bench` is the load: every proxy takes its turn in
each round, so that a noisy minute hits all alike. What counts is the ratio to HAProxy, taken round
by round.

The source in the order in which to read it: scenarios.py says what is measured; testbed.py what
stands meanwhile (backends.py, proxies.py, configurations.py); load.py, idle.py, list_churn.py and
generators.py measure; results.py collects; markdown.py and page.py show. Only Python's standard
library is needed; what else is missing is told with the name of Debian's package.

Exit code 1 where a scenario could not be run, or nothing succeeded at one of its targets.
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
