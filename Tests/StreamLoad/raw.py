"""A client that sends what a test wants, byte by byte."""

import base64
import json
import socket
import ssl

from http1 import Connection
from programs import PATIENCE

PASSWORD = "p@ss w/rd:%"
BASIC = "Authorization: Basic " + base64.b64encode(f"loader:{PASSWORD}".encode()).decode()
EXPECT = "Expect: 100-continue"
STREAM_LOAD = "PUT /api/db/t/_stream_load"


class Answer:
    def __init__(self, raw, body, is_open):
        lines = raw.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1])
        self.fields = dict(line.split(": ", 1) for line in lines[1:] if line)
        self.body = body
        # Whether the server kept the connection, as far as its fields say.
        self.is_open = is_open

    @property
    def location(self):
        return self.fields.get("Location")

    @property
    def json(self):
        return json.loads(self.body)


class Client:
    """One connection, on which a test sends what it wants."""

    def __init__(self, server, is_tls=False):
        self.socket = socket.create_connection((server.host, server.port), PATIENCE)
        if is_tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)
        self.connection = Connection(self.socket, None)

    def send(self, line, *fields, body=b"", host="gateway.example:8030", version="HTTP/1.1"):
        lines = [f"{line} {version}", *([f"Host: {host}"] if host is not None else []), *fields]
        self.socket.sendall("\r\n".join(lines + ["", ""]).encode("latin-1") + body)
        return self

    def receive(self, is_head=False):
        raw = self.connection.read_until(b"\r\n\r\n")
        fields = dict(line.lower().split(": ", 1) for line in raw.decode().split("\r\n")[1:] if line)
        body = b""
        if "transfer-encoding" in fields:
            body = b"".join(self.connection.chunks())
        elif not is_head:
            body = b"".join(self.connection.counted(int(fields.get("content-length", 0))))
        return Answer(raw, body, fields.get("connection") != "close")

    def ask(self, line, *fields, **more):
        return self.send(line, *fields, **more).receive()

    def is_closed(self, within=PATIENCE):
        """Whether the server ends the connection; raises what a client of it would see."""
        self.socket.settimeout(within)
        try:
            return self.socket.recv(1) == b""
        except TimeoutError:
            return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def ask(server, line, *fields, **more):
    with Client(server) as client:
        return client.ask(line, *fields, **more)
