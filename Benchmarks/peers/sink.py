"""A server for uploads: discards what comes until its end, then closes.

    python3 sink.py PORT
"""

import socket
import sys
import threading

MAXIMUM_BYTE_COUNT = 1 << 20
#: What recv(2) would write to. MSG_TRUNC makes TCP discard the bytes instead (tcp(7)), so that
#: the sink costs little beside the proxies that share its processors.
UNTOUCHED = bytearray(MAXIMUM_BYTE_COUNT)


def main():
    with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096) as listener:
        while True:
            client, _ = listener.accept()
            threading.Thread(target=discard, args=[client], daemon=True).start()


def discard(client):
    with client:
        try:
            while client.recv_into(UNTOUCHED, MAXIMUM_BYTE_COUNT, socket.MSG_TRUNC):
                pass
        except ConnectionError:
            pass


if __name__ == "__main__":
    main()
