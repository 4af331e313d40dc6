"""What a gateway in mode `follow` does with Expect, early answers, and HTTP in general."""

import hashlib
import socket
import subprocess
import time

from clients import CLIENTS, PASSWORD, USER, Client, Outcome
from gateway import Case, Gateway, Site
from http1 import Truncated
from loads import the_file
from programs import PATIENCE, free_ports, wait_until
from raw import BASIC, EXPECT, STREAM_LOAD

BODY = b"1,one\n2,two\n3,three\n"
LENGTH = f"Content-Length: {len(BODY)}"


def client_named(name):
    return next(client for client in CLIENTS if client.name == name)


def answers(client):
    """Interim statuses before the next final answer, and that answer."""
    interim = []
    while (answer := client.receive()).status < 200:
        interim.append(answer.status)
    return interim, answer


class Expecting(Case):
    """The front end answers after eight seconds, as in a pause of its garbage collector."""

    DELAY = 8

    def slow(self):
        site = self.site()
        site.frontend.faults.delay = self.DELAY
        return site

    def loads_after(self, seconds):
        """A client that sends its body after a wait of its own, unless 100 comes before."""
        site = self.slow()
        with site.connect() as client:
            client.send(STREAM_LOAD, BASIC, EXPECT, LENGTH)
            interim = []
            client.socket.settimeout(seconds)
            try:
                interim.append(client.receive().status)
            except TimeoutError:
                pass
            client.socket.settimeout(PATIENCE)
            client.socket.sendall(BODY)
            more, answer = answers(client)
        self.assertIn(interim + more, ([], [100]))
        self.assertEqual(answer.json["Status"], "Success")
        self.assertEqual([load.sha256 for load in site.loads], [hashlib.sha256(BODY).hexdigest()])
        self.assert_no_body(site.frontend)

    def test_a_client_that_waits_for_1_s(self):
        self.loads_after(1)

    def test_a_client_that_waits_for_3_s(self):
        self.loads_after(3)

    def test_a_client_that_waits_for_5_s(self):
        self.loads_after(5)

    def test_a_client_that_waits_for_60_s(self):
        self.loads_after(60)

    def test_a_client_that_never_waits(self):
        self.loads_after(0.001)

    def test_clients_that_wait_for_a_while(self):
        file = the_file()
        for client in [
            Client("curl, 1 s", "curl", ["--expect100-timeout", "1"]),
            Client("curl, 3 s", "curl", ["--expect100-timeout", "3"]),
            Client("curl, 5 s, from a pipe", "curl", ["--expect100-timeout", "5"], pipes=True),
            client_named("Java HttpClient, file"), client_named("Java HttpClient, stream"),
            client_named("HttpURLConnection, chunked"), client_named("requests, generator"),
            client_named("Node http.request"),
        ]:
            with self.subTest(client.name):
                site = self.slow()
                outcome = client.load(site.url(), file)
                self.assertTrue(outcome.is_loaded, outcome)
                [load] = site.loads
                self.assert_exact(load, file)
                self.assert_no_body(site.frontend)

    def test_expect_in_any_case(self):
        site = self.site()
        for value in ["100-Continue", "100-CONTINUE"]:
            with self.subTest(value), site.connect() as client:
                client.send(STREAM_LOAD, BASIC, f"Expect: {value}", LENGTH)
                self.assertEqual(client.receive().status, 100)
                client.socket.sendall(BODY)
                self.assertEqual(client.receive().json["Status"], "Success")

    def test_a_back_end_that_sends_no_100(self):
        site = self.site(backend={"answers_continue": False})
        with site.connect() as client:
            client.send(STREAM_LOAD, BASIC, EXPECT, LENGTH)
            client.socket.settimeout(3)
            try:
                self.assertEqual(client.receive().status, 100)
            except TimeoutError:
                pass
            client.socket.settimeout(PATIENCE)
            client.socket.sendall(BODY)
            self.assertEqual(answers(client)[1].json["Status"], "Success")


