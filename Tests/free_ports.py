"""Ports on which nobody listens, for the servers of tests."""

import fcntl
import os
import random
import socket
import tempfile

# Below the range from which the kernel takes ports for outgoing connections and for port 0, so that
# nobody is given a port between its choice and its use.
FIRST, END = 16_000, 32_000
# The port after the last one given. Test runs beside each other share it, so that none is given a
# port, or tries one, that another is about to use.
NEXT = os.path.join(tempfile.gettempdir(), f"sluice-test-ports-{os.getuid()}")


def next_ports(count):
    """The first of so many ports in a row that nobody else is given."""
    with open(os.open(NEXT, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        text = file.read()
        port = int(text) if text else random.randrange(FIRST, END)
        if port + count > END:
            port = FIRST
        file.seek(0)  # As many digits are written as were read.
        file.write(str(port + count if port + count < END else FIRST))
    return port


def is_free(port):
    try:
        with socket.create_server(("", port)), socket.socket(type=socket.SOCK_DGRAM) as udp:
            udp.bind(("", port))
    except OSError:
        return False
    return True


def free_range(count):
    """The first of so many ports in a row, for TCP and UDP; each time others."""
    for _ in range(FIRST, END, count):
        first = next_ports(count)
        if all(is_free(port) for port in range(first, first + count)):
            return first
    raise RuntimeError(f"no {count} ports in a row between {FIRST} and {END} are free")


def free_port():
    """For TCP and UDP; each time another one."""
    return free_range(1)


def free_ports(count):
    return [free_port() for _ in range(count)]
