"""Ports on which nobody listens, for the servers of tests."""

import random
import socket

# Below the range from which the kernel takes ports for outgoing connections and for port 0, so that
# nobody is given a port between its choice and its use.
FIRST, END = 16_000, 32_000
next_port = random.randrange(FIRST, END)


def is_free(port):
    try:
        with socket.create_server(("", port)), socket.socket(type=socket.SOCK_DGRAM) as udp:
            udp.bind(("", port))
    except OSError:
        return False
    return True


def free_port():
    """For TCP and UDP; each time another one."""
    global next_port
    for _ in range(FIRST, END):
        next_port = next_port + 1 if next_port + 1 < END else FIRST
        if is_free(next_port):
            return next_port
    raise RuntimeError(f"no port between {FIRST} and {END} is free")


def free_ports(count):
    return [free_port() for _ in range(count)]
