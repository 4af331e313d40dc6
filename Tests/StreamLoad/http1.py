"""HTTP/1.1 on plain sockets, for servers whose defects matter: a library would hide them."""

import array
import fcntl
import json
import socket
import struct
import termios
import threading
import time
from dataclasses import dataclass, field

HEAD_LIMIT = 1 << 20
PIECE = 1 << 18


class Truncated(Exception):
    """A connection ended within a head or a body."""


class Malformed(Exception):
    """What arrived is not HTTP/1.x."""


@dataclass
class Head:
    """A request's head, with its fields as they were sent."""

    method: str
    target: str
    version: str
    fields: list
    raw: bytes = b""

    @property
    def path(self):
        return self.target.partition("?")[0]

    @property
    def query(self):
        """None if there is no question mark."""
        _, mark, query = self.target.partition("?")
        return query if mark else None

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    @property
    def is_chunked(self):
        return self.get("Transfer-Encoding", "").lower() == "chunked"

    @property
    def length(self):
        """None if there is none."""
        text = self.get("Content-Length")
        return int(text) if text is not None else None

    @property
    def has_body(self):
        return self.is_chunked or bool(self.length)

    @property
    def expects_continue(self):
        return self.version != "HTTP/1.0" and self.get("Expect", "").lower() == "100-continue"

    @property
    def keeps_connection(self):
        options = [option.strip().lower() for option in self.get("Connection", "").split(",")]
        return "keep-alive" in options if self.version == "HTTP/1.0" else "close" not in options


def parse_head(raw):
    lines = raw.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise Malformed(lines[0])
    fields = []
    for line in lines[1:]:
        if line:
            name, colon, value = line.partition(":")
            if not colon:
                raise Malformed(line)
            fields.append((name, value.strip()))
    return Head(words[0], words[1], words[2], fields, raw)


class Connection:
    """One accepted connection."""

    def __init__(self, accepted, peer):
        self.socket = accepted
        self.peer = peer
        self.buffer = bytearray()
        self.trailers = []

    def receive(self):
        piece = self.socket.recv(PIECE)
        if not piece:
            raise Truncated
        self.buffer += piece

    def read_until(self, mark):
        start = 0
        while (end := self.buffer.find(mark, start)) < 0:
            if len(self.buffer) > HEAD_LIMIT:
                raise Malformed("too long")
            start = max(0, len(self.buffer) - len(mark))
            self.receive()
        found = bytes(self.buffer[:end + len(mark)])
        del self.buffer[:end + len(mark)]
        return found

    def read_head(self):
        """The next request's head; None if the client has no more requests."""
        try:
            while not self.buffer or self.buffer[:2] == b"\r\n":
                if self.buffer[:2] == b"\r\n":
                    del self.buffer[:2]
                else:
                    self.receive()
        except (Truncated, OSError):
            return None
        return parse_head(self.read_until(b"\r\n\r\n"))

    def counted(self, length):
        """Pieces of a body of `length` bytes."""
        while length:
            if not self.buffer:
                self.receive()
            piece = bytes(self.buffer[:length])
            del self.buffer[:len(piece)]
            length -= len(piece)
            yield piece

    def chunks(self):
        """Pieces of a body in chunks. Afterwards, `trailers` has the fields after it."""
        while length := int(self.read_until(b"\r\n").split(b";")[0], 16):
            yield from self.counted(length)
            if self.read_until(b"\r\n") != b"\r\n":
                raise Malformed("a chunk is longer than it says")
        self.trailers = []
        while (line := self.read_until(b"\r\n")) != b"\r\n":
            self.trailers.append(line.decode("latin-1").strip())

    def body(self, head):
        return self.chunks() if head.is_chunked else self.counted(head.length or 0)

    @property
    def waiting_bytes(self):
        """How many bytes have arrived that were not read."""
        count = array.array("i", [0])
        fcntl.ioctl(self.socket, termios.FIONREAD, count)
        return len(self.buffer) + count[0]

    def send(self, data):
        self.socket.sendall(data)

    def answer(self, status, body=b"", content="application/json", fields=(), keeps=True,
               is_head=False):
        if isinstance(body, (dict, list)):
            body = json.dumps(body, indent=4).encode()
        elif isinstance(body, str):
            body = body.encode()
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Unknown')}", f"Content-Type: {content}"]
        lines += [f"{name}: {value}" for name, value in fields]
        lines += [f"Content-Length: {len(body)}"]
        lines += [] if keeps else ["Connection: close"]
        self.send("\r\n".join(lines + ["", ""]).encode("latin-1") + (b"" if is_head else body))
        return keeps

    def reset(self):
        """Closes so that the client is sent a reset at once."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def drain(self, byte_limit, idle_seconds):
        """Reads and forgets. Returns the number of bytes."""
        count = len(self.buffer)
        self.buffer.clear()
        self.socket.settimeout(idle_seconds)
        try:
            while count < byte_limit and (piece := self.socket.recv(PIECE)):
                count += len(piece)
        except OSError:
            pass
        return count


REASONS = {
    200: "OK", 301: "Moved Permanently", 307: "Temporary Redirect", 308: "Permanent Redirect",
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 500: "Internal Server Error", 503: "Service Unavailable",
}


class Server:
    """Accepts connections, each in a thread. Subclasses have `handle(connection, head)`, which
    returns whether the connection can have another request."""

    def __init__(self, host="127.0.0.1", port=0, context=None):
        self.listener = socket.create_server((host, port), backlog=512)
        self.host, self.port = self.listener.getsockname()[:2]
        self.context = context
        self.connections = set()
        self.accepted = 0
        self.lock = threading.Condition()
        self.is_stopped = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    def _accept(self):
        while True:
            try:
                accepted, peer = self.listener.accept()
            except OSError:
                return
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(accepted, peer), daemon=True).start()

    def _serve(self, accepted, peer):
        with self.lock:
            self.accepted += 1
            self.connections.add(accepted)
        plain = accepted
        try:
            if self.context:
                accepted = self.context.wrap_socket(accepted, server_side=True)
            connection = Connection(accepted, peer)
            while (head := connection.read_head()) and self.handle(connection, head):
                pass
        except Malformed as error:
            try:
                connection.answer(400, f"{error}\n", "text/plain", keeps=False)
            except OSError:
                pass
        except (Truncated, OSError):
            pass
        finally:
            accepted.close()
            with self.lock:
                self.connections.discard(plain)
                self.lock.notify_all()

    def stop(self):
        """Stops at once: connections are reset."""
        self.is_stopped = True
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        with self.lock:
            for each in list(self.connections):
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def wait_until(self, condition, seconds=30):
        """Waits for what another thread records under `lock`."""
        with self.lock:
            return self.lock.wait_for(condition, seconds)


@dataclass
class Pace:
    """Limits a reader to `bytes_per_second`; 0 does not limit."""

    bytes_per_second: float = 0
    start: float = field(default_factory=time.monotonic)
    count: int = 0

    def passed(self, count):
        self.count += count
        if self.bytes_per_second:
            time.sleep(max(
                0, self.start + self.count / self.bytes_per_second - time.monotonic()
            ))
