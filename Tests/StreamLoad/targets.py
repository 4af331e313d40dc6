"""Where redirects may lead, and what a client cannot make the gateway do."""

import socket

from behaviors import BODY, LENGTH
from clients import CLIENTS
from gateway import Case
from loads import the_file
from programs import wait_until
from raw import BASIC, EXPECT, STREAM_LOAD


class Victim:
    """A server inside that no client may reach."""

    def __init__(self, host="127.0.0.3"):
        self.listener = socket.create_server((host, 0))
        self.listener.setblocking(False)
        self.address = f"{host}:{self.listener.getsockname()[1]}"

    def was_reached(self):
        try:
            self.listener.accept()[0].close()
            return True
        except BlockingIOError:
            return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


class Hops(Case):
    def test_front_ends_that_speak_tls(self):
        own = {"listener": {"backendTLS": {"verify": False}}, "is_tls": True}
        site = self.site("doris-3.1.3", **own)
        self.assertEqual(site.ask(STREAM_LOAD, BASIC, LENGTH, body=BODY).json["Status"], "Success")
        # It leads to a back end by https, which back ends do not speak.
        own["listener"]["timeouts"] = {"connect": "5s"}
        site = self.site("doris-2", **own)
        self.assertIn(site.ask(STREAM_LOAD, BASIC, LENGTH, body=BODY).status, (502, 503))
        self.assertEqual(site.loads, [])

    def test_https_comes_first(self):
        trusting = {"redirects": {"tls": {"verify": False}}}
        # A front end names itself by the request's host, which is the gateway's.
        for host in [None, "gw.example:8030", "gw.example"]:
            with self.subTest(host):
                site = self.site("doris-3.1.3", enable_https=True, **trusting)
                host = host or site.address
                answer = site.ask(STREAM_LOAD, BASIC, LENGTH, body=BODY, host=host)
                self.assertEqual(answer.json["Status"], "Success")
                self.assertEqual(len(site.warehouse.secure.requests), 1)
                self.assertEqual([load.byte_count for load in site.loads], [len(BODY)])
                self.assert_no_body(site.frontend)
                self.assert_no_body(site.warehouse.secure)
        # It leads to a back end by https, which back ends do not speak.
        site = self.site("doris-2", enable_https=True, **trusting,
                         listener={"timeouts": {"connect": "500ms"}})

        def was_asked():
            """On a busy machine, the front end itself may not be reached within that time."""
            answer = site.ask(STREAM_LOAD, BASIC, LENGTH, body=BODY, host=site.address)
            self.assertIn(answer.status, (502, 503))
            return site.warehouse.secure.requests

        wait_until(was_asked, "the front end by https was asked")
        self.assertEqual(site.loads, [])

    def test_https_needs_settings(self):
        site = self.site("doris-3.1.3", enable_https=True)
        answer = site.ask(STREAM_LOAD, BASIC, LENGTH, body=BODY, host=site.address)
        self.assertEqual(answer.status, 502)
        self.assertEqual((site.warehouse.secure.requests, site.loads), ([], []))
        self.assert_no_body(site.frontend)

    def test_the_leader_comes_first(self):
        site = self.site("starrocks-shared-nothing", frontends=3, backends=4)
        for _ in range(3):
            answer = site.ask(STREAM_LOAD, BASIC, "enable_merge_commit: true", LENGTH, body=BODY)
            self.assertEqual(answer.json["Status"], "Success")
        self.assertEqual(len([backend for backend in site.backends if backend.loads]), 1)
        self.assertEqual(len(site.warehouse.leader.requests), 3)

    def test_forwarding_if_the_front_end_asks_for_it(self):
        site = self.site(groups=True, default_group="default_cluster", forwards=True)
        answer = site.ask(STREAM_LOAD, BASIC, "group_commit: async_mode", LENGTH, body=BODY)
        self.assertEqual(answer.json["Status"], "Success")
        self.assertEqual([load.byte_count for load in site.loads], [len(BODY)])

    def test_redirect_policy_direct_is_sent(self):
        tags = {"private_endpoint": "10.0.0.7:8041", "public_endpoint": "203.0.113.7:9040"}
        site = self.site(backends=[tags, tags])
        self.assertEqual(site.ask(STREAM_LOAD, BASIC, LENGTH, body=BODY).json["Status"], "Success")
        self.assertEqual(site.frontend.requests[0].head.all("redirect-policy"), ["direct"])

    def test_credentials_of_location_are_used_if_the_client_sent_a_token(self):
        """A cluster token: the front end names no user, so the back end gets none."""
        site = self.site()
        answer = site.ask(STREAM_LOAD, "token: cluster-token", LENGTH, body=BODY)
        self.assertEqual(answer.json["Message"], "no valid Basic authorization")


