"""Loads through a real gateway by real clients, and checks what arrives at the warehouse.

    run.py SLUICE [--only PATTERN] [--megabytes N]

Front ends and back ends are those of warehouse.py, which warehouse_test.py holds against the facts.
"""

import argparse
import re
import sys
import unittest

import behaviors
import idle
import loads
import records
import smuggling
import targets
import warehouse_test
from gateway import Case


def cases():
    """All classes of tests."""
    found = [value for module in (warehouse_test, behaviors, targets, records, smuggling, idle)
             for value in vars(module).values()
             if isinstance(value, type) and issubclass(value, unittest.TestCase)
             and value.__module__ == module.__name__]
    return found + list(loads.CASES.values())


def tests(only):
    """All tests whose name has these words, in the order in which they are written."""
    for case in cases():
        for name in vars(case):
            if name.startswith("test_") and re.search(only, f"{case.__name__}.{name}"):
                yield case(name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sluice")
    parser.add_argument("--only", metavar="PATTERN", default="", help="tests whose name matches")
    parser.add_argument("--megabytes", type=int, default=50, help="size of each client's load; a tenth for all but one kind of front end")
    parser.add_argument("--verbose", action="store_true", help="show each test")
    arguments = parser.parse_args()
    Case.sluice, Case.megabytes = arguments.sluice, arguments.megabytes
    chosen = list(tests(arguments.only))
    if not chosen:
        sys.exit(f"no test matches {arguments.only}")
    result = unittest.TextTestRunner(verbosity=1 + arguments.verbose).run(unittest.TestSuite(chosen))
    sys.exit(not result.wasSuccessful())
