"""What processes use, and which connections stand (proc(5))."""

import os
import re
import subprocess
from pathlib import Path


def tree(process_id):
    """A process and all its descendants; of one that has ended, itself alone."""
    try:
        children = Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()
    except OSError:
        children = []
    return [process_id] + [found for child in children for found in tree(int(child))]


def resident_bytes(process_id):
    """Pages that processes of the tree share count for each of them."""
    return status_bytes(process_id, "VmRSS")


def anonymous_bytes(process_id):
    """Heap and stacks: what a program allocates, without the pages of its files."""
    return status_bytes(process_id, "RssAnon")


def proportional_bytes(process_id):
    """Pages that processes share count in part for each of them (Pss)."""
    texts = (Path(f"/proc/{each}/smaps_rollup").read_text() for each in tree(process_id))
    return sum(int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1]) for text in texts) * 1024


def cpu_seconds(process_id):
    """What the processes of the tree have used in user and kernel mode."""
    texts = (Path(f"/proc/{each}/stat").read_text() for each in tree(process_id))
    fields = (text.rpartition(")")[2].split() for text in texts)
    return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


def status_bytes(process_id, key):
    return sum(status_kib(each, key) for each in tree(process_id)) * 1024


def status_kib(process_id, key):
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    return 0


def established_count(port):
    """Connections over IPv4 that stand and whose local end is `port`."""
    local, established = f":{port:04X}", "01"
    with open("/proc/net/tcp") as lines:
        next(lines)
        fields = (line.split(None, 4) for line in lines)
        return sum(each[1].endswith(local) and each[3] == established for each in fields)


def socket_memory(client_port, backend_port):
    """What the kernel holds for a proxy's connections: those from clients to its port, and its own
    to its backend's. Receive queues, send queues and what is set aside for both, in bytes (ss(8))."""
    command = ["ss", "-tmnH", f"( sport = :{client_port} or dport = :{backend_port} )"]
    text = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return sum(
        sum(int(amount) for kind, amount in re.findall(r"\b([rfw])(\d+)", memory))
        for memory in re.findall(r"skmem:\(([^)]*)\)", text)
    )


def processor_count():
    """Those that this process may use: a container may have fewer than the machine."""
    return len(os.sched_getaffinity(0))
