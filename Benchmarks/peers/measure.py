"""Load from wrk and curl, and what it cost the proxy."""

import os
import re
import subprocess
import time
from pathlib import Path

#: Servers live in /usr/sbin, which is not on every user's path.
SEARCH_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def requests(proxy, connections, seconds):
    """Keep-alive requests for a small file from one wrk thread."""
    before = processor_seconds(proxy.process_ids())
    output = run(
        "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", f"http://127.0.0.1:{proxy.port}/small"
    )
    used = processor_seconds(proxy.process_ids()) - before
    count = int(re.search(r"(\d+) requests in", output).group(1))
    return {
        "requestsPerSecond": float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1)),
        "microsecondsPerRequest": used / count * 1e6 if count else None,
        "errors": error_count(output),
    }


def downloads(proxy, count):
    """Large downloads, one after the other."""
    before = processor_seconds(proxy.process_ids())
    started = time.monotonic()
    byte_count = sum(download(proxy.port) for _ in range(count))
    elapsed = time.monotonic() - started
    used = processor_seconds(proxy.process_ids()) - before
    return {
        "gigabytesPerSecond": byte_count / elapsed / 1e9,
        "secondsPerGigabyte": used / (byte_count / 1e9),
        "errors": 0,
    }


def download(port):
    output = run(
        "curl", "-sS", "--fail", "-o", "/dev/null", "-w", "%{size_download}",
        f"http://127.0.0.1:{port}/large",
    )
    return int(output)


def run(*command):
    environment = {**os.environ, "PATH": SEARCH_PATH}
    return subprocess.run(
        command, check=True, capture_output=True, text=True, env=environment
    ).stdout


def error_count(wrk_output):
    """Failed connects, reads, writes and timeouts, and answers that are not 2xx or 3xx."""
    socket_errors = re.search(r"Socket errors: (.*)", wrk_output)
    other_status = re.search(r"Non-2xx or 3xx responses: (\d+)", wrk_output)
    numbers = re.findall(r"\d+", socket_errors.group(1)) if socket_errors else []
    return sum(map(int, numbers)) + (int(other_status.group(1)) if other_status else 0)


def processor_seconds(process_ids):
    """User and system time so far, all threads included (proc(5), stat fields 14 and 15)."""
    return sum(ticks(process_id) for process_id in process_ids) / TICKS_PER_SECOND


def ticks(process_id):
    stat = Path(f"/proc/{process_id}/stat").read_text()
    fields = stat.rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def process_tree(process_id):
    """A process and all its descendants."""
    children = Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()
    return [process_id] + [found for child in children for found in process_tree(int(child))]
