"""Goes through the journeys of the console in a real browser, and checks each at the data plane.

    run.py SLUICE [--only PATTERN] [--visible] [--screenshots FOLDER] [--patience SECONDS]

Starts a gateway in front of MariaDB and nginx, and a provider for single sign-on; needs chromium and
chromium-driver. Clients come from addresses of 127.0.0.0/8, or through private links, whose load
balancers are played by PROXY headers.
"""

import argparse
import re
import sys
import tempfile
import unittest
from pathlib import Path

import accessibility
import attacks
import gateway
import journeys
from attacks import Attack
from gateway import Site
from journeys import Journey


class Result(unittest.TextTestResult):
    """Keeps a picture of each window when a test fails."""

    folder = None

    def addFailure(self, test, error):
        self._keep(test)
        super().addFailure(test, error)

    def addError(self, test, error):
        self._keep(test)
        super().addError(test, error)

    def _keep(self, test):
        if Result.folder is None:
            Result.folder = Path(tempfile.mkdtemp(prefix="console-failures-"))
        Result.folder.mkdir(parents=True, exist_ok=True)
        for browser in Journey.browsers:
            path = Result.folder / f"{test.id().split('.')[-1]}-{browser.name}.png"
            try:
                browser.screenshot(path)
                self.stream.writeln(f"\n{path}")
            except Exception as error:
                self.stream.writeln(f"\nno picture: {error}")


def tests(only):
    """All tests whose name has these words, in the order in which they are written."""
    cases = [
        value for module in (journeys, accessibility, attacks) for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Journey) and value not in (Journey, Attack)
        and value.__module__ == module.__name__
    ]
    for case in cases:
        for name, function in vars(case).items():
            if name.startswith("test_") and (not only or re.search(only, f"{case.__name__}.{name}")):
                yield case(name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sluice")
    parser.add_argument("--only", metavar="PATTERN", help="only tests whose name matches")
    parser.add_argument("--visible", action="store_true", help="show the browser")
    parser.add_argument("--screenshots", type=Path, help="where pictures of failures are kept")
    parser.add_argument("--patience", type=int, metavar="SECONDS", default=gateway.PATIENCE,
                        help="how long a test waits for what does not happen (default: %(default)s)")
    arguments = parser.parse_args()
    gateway.PATIENCE = arguments.patience
    Result.folder = arguments.screenshots
    chosen = list(tests(arguments.only))
    if not chosen:
        sys.exit(f"no test matches {arguments.only}")
    Journey.site = site = Site(arguments.sluice)
    Journey.is_visible = arguments.visible
    try:
        result = unittest.TextTestRunner(verbosity=2, resultclass=Result).run(
            unittest.TestSuite(chosen)
        )
        if not result.wasSuccessful():
            print(site.program.output[-10_000:])
    finally:
        Journey.close_all()
        site.stop()
    sys.exit(not result.wasSuccessful())