class EarlyAnswers(Case):
    """The back end or front end answers before the body; the client gets that answer."""

    SENDERS = [
        "curl", "curl `--location-trusted -H Expect:`", "curl `--location-trusted -T -`",
        "requests, bytes", "requests, file", "requests, generator",
        # With Expect, OpenJDK 17.0.15 waits for ever for a 100, whatever is answered (JDK-8286171).
        "Java HttpClient, file, no Expect",
        "Node fetch, buffer", "Node http.request", "HttpURLConnection",
    ]

    def each(self, after, clients):
        site = self.site(backend={"limit_mb": 1, "after_early_answer": after})
        for name in clients:
            with self.subTest(name):
                client = client_named(name)
                if client.pipes or "generator" in name:
                    # Without a length there is no refusal on the head; a label does it.
                    site.warehouse.forget()
                    self.assertTrue(client.load(site.url(), the_file(), {"label": name}).is_loaded)
                outcome = client.load(site.url(), the_file(), {"label": name})
                self.assertIn(outcome.load_status, ("Fail", "Label Already Exists"), outcome)
                self.assertEqual((outcome.status, outcome.error), (200, None))

    def test_a_back_end_that_closes(self):
        self.each("closes", self.SENDERS)

    def test_a_back_end_that_reads_on(self):
        self.each("reads on", self.SENDERS)

    def test_a_front_end_that_refuses_the_password(self):
        for kind in ["doris-2", "doris-3.1.3", "starrocks-shared-nothing"]:
            site = self.site(kind)
            for name in self.SENDERS:
                with self.subTest(kind=kind, client=name):
                    outcome = client_named(name).load(site.url(), the_file(), password="wrong")
                    # The JDK reports no body of a 401 in its streaming modes.
                    self.assertEqual((outcome.status, outcome.error), (401, None))
            self.assert_no_body(site.frontend)

    def test_a_back_end_that_dies_within_the_body(self):
        site = self.site()
        for backend in site.backends:
            backend.dies_after = 1_000_000
        for name in ["curl", "requests, bytes", "Java HttpClient, file", "Node http.request"]:
            with self.subTest(name):
                site.warehouse.forget()
                outcome = client_named(name).load(site.url(), the_file())
                self.assertFalse(outcome.is_loaded)
                # Nothing was tried again: the body had begun.
                self.assertEqual(len(site.loads), 1)


class FrontEnds(Case):
    """Front ends that are slow, dead or of another opinion."""

    def load(self, site, *fields):
        return site.ask(STREAM_LOAD, BASIC, *fields, LENGTH, body=BODY)

    def test_another_front_end_if_the_first_is_dead(self):
        site = self.site("doris-3.1.3")
        # Its port stays nobody's, unlike one of a server that has stopped.
        address = f"127.0.0.1:{free_ports(1)[0]}"
        both = self.site("doris-3.1.3", listener={"backends": [address, site.frontend.address]},
                         targets=[backend.address for backend in site.backends])
        for _ in range(4):
            self.assertEqual(self.load(both).json["Status"], "Success")
        self.assertEqual(len(site.loads), 4)

    def test_a_front_end_that_dies_after_its_redirect(self):
        site = self.site()
        site.frontend.faults.dies_after_redirect = True
        self.assertEqual(self.load(site).json["Status"], "Success")

    def test_a_front_end_that_is_too_slow(self):
        site = self.site(terms={"redirectTimeout": "1s"})
        # Nobody waits for it: the gateway answers, even if it gets no processor for a while.
        site.frontend.faults.delay = PATIENCE
        self.assertEqual(self.load(site).status, 504)
        self.assertEqual(site.loads, [])

    def test_answers_that_are_no_redirects(self):
        site = self.site()
        for status in [200, 400, 404, 500, 503]:
            site.frontend.faults.status = status
            with self.subTest(status):
                answer = self.load(site)
                self.assertEqual((answer.status, answer.body), (status, b"unavailable\n"))
        self.assertEqual(site.loads, [])

    def test_a_front_end_that_is_not_http(self):
        site = self.site()
        for raw in [b"\x4a\0\0\0\x0a5.7.99\0", b"HTTP/1.1 307\n\n", b"HTTP/1.1 banana\r\n\r\n"]:
            site.frontend.faults.raw = raw
            with self.subTest(raw):
                self.assertEqual(self.load(site).status, 502)
        # It closes without an answer.
        site.frontend.faults.raw = b""
        self.assertIn(self.load(site).status, (502, 503))
        self.assertEqual(site.loads, [])

    def test_a_front_end_that_takes_the_body_itself(self):
        site = self.site()
        site.frontend.faults.takes_body = True
        self.assertEqual(self.load(site).json["Message"], "by the front end")
        # The gateway had asked with the head alone, and then sent all of the request.
        counts = [request.body_byte_count for request in site.frontend.requests]
        self.assertEqual([count for count in counts if count], [len(BODY)])

    def test_no_idle_timer_runs_while_a_load_is_committed(self):
        site = self.site(terms={"answerTimeout": "1s"}, listener={"timeouts": {"idle": "1s"}})
        for backend in site.backends:
            backend.commit_seconds = 4
        self.assertEqual(self.load(site, "timeout: 60").json["Status"], "Success")

    def test_a_slow_back_end_slows_the_client_down(self):
        site = self.site()
        for backend in site.backends:
            backend.bytes_per_second = 40e6
        start = time.monotonic()
        outcome = client_named("curl").load(site.url(), the_file())
        self.assertTrue(outcome.is_loaded)
        self.assert_exact(site.loads[0], the_file())
        self.assertGreater(time.monotonic() - start, the_file().size / 40e6 * 0.9)


