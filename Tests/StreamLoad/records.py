"""What the gateway records of requests, and answers that it points back at itself."""

import subprocess

from behaviors import BODY, LENGTH
from clients import CLIENTS
from gateway import Case
from loads import the_file
from programs import PATIENCE, wait_until
from raw import BASIC, EXPECT, STREAM_LOAD

BAD = b"1\n!2\n3\n"
BAD_LENGTH = f"Content-Length: {len(BAD)}"


class Records(Case):
    """That no password is in a log, `Case` checks after every test."""

    def test_a_load(self):
        site = self.site()
        site.ask(f"{STREAM_LOAD}?secret=1", BASIC, "label: one", LENGTH, body=BODY)
        record = site.gateway.request(label="one")
        self.assertEqual(
            {key: record[key] for key in ("method", "pathClass", "database", "table", "label",
                                          "status", "loadStatus", "warehouse", "protocol")},
            {"method": "PUT", "pathClass": "streamLoad", "database": "db", "table": "t",
             "label": "one", "status": 200, "loadStatus": "Success", "warehouse": "LOADS",
             "protocol": "http"},
        )
        self.assertEqual(record["title"], "PUT streamLoad")
        self.assertEqual([hop["target"] for hop in record["hops"]], [
            site.frontend.address,
            next(backend.address for backend in site.backends if backend.loads),
        ])
        self.assertTrue(all(hop["durationMs"] >= 0 for hop in record["hops"]))
        self.assertGreaterEqual(record["bytesIn"], len(BODY))
        self.assertNotIn("secret", site.gateway.access_log.read_text())

    def test_a_load_that_failed_although_it_is_200(self):
        site = self.site()
        for label, body in [("bad", BAD), ("good", BODY), ("good", BODY)]:
            site.ask(STREAM_LOAD, BASIC, f"label: {label}", f"Content-Length: {len(body)}", body=body)
        records = wait_until(
            lambda: len(found := site.gateway.requests(pathClass="streamLoad")) == 3 and found,
            "records",
        )
        # Each shard writes its own lines: their order is not that of the loads.
        self.assertEqual(
            sorted((record["http"]["label"], record["http"]["loadStatus"]) for record in records),
            [("bad", "Fail"), ("good", "Label Already Exists"), ("good", "Success")],
        )
        self.assertEqual({record["http"]["status"] for record in records}, {200})
        # Also of an answer that came before the body.
        self.assertTrue(all(record["bytesOut"] > 100 for record in records), records)

    def test_other_requests(self):
        site = self.site()
        for line, path_class, status in [
            ("GET /", "other", 200), ("GET /rest/v1/system?path=//backends", "rest", 401),
            ("GET /api/backends?is_alive=true", "backendList", 401),
            ("GET /api/bootstrap", "health", 200),
            ("PUT /api/db/_stream_load_2pc", "twoPhaseCommit", 200),
        ]:
            with self.subTest(line):
                fields = [BASIC, "txn_operation: commit"] if "2pc" in line else []
                site.ask(line, *fields)
                record = site.gateway.request(pathClass=path_class)
                self.assertEqual((record["method"], record["status"]), (line.split()[0], status))

    def test_refusals(self):
        site = self.site(terms={"deny": ["default"]})
        site.ask("PUT /api/db/t/_stream_load_forward?forward_to=127.0.0.1:1", BASIC)
        site.ask("GET /image")
        site.frontend.faults.location = "http://169.254.169.254{path}"
        site.ask(STREAM_LOAD, BASIC, LENGTH, body=BODY)
        reasons = wait_until(
            lambda: (found := [record["reason"] for record in site.gateway.records()
                               if record["reason"]]) and len(found) >= 3 and found, "reasons",
        )
        self.assertEqual(set(reasons), {"forbiddenPath", "redirectRefused"})
        self.assertNotIn("forward_to", site.gateway.access_log.read_text())

    def test_passwords_in_every_place(self):
        """The logs are searched for them when the test has ended."""
        site = self.site()
        for fields in [[BASIC], ["token: cluster-token"], [BASIC, "token: cluster-token"]]:
            site.ask(STREAM_LOAD, *fields, LENGTH, body=BODY)
        site.ask(STREAM_LOAD, BASIC, "Broken Field: 1", LENGTH, body=BODY)
        site.ask("GET /?password=p%40ss", BASIC)
        for location in ["http://loader:p%40ss@169.254.169.254{path}",
                         "http://loader:p@ss@{path}", "http://loader:p%40ss@"]:
            site.frontend.faults.location = location
            site.ask(STREAM_LOAD, BASIC, LENGTH, body=BODY)
        for backend in site.backends:
            backend.stop()
        site.frontend.faults.location = None
        self.assertIn(site.ask(STREAM_LOAD, BASIC, LENGTH, body=BODY).status, (502, 503))

    def test_metrics(self):
        site = self.site()
        site.ask(STREAM_LOAD, BASIC, LENGTH, body=BODY)
        site.ask(STREAM_LOAD, BASIC, BAD_LENGTH, body=BAD)
        text = wait_until(
            lambda: (text := site.gateway.metrics()) and 'status="Fail"' in text and text,
            "counts of loads",
        )
        for name in ["sluice_http_requests_total", "sluice_loads_total", "sluice_load_bytes_total",
                     "sluice_http_hop_seconds_sum", "sluice_http_hop_seconds_count"]:
            self.assertIn(name, text)


