"""Many clients that do little, and some that never finish: none may cost others anything."""

import contextlib
import resource
import socket
import struct
import time
from pathlib import Path

from behaviors import BODY, LENGTH
from gateway import Case
from http1 import Server
from programs import wait_until
from raw import BASIC, STREAM_LOAD

QUESTION = b"GET /api/bootstrap HTTP/1.1\r\nHost: gateway.example\r\n\r\n"
HEADER_TIMEOUT = 3
# What a client waits for in turn, on a busy machine; behind the slow ones it would wait longer.
PATIENCE = 60


class Leaving(Server):
    """A front end that answers, and soon closes connections that are kept."""

    def handle(self, connection, head):
        connection.answer(200, {"code": 0})
        connection.socket.settimeout(0.5)
        return True


class Late(Server):
    """A front end whose long answers come when their clients have gone."""

    def handle(self, connection, head):
        time.sleep(0.5)
        connection.answer(200, "x" * 300_000, "text/plain")
        return True


class Announcing(Server):
    """A front end that announces its answer, and announces it again."""

    HINT = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nX: " + b"x" * 1_000 + b"\r\n\r\n"

    def handle(self, connection, head):
        while True:
            connection.socket.sendall(self.HINT)


def descriptor_count(process):
    return len(list(Path(f"/proc/{process.pid}/fd").iterdir()))


def resident_bytes(process):
    with open(f"/proc/{process.pid}/status") as status:
        [line] = [line for line in status if line.startswith("VmRSS:")]
    return int(line.split()[1]) * 1024


def exchange(connection):
    """One request on a kept connection; the seconds until its answer."""
    start = time.monotonic()
    connection.sendall(QUESTION)
    answer = b""
    while not answer.endswith(b"}"):
        piece = connection.recv(4096)
        assert piece, answer
        answer += piece
    assert answer.startswith(b"HTTP/1.1 200 "), answer
    return time.monotonic() - start


class Idle(Case):
    COUNT = 10_000

    def setUp(self):
        """Fewer clients where the open file limit is low: the gateway counts two descriptors for each."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        needed = 2 * self.COUNT + 1_000
        limit = needed if hard == resource.RLIM_INFINITY else min(hard, needed)
        self.count = limit // 2 - 500
        if self.count < 1_000:
            self.skipTest(f"the open file limit is {hard}")
        if soft != resource.RLIM_INFINITY:
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, limit), hard))

    def test_ten_thousand_kept_connections(self):
        frontend = Leaving()
        self.addCleanup(frontend.stop)
        site = self.site(listener={"backends": [frontend.address]})
        process = site.gateway.process
        clients = []
        self.addCleanup(lambda: [client.close() for client in clients])

        def connect(count):
            for _ in range(count):
                client = socket.create_connection((site.host, site.port), PATIENCE)
                clients.append(client)
                exchange(client)

        connect(200)
        time.sleep(2)
        before = resident_bytes(process)
        connect(self.count - len(clients))
        # The front end closes its connections, and the gateway gives back what they needed.
        end = time.monotonic() + PATIENCE
        while True:
            time.sleep(2)
            each = (resident_bytes(process) - before) / (self.count - 200)
            if each < 4096 or time.monotonic() > end:
                break
        print(f"\n{len(clients)} idle clients: {each:.0f} bytes of memory each", flush=True)
        self.assertLess(each, 4096)
        with socket.create_connection((site.host, site.port), PATIENCE) as newcomer:
            took = exchange(newcomer)
        self.assertLess(took, PATIENCE)
        # The front end has long closed their connections to it.
        for client in clients[::100]:
            self.assertLess(exchange(client), PATIENCE)


class Slow(Case):
    """Clients that send a little now and then."""

    def setUp(self):
        self.shared = self.site(listener={"timeouts": {"header": f"{HEADER_TIMEOUT}s"}})

    def assert_others_are_served(self):
        start = time.monotonic()
        answer = self.shared.ask(STREAM_LOAD, BASIC, LENGTH, body=BODY)
        self.assertEqual(answer.json["Status"], "Success")
        self.assertLess(time.monotonic() - start, PATIENCE)

    def seconds_until_the_end(self, connection, piece, start=None, pause=0.2):
        """Sends `piece` again and again until the gateway ends the connection.

        - start: since when the seconds are counted.

        Returns them, and what it answers.
        """
        connection.settimeout(pause)
        start, answer = start or time.monotonic(), b""
        while (seconds := time.monotonic() - start) < HEADER_TIMEOUT + PATIENCE:
            try:
                connection.sendall(piece)
                if not (received := connection.recv(4096)):
                    break
                answer += received
            except TimeoutError:
                pass
            except ConnectionError:
                # What it has answered before can be read all the same.
                with contextlib.suppress(OSError):
                    while received := connection.recv(4096):
                        answer += received
                break
        return seconds, answer

    def test_slow_heads_are_cut_off(self):
        for begins in [b"", b"GET / HTTP/1.1\r\nHost: gateway.example\r\nX: ", QUESTION]:
            start = time.monotonic()
            with self.subTest(begins), self.shared.connect() as client:
                # The whole head has one deadline, which bytes do not move.
                client.socket.sendall(begins)
                if begins == QUESTION:
                    self.assertEqual(client.receive().status, 200)
                    start = time.monotonic()
                    client.socket.sendall(b"GET / HT")
                else:
                    client.socket.sendall(b"G")
                seconds, answer = self.seconds_until_the_end(client.socket, b"T", start)
                self.assertGreater(seconds, HEADER_TIMEOUT - 1)
                self.assertLess(seconds, HEADER_TIMEOUT + PATIENCE)
                self.assertNotIn(b"HTTP/1.1 200", answer)
        self.assert_others_are_served()

    def test_slow_bodies_do_not_hold_others_up(self):
        clients = [self.shared.connect() for _ in range(200)]
        for client in clients:
            client.send(STREAM_LOAD, BASIC, "Content-Length: 1000000", body=b"1")
        for _ in range(5):
            for client in clients:
                client.socket.sendall(b"2")
            self.assert_others_are_served()
        # They are still served too: a body has no deadline as long as it goes on.
        clients[0].socket.sendall(b"3" * (1_000_000 - 6))
        self.assertEqual(clients[0].receive().json["Status"], "Success")
        for client in clients:
            client.socket.close()

    def test_endless_heads_are_refused(self):
        # As such, and not because they take long.
        site = self.site()
        for name, begins, piece in [
            ("fields", b"GET / HTTP/1.1\r\nHost: gateway.example\r\n", b"X: 12345678\r\n" * 100),
            ("a line", b"GET / HTTP/1.1\r\nHost: gateway.example\r\nX: ", b"1" * 1000),
            ("a name", b"GET / HTTP/1.1\r\nHost: gateway.example\r\n", b"X" * 1000),
            ("a target", b"GET /", b"a" * 1000),
            ("a method", b"G", b"E" * 1000),
            ("empty lines", b"", b"\r\n" * 500),
        ]:
            with self.subTest(name), site.connect() as client:
                client.socket.sendall(begins)
                seconds, answer = self.seconds_until_the_end(client.socket, piece, pause=0.001)
                self.assertLess(seconds, PATIENCE)
                self.assertTrue(answer.startswith(b"HTTP/1.1 400 "), answer)
        self.assertEqual(site.frontend.requests, [])

    def test_endless_ends_of_bodies_are_refused(self):
        for name, begins, piece in [("a chunk's extension", b"5;", b"a" * 1000),
                                    ("a chunk's length", b"", b"0" * 1000),
                                    ("trailers", b"0\r\n", b"X: 12345678\r\n" * 100)]:
            with self.subTest(name), self.shared.connect() as client:
                client.send(STREAM_LOAD, BASIC, "Transfer-Encoding: chunked")
                client.socket.sendall(begins)
                seconds, answer = self.seconds_until_the_end(client.socket, piece, pause=0.01)
                self.assertLess(seconds, PATIENCE)
                self.assertNotIn(b"HTTP/1.1 200", answer)
        self.assertFalse([load for load in self.shared.loads if load.is_complete])


class Closing(Server):
    """A front end that closes the connection instead of answering `/2` for the first time."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def handle(self, connection, head):
        for _ in connection.body(head):
            pass
        self.seen.append(head.target)
        if head.target == "/2" and self.seen.count("/2") == 1:
            return False
        return connection.answer(200, head.target, "text/plain")


