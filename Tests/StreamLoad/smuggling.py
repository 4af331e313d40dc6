"""Requests that two servers may read differently, sent through a gateway to real servers.

Each one is refused and reaches no server, or reaches it as the requests that it says it is.
"""

import socket
from dataclasses import dataclass

from gateway import Case
from programs import PATIENCE, Responder, wait_until
from raw import BASIC

# What an attacker wants to reach the server as a request of its own.
HIDDEN = "GET /smuggled HTTP/1.1\r\nHost: gateway.example\r\nX: "
HOST = "Host: gateway.example"
LAST = "Connection: close"
CHUNKED = "Transfer-Encoding: chunked"


@dataclass
class Sample:
    """
    - raw: `TARGET` stands for the target.
    - count: of the requests that it is; 0 for one that is refused.
    - is_cut: refused within its body: its head may have reached the server, but never all of it.
    """

    name: str
    raw: str
    count: int = 0
    is_cut: bool = False


def head(*fields, line="POST TARGET HTTP/1.1", end="\r\n"):
    return end.join([line, BASIC, HOST, *fields, "", ""])


def refused(name, *fields, body=HIDDEN, **more):
    return Sample(name, head(*fields, **more) + body)


def cut(name, body):
    return Sample(name, head(CHUNKED) + body + HIDDEN, is_cut=True)


def passed(name, *fields, body="12345", count=1, **more):
    return Sample(name, head(*fields, **more) + body, count)


