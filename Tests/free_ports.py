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


def next_port():
    with open(os.open(NEXT, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        text = file.read()
        port = int(text) if text else random.randrange(FIRST, END)
        file.seek(0)  # As many digits are written as were read.
        file.write(str(port + 1 if port + 1 < END else FIRST))
    return port


def is_free(port):
    try:
        with socket.create_server(("", port)), socket.socket(type=socket.SOCK_DGRAM) as udp:
            udp.bind(("", port))
    except OSError:
        return False
    return True


def free_port():
    """For TCP and UDP; each time another one."""
    for _ in range(FIRST, END):
        if is_free(port := next_port()):
            return port
    raise RuntimeError(f"no port between {FIRST} and {END} is free")


def free_ports(count):
    return [free_port() for _ in range(count)]