class Refused(Case):
    def test_targets_that_are_not_allowed(self):
        with Victim() as victim, Victim("127.0.0.1") as loopback:
            site = self.site()
            locations = [
                "http://169.254.169.254{path}", "http://169.254.169.254:80/latest/meta-data/",
                f"http://{victim.address}{{path}}", f"http://loader:x@{victim.address}{{path}}",
                f"http://{loopback.address}{{path}}", f"http://localhost:{loopback.address[10:]}/",
                f"http://{site.backends[0].address}@{victim.address}{{path}}",
                f"http://{victim.address}#@{site.backends[0].address}{{path}}",
                f"http://{victim.address}\\@{site.backends[0].address}{{path}}",
                f"http://2130706435:{victim.address[10:]}{{path}}",
                f"http://0x7f.3:{victim.address[10:]}{{path}}",
                f"http://{site.address}{{path}}", f"http://127.0.0.1:{site.gateway.management}/",
                f"http://{site.backends[0].host}:1{{path}}",
                f"ftp://{site.backends[0].address}{{path}}", "//", "http://", "http://:80/",
                "javascript:alert(1)", "", " ", f"http://{'a' * 20_000}/",
            ]
            for location in locations:
                site.frontend.faults.location = location
                with self.subTest(location[:60]):
                    answer = site.ask(STREAM_LOAD, BASIC, LENGTH, body=BODY)
                    self.assertEqual(answer.status, 502, answer.body)
                    self.assertFalse(victim.was_reached() or loopback.was_reached())
            self.assertEqual([backend.heads for backend in site.backends], [[], []])
            wait_until(
                lambda: len(site.gateway.requests(pathClass="streamLoad")) >= len(locations), "records"
            )
            reasons = {record["reason"] for record in site.gateway.records() if record["reason"]}
            self.assertIn("redirectRefused", reasons)
            self.assertLessEqual(reasons, {"redirectRefused", "badAnswer"})
            # Every request that the front end saw came from a load here: no loop.
            self.assertEqual(len(site.frontend.requests), len(locations))

    def test_loops_end(self):
        site = self.site()
        for path in ["{path}", "/api/db/other/_stream_load"]:
            site.warehouse.forget()
            site.frontend.faults.location = f"http://{site.frontend.address}{path}"
            answer = site.ask(STREAM_LOAD, BASIC, LENGTH, body=BODY)
            self.assertEqual(answer.status, 502)
            self.assertLessEqual(len(site.frontend.requests), 4)
            self.assert_no_body(site.frontend)

    def test_lines_in_a_location(self):
        site = self.site()
        address = site.backends[0].address
        site.frontend.faults.raw = (
            f"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://{address}/api/db/t/_stream_load"
            f"\rX-Injected: 1\r\nContent-Length: 0\r\n\r\n"
        ).encode()
        self.assertEqual(site.ask(STREAM_LOAD, BASIC, LENGTH, body=BODY).status, 502)
        self.assertEqual(site.backends[0].heads, [])

    def test_forwarding_that_a_client_asks_for(self):
        with Victim() as victim:
            site = self.site()
            forward = f"forward_to={victim.address}"
            for target in [
                f"/api/db/t/_stream_load_forward?{forward}", f"/api/db/t/_stream_load?{forward}",
                f"/api/db/t/_stream_load_forwar%64?{forward}", f"/api/db/t/_stream_load?x=1&{forward}",
                f"/api/db/t/_stream_load?%66orward_to={victim.address}",
                f"/api/db/t//_stream_load_forward?{forward}", "/x/../api/db/t/_stream_load_forward",
                f"/api/db/t/_STREAM_LOAD_FORWARD?{forward}", f"/api/db/t/_stream_load_forward;a?{forward}",
                f"/api/db/t/_stream_load_forward/?{forward}", f"/api/_http_stream?{forward}",
                f"http://gateway.example:8030/api/db/t/_stream_load_forward?{forward}",
                f"/api/db/_stream_load_2pc?FORWARD_TO={victim.address}",
            ]:
                with self.subTest(target):
                    answer = site.ask(f"PUT {target}", BASIC, EXPECT, LENGTH, body=BODY)
                    self.assertEqual(answer.status, 403)
            self.assertFalse(victim.was_reached())
            self.assertEqual((site.frontend.requests, site.loads), ([], []))

    def test_internals_are_denied_by_default_list(self):
        site = self.site(terms={"deny": ["default"]})
        for target in ["/api/_set_config?x=1", "/api/colocate/group_stable", "/image", "/info",
                       "/put", "/role", "/dump", "//image", "/%69mage", "/x/../image", "/image;a"]:
            with self.subTest(target):
                self.assertEqual(site.ask(f"GET {target}", BASIC).status, 403)
        self.assertEqual(site.frontend.requests, [])

    def test_a_wrong_password_reaches_no_back_end(self):
        site = self.site()
        answer = site.ask(STREAM_LOAD, "Authorization: Basic d3Jvbmc6d3Jvbmc=", LENGTH, body=BODY)
        self.assertEqual(answer.status, 401)
        self.assertEqual([backend.heads for backend in site.backends], [[], []])


class Learned(Case):
    """Targets that the gateway reads from the warehouse. Loopback must be configured."""

    def test_back_ends_that_the_front_end_lists(self):
        address = own_address()
        if address is None:
            self.skipTest("this machine has only loopback addresses")
        site = self.site(targets=[], learn={"from": "http", "user": "root", "every": "1s"},
                         backend={"host": address})
        wait_until(
            lambda: site.ask(STREAM_LOAD, BASIC, LENGTH, body=BODY).status == 200,
            "the list was learned",
        )
        site.warehouse.forget()
        outcome = CLIENTS[0].load(site.url(), the_file())
        self.assertTrue(outcome.is_loaded, outcome)
        self.assert_exact(site.loads[0], the_file())

    def test_listed_back_ends_on_loopback_are_refused(self):
        site = self.site(targets=[], learn={"from": "http", "user": "root", "every": "1s"})
        wait_until(
            lambda: any(request.head.path == "/api/backends" for request in site.frontend.requests),
            "the list was read",
        )
        wait_until(lambda: "it is a loopback address" in site.gateway.output, "they are refused")
        # 503 once the list was learned: its servers have no address that may be used.
        self.assertIn(site.ask(STREAM_LOAD, BASIC, LENGTH, body=BODY).status, (502, 503))
        self.assertEqual([backend.heads for backend in site.backends], [[], []])


def own_address():
    """An IPv4 address of this machine that is not loopback; None if there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent.
            probe.connect(("192.0.2.1", 9))
            address = probe.getsockname()[0]
        except OSError:
            return None
    return None if address.startswith("127.") else address
