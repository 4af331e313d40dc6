#!/usr/bin/env python3
"""What a gateway's memory comes to after reloads of a long list.

    python3 Benchmarks/enforcement/memory.py                    # .build/release/sluice
    python3 Benchmarks/enforcement/memory.py --sluice old=/tmp/old --sluice new=/tmp/new

A whitelist of `--entries` lines of text loses one line with each of `--reloads` reloads (SIGHUP).
What counts is the resident memory at the start, and after each reload once its list is in force and
the one before has been freed. Only Python's standard library is needed.
"""

import argparse
import json
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import flood
import run

#: After a reload: until the old list is freed and its memory given back.
SETTLING_SECONDS = 3


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sluice", action="append", type=flood.named, metavar="[NAME=]PATH")
    parser.add_argument("--entries", type=int, default=500_000)
    parser.add_argument("--reloads", type=int, default=12)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    builds = arguments.sluice or [("sluice", run.ROOT / ".build/release/sluice")]
    results = {}
    for name, path in builds:
        with tempfile.TemporaryDirectory(prefix="sluice-memory-") as folder:
            results[name] = measure(path, arguments, Path(folder))
    print(json.dumps(results, indent=2))


def measure(path, arguments, folder):
    networks = random.Random(1).sample(range(1 << 24), arguments.entries)
    lines = [f"{n >> 16}.{n >> 8 & 255}.{n & 255}.0/24\n" for n in networks]
    entries, file, port = folder / "list.cidrs", folder / "sluice.yaml", run.free_port()
    entries.write_text("".join(lines))
    file.write_text(f"""warehouses:
  - id: W
    whitelist: {{ mode: specific, files: [ {entries} ] }}
    listeners:
      - protocol: tcp
        listen: 127.0.0.1:{port}
        backends: [ {{ address: 127.0.0.1:1 }} ]
        healthCheck: off
""")
    gateway = run.Proxy([path, "serve", "--config", file], port)
    try:
        time.sleep(SETTLING_SECONDS)
        kibibytes = [gateway.resident_kib()]
        for number in range(arguments.reloads):
            entries.write_text("".join(lines[number + 1:]))
            gateway.process.send_signal(signal.SIGHUP)
            time.sleep(SETTLING_SECONDS)
            kibibytes.append(gateway.resident_kib())
    finally:
        gateway.stop()
    return {
        "entries": arguments.entries,
        "residentMiB": {
            "start": round(kibibytes[0] / 1024),
            "afterEachReload": [round(each / 1024) for each in kibibytes[1:]],
        },
    }


if __name__ == "__main__":
    main()