class HTTP(Case):
    """HTTP apart from loads, and loads as other clients send them."""

    def test_the_web_ui(self):
        site = self.site(terms={"deny": ["default"]})
        with site.connect() as client:
            self.assertIn(b"Web UI", client.ask("GET /").body)
            self.assertEqual(len(client.ask("GET /static/app.js").body), 22_000)
            cookie = client.ask("POST /rest/v1/login", BASIC, "Content-Length: 0").fields["Set-Cookie"]
            page = client.ask("GET /rest/v1/system?path=//backends", f"Cookie: {cookie.split(';')[0]}")
            self.assertEqual(page.status, 200)
            self.assertEqual(client.ask("GET /api/bootstrap").json["code"], 0)
            self.assertEqual(client.ask("GET /api/health").json["data"]["total_backend_num"], 2)
            answer = client.ask("POST /api/query/internal/db", BASIC, "Content-Length: 8",
                                body=b"SELECT 1")
            self.assertEqual(answer.json["data"]["data"], [[8]])

    def test_a_connection_is_kept_over_loads(self):
        site = self.site()
        with site.connect() as client:
            for number in range(5):
                answer = client.ask(STREAM_LOAD, BASIC, f"label: {number}", LENGTH, body=BODY)
                self.assertEqual(answer.json["Status"], "Success")
                self.assertIn(b"Web UI", client.ask("GET /").body)
        self.assertEqual([load.byte_count for load in site.loads], [len(BODY)] * 5)

    def test_pipelined_requests(self):
        site = self.site()
        with site.connect() as client:
            client.send("GET /")
            client.send(STREAM_LOAD, BASIC, LENGTH, body=BODY)
            client.send("GET /static/app.js")
            client.send("GET /api/bootstrap")
            self.assertIn(b"Web UI", client.receive().body)
            self.assertEqual(client.receive().json["Status"], "Success")
            self.assertIn(b"console", client.receive().body)
            self.assertEqual(client.receive().json["code"], 0)
        self.assertEqual([load.byte_count for load in site.loads], [len(BODY)])

    def test_head_requests(self):
        site = self.site()
        with site.connect() as client:
            client.send("HEAD /static/app.js")
            self.assertEqual(client.receive(is_head=True).fields["Content-Length"], "22000")
            self.assertIn(b"Web UI", client.ask("GET /").body)

    def test_upgrades(self):
        site = self.site()
        with site.connect() as client:
            client.send("GET /x", "Connection: Upgrade", "Upgrade: echo", body=b"early ")
            self.assertEqual(client.receive().status, 101)
            client.socket.sendall(b"late")
            self.assertEqual(b"".join(client.connection.counted(10)), b"early late")
            client.socket.sendall(bytes(1_000_000))
            self.assertEqual(sum(map(len, client.connection.counted(1_000_000))), 1_000_000)

    def test_http_1_0(self):
        site = self.site()
        with site.connect() as client:
            answer = client.ask("GET /", version="HTTP/1.0")
            self.assertIn(b"Web UI", answer.body)
            self.assertTrue(client.is_closed())
        for fields in [[], [EXPECT]]:
            with self.subTest(fields), site.connect() as client:
                client.send(STREAM_LOAD, BASIC, *fields, LENGTH, body=BODY, version="HTTP/1.0")
                # No 100 Continue for a client that does not know it (RFC 9110 §15.2).
                self.assertEqual(client.receive().json["Status"], "Success")
                self.assertTrue(client.is_closed())

    def test_chunks_and_trailers(self):
        site = self.site()
        chunks = b"".join(b"%x;name=value\r\n%s\r\n" % (len(BODY), BODY) for _ in range(1000))
        for fields in [[], [EXPECT]]:
            with self.subTest(fields), site.connect() as client:
                client.send(STREAM_LOAD, BASIC, *fields, "Transfer-Encoding: chunked",
                            "Trailer: Checksum", body=chunks + b"0\r\nChecksum: 1\r\n\r\n")
                self.assertEqual(answers(client)[1].json["Status"], "Success")
                self.assertIn(b"Web UI", client.ask("GET /").body)
        expected = hashlib.sha256(BODY * 1000).hexdigest()
        self.assertEqual([load.sha256 for load in site.loads], [expected] * 2)
        self.assertTrue(all(load.is_chunked for load in site.loads))

    def test_an_empty_body(self):
        site = self.site()
        answer = site.ask(STREAM_LOAD, BASIC, EXPECT, "Content-Length: 0")
        self.assertEqual(answer.json["Status"], "Success")
        answer = site.ask(STREAM_LOAD, BASIC, EXPECT)
        self.assertIn("content_length is empty", answer.json["Message"])

    def test_fields_arrive_as_they_were_sent(self):
        site = self.site()
        own = ["column_separator: |", "X-UPPER: A", "x-lower: b", "Two_Phase_commit: false",
               "columns: a,b, c=a+b", "twice: 1", "Twice: 2", "where: a > 'ä'", "empty:"]
        site.ask(STREAM_LOAD, BASIC, *own, LENGTH, "Connection: keep-alive, X-Hop", "X-Hop: 1",
                 body=BODY)
        [load] = site.loads
        expected = [tuple(part.strip() for part in field.split(":", 1)) for field in own]
        names = [name for name, _ in expected]
        self.assertEqual([field for field in load.fields if field[0] in names], expected)
        self.assertIsNone(load.get("X-Hop"))
        self.assertEqual(load.host, next(
            backend.address for backend in site.backends if backend.loads
        ))

    def test_paths_and_queries_arrive_byte_for_byte(self):
        site = self.site()
        for target in ["/api/db/t/_stream_load?a=%2B&b=c%20d", "/api/d%62/a%20b/_stream_load"]:
            with self.subTest(target):
                site.warehouse.forget()
                site.ask(f"PUT {target}", BASIC, LENGTH, body=BODY)
                self.assertEqual([load.target for load in site.loads], [target])

    def test_the_address_of_the_client(self):
        site = self.site()
        site.ask(STREAM_LOAD, BASIC, LENGTH, "X-Forwarded-For: 6.6.6.6", "Forwarded: for=6.6.6.6",
                 body=BODY)
        for head in [site.frontend.requests[0].head, next(
            head for backend in site.backends for head in backend.heads
        )]:
            self.assertEqual(head.all("X-Forwarded-For"), ["127.0.0.1"])
            self.assertEqual(head.all("Forwarded"), [])

    def test_tls_in_front(self):
        site = self.site(is_tls_in_front=True)
        for client in [Client("curl", "curl", ["--insecure", "--http1.1"]),
                       Client("curl", "curl", ["--insecure", "--http1.1"], pipes=True)]:
            site.warehouse.forget()
            self.assertTrue(client.load(site.url(), the_file()).is_loaded)
            self.assert_exact(site.loads[0], the_file())

    def test_a_host_of_another_route(self):
        site = self.site()
        other = self.site()
        shared = self.routed(site, other)
        with shared.connect() as client:
            self.assertIn(b"Web UI", client.ask("GET /", host="one.example").body)
            self.assertEqual(client.ask("GET /", host="two.example").status, 421)
        with shared.connect() as client:
            self.assertIn(b"Web UI", client.ask("GET /", host="two.example").body)
        self.assertEqual([len(each.frontend.requests) for each in (site, other)], [1, 1])

    def routed(self, one, two):
        """A gateway with two warehouses behind one listener."""
        class Shared:
            host = Site.host
            connect = Site.connect

        shared = Shared()
        [shared.port] = free_ports(1)
        shared.gateway = Gateway(Case.sluice, [{
            "id": name.upper(), "name": name, "cloud": "aws", "region": "us-east-1",
            "whitelist": {"entries": ["127.0.0.0/8"]},
            "services": {"http": {"backends": [site.frontend.address], "redirects": {
                "targets": [backend.address for backend in site.backends]
            }}},
        } for name, site in [("one", one), ("two", two)]], shared=[{
            "protocol": "http", "listen": f"127.0.0.1:{shared.port}", "http": "follow",
            "routes": [{"host": f"{name}.example", "warehouse": name.upper()}
                       for name in ("one", "two")],
        }])
        self.addCleanup(shared.gateway.stop)
        return shared

    def test_both_lengths_are_refused(self):
        site = self.site()
        answer = site.ask(STREAM_LOAD, BASIC, "Content-Length: 5", "Transfer-Encoding: chunked",
                          body=b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertEqual(answer.status, 400)
        self.assertEqual((site.loads, site.frontend.requests), ([], []))

    def test_a_client_that_leaves_within_its_body(self):
        site = self.site()
        with site.connect() as client:
            client.send(STREAM_LOAD, BASIC, "label: left", "Content-Length: 1000000",
                        body=bytes(1000))
            wait_until(lambda: site.loads and site.loads[0].byte_count == 1000, "what was sent")
        transactions = site.backends[0].transactions
        wait_until(lambda: transactions.states["left"][1] == "ABORTED", "the load is given up")
        self.assertFalse(site.loads[0].is_complete)
        self.assertEqual(len(site.loads), 1)

    def test_idle_connections_do_not_keep_a_front_end(self):
        site = self.site()
        with site.connect() as client:
            client.ask("GET /")
            self.assertFalse(client.is_closed(0.5))


class Transactions(Case):
    def curl(self, site, operation, *options):
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--noproxy", "*", "--user", f"{USER}:{PASSWORD}",
             "--header", "label: one", "--header", "db: db", "--header", "table: t",
             "--header", "Expect: 100-continue", *options,
             site.url(f"/api/transaction/{operation}")],
            capture_output=True, text=True, timeout=600,
        )
        return Outcome(body=done.stdout, error=done.stderr or None)

    def test_all_calls_reach_the_same_back_end(self):
        for frontends in [1, 3]:
            with self.subTest(frontends):
                site = self.site("starrocks-shared-nothing", backends=4, frontends=frontends)
                upload = ["--upload-file", str(the_file().path)]
                calls = [("begin", ["--request", "POST"]), ("load", upload), ("load", upload),
                         ("prepare", ["--request", "POST"]), ("commit", ["--request", "POST"])]
                results = [self.curl(site, operation, *options) for operation, options in calls]
                self.assertEqual([result.load_status for result in results],
                                 ["OK", "Success", "Success", "OK", "OK"], results)
                for load in site.loads:
                    self.assert_exact(load, the_file())
                self.assertEqual(len([each for each in site.backends if each.heads]), 1)

    def test_rollback(self):
        site = self.site("starrocks-shared-nothing", frontends=2)
        for operation in ["begin", "rollback", "begin"]:
            result = self.curl(site, operation, "--request", "POST")
            self.assertEqual(result.load_status, "OK", result)

    def test_two_phase_commit(self):
        site = self.site()
        for operation in ["commit", "abort"]:
            number = site.ask(STREAM_LOAD, BASIC, "two_phase_commit: true", LENGTH,
                              body=BODY).json["TxnId"]
            answer = site.ask("PUT /api/db/_stream_load_2pc", BASIC, f"txn_id: {number}",
                              f"txn_operation: {operation}")
            self.assertEqual(answer.json["status"], "Success")

    def test_http_stream(self):
        site = self.site()
        answer = site.ask("PUT /api/_http_stream", BASIC, LENGTH, body=BODY,
                          *["sql: insert into db.t select * from http_stream('format'='csv')"])
        self.assertEqual(answer.json["Status"], "Success")

    def test_group_commit_and_compute_groups(self):
        site = self.site(groups=True, backends=[{"group": "one"}, {"group": "two"}])
        for group, place in [("one", 0), ("two", 1)]:
            answer = site.ask(STREAM_LOAD, BASIC, f"compute_group: {group}",
                              "group_commit: async_mode", LENGTH, body=BODY)
            self.assertEqual(answer.json["Status"], "Success")
            self.assertEqual(len(site.backends[place].loads), 1)

    def test_a_connection_that_ends_within_a_load(self):
        """The label is free again, and nothing was loaded."""
        site = self.site()
        with site.connect() as client:
            client.send(STREAM_LOAD, BASIC, "label: again", "Content-Length: 100", body=BODY)
            client.socket.shutdown(socket.SHUT_WR)
            try:
                self.assertNotEqual(client.receive().status, 200)
            except (Truncated, ConnectionError):
                pass
        wait_until(
            lambda: site.ask(STREAM_LOAD, BASIC, "label: again", LENGTH, body=BODY)
            .json["Status"] == "Success", "the label is free",
        )
