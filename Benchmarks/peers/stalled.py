"""Clients that ask for a download, read some of it, and then read no more."""

import select
import socket

TIMEOUT_SECONDS = 60
REQUEST = b"GET /large HTTP/1.1\r\nHost: stalled\r\n\r\n"


def downloads(port, count, read_bytes, stack):
    """So many of them, one after the other; closed with `stack`.

    What is read at full speed first counts: a relay's buffers grow with the pace that it has seen.
    """
    clients = [stack.enter_context(socket.socket()) for _ in range(count)]
    for client in clients:
        begin(client, port, read_bytes)
    return clients


def begin(client, port, read_bytes):
    client.settimeout(TIMEOUT_SECONDS)
    client.connect(("127.0.0.1", port))
    client.sendall(REQUEST)
    buffer = bytearray(1 << 20)
    while read_bytes > 0:
        count = client.recv_into(buffer)
        if count == 0:
            return
        read_bytes -= count


def standing_count(clients):
    """Those that were neither closed nor reset."""
    poll = select.poll()
    for client in clients:
        poll.register(client, select.POLLRDHUP)
    return len(clients) - len(poll.poll(0))