class Rewritten(Case):
    """Answers that name the gateway in place of back ends."""

    def curl(self, url, *options):
        return subprocess.run(
            ["curl", "--silent", "--show-error", "--noproxy", "*", *options, url],
            capture_output=True, text=True, timeout=PATIENCE,
        )

    def test_error_urls_lead_to_the_gateway(self):
        site = self.site(terms={"errorURL": "rewrite", "deny": ["default"]})
        for fields in [[], ["max_filter_ratio: 1"]]:
            with self.subTest(fields), site.connect() as client:
                answer = client.ask(STREAM_LOAD, BASIC, *fields, BAD_LENGTH, body=BAD,
                                    host=site.address)
                url = answer.json["ErrorURL"]
                self.assertTrue(url.startswith(f"http://{site.address}/"), url)
                self.assertEqual(int(answer.fields["Content-Length"]), len(answer.body))
                # The connection can still be used: the length was right.
                self.assertIn(b"Web UI", client.ask("GET /").body)
                page = self.curl(url)
                self.assertIn("1 rows", page.stdout, page)

    def test_error_urls_of_others_are_not_made_up(self):
        site = self.site(terms={"errorURL": "rewrite", "deny": ["default"]})
        answer = site.ask("GET /api/_load_error_log?file=../../etc/passwd")
        self.assertNotEqual(answer.status, 200)
        self.assertEqual([backend.heads for backend in site.backends], [[], []])

    def test_error_urls_are_left_alone_by_default(self):
        site = self.site()
        answer = site.ask(STREAM_LOAD, BASIC, BAD_LENGTH, body=BAD)
        self.assertTrue(answer.json["ErrorURL"].startswith("http://127.0.0.2:"))

    def test_back_ends_in_lists_are_the_gateway(self):
        site = self.site(terms={"backendList": "rewrite"})
        answer = site.ask("GET /api/backends?is_alive=true", BASIC, host=site.address)
        self.assertEqual(
            {(each["ip"], each["http_port"]) for each in answer.json["data"]["backends"]},
            {("127.0.0.1", site.port)},
        )
        self.assertEqual(int(answer.fields["Content-Length"]), len(answer.body))

    def test_back_ends_in_lists_are_left_alone_by_default(self):
        site = self.site()
        answer = site.ask("GET /api/backends", BASIC)
        self.assertEqual({each["ip"] for each in answer.json["data"]["backends"]}, {"127.0.0.2"})


class Tokens(Case):
    """Mode `rewrite`: the client follows to the gateway itself."""

    def location(self, site, *fields):
        answer = site.ask(STREAM_LOAD, BASIC, EXPECT, *fields, LENGTH, host=site.address)
        self.assertEqual(answer.status, 307, answer.body)
        return answer.location

    def test_location_is_the_gateways_own(self):
        site = self.site(mode="rewrite")
        location = self.location(site)
        prefix = f"http://{site.address}/api/db/t/_stream_load?"
        self.assertTrue(location.startswith(prefix), location)
        self.assertIn("sluice=", location)
        for name in ["loader", "p%40ss", "127.0.0.2"]:
            self.assertNotIn(name, location)
        target = location[len(f"http://{site.address}"):]
        answer = site.ask(f"PUT {target}", BASIC, LENGTH, body=BODY, host=site.address)
        self.assertEqual(answer.json["Status"], "Success")
        [load] = site.loads
        # The back end sees what the front end told: no token.
        self.assertEqual(load.target.rstrip("?"), "/api/db/t/_stream_load")

    def test_expect_is_honored(self):
        site = self.site(mode="rewrite")
        self.location(site)
        self.assert_no_body(site.frontend)

    def test_tokens_that_are_not_the_gateways(self):
        site, other = self.site(mode="rewrite"), self.site(mode="rewrite")
        valid = self.location(site).split("sluice=")[1]
        foreign = self.location(other).split("sluice=")[1]
        changed = valid[:10] + ("A" if valid[10] != "A" else "B") + valid[11:]
        for token in [foreign, changed, valid[:-1], "", "A", "A" * 9000, "%00"]:
            with self.subTest(token[:20]):
                answer = site.ask(f"PUT /api/db/t/_stream_load?sluice={token}", BASIC, LENGTH,
                                  body=BODY)
                self.assertNotEqual(answer.status, 200)
        self.assertEqual(site.loads, [])
        # The path is the token's own, whatever the client's is.
        site.ask(f"PUT /api/db/other/_stream_load?sluice={valid}", BASIC, LENGTH, body=BODY)
        self.assertLessEqual({load.path for load in site.loads}, {"/api/db/t/_stream_load"})

    def test_tokens_are_in_no_log(self):
        site = self.site(mode="rewrite")
        token = self.location(site).split("sluice=")[1]
        site.ask(f"PUT /api/db/t/_stream_load?sluice={token}", BASIC, LENGTH, body=BODY)
        wait_until(lambda: len(site.gateway.requests(pathClass="streamLoad")) == 2, "both records")
        text = site.gateway.output + site.gateway.access_log.read_text()
        self.assertNotIn(token[:20], text)


class Passed(Case):
    """Mode `pass`: the gateway relays bytes, and back ends must be reachable."""

    def test_the_client_follows_itself(self):
        site = self.site(mode="pass")
        client = next(each for each in CLIENTS if each.name == "curl `--location-trusted`")
        outcome = client.load(site.url(), the_file())
        self.assertTrue(outcome.is_loaded, outcome)
        self.assertEqual(outcome.redirects, 1)
        self.assert_exact(site.loads[0], the_file())
