"""Holds the test warehouse against what front ends and back ends do (docs/stream-load.md).

    warehouse_test.py [options of unittest]
"""

import base64
import hashlib
import re
import socket
import time
import unittest

from http1 import Truncated
from programs import PATIENCE, wait_until
from raw import BASIC, EXPECT, PASSWORD, STREAM_LOAD, Client, ask
from warehouse import Warehouse

BODY = b"1,one\n2,two\n3,three\n"
ALL = ["doris-2", "doris-3.1.3", "doris-bounded-drain", "starrocks-shared-nothing",
       "starrocks-shared-data"]
DORIS = ALL[:3]


def load(backend, *fields, target="/api/db/t/_stream_load", body=BODY, authorization=BASIC):
    """Loads straight into a back end."""
    length = [] if any("length" in field.lower() or "chunked" in field for field in fields) else [
        f"Content-Length: {len(body)}"
    ]
    own = [authorization] if authorization else []
    return ask(backend, f"PUT {target}", *own, *length, *fields, body=body)


class FrontendTest(unittest.TestCase):
    def warehouse(self, kind="doris-2", **more):
        made = Warehouse(kind, **more)
        self.addCleanup(made.stop)
        return made

    def test_loads_are_answered_by_307_to_a_back_end(self):
        for kind in ALL:
            with self.subTest(kind), Warehouse(kind) as warehouse:
                answer = ask(warehouse.frontend, STREAM_LOAD, BASIC, EXPECT)
                self.assertEqual(answer.status, 307)
                self.assertIn(
                    re.sub(".*@|http://", "", answer.location).split("/")[0],
                    [backend.address for backend in warehouse.backends],
                )

    def test_content_type_of_doris_is_html(self):
        for kind in DORIS:
            with self.subTest(kind), Warehouse(kind) as warehouse:
                answer = ask(warehouse.frontend, STREAM_LOAD, BASIC, EXPECT)
                self.assertEqual(answer.fields["Content-Type"], "text/html;charset=utf-8")

    def test_all_redirecting_paths(self):
        frontend = self.warehouse().frontend
        for path in ["/api/db/t/_stream_load", "/api/db/_stream_load_2pc",
                     "/api/db/t/_stream_load_2pc", "/api/_http_stream"]:
            with self.subTest(path):
                answer = ask(frontend, f"PUT {path}", BASIC, EXPECT, "sql: insert into t select 1")
                self.assertEqual(answer.status, 307)
                self.assertTrue(answer.location.endswith(path + "?"))

    def test_mini_load_is_disabled(self):
        answer = ask(self.warehouse().frontend, "PUT /api/db/t/_load", BASIC, EXPECT)
        self.assertEqual((answer.status, answer.json["status"]), (200, "FAILED"))

    def test_old_doris_copies_the_scheme_and_new_doris_always_says_http(self):
        for kind, scheme in [("doris-2", "https"), ("doris-3.1.3", "http")]:
            warehouse = self.warehouse(kind, is_tls=True)
            with self.subTest(kind), Client(warehouse.frontend, is_tls=True) as client:
                answer = client.ask(STREAM_LOAD, BASIC, EXPECT)
                self.assertTrue(answer.location.startswith(scheme + "://"), answer.location)

    def test_user_info_is_encoded_as_java_does(self):
        for kind in DORIS:
            with self.subTest(kind), Warehouse(kind) as warehouse:
                answer = ask(warehouse.frontend, STREAM_LOAD, BASIC, EXPECT)
                self.assertTrue(answer.location.startswith("http://loader:p%40ss%20w%2Frd:%25@"))

    def test_starrocks_has_no_user_info(self):
        answer = ask(self.warehouse("starrocks-shared-nothing").frontend, STREAM_LOAD, BASIC, EXPECT)
        self.assertNotIn("@", answer.location)

    def test_the_user_loses_its_cluster(self):
        frontend = self.warehouse().frontend
        own = base64.b64encode(b"root@default_cluster:").decode()
        answer = ask(frontend, STREAM_LOAD, f"Authorization: Basic {own}", EXPECT)
        self.assertTrue(answer.location.startswith("http://root:@"), answer.location)

    def test_a_cluster_token_stands_for_a_password(self):
        answer = ask(self.warehouse().frontend, STREAM_LOAD, "token: cluster-token", EXPECT)
        self.assertEqual(answer.status, 307)
        self.assertNotIn("@", answer.location)

    def test_paths_and_queries(self):
        target = "/api/d%62/a%20b/_stream_load"
        for kind, query, expected in [
            ("doris-2", "", "/api/db/a%20b/_stream_load?"),
            ("doris-2", "?x=%2B", "/api/db/a%20b/_stream_load?x=%2B"),
            ("doris-3.1.3", "", target),
            ("doris-3.1.3", "?x=%2B", target + "?x=%2B"),
            ("starrocks-shared-nothing", "", "/api/db/a%20b/_stream_load"),
            ("starrocks-shared-nothing", "?x=%2B", "/api/db/a%20b/_stream_load?x=+"),
        ]:
            with self.subTest(kind=kind, query=query), Warehouse(kind) as warehouse:
                answer = ask(warehouse.frontend, f"PUT {target}{query}", BASIC, EXPECT)
                self.assertEqual(re.sub("^[^/]*//[^/]*", "", answer.location), expected)

    def test_expect_is_required(self):
        for kind in ALL:
            with self.subTest(kind), Warehouse(kind) as warehouse:
                answer = ask(warehouse.frontend, STREAM_LOAD, BASIC)
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.json, {
                    "status": "FAILED", "msg": "There is no 100-continue header",
                })
                self.assertEqual(
                    ask(warehouse.frontend, STREAM_LOAD, BASIC, "Expect: anything").status, 307
                )

    def test_only_starrocks_accepts_http_1_0_without_expect(self):
        for kind, status in [("doris-2", 200), ("doris-3.1.3", 200),
                             ("starrocks-shared-nothing", 307)]:
            with self.subTest(kind), Warehouse(kind) as warehouse:
                answer = ask(warehouse.frontend, STREAM_LOAD, BASIC, version="HTTP/1.0")
                self.assertEqual(answer.status, status)

    def test_refusals_before_the_body(self):
        warehouse = self.warehouse()

        def message(*fields, line=STREAM_LOAD, **more):
            answer = ask(warehouse.frontend, line, BASIC, EXPECT, *fields, **more)
            self.assertEqual((answer.status, answer.json["status"]), (200, "FAILED"))
            return answer.json["msg"]

        self.assertIn("Unknown database", message(line="PUT /api/missing/t/_stream_load"))
        self.assertIn("group_commit can only be", message("group_commit: sometimes"))
        self.assertIn("Invalid header host", message(host=""))
        for backend in warehouse.backends:
            backend.is_alive = False
        self.assertIn("No backend alive", message())

    def test_a_wrong_password_is_401(self):
        wrong = base64.b64encode(b"loader:wrong").decode()
        frontend = self.warehouse().frontend
        for fields in [[EXPECT], [EXPECT, f"Authorization: Basic {wrong}"]]:
            self.assertEqual(ask(frontend, STREAM_LOAD, *fields).status, 401)

    def test_ipv6_hosts(self):
        for kind, status in [("doris-2", 200), ("doris-3.1.3", 307)]:
            with self.subTest(kind), Warehouse(kind) as warehouse:
                answer = ask(warehouse.frontend, STREAM_LOAD, BASIC, EXPECT, host="[::1]:8030")
                self.assertEqual(answer.status, status)

    def test_back_ends_take_turns(self):
        warehouse = self.warehouse(backends=3)
        seen = [
            re.search(r"@([^/]*)", ask(warehouse.frontend, STREAM_LOAD, BASIC, EXPECT).location)[1]
            for _ in range(6)
        ]
        self.assertEqual(seen[:3], seen[3:])
        self.assertEqual(len(set(seen)), 3)

    def test_group_commit_always_leads_to_the_back_end_of_the_table(self):
        frontend = self.warehouse(backends=5).frontend
        for mode in ["async_mode", "sync_mode"]:
            seen = {ask(frontend, STREAM_LOAD, BASIC, EXPECT, f"group_commit: {mode}").location
                    for _ in range(5)}
            self.assertEqual(len(seen), 1)

    def test_compute_groups(self):
        frontend = self.warehouse(backends=[{"group": "one"}, {"group": "two"}], groups=True).frontend
        self.assertEqual(
            ask(frontend, STREAM_LOAD, BASIC, EXPECT).json["msg"], "No cloud cluster name selected."
        )
        for field in ["compute_group: two", "cloud_cluster: two"]:
            seen = {ask(frontend, STREAM_LOAD, BASIC, EXPECT, field).location for _ in range(3)}
            self.assertEqual(len(seen), 1)
        both = ["compute_group: one", "cloud_cluster: two"]
        self.assertNotIn(ask(frontend, STREAM_LOAD, BASIC, EXPECT, *both).location, seen)

    def test_warehouses_of_starrocks(self):
        frontend = self.warehouse("starrocks-shared-data", backends=[{}, {"group": "etl"}]).frontend
        default, etl = (
            {ask(frontend, STREAM_LOAD, BASIC, EXPECT, *fields).location for _ in range(3)}
            for fields in ([], ["warehouse: etl"])
        )
        self.assertEqual((len(default), len(etl)), (1, 1))
        self.assertNotEqual(default, etl)

    # Redirect policies.

    def addresses(self, policy, host, **tags):
        """What Location names if policy comes by the header, and by the configuration."""
        results = set()
        for by_header in [True, False]:
            with Warehouse("doris-3.1.3", backends=[tags],
                           policy="" if by_header else policy) as warehouse:
                fields = [f"redirect-policy: {policy}"] if by_header and policy else []
                answer = ask(warehouse.frontend, STREAM_LOAD, BASIC, EXPECT, *fields, host=host)
                name = answer.location.split("@")[1].split("/")[0] if answer.location else None
                is_own = name == warehouse.backends[0].address
                results.add("own" if is_own else name or answer.json["msg"])
        self.assertEqual(len(results), 1)
        return results.pop()

    def test_redirect_policies(self):
        tags = {"public_endpoint": "203.0.113.7:9040", "private_endpoint": "10.0.0.7:8041"}
        for policy, host, tagged, expected in [
            ("direct", "gateway:8030", True, "own"),
            ("random-be", "gateway:8030", True, "own"),
            ("public", "gateway:8030", True, "203.0.113.7:9040"),
            ("private", "gateway:8030", True, "10.0.0.7:8041"),
            ("public", "gateway:8030", False,
             "public endpoint is null, please check be public endpoint config"),
            ("private", "gateway:8030", False,
             "private endpoint is null, please check be private endpoint config"),
            ("public-private", "10.9.9.9:8030", True, "10.0.0.7:8041"),
            ("public-private", "8.8.8.8:8030", True, "203.0.113.7:9040"),
            ("public-private", "public.example:8030", True, "203.0.113.7:9040"),
            ("public-private", "gateway:8030", True, "10.0.0.7:8041"),
            ("", "203.0.113.7:8030", True, "203.0.113.7:9040"),
            ("", "gateway:8030", True, "gateway:8041"),
            ("", "gateway:8030", False, "own"),
        ]:
            with self.subTest(policy=policy, host=host, tagged=tagged):
                self.assertEqual(self.addresses(policy, host, **(tags if tagged else {})), expected)

    # Hops.

    def test_https_comes_first_if_it_is_enabled(self):
        warehouse = self.warehouse("doris-3.1.3", enable_https=True)
        answer = ask(warehouse.frontend, STREAM_LOAD, BASIC, EXPECT, host="localhost:8030")
        self.assertEqual(
            answer.location, f"https://localhost:{warehouse.secure.port}/api/db/t/_stream_load?"
        )
        with Client(warehouse.secure, is_tls=True) as client:
            self.assertIn("http://", client.ask(STREAM_LOAD, BASIC, EXPECT).location)

    def test_merge_commits_go_by_the_leader(self):
        warehouse = self.warehouse("starrocks-shared-nothing", frontends=2, backends=4)
        merge = "enable_merge_commit: true"
        first = ask(warehouse.frontend, STREAM_LOAD, BASIC, EXPECT, merge)
        self.assertIn(warehouse.leader.address, first.location)
        seen = {ask(warehouse.leader, STREAM_LOAD, BASIC, EXPECT, merge).location for _ in range(4)}
        self.assertEqual(len(seen), 1)

    def test_forwarding_back_ends_are_named_in_the_query(self):
        warehouse = self.warehouse("doris-3.1.3", groups=True, default_group="default_cluster",
                                   forwards=True)
        answer = ask(warehouse.frontend, STREAM_LOAD, BASIC, EXPECT, "group_commit: async_mode")
        self.assertRegex(answer.location, r"/api/db/t/_stream_load_forward\?forward_to=127\.0\.0\.1:")
        path = "/" + answer.location.split("/", 3)[3]
        self.assertEqual(load(warehouse.backends[0], target=path).json["Status"], "Success")
        self.assertEqual([record.byte_count for record in warehouse.loads], [len(BODY)])

    # The connection, and a body that comes all the same.

    def sends_body_at_once(self, kind, size=4_000_000, *fields, **more):
        """How many bytes the front end read, and whether the client could go on or saw a reset."""
        warehouse = self.warehouse(kind, **more)
        frontend = warehouse.frontend
        with Client(frontend) as client:
            # The head arrives with the first of the body: as long as there is none of it, a client
            # seems to wait.
            client.send(STREAM_LOAD, BASIC, EXPECT, *(fields or [f"Content-Length: {size}"]),
                        body=bytes(100_000))
            try:
                for _ in range(size // 100_000 - 1):
                    client.socket.sendall(bytes(100_000))
                    time.sleep(0.002)
                answer = client.receive()
                self.assertEqual(answer.status, 307)
                state = "open" if answer.is_open and not client.is_closed(0.5) else "closed"
                # It answers first, and reads then.
                [request] = frontend.requests
                wait_until(lambda: request.body_byte_count >= size, "the body was read")
            except (ConnectionError, Truncated):
                state = "reset"
        return frontend.requests[0].body_byte_count, state

    def test_doris_before_jetty_12_reads_the_body(self):
        self.assertEqual(self.sends_body_at_once("doris-2"), (4_000_000, "open"))

    def test_doris_on_jetty_12_resets(self):
        count, state = self.sends_body_at_once("doris-3.1.3")
        self.assertEqual(state, "reset")
        self.assertLess(count, 4_000_000)

    def test_bounded_drain_reads_the_body_and_closes(self):
        self.assertEqual(
            self.sends_body_at_once("doris-bounded-drain"), (4_000_000, "closed")
        )

    def test_bounded_drain_is_skipped_for_a_longer_body(self):
        _, state = self.sends_body_at_once("doris-bounded-drain", drain_byte_limit=3_000_000)
        self.assertEqual(state, "reset")

    def test_bounded_drain_is_skipped_without_a_length(self):
        _, state = self.sends_body_at_once(
            "doris-bounded-drain", 4_000_000, "Transfer-Encoding: chunked"
        )
        self.assertEqual(state, "reset")

    def test_bounded_drain_ends_if_nothing_comes(self):
        warehouse = self.warehouse("doris-bounded-drain", drain_idle_seconds=0.2)
        with Client(warehouse.frontend) as client:
            answer = client.ask(STREAM_LOAD, BASIC, EXPECT, "Content-Length: 9", body=b"1")
            self.assertEqual(answer.status, 307)
            self.assertTrue(client.is_closed())

    def test_a_head_alone_keeps_a_connection_of_doris(self):
        for kind in DORIS:
            with self.subTest(kind), Warehouse(kind) as warehouse:
                with Client(warehouse.frontend) as client:
                    for _ in range(3):
                        self.assertEqual(client.ask(STREAM_LOAD, BASIC, EXPECT).status, 307)

    def test_a_client_that_waits_loses_its_connection(self):
        for kind in ALL:
            with self.subTest(kind), Warehouse(kind) as warehouse:
                with Client(warehouse.frontend) as client:
                    answer = client.ask(STREAM_LOAD, BASIC, EXPECT, "Content-Length: 9")
                    self.assertEqual(answer.status, 307)
                    self.assertTrue(client.is_closed())

    def test_starrocks_closes_after_every_load(self):
        warehouse = self.warehouse("starrocks-shared-nothing")
        with Client(warehouse.frontend) as client:
            self.assertEqual(client.ask(STREAM_LOAD, BASIC, EXPECT).status, 307)
            self.assertTrue(client.is_closed())

    # Faults.

    def test_faults(self):
        warehouse = self.warehouse()
        frontend = warehouse.frontend
        frontend.faults.delay = 0.3
        start = time.monotonic()
        self.assertEqual(ask(frontend, STREAM_LOAD, BASIC, EXPECT).status, 307)
        self.assertGreater(time.monotonic() - start, 0.3)
        frontend.faults.delay = 0
        frontend.faults.location = "http://169.254.169.254{path}"
        self.assertEqual(
            ask(frontend, STREAM_LOAD, BASIC, EXPECT).location,
            "http://169.254.169.254/api/db/t/_stream_load",
        )
        frontend.faults.status = 503
        self.assertEqual(ask(frontend, STREAM_LOAD, BASIC, EXPECT).status, 503)
        frontend.faults.status = None
        frontend.faults.raw = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        self.assertEqual(ask(frontend, STREAM_LOAD, BASIC, EXPECT).status, 200)
        frontend.faults.raw = None
        frontend.faults.dies_after_redirect = True
        self.assertEqual(ask(frontend, STREAM_LOAD, BASIC, EXPECT).status, 307)

        def is_gone():
            try:
                ask(frontend, "GET /")
            except Truncated:
                # It was about to stop.
                return False
            except OSError:
                return True

        wait_until(is_gone, "the front end has stopped")

    def test_a_front_end_that_takes_the_body(self):
        frontend = self.warehouse().frontend
        frontend.faults.takes_body = True
        with Client(frontend) as client:
            client.send(STREAM_LOAD, BASIC, EXPECT, f"Content-Length: {len(BODY)}")
            self.assertEqual(client.receive().status, 100)
            client.socket.sendall(BODY)
            self.assertEqual(client.receive().json["Status"], "Success")
        self.assertEqual(frontend.requests[0].body_byte_count, len(BODY))

    # Other paths.

    def test_bootstrap_is_200_even_if_it_is_not_ready(self):
        frontend = self.warehouse().frontend
        self.assertEqual(ask(frontend, "GET /api/bootstrap").json["code"], 0)
        frontend.is_ready = False
        answer = ask(frontend, "GET /api/bootstrap")
        self.assertEqual((answer.status, answer.json["code"], answer.json["msg"]),
                         (200, 1, "not ready"))

    def test_back_ends_are_listed_for_any_user(self):
        warehouse = self.warehouse()
        self.assertEqual(ask(warehouse.frontend, "GET /api/backends?is_alive=true").status, 401)
        answer = ask(warehouse.frontend, "GET /api/backends?is_alive=true", BASIC)
        self.assertEqual(answer.json["data"]["backends"], [
            {"ip": backend.host, "http_port": backend.port, "is_alive": True}
            for backend in warehouse.backends
        ])

    def test_health_needs_no_password(self):
        answer = ask(self.warehouse().frontend, "GET /api/health")
        self.assertEqual(answer.json["data"]["total_backend_num"], 2)

    def test_the_web_ui_has_a_cookie(self):
        with Client(self.warehouse().frontend) as client:
            self.assertEqual(client.ask("GET /").status, 200)
            self.assertEqual(len(client.ask("GET /static/app.js").body), 22_000)
            path = "/rest/v1/system?path=//backends"
            self.assertEqual(client.ask(f"GET {path}").status, 401)
            cookie = client.ask("POST /rest/v1/login", BASIC, "Content-Length: 0").fields["Set-Cookie"]
            self.assertTrue(cookie.startswith("PALO_SESSION_ID="))
            self.assertIn("Max-Age=86400", cookie)
            self.assertNotIn("Secure", cookie)
            own = f"Cookie: {cookie.split(';')[0]}"
            self.assertEqual(client.ask(f"GET {path}", own).status, 200)

    def test_the_cookie_is_secure_if_the_front_end_is(self):
        warehouse = self.warehouse(is_tls=True)
        with Client(warehouse.frontend, is_tls=True) as client:
            answer = client.ask("POST /rest/v1/login", BASIC, "Content-Length: 0")
            self.assertIn("Secure", answer.fields["Set-Cookie"])

    def test_head_has_no_body(self):
        with Client(self.warehouse().frontend) as client:
            client.send("HEAD /static/app.js")
            answer = client.receive(is_head=True)
            self.assertEqual((answer.fields["Content-Length"], answer.body), ("22000", b""))
            self.assertEqual(client.ask("GET /").status, 200)

    def test_pipelined_requests_are_answered_in_order(self):
        with Client(self.warehouse().frontend) as client:
            for path in ["/", "/static/app.js", "/api/bootstrap"]:
                client.send(f"GET {path}")
            self.assertIn(b"Web UI", client.receive().body)
            self.assertIn(b"console", client.receive().body)
            self.assertEqual(client.receive().json["code"], 0)

    def test_upgrades_repeat_what_they_read(self):
        with Client(self.warehouse().frontend) as client:
            client.send("GET /anything", "Connection: Upgrade", "Upgrade: echo", body=b"early ")
            self.assertEqual(client.receive().status, 101)
            client.socket.sendall(b"late")
            self.assertEqual(b"".join(client.connection.counted(10)), b"early late")

    def test_queries_are_answered_in_chunks(self):
        answer = ask(self.warehouse().frontend, "POST /api/query/internal/db", BASIC,
                     "Content-Length: 8", body=b"SELECT 1")
        self.assertEqual(answer.fields["Transfer-Encoding"], "chunked")
        self.assertEqual(answer.json["data"]["data"], [[8]])


class BackendTest(unittest.TestCase):
    def setUp(self):
        self.warehouse = Warehouse()
        self.addCleanup(self.warehouse.stop)
        self.backend = self.warehouse.backends[0]

    def test_a_load_is_recorded_exactly(self):
        answer = load(self.backend, "label: one", "Column_Separator: ,").json
        self.assertEqual((answer["Status"], answer["Label"], answer["NumberTotalRows"]),
                         ("Success", "one", 3))
        self.assertNotIn("ErrorURL", answer)
        [record] = self.backend.loads
        self.assertEqual(record.sha256, hashlib.sha256(BODY).hexdigest())
        self.assertEqual((record.byte_count, record.is_complete), (len(BODY), True))
        self.assertEqual((record.database, record.table, record.label), ("db", "t", "one"))
        self.assertEqual((record.user, record.password), ("loader", PASSWORD))
        self.assertIn(("Column_Separator", ","), record.fields)

    def test_credentials_come_from_authorization_only(self):
        answer = load(self.backend, authorization=None)
        self.assertEqual((answer.status, answer.json["Status"], answer.json["Message"]),
                         (200, "Fail", "no valid Basic authorization"))

    def test_both_lengths_are_refused(self):
        answer = load(self.backend, "Content-Length: 5", "Transfer-Encoding: chunked", body=b"")
        self.assertIn("please do not set both", answer.json["Message"])

    def test_no_length_is_refused(self):
        answer = ask(self.backend, STREAM_LOAD, BASIC, EXPECT)
        self.assertIn("content_length is empty", answer.json["Message"])

    def test_expect_is_not_required_and_is_answered(self):
        with Client(self.backend) as client:
            client.send(STREAM_LOAD, BASIC, EXPECT, f"Content-Length: {len(BODY)}")
            self.assertEqual(client.receive().status, 100)
            client.socket.sendall(BODY)
            self.assertEqual(client.receive().json["Status"], "Success")

    def test_a_body_that_is_too_short_is_no_load(self):
        with Client(self.backend) as client:
            client.send(STREAM_LOAD, BASIC, "label: short", "Content-Length: 100", body=BODY)
            client.socket.shutdown(socket.SHUT_WR)
            self.assertTrue(client.is_closed())
        [record] = self.backend.loads
        self.assertEqual((record.byte_count, record.is_complete), (len(BODY), False))
        self.assertEqual(load(self.backend, "label: short").json["Status"], "Success")

    def test_a_body_that_is_too_long_is_answered_early(self):
        self.backend.limit_mb = 1
        for after in ["closes", "reads on"]:
            self.backend.after_early_answer = after
            with self.subTest(after), Client(self.backend) as client:
                length = 3 << 20
                client.send(STREAM_LOAD, BASIC, f"Content-Length: {length}")
                self.assertIn("body exceed max size", client.receive().json["Message"])
                if after == "reads on":
                    client.socket.sendall(bytes(length))
                    self.assertEqual(client.ask("GET /metrics").status, 200)
                    self.assertEqual(self.backend.loads[-1].byte_count, length)
                else:
                    with self.assertRaises(OSError):
                        client.socket.sendall(bytes(length))
                        client.socket.sendall(bytes(length))
                    self.assertEqual(self.backend.loads[-1].byte_count, 0)

    def test_chunks_and_trailers(self):
        pieces = b"".join(b"%x;name=value\r\n%s\r\n" % (len(BODY), BODY) for _ in range(3))
        answer = load(self.backend, "Transfer-Encoding: chunked",
                      body=pieces + b"0\r\nChecksum: 1\r\n\r\n").json
        self.assertEqual((answer["Status"], answer["LoadBytes"]), ("Success", 3 * len(BODY)))
        [record] = self.backend.loads
        self.assertEqual(record.sha256, hashlib.sha256(3 * BODY).hexdigest())
        self.assertEqual((record.trailers, record.is_chunked), (["Checksum: 1"], True))

    def test_a_label_loads_once_in_the_whole_warehouse(self):
        self.assertEqual(load(self.backend, "label: same").json["Status"], "Success")
        for backend in self.warehouse.backends:
            answer = load(backend, "label: same").json
            self.assertEqual((answer["Status"], answer["ExistingJobStatus"]),
                             ("Label Already Exists", "FINISHED"))

    def test_rows_that_do_not_fit_have_an_error_url_at_the_back_end(self):
        answer = load(self.backend, body=b"1\n!2\n!3\n").json
        self.assertEqual((answer["Status"], answer["NumberFilteredRows"]), ("Fail", 2))
        prefix = f"http://{self.backend.address}"
        self.assertTrue(answer["ErrorURL"].startswith(prefix + "/api/_load_error_log?file="))
        page = ask(self.backend, f"GET {answer['ErrorURL'][len(prefix):]}")
        self.assertIn(b"2 rows", page.body)
        passed = load(self.backend, "max_filter_ratio: 0.7", body=b"1\n!2\n!3\n").json
        self.assertEqual(passed["Status"], "Success")
        self.assertIn("ErrorURL", passed)

    def test_a_slow_back_end_reads_slowly_and_says_nothing_until_the_load_has_ended(self):
        self.backend.bytes_per_second = 10e6
        self.backend.commit_seconds = 0.3
        start = time.monotonic()
        load(self.backend, body=b"x" * 3_000_000)
        self.assertGreater(time.monotonic() - start, 0.6)

    def test_a_back_end_dies_within_a_body(self):
        self.backend.dies_after = 100_000
        with self.assertRaises((ConnectionError, Truncated)):
            load(self.backend, body=bytes(2_000_000))
        self.assertLess(self.backend.loads[0].byte_count, 2_000_000)

    def test_two_phase_commit_by_any_back_end(self):
        for operation in ["commit", "abort"]:
            with self.subTest(operation):
                fields = [f"label: {operation}", "two_phase_commit: true"]
                number = load(self.backend, *fields).json["TxnId"]
                other = self.warehouse.backends[1]
                request = [BASIC, f"txn_id: {number}", f"txn_operation: {operation}"]
                for expected in ["Success", "ANALYSIS_ERROR"]:
                    answer = ask(other, "PUT /api/db/_stream_load_2pc", *request)
                    self.assertEqual(answer.json["status"], expected)

    def test_two_phase_commit_by_label(self):
        load(self.backend, "label: named", "two_phase_commit: true")
        answer = ask(self.backend, "PUT /api/db/t/_stream_load_2pc", BASIC, "label: named",
                     "txn_operation: commit")
        self.assertEqual(answer.json["status"], "Success")

    def test_http_stream_needs_its_statement(self):
        target = "/api/_http_stream"
        self.assertEqual(load(self.backend, target=target).json["Message"], "miss sql in header")
        answer = load(self.backend, "sql: insert into t select * from http_stream()", target=target)
        self.assertEqual(answer.json["Status"], "Success")

    def test_any_forward_to_is_followed_by_an_old_back_end(self):
        with socket.create_server(("127.0.0.1", 0)) as inside, Client(self.backend) as client:
            inside.settimeout(PATIENCE)
            port = inside.getsockname()[1]
            client.send(f"PUT /api/db/t/_stream_load_forward?forward_to=127.0.0.1:{port}",
                        "Content-Length: 0")
            victim, _ = inside.accept()
            with victim:
                self.assertIn(b"PUT /api/db/t/_stream_load HTTP/1.1", victim.recv(1000))


class TransactionTest(unittest.TestCase):
    def setUp(self):
        self.warehouse = Warehouse("starrocks-shared-nothing", backends=3, frontends=2)
        self.addCleanup(self.warehouse.stop)

    def call(self, operation, *fields, body=b""):
        """Follows from the follower to the leader to a back end. Returns its answer and address."""
        line = f"POST /api/transaction/{operation}"
        fields = [BASIC, "label: one", "db: db", "table: t", EXPECT, *fields]
        first = ask(self.warehouse.frontend, line, *fields)
        self.assertEqual(first.location,
                         f"http://{self.warehouse.leader.address}/api/transaction/{operation}")
        second = ask(self.warehouse.leader, line, *fields)
        [backend] = [each for each in self.warehouse.backends if each.address in second.location]
        fields.remove(EXPECT)
        length = f"Content-Length: {len(body)}"
        return ask(backend, line, *fields, length, body=body).json, backend

    def test_all_calls_of_a_label_reach_the_same_back_end(self):
        answers = [self.call("begin"), self.call("load", body=BODY), self.call("load", body=BODY),
                   self.call("prepare"), self.call("commit")]
        self.assertEqual([answer["Status"] for answer, _ in answers],
                         ["OK", "Success", "Success", "OK", "OK"])
        self.assertEqual(len({backend for _, backend in answers}), 1)
        self.assertEqual([load.database for load in self.warehouse.loads], ["db", "db"])

    def test_another_back_end_does_not_know_the_transaction(self):
        _, backend = self.call("begin")
        other = next(each for each in self.warehouse.backends if each is not backend)
        for operation in ["load", "prepare", "commit", "rollback"]:
            answer = ask(other, f"POST /api/transaction/{operation}", BASIC, "label: one",
                         "Content-Length: 0")
            self.assertEqual(answer.json["Status"], "TXN_NOT_EXISTS")

    def test_a_label_that_the_leader_does_not_know(self):
        answer = ask(self.warehouse.leader, "POST /api/transaction/load", BASIC, "label: two", EXPECT)
        self.assertEqual((answer.status, answer.json["status"]), (200, "FAILED"))

    def test_a_rollback_frees_the_label(self):
        self.call("begin")
        self.assertEqual(self.call("rollback")[0]["Status"], "OK")
        self.assertEqual(self.call("begin")[0]["Status"], "OK")


if __name__ == "__main__":
    unittest.main()
