"""Downloads that never pause, and that cost their client little: what comes is discarded.

    python3 drain.py PORT COUNT

On SIGINT it writes how many bytes each second brought, and ends.
"""

import signal
import socket
import sys
import threading
import time

REQUEST = b"GET /large HTTP/1.1\r\nHost: drain\r\n\r\n"
MAXIMUM_BYTE_COUNT = 1 << 20
#: Where recv(2) would write to. MSG_TRUNC makes TCP discard the bytes instead (tcp(7)).
UNTOUCHED = bytearray(MAXIMUM_BYTE_COUNT)


def main():
    port, count = int(sys.argv[1]), int(sys.argv[2])
    totals = [0] * count
    # Blocked before there are threads, so that none of them takes it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    for index in range(count):
        threading.Thread(target=download, args=[port, totals, index], daemon=True).start()
    started = time.monotonic()
    signal.sigwait({signal.SIGINT})
    print(sum(totals) / (time.monotonic() - started))


def download(port, totals, index):
    """One request ahead of the answers: the stream never runs dry."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(REQUEST * 2)
        size = head_and_body(client)
        rest = 2 * size
        while count := client.recv_into(UNTOUCHED, MAXIMUM_BYTE_COUNT, socket.MSG_TRUNC):
            totals[index] += count
            rest -= count
            while rest <= size:
                client.sendall(REQUEST)
                rest += size


def head_and_body(client):
    """How long each answer is, head included."""
    head = b""
    while b"\r\n\r\n" not in head:
        head = client.recv(4_096, socket.MSG_PEEK)
    end = head.index(b"\r\n\r\n") + 4
    fields = head[:end].decode().lower().splitlines()
    length = next(each.split(":")[1] for each in fields if each.startswith("content-length:"))
    return end + int(length)


if __name__ == "__main__":
    main()