class Pipelined(Case):
    def test_requests_behind_one_that_is_repeated_are_served(self):
        frontend = Closing()
        self.addCleanup(frontend.stop)
        site = self.site(listener={"backends": [frontend.address]})
        body = b"GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
        heads = [b"GET /1 HTTP/1.1\r\n", b"GET /2 HTTP/1.1\r\n",
                 b"POST /3 HTTP/1.1\r\nContent-Length: %d\r\n" % len(body)]
        with site.connect() as client:
            client.socket.sendall(b"".join(head + b"Host: a\r\n\r\n" for head in heads))
            answers = [client.receive().body for _ in range(2)]
            client.socket.sendall(body)
            answers.append(client.receive().body)
        self.assertEqual(answers, [b"/1", b"/2", b"/3"])
        self.assertEqual(frontend.seen, ["/1", "/2", "/2", "/3"])


class Gone(Case):
    """Clients that leave while their answer is awaited, or never read it."""

    def serving(self, frontend):
        self.addCleanup(frontend.stop)
        return self.site(listener={"backends": [frontend.address]})

    def test_clients_that_reset_are_let_go(self):
        site = self.serving(Late())
        site.ask("GET /")
        before = descriptor_count(site.gateway.process)
        for _ in range(100):
            with site.connect() as client:
                client.send("GET /")
                client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        wait_until(lambda: descriptor_count(site.gateway.process) <= before + 2, "all are closed")
        self.assertEqual(site.ask("GET /").status, 200)

    def test_a_server_that_announces_without_end_is_given_up(self):
        site = self.serving(Announcing())
        before = resident_bytes(site.gateway.process)
        clients = [site.connect() for _ in range(50)]
        for client in clients:
            client.send("GET /")
        wait_until(lambda: len(site.gateway.requests(reason="badAnswer")) == 50, "all have ended")
        self.assertLess(resident_bytes(site.gateway.process) - before, 16 << 20)
        for client in clients:
            with client:
                while (answer := client.receive()).status == 103:
                    pass
                self.assertEqual(answer.status, 502)