SAMPLES = [
    # Two lengths.
    refused("CL.TE", "Content-Length: 6", CHUNKED, body="0\r\n\r\n" + HIDDEN),
    refused("TE.CL", CHUNKED, "Content-Length: 4", body=f"5c\r\n{HIDDEN}\r\n0\r\n\r\n"),
    refused("CL.CL", "Content-Length: 5", "Content-Length: 0"),
    refused("a list of lengths", "Content-Length: 5, 0"),
    refused("a length and a list of codings", "Content-Length: 5", "Transfer-Encoding: gzip, chunked"),
    # Lengths that are not numbers everywhere.
    *[refused(f"length {text!r}", f"Content-Length: {text}") for text in [
        "+5", "-1", "0x5", "5 5", "5;", "5.0", "", "99999999999999999999999", "\t5", "5\x0b", "\u00b2",
    ]],
    refused("white space before the colon of a length", "Content-Length : 5"),
    # Codings that are chunked for some.
    *[refused(f"coding {text!r}", f"Transfer-Encoding: {text}", body="0\r\n\r\n" + HIDDEN) for text in [
        "chunked, identity", "identity, chunked", "xchunked", "chunked, chunked", '"chunked"', "chunked;a",
        "\x0bchunked", "\tchunked", "chunked\t", "chunked\x00", "gzip", "", ",chunked,",
    ]],
    refused("TE.TE", CHUNKED, "Transfer-Encoding: identity", body="0\r\n\r\n" + HIDDEN),
    refused("TE.TE, the same", CHUNKED, CHUNKED, body="0\r\n\r\n" + HIDDEN),
    refused("white space before the colon of a coding", "Transfer-Encoding : chunked"),
    refused("chunks in HTTP/1.0", CHUNKED, line="POST TARGET HTTP/1.0", body="0\r\n\r\n" + HIDDEN),
    # Lines.
    refused("a folded line", "X: 1", " Transfer-Encoding: chunked"),
    Sample("a folded first line", f"POST TARGET HTTP/1.1\r\n X: 1\r\n{HOST}\r\n\r\n" + HIDDEN),
    refused("a folded coding", "Transfer-Encoding:", " chunked"),
    refused("a lone LF between fields", f"X: 1\n{CHUNKED}"),
    refused("a lone LF at the end", "X: 1\n\n" + HIDDEN),
    refused("lone LFs only", "X: 1", end="\n"),
    refused("a lone CR in a value", f"X: 1\r{CHUNKED}"),
    refused("a lone CR in a name", f"X\r{CHUNKED}"),
    refused("a NUL in a value", "X: 1\x00"),
    refused("a NUL in a name", "Content-Length\x00: 5"),
    refused("no colon", "Content-Length 5"),
    refused("an empty name", ": 5"),
    # The request line.
    *[refused(f"line {line!r}", line=line) for line in [
        "POST TARGET HTTP/1.2", "POST TARGET HTTP/01.1", "POST TARGET HTTP/1.1 ", "POST  TARGET HTTP/1.1", "POST\tTARGET HTTP/1.1",
        " POST TARGET HTTP/1.1", "POST TARGET x HTTP/1.1", "POST TARGET", "P(ST TARGET HTTP/1.1", "POST TARGET#x HTTP/1.1",
        "POST TARGET\x00 HTTP/1.1", "CONNECT gateway.example:80 HTTP/1.1", "POST gateway.exampleTARGET HTTP/1.1",
        "POST TARGET HTTP/1.1\rX: 1", "POST TARGET http/1.1", "PRI * HTTP/2.0",
    ]],
    # The host.
    refused("two hosts", "Host: other.example"),
    refused("two hosts, the same", HOST),
    refused("a folded host", " other.example"),
    refused("a host in another case and with white space", "host : other.example"),
    refused("another host in the target", line="POST http://other.exampleTARGET HTTP/1.1"),
    refused("a user in the target", line="POST http://gateway.example:80@other.exampleTARGET HTTP/1.1"),
    Sample("no host", "POST TARGET HTTP/1.1\r\nContent-Length: 0\r\n\r\n" + HIDDEN),
    *[Sample(f"host {text!r}", f"POST TARGET HTTP/1.1\r\nHost: {text}\r\n\r\n" + HIDDEN)
      for text in ["a, b", "a@b", "a/b", "a b", "a:b", "a:1:2"]],
    # Bodies.
    *[cut(f"chunk {text!r}", text) for text in [
        "0x5\r\n12345\r\n0\r\n\r\n", "+5\r\n12345\r\n0\r\n\r\n", "-5\r\n12345\r\n0\r\n\r\n",
        " 5\r\n12345\r\n0\r\n\r\n", "\r\n0\r\n\r\n", ";a\r\n0\r\n\r\n", "g\r\n0\r\n\r\n",
        "10000000000000005\r\n12345\r\n0\r\n\r\n", "FFFFFFFFFFFFFFFFF1\r\n12345\r\n0\r\n\r\n",
        "5\n12345\r\n0\r\n\r\n", "5\r\n12345\n0\r\n\r\n", "5\r\n123456\r\n0\r\n\r\n", "5\r\n1234\r\n0\r\n\r\n",
        "5;a\nb\r\n12345\r\n0\r\n\r\n", "5\r12345\r\n0\r\n\r\n", "5\r\n12345\r\n0\r\n\n",
        "5\r\n12345\r\n0\r\nContent-Length: 9\r\n\r\n", "5\r\n12345\r\n0\r\nHost: x\r\n\r\n",
        "5\r\n12345\r\n0\r\n Transfer-Encoding: x\r\n\r\n", f"5;{'a' * 100_000}\r\n12345\r\n0\r\n\r\n",
    ]],
    # What is unusual, and nevertheless one request or two.
    passed("a length", "Content-Length: 5", LAST),
    passed("chunks", CHUNKED, LAST, body="5;a=b\r\n12345\r\n0\r\n\r\n"),
    passed("chunks in another case", "tRANSFER-eNCODING: Chunked", LAST, body="5\r\n12345\r\n0\r\n\r\n"),
    passed("leading zeros", "Content-Length: 005", LAST),
    passed("a trailer", CHUNKED, LAST, "Trailer: Sum", body="5\r\n12345\r\n0\r\nSum: 1\r\n\r\n"),
    passed("fields with underscores", "Content-Length: 5", "Transfer_Encoding: chunked", LAST),
    passed("the length named as an option", "Content-Length: 5", "Connection: close, Content-Length"),
    passed("the coding named as an option", CHUNKED, "Connection: close, Transfer-Encoding",
           body="5\r\n12345\r\n0\r\n\r\n"),
    passed("the host named as an option", "Content-Length: 5", "Connection: close, Host"),
    passed("an empty line before", "Content-Length: 5", LAST, line="\r\nPOST TARGET HTTP/1.1"),
    passed("GET with a body", "Content-Length: 5", LAST, line="GET TARGET HTTP/1.1"),
    passed("a body that looks like a request", f"Content-Length: {len(HIDDEN)}", LAST, body=HIDDEN),
    passed("chunks that look like a request", CHUNKED, LAST,
           body=f"{len(HIDDEN):x}\r\n{HIDDEN}\r\n0\r\n\r\n"),
    passed("what follows the last request", "Content-Length: 5", LAST, body="12345" + HIDDEN),
    passed("an upgrade that the server does not want", "Connection: Upgrade, close, HTTP2-Settings",
           "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA", "Content-Length: 0",
           body="PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    passed("pipelined after a length", "Content-Length: 5", count=2,
           body="12345" + head("Content-Length: 0", LAST)),
    passed("pipelined after chunks", CHUNKED, count=2,
           body="5\r\n12345\r\n0\r\n\r\n" + head("Content-Length: 0", LAST)),
    passed("pipelined after no body", "Content-Length: 0", count=2,
           body=head("Content-Length: 0", LAST)),
    passed("pipelined after Expect", "Content-Length: 5", "Expect: 100-continue", count=2,
           body="12345" + head("Content-Length: 0", LAST)),
]


