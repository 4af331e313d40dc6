"""Lets each client load into each kind of warehouse, and prints what happened as Markdown.

    table.py [--sluice PROGRAM [--mode MODE]] [--megabytes N] [--only PATTERN]

Without --sluice, clients go straight to the front end; back ends have another address than it.
"""

import argparse
import contextlib
import re
import subprocess

from clients import CLIENTS, File
from gateway import Site
from programs import Proxy
from warehouse import Warehouse

# Kinds of front ends, the seconds before they answer, and their headings.
COLUMNS = [("doris-2", 0, "Doris 2"), ("doris-3.1.3", 0, "Doris 3.1.3"),
           ("doris-3.1.3", 6, "Doris 3.1.3, answers after 6 s"),
           ("doris-bounded-drain", 0, "Doris bounded drain"),
           ("starrocks-shared-nothing", 0, "StarRocks")]
# Behind proxies, the client that gets furthest.
BEHIND = next(client for client in CLIENTS if client.name == "curl `--location-trusted`")


def cell(client, url, file, warehouse):
    """What one load came to."""
    warehouse.forget()
    try:
        outcome = client.load(url, file, timeout=120)
    except subprocess.TimeoutExpired:
        return "hangs"
    loads = [load for load in warehouse.loads if load.path.endswith("_stream_load")]
    told = reported(outcome)
    if not loads:
        return told
    load = loads[-1]
    exact = load.is_complete and load.sha256 == file.sha256
    if exact and outcome.is_loaded:
        return "**loads**" + ("" if len(loads) == 1 else f", {len(loads)} times")
    if load.user is None:
        return f"Authorization lost: {told}"
    return f"{load.byte_count / 1e6:.1f} of {file.size / 1e6:.0f} MB arrive: {told}"


def reported(outcome):
    text = re.sub(r"\s+", " ", str(outcome))
    text = re.sub(r"127\.0\.0\.\d+(:\d+)?|//[^@ ]*@[^ )]*", "…", text)
    for pattern, short in SHORT:
        if match := re.search(pattern, text):
            return match.expand(short)
    return text.replace("|", "\\|")[:90]


# What clients report, in fewer words.
SHORT = [
    (r"There is no 100-continue", "refused: no Expect"),
    (r"no valid Basic", "`Fail`"),
    (r"^HTTP 307", "reports the 307"),
    (r"cross origin not allowed", "`fetch failed`: cross origin not allowed"),
    (r"\(65\)", "exit 65: cannot rewind"),
    (r"^java\.\S*?(\w+): (.*)", r"`\1`"),
    (r"BrokenPipe|Broken pipe", "broken pipe"),
    (r"reset|ECONNRESET", "connection reset"),
    (r"EPIPE", "EPIPE"),
]


def rows(only):
    for client in CLIENTS:
        if not only or re.search(only, client.name):
            yield client.name, client, None
    for name, proxy, port in [("nginx, defaults", "nginx", "port"),
                              ("nginx, tuned", "nginx", "tuned_port"),
                              ("HAProxy", "haproxy", "port")]:
        if not only or re.search(only, name):
            yield f"{name}, {BEHIND.name}", BEHIND, (proxy, port)


def measure(file, only, sluice, mode):
    names = [name for _, _, name in COLUMNS]
    print("| client | " + " | ".join(names) + " |\n|---" + "|---" * len(names) + "|")
    with contextlib.ExitStack() as stack:
        places = []
        for kind, delay, _ in COLUMNS:
            if sluice:
                site = stack.enter_context(stopping(Site(sluice, kind, mode)))
                warehouse, address = site.warehouse, site.address
            else:
                warehouse = stack.enter_context(Warehouse(kind, backend={"host": "127.0.0.2"}))
                address = warehouse.frontend.address
            warehouse.frontend.faults.delay = delay
            places.append((warehouse, address))
        proxies = {}
        for name, client, between in rows(only):
            cells = []
            for warehouse, address in places:
                if between:
                    key = (between[0], address)
                    if key not in proxies:
                        proxies[key] = stack.enter_context(stopping(Proxy(between[0], address)))
                    address = f"127.0.0.1:{getattr(proxies[key], between[1])}"
                cells.append(cell(client, f"http://{address}/api/db/t/_stream_load", file, warehouse))
            print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


@contextlib.contextmanager
def stopping(program):
    try:
        yield program
    finally:
        program.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sluice", help="lets clients load through a gateway")
    parser.add_argument("--mode", choices=["pass", "follow", "rewrite"], default="follow")
    parser.add_argument("--megabytes", type=int, default=20)
    parser.add_argument("--only", metavar="PATTERN")
    arguments = parser.parse_args()
    measure(File(arguments.megabytes), arguments.only, arguments.sluice, arguments.mode)
