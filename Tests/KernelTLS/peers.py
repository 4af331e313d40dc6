"""Clients and backends for the tests, which speak plainly or by TLS."""

import hashlib
import socket
import ssl
import threading
import time

PIECE = 1 << 16


def pattern(count, seed=0):
    """Bytes in which no two places look alike."""
    block = b"".join(hashlib.sha256(b"%d %d" % (seed, n)).digest() for n in range(2048))
    out = bytearray()
    number = 0
    while len(out) < count:
        out += number.to_bytes(8, "big") + block
        number += 1
    return bytes(out[:count])


class Backend:
    """Accepts connections, and lets `serve(connection)` handle each in a thread of its own."""

    def __init__(self, serve, context=None):
        self.serve, self.context = serve, context
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.results = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.handle, args=(connection,), daemon=True).start()

    def handle(self, connection):
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            self.results.append(self.serve(connection))
        except (OSError, EOFError) as error:
            self.results.append(error)
        finally:
            connection.close()

    def result(self, seconds=60):
        """What `serve` has returned, or the error that it failed with, of the oldest connection."""
        deadline = time.monotonic() + seconds
        while not self.results and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.results.pop(0) if self.results else TimeoutError("no result")


def read_all(connection, pause=0.0):
    """Everything up to the end of the stream."""
    out = bytearray()
    while piece := connection.recv(PIECE):
        out += piece
        if pause:
            time.sleep(pause)
    return bytes(out)


def read_exactly(connection, count):
    out = bytearray()
    while len(out) < count:
        piece = connection.recv(min(PIECE, count - len(out)))
        if not piece:
            raise EOFError(f"{len(out)} of {count} bytes")
        out += piece
    return bytes(out)


class Session:
    """A TLS client whose two directions end separately, which Python's own sockets cannot."""

    def __init__(self, port, context, name="gw.example", receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", port))
        self.socket.settimeout(60)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name)
        self.has_end = False
        self.drive(self.tls.do_handshake)

    def flush(self):
        if data := self.outgoing.read():
            self.socket.sendall(data)

    def receive(self):
        """Returns False at the end of TCP's stream."""
        data = self.socket.recv(PIECE)
        if data:
            self.incoming.write(data)
        else:
            self.incoming.write_eof()
        return bool(data)

    def drive(self, action, *arguments):
        while True:
            try:
                result = action(*arguments)
                self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                self.receive()

    def send(self, data, record=16384):
        for start in range(0, len(data), record):
            self.tls.write(data[start : start + record])
            if start % (record * 4) == 0:
                self.flush()
        self.flush()

    def recv(self, count):
        """As a socket's, b"" for an announced end; EOFError for one that was not."""
        try:
            return self.drive(self.tls.read, count)
        except ssl.SSLZeroReturnError:
            return b""
        except ssl.SSLEOFError as error:
            raise EOFError("not announced") from error

    def end(self):
        """Announces the end; the other direction stays open."""
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            pass
        self.flush()

    def close(self):
        self.socket.close()