def answers_of(site, raw, piece, number):
    """All that the gateway answers to bytes that are sent in pieces of this size; 0: at once."""
    received = b""
    # Each from another address: who is refused too often gets no more answers.
    source = (f"127.0.1.{1 + number}", 0)
    with socket.create_connection((site.host, site.port), PATIENCE, source) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for start in range(0, len(raw), piece or len(raw)):
                connection.sendall(raw[start:start + (piece or len(raw))])
        except ConnectionError:
            # It was refused before all of it was sent. The answer can be read all the same.
            pass
        try:
            while data := connection.recv(1 << 16):
                received += data
        except ConnectionError:
            pass
    return received


class Smuggling(Case):
    def each(self, site, place, arrived, piece=0):
        """Sends each sample to a target of its own, and looks at what has arrived.

        - place: the target, from a number.
        - arrived: the targets of what the server takes for requests.
        """
        expected = []
        for number, sample in enumerate(SAMPLES):
            with self.subTest(sample.name):
                target = place(number)
                raw = sample.raw.replace("TARGET", target).encode("latin-1")
                if len(raw) > 50_000 and piece:
                    continue
                answers = answers_of(site, raw, piece, number)
                statuses = [part[:3] for part in answers.split(b"HTTP/1.1 ")[1:]]
                final = [status for status in statuses if status != b"100"]
                if sample.count:
                    self.assertEqual(len(final), sample.count, answers)
                    self.assertNotIn(b"400", final, answers)
                    expected += [target] * sample.count
                elif sample.is_cut and piece:
                    # The server may have answered before the body was complete.
                    self.assertLessEqual(len(final), 1, answers)
                else:
                    self.assertEqual(final, [b"400"], answers)
        cut = {place(number) for number, sample in enumerate(SAMPLES) if sample.is_cut}
        found = wait_until(
            lambda: len(found := [each for each in arrived() if each not in cut]) >= len(expected)
            and found, f"{len(expected)} requests",
        )
        self.assertEqual(found, expected)
        for target in cut:
            self.assertLessEqual(arrived().count(target), 1, target)
        self.assertFalse([each for each in arrived() if "smuggled" in each])

    def through(self, name, piece=0):
        server = Responder(name)
        self.addCleanup(server.stop)
        site = self.site(listener={"backends": [server.address]})
        self.each(site, lambda number: f"/{number}", lambda: server.targets, piece)

    def test_nginx(self):
        self.through("nginx")

    def test_haproxy(self):
        self.through("haproxy")

    def test_one_byte_at_a_time(self):
        self.through("nginx", piece=1)

    def test_front_ends_and_back_ends(self):
        """Loads: each arrives as one load at a front end, and then at a back end."""
        site = self.site()

        def arrived(server):
            return [head.target.rstrip("?") for head in server]

        self.each(
            site, lambda number: f"/api/db/t{number}/_stream_load",
            lambda: arrived(request.head for request in site.frontend.requests),
        )
        for backend in site.backends:
            targets = arrived(backend.heads)
            self.assertEqual(len(set(targets)), len(targets), targets)
            self.assertTrue(all(target.startswith("/api/db/t") for target in targets), targets)
