"""Where the run stands, on standard error."""

import sys
import time


class Progress:
    """Plans by the scenarios' own estimates, corrected by how long the first ones took."""

    def __init__(self, scenarios, testbed):
        self.planned = [scenario.planned_seconds(testbed) for scenario in scenarios]
        self.index = 0
        self.started = None

    def begin(self, scenario):
        now = time.monotonic()
        self.started = self.started or now
        elapsed = now - self.started
        past, rest = sum(self.planned[: self.index]), sum(self.planned[self.index :])
        factor = elapsed / past if past else 1
        self.index += 1
        self.tell(
            f"[{self.index:2} of {len(self.planned)}] {scenario.name:13}"
            f" {spoken(rest * factor)} left"
        )

    def end(self):
        self.tell(f"done in {spoken(time.monotonic() - self.started)}")

    @staticmethod
    def tell(line):
        print(line, file=sys.stderr, flush=True)


def spoken(seconds):
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
