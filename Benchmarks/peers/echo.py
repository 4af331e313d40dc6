"""A server that sends back what comes.

    python3 echo.py PORT
"""

import socket
import sys
import threading

MAXIMUM_BYTE_COUNT = 1 << 18


def main():
    with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096) as listener:
        while True:
            client, _ = listener.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=send_back, args=[client], daemon=True).start()


def send_back(client):
    buffer = memoryview(bytearray(MAXIMUM_BYTE_COUNT))
    with client:
        try:
            while count := client.recv_into(buffer):
                client.sendall(buffer[:count])
        except ConnectionError:
            pass


if __name__ == "__main__":
    main()
