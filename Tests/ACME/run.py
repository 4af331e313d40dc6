"""Obtains certificates by ACME from a directory that is strict, slow, full or hostile.

    run.py CLIENT [TEST...]

Shows that the directory is honest, by certbot and the library `acme`, and drives CLIENT, which is the
gateway's own client without a gateway, and the gateway in SLUICE. The tests wait more than they
compute: without names, all run, each in a process of its own, some at a time.
"""

import concurrent.futures
import itertools
import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

import directory as server
from free_ports import free_port
from gateway import WholeGateway
from honesty import Honesty
from responders import Responders

CLIENT = None
AT_ONCE = 8
# Nothing here is fast or slow: this is when a test that waits for what never happens gives up.
PATIENCE = 120
KEY = b"-----BEGIN [A-Z ]*PRIVATE KEY-----.*"
SECRET = "VGhpcy1pcy1hLXNlY3JldC1vZi10aGUtdGVzdA"


class Client:
    """A client with a folder of its own, started by `start`."""

    def __init__(self, test, directory, answers, certificates, **configuration):
        self.folder = Path(tempfile.mkdtemp(dir=test.folder))
        self.results = self.folder / "results"
        self.results.mkdir()
        self.state_folder = self.folder / "certificates"
        self.configuration = {
            "directoryURL": directory.url,
            "contact": ["mailto:ops@test.example"],
            "authorities": str(directory.root_file),
            "certificates": certificates,
            "folder": str(self.state_folder),
            "answers": str(answers.folder),
            "results": str(self.results),
            # An authority on a busy machine may take longer than the gateway has patience.
            "deadlineMs": PATIENCE * 1000,
        } | configuration
        self.configuration = {k: v for k, v in self.configuration.items() if v is not None}
        self.process = None
        test.addCleanup(self.kill)

    def start(self):
        # What is waited for is said by this process, not by the one before.
        (self.results / "state.json").unlink(missing_ok=True)
        file = self.folder / "configuration.json"
        file.write_text(json.dumps(self.configuration))
        log = open(self.folder / "log", "a")
        self.process = subprocess.Popen([CLIENT, file], stdout=log, stderr=log)
        log.close()
        return self

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    @property
    def log(self):
        return (self.folder / "log").read_text()

    @property
    def states(self):
        file = self.results / "state.json"
        return json.loads(file.read_text())["certificates"] if file.exists() else []

    def state(self, name):
        return next((each for each in self.states if each["names"][0] == name), None)

    def wait(self, condition, seconds=PATIENCE):
        """Until `condition`, of no arguments, is true; returns what it returned."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError(f"the client ended: {self.log}")
            if result := condition():
                return result
            time.sleep(0.05)
        raise AssertionError(f"not within {seconds} s; log:\n{self.log}\n{self.states}")

    def wait_until(self, name, state):
        def found():
            found = self.state(name)
            return found if found and found["state"] == state and self.uses(found) else None

        return self.wait(found)

    def wait_for_error(self, name, text):
        def found():
            found = self.state(name)
            return found if found and text in (found.get("lastError") or "") else None

        return self.wait(found)

    def uses(self, state):
        """Whether the certificate of a state, if there is one, is in use: it is written a moment
        after it is shown."""
        name, fingerprint = state["names"][0], state.get("fingerprint")
        if fingerprint is None:
            return True
        file = self.results / f"{name}.pem"
        return file.exists() and fingerprint == server.fingerprint(self.chain(name)[0])

    def wait_for_another(self, name, fingerprint):
        """Until another certificate than the one with this fingerprint is in use."""
        def found():
            found = self.state(name)
            is_other = found and found.get("fingerprint") not in (None, fingerprint)
            return found if is_other and self.uses(found) else None

        return self.wait(found)

    def chain(self, name):
        return x509.load_pem_x509_certificates((self.results / f"{name}.pem").read_bytes())

    def key(self, name):
        text = (self.results / f"{name}.pem").read_bytes()
        return serialization.load_pem_private_key(re.search(KEY, text, re.DOTALL)[0], None)


class Scenario(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.answers = Responders(cls.folder / "answers")
        ports = (cls.answers.http_port, cls.answers.tls_port, cls.answers.dns_port)
        cls.directory = server.Directory(*ports, cls.folder).start()
        cls.addClassCleanup(cls.directory.stop)

    def setUp(self):
        self.directory.reset()

    def client(self, *certificates, **configuration):
        """Of names with a challenge each: ("http-01", "a.example", …)."""
        wanted = [{"challenge": c[0], "names": list(c[1:])} for c in certificates]
        return Client(self, self.directory, self.answers, wanted, **configuration)

    def hold(self, wanted, number=1):
        """Holds requests of an endpoint, from its `number`th on, until the event is set that this
        returns: what the client shows before would soon be over."""
        behavior, event, count = self.directory.behavior, threading.Event(), itertools.count(1)
        before = behavior.arrived

        def arrived(endpoint):
            if before:
                before(endpoint)
            if endpoint == wanted and next(count) >= number:
                event.wait(PATIENCE)

        behavior.arrived = arrived
        self.addCleanup(event.set)
        return event

    def check(self, client, name, names, key_type=ec.EllipticCurvePrivateKey):
        leaf, issuer = client.chain(name)
        leaf.verify_directly_issued_by(issuer)
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        self.assertEqual(set(found.get_values_for_type(x509.DNSName)), set(names))
        key = client.key(name)
        self.assertIsInstance(key, key_type)
        self.assertEqual(key.public_key(), leaf.public_key())
        return leaf

    def assert_private(self, client):
        """Nobody else can read anything."""
        for path in [client.state_folder, *client.state_folder.rglob("*")]:
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)


class Obtaining(Scenario):
    def test_http(self):
        """http-01, with an ECDSA key; one account for all certificates and starts."""
        client = self.client(("http-01", "a.example", "b.example"), ("http-01", "c.example"))
        client.start().wait_until("c.example", "valid")
        state = client.wait_until("a.example", "valid")
        leaf = self.check(client, "a.example", ["a.example", "b.example"])
        self.assertEqual(state["failures"], 0)
        self.assertIsNone(state.get("lastError"))
        end = leaf.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ")
        self.assertEqual(state["expiresAt"], end)
        self.assertEqual(self.answers.published, [])
        self.assert_private(client)
        self.assertEqual(self.directory.problems, [])
        accounts = list(self.directory.accounts.values())
        self.assertEqual([each.contact for each in accounts], [["mailto:ops@test.example"]])
        # After a restart there is nothing to do, and what there is is used.
        client.kill()
        (client.results / "a.example.pem").unlink()
        requests = len(self.directory.requests)
        client.start().wait(lambda: (client.results / "a.example.pem").exists())
        self.check(client, "a.example", ["a.example", "b.example"])
        self.assertEqual(len(self.directory.requests), requests)

    def test_tls_alpn(self):
        """tls-alpn-01, with an RSA key."""
        client = self.client(("tls-alpn-01", "a.example", "b.example"), keyType="rsa-2048")
        client.start().wait_until("a.example", "valid")
        self.check(client, "a.example", ["a.example", "b.example"], rsa.RSAPrivateKey)
        self.assertEqual(client.key("a.example").key_size, 2048)
        self.assertEqual(self.answers.published, [])

    def test_dns(self):
        """dns-01, for a wildcard and its base: two records of one name at a time."""
        client = self.client(("dns-01", "*.a.example", "a.example"))
        client.start().wait_until("*.a.example", "valid")
        self.check(client, "*.a.example", ["*.a.example", "a.example"])
        self.assertEqual(self.answers.published, [])

    def test_bad_nonces(self):
        """Nonces that the authority finds bad are replaced."""
        self.directory.behavior.bad_nonces = 0.3
        client = self.client(*[("http-01", f"{x}.example") for x in "abc"])
        client.start()
        for name in ("a.example", "b.example", "c.example"):
            client.wait_until(name, "valid")
        kinds = {each.kind for each in self.directory.problems}
        self.assertEqual(kinds, {"badNonce"})

    def test_slow(self):
        """An authority that takes its time, and asks for patience, is not pressed."""
        behavior = self.directory.behavior
        behavior.undecided_looks, behavior.patience = 2, 1
        looks = []
        behavior.arrived = lambda endpoint: looks.append((endpoint, time.monotonic()))
        client = self.client(("http-01", "a.example"))
        client.start().wait_until("a.example", "valid")
        times = [at for endpoint, at in looks if endpoint == "authorization"]
        pauses = [b - a for a, b in zip(times[2:], times[3:])]
        self.assertTrue(all(each >= 0.95 for each in pauses), pauses)

    def test_kept_authorizations(self):
        """A name that is still proved is not proved again."""
        self.directory.behavior.keeps_authorizations = True
        client = self.client(("http-01", "a.example"), ("http-01", "a.example", "b.example"))
        client.start().wait(lambda: [each["state"] for each in client.states] == ["valid"] * 2)
        self.assertEqual(self.directory.count("challenge"), 2)

    def test_external_account(self):
        """An account elsewhere is bound; without one, or with a wrong key, the reason is shown."""
        key = server.decoded(SECRET)
        self.directory.behavior.external_accounts = {"kid-1": key}
        client = self.client(("http-01", "a.example")).start()
        client.wait_for_error("a.example", "tls.acme.externalAccount")
        client.kill()
        file = client.folder / "eab.key"
        file.write_text(SECRET[:-2] + "AA\n")
        client.configuration["externalAccount"] = {"keyID": "kid-1", "keyFile": str(file)}
        file.chmod(0o644)
        client.start().wait_for_error("a.example", "chmod 600")
        file.chmod(0o600)
        client.wait_for_error("a.example", "unauthorized: the binding's signature does not fit")
        file.write_text(SECRET + "=\n")
        client.wait_until("a.example", "valid")
        self.assertNotIn(SECRET[:-2], client.log)

    def test_contacts(self):
        """Other contacts are reported to the authority."""
        client = self.client(("http-01", "a.example"))
        client.start().wait_until("a.example", "valid")
        client.kill()
        client.configuration["contact"] = ["mailto:new@test.example"]
        client.configuration["certificates"].append(
            {"challenge": "http-01", "names": ["b.example"]}
        )
        client.start().wait_until("b.example", "valid")
        accounts = list(self.directory.accounts.values())
        self.assertEqual([each.contact for each in accounts], [["mailto:new@test.example"]])

    def test_forgotten_account(self):
        """An account that the authority no longer has is registered again."""
        client = self.client(("http-01", "a.example"))
        client.start().wait_until("a.example", "valid")
        client.kill()
        self.directory.accounts.clear()
        client.configuration["certificates"].append(
            {"challenge": "http-01", "names": ["b.example"]}
        )
        held = self.hold("new-account")
        client.start().wait_for_error("b.example", "accountDoesNotExist")
        held.set()
        client.wait_until("b.example", "valid")
        self.assertEqual(len(self.directory.accounts), 1)

    def test_other_directory(self):
        """A certificate from another directory, or with a key of another type, is replaced."""
        client = self.client(("http-01", "a.example"))
        first = client.start().wait_until("a.example", "valid")["fingerprint"]
        client.kill()
        client.configuration["keyType"] = "rsa-2048"
        second = client.start().wait_for_another("a.example", first)["fingerprint"]
        self.check(client, "a.example", ["a.example"], rsa.RSAPrivateKey)
        client.kill()
        other = server.Directory(
            self.answers.http_port, self.answers.tls_port, self.answers.dns_port,
            Path(tempfile.mkdtemp(dir=self.folder)),
        ).start()
        self.addCleanup(other.stop)
        client.configuration["directoryURL"] = other.url
        client.configuration["authorities"] = str(other.root_file)
        client.start().wait_for_another("a.example", second)
        self.assertEqual(other.count("finalize"), 1)
        self.assertEqual(len(list(client.state_folder.glob("account-*.key"))), 2)

    def test_two_processes(self):
        """Of two processes with one folder, one orders; the other takes over when it has ended."""
        client = self.client(("http-01", "a.example")).start()
        client.wait_until("a.example", "valid")
        second = self.client(("http-01", "a.example"), folder=str(client.state_folder)).start()
        second.wait(lambda: "another process uses" in second.log)
        client.kill()
        second.wait_until("a.example", "valid")
        second.wait(lambda: (second.results / "a.example.pem").exists())
        self.assertEqual(self.directory.count("new-order"), 1)


class Renewing(Scenario):
    def first_leaf(self):
        """The first certificate that was issued; None before."""
        chains = [order.chain for order in list(self.directory.orders.values()) if order.chain]
        return x509.load_pem_x509_certificate(chains[0].encode()) if chains else None

    @staticmethod
    def at_first_certificate(act):
        """Acts when the first certificate is fetched, before the client has it."""
        acts = iter([act])
        return lambda endpoint: endpoint == "certificate" and next(acts, lambda: None)()

    def test_renewal(self):
        """A certificate is replaced with a third of its life left, with another key."""
        behavior = self.directory.behavior
        behavior.lifetime, behavior.age = 15, 0
        # Only the first one is short-lived, however late this test looks.
        behavior.arrived = self.at_first_certificate(lambda: setattr(behavior, "lifetime", 86400))
        client = self.client(("http-01", "a.example")).start()
        old = client.wait(self.first_leaf)
        client.wait_for_another("a.example", server.fingerprint(old))
        new = self.check(client, "a.example", ["a.example"])
        self.assertNotEqual(old.public_key(), new.public_key())
        age = (new.not_valid_before_utc - old.not_valid_before_utc).total_seconds()
        self.assertGreaterEqual(age, 9)
        folder = next(client.state_folder.glob("a.example-*"))
        client.wait(lambda: len(list(folder.glob("*.key"))) == 1)
        self.assertEqual(
            sorted(path.name for path in folder.iterdir()), ["2.key", "2.pem", "record.json"]
        )

    def test_failing_renewal(self):
        """While a renewal fails, the old certificate is used, and the reason is shown."""
        behavior = self.directory.behavior
        # It is renewed after a few seconds, and ends much later: time enough to be seen failing.
        behavior.lifetime, behavior.age = 60, 36

        def fail():
            behavior.lifetime, behavior.age = 86400, 0
            behavior.tamper = lambda endpoint, status, headers, body: (
                (500, {}, b"") if endpoint == "new-order" else (status, headers, body)
            )

        behavior.arrived = self.at_first_certificate(fail)
        client = self.client(("http-01", "a.example")).start()
        first = client.wait(self.first_leaf)
        state = client.wait_until("a.example", "renewalFailing")
        self.assertEqual(state["fingerprint"], server.fingerprint(first))
        self.assertIn("status 500", state["lastError"])
        client.wait_until("a.example", "expired")
        behavior.tamper = None
        client.wait_until("a.example", "valid")
        self.assertIn("cannot renew a certificate for a.example", client.log)

    def rate_limited(self, retry_after, **configuration):
        """The seconds between the refusal and the next order."""
        times = []
        behavior = self.directory.behavior
        behavior.rate_limit, behavior.rate_limit_count = retry_after, 1
        behavior.arrived = lambda e: times.append(time.time()) if e == "new-order" else None
        # With its second order, what the first has come to is no longer shown.
        held = self.hold("new-order", 2)
        # The second certificate is not tried either.
        client = self.client(("http-01", "a.example"), ("http-01", "b.example"), **configuration)
        state = client.start().wait_for_error("a.example", "rateLimited: too many new orders")
        self.assertEqual(state["failures"], 1)
        held.set()
        client.wait_until("a.example", "valid")
        client.wait_until("b.example", "valid")
        return times[1] - times[0]

    def test_rate_limit(self):
        """No order is made before the time that the authority names, in seconds or as a date."""
        self.assertGreaterEqual(self.rate_limited(lambda: 4), 3.0)
        self.directory.reset()
        date = lambda: time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 5))
        self.assertGreaterEqual(self.rate_limited(date), 3.0)
        self.directory.reset()
        self.assertGreaterEqual(self.rate_limited(lambda: "", rateLimitRetry=4), 3.0)

    def test_backoff(self):
        """An unproved name is tried again later and later; other certificates do not wait for it."""
        times = []
        self.directory.behavior.arrived = lambda endpoint: (
            times.append(time.monotonic()) if endpoint == "new-order" else None
        )
        self.directory.behavior.challenges = ["dns-01"]
        client = self.client(("http-01", "a.example"), ("dns-01", "b.example"))
        client.start().wait_until("b.example", "valid")
        state = client.wait_for_error("a.example", "does not offer http-01 for a.example")
        self.assertIn("set challenge to one of: dns-01", state["lastError"])

        def waits():
            state = client.state("a.example")
            return state if state["failures"] >= 4 and state.get("nextAttemptAt") else None

        state = client.wait(waits)
        failed, again = (
            server.datetime.datetime.fromisoformat(state[key].replace("Z", "+00:00"))
            for key in ("lastErrorAt", "nextAttemptAt")
        )
        # Doubled each time, and up to a quarter more.
        pause, least = (again - failed).total_seconds(), 2 ** (state["failures"] - 1)
        self.assertTrue(least <= pause <= least * 1.25, (pause, state))
        # The second order is b.example's.
        own = [time for place, time in enumerate(times) if place != 1]
        pauses = [b - a for a, b in zip(own, own[1:])]
        # One, two, four seconds: longer on a busy machine, but shorter by less than a second, since
        # the gateway counts whole ones.
        for pause, least in zip(pauses, (0, 1, 3)):
            self.assertGreater(pause, least)
        self.assertGreater(sum(pauses), 6)

    def test_crashes(self):
        """Killed at any request, the client goes on at its next start: with one order, mostly."""
        self.directory.behavior.undecided_looks = 1
        client = self.client(("dns-01", "*.a.example")).start()
        client.wait_until("*.a.example", "valid")
        client.kill()
        total = len(self.directory.requests)
        self.assertGreater(total, 8)
        # How often it asks whether a name is proved, and so how many requests it needs, differs.
        crashes = 0
        for number in range(1, total + 1):
            with self.subTest(killed_at=number):
                crashes += self.crash_at(number)
        self.assertGreater(crashes, 8)

    def crash_at(self, number):
        """Whether it made so many requests, so that it was killed."""
        self.directory.reset()
        self.directory.behavior.undecided_looks = 1
        client = self.client(("dns-01", "*.a.example"))
        arrived = []
        has_started, killed = threading.Event(), threading.Event()

        def kill(endpoint):
            arrived.append(endpoint)
            if len(arrived) == number:
                has_started.wait(PATIENCE)
                client.kill()
                killed.set()

        self.directory.behavior.arrived = kill
        client.start()
        has_started.set()
        end = time.monotonic() + PATIENCE
        while not killed.wait(0.05):
            self.assertLess(time.monotonic(), end, client.log)
            if (client.state("*.a.example") or {}).get("state") == "valid":
                client.kill()
                self.clear_answers()
                return False
        client.start().wait_until("*.a.example", "valid")
        self.check(client, "*.a.example", ["*.a.example"])
        self.assertLessEqual(self.directory.count("new-order"), 2)
        # A finished order is not ordered again.
        if "finalize" in arrived[:number] and arrived[number - 1] != "finalize":
            self.assertEqual(self.directory.count("new-order"), 1)
        self.assertEqual(len(self.directory.accounts), 1)
        client.kill()
        self.clear_answers()
        return True

    def clear_answers(self):
        for path in self.answers.folder.rglob("*"):
            if path.is_file():
                path.unlink()


class Hostile(Scenario):
    """Whatever an authority sends: the reason is shown, nothing of it is used, and with an honest
    authority all is well again."""

    def refuse(
        self, text, tamper=None, certificate=("http-01", "a.example"), deadline=PATIENCE * 1000,
        **behavior,
    ):
        """The state after a refusal."""
        self.directory.reset()
        for name, value in behavior.items():
            setattr(self.directory.behavior, name, value)
        self.directory.behavior.tamper = tamper
        client = self.client(certificate, deadlineMs=deadline).start()
        state = client.wait_for_error(certificate[1], text)
        self.assertEqual(state["state"], "failing")
        self.assertEqual(list(client.results.glob("*.pem")), [])
        self.assertLess(len(state["lastError"]), 1000)
        self.assertTrue(state["lastError"].isprintable())
        self.directory.behavior = server.Behavior()
        client.wait_until(certificate[1], "valid")
        self.check(client, certificate[1], certificate[1:])
        self.assertEqual(self.answers.published, [])
        client.kill()
        return state

    @staticmethod
    def at(wanted, change):
        """Tampers with the answers of one endpoint, by a function of status, headers, body."""

        def tamper(endpoint, status, headers, body):
            if endpoint != wanted or status >= 400:
                return status, headers, body
            return change(status, headers, body)

        return tamper

    @classmethod
    def json_at(cls, wanted, **changes):
        def change(status, headers, body):
            document = json.loads(body)
            for key, value in changes.items():
                document[key] = value(document) if callable(value) else value
            return status, headers, json.dumps(document).encode()

        return cls.at(wanted, change)

    def test_sizes(self):
        """Endless answers are cut."""
        huge = lambda status, headers, body: (status, headers, body + b" " * (1 << 20))
        for endpoint in ("directory", "new-account", "new-order", "certificate"):
            with self.subTest(endpoint):
                self.refuse("too large", self.at(endpoint, huge))

    def test_types(self):
        """Answers of another type are not read."""
        html = lambda status, headers, body: (status, headers | {"Content-Type": "text/html"}, body)
        for endpoint, expected in (
            ("directory", "application/json"), ("order", "application/json"),
            ("authorization", "application/json"),
            ("certificate", "application/pem-certificate-chain"),
        ):
            with self.subTest(endpoint):
                self.refuse(f'expected {expected}, found "text/html"', self.at(endpoint, html))

    def test_nonsense(self):
        """Answers that are not JSON, or not what the protocol has."""
        cut = lambda status, headers, body: (status, headers, body[: len(body) // 2])
        for endpoint in ("directory", "order", "authorization"):
            with self.subTest(endpoint):
                self.refuse("the authority's answer is invalid", self.at(endpoint, cut))
        deep = lambda status, headers, body: (status, headers, b'{"a":' * 5000)
        self.refuse("nests deeper", self.at("directory", deep))
        self.refuse("no newOrder", self.json_at("directory", newOrder=5))
        self.refuse("unknown status", self.json_at("order", status="\x1b[31mred"))
        self.refuse("no valid token", self.json_at(
            "authorization", challenges=lambda d: [c | {"token": "../x"} for c in d["challenges"]]
        ))
        many = lambda document: document["challenges"] * 100
        self.refuse("more than 20", self.json_at("authorization", challenges=many))

    def test_redirects(self):
        """Redirects are not followed."""
        to = lambda status, headers, body: (302, {"Location": self.directory.url + "2"}, b"")
        for endpoint in ("directory", "new-order", "certificate"):
            with self.subTest(endpoint):
                self.refuse("redirects to another URL", self.at(endpoint, to))
        self.assertNotIn(("GET", "directory2"), self.directory.requests)

    def test_plain(self):
        """An authority with TLS does not send the gateway to addresses without it."""
        plain = lambda document: document["newOrder"].replace("https", "http")
        self.refuse("is not an https URL", self.json_at("directory", newOrder=plain))
        outside = lambda document: "http://169.254.169.254/latest"
        self.refuse("is not an https URL", self.json_at("order", finalize=outside))

    def test_other_names(self):
        """Nothing is proved but what was ordered, and nothing else is used."""
        other = {"type": "dns", "value": "victim.example"}
        self.refuse("for another name", self.json_at("authorization", identifier=other))
        self.assertNotIn("victim.example", self.answers.seen)
        self.refuse("for other names", self.json_at("order", identifiers=[other]))

    def test_certificates(self):
        """Certificates for other names or keys, or of another time, and broken chains."""
        key = ec.generate_private_key(ec.SECP256R1())

        def forged(**changes):
            return lambda arguments: arguments.update(changes)

        def shifted(seconds):
            def forge(arguments):
                for name in ("start", "end"):
                    arguments[name] += server.datetime.timedelta(seconds=seconds)

            return forge

        self.refuse("it is for b.example", forge=forged(names=["b.example"]))
        self.refuse("it is for a.example, b", forge=forged(names=["a.example", "b.example"]))
        self.refuse("for another key", forge=forged(public_key=key.public_key()))
        self.refuse("does not certify", forge=forged(key=key))
        self.refuse("it expired at", forge=shifted(-100 * 86400))
        self.refuse("is not valid before", forge=shifted(86400))
        root = self.directory.authority.root_pem.encode()
        for wrong in (b"", b"nonsense", b"\xff\xfe", root * 20):
            change = lambda status, headers, body, wrong=wrong: (status, headers, wrong)
            self.refuse("the certificate is unusable", self.at("certificate", change))

    def test_nonces(self):
        """Nonces that are none are ignored; an authority that likes none does not hold the client."""
        invalid = lambda status, headers, body: (status, headers | {"Replay-Nonce": "a b!"}, body)
        self.refuse("no valid nonce", self.at("new-nonce", invalid))
        self.refuse("badNonce", bad_nonces=1.0)

    def test_endless(self):
        """An order whose status changes again and again is left."""
        flips = ["ready", "processing"] * 50
        flap = self.json_at("order", status=lambda _: flips.pop() if flips else "pending")
        # Each finalization of what is not ready is refused.
        self.refuse("orderNotReady", flap)

    def test_problems(self):
        """Problem documents are shown with what they have for each name, and no control characters."""
        certificate = ("http-01", "x.forbidden.example", "b.example")
        self.directory.reset()
        client = self.client(certificate).start()
        state = client.wait_for_error("x.forbidden.example", "rejectedIdentifier")
        self.assertIn(
            "(x.forbidden.example: rejectedIdentifier: policy forbids this name)",
            state["lastError"],
        )
        client.kill()

        def problem(text):
            body = json.dumps({"type": server.ERROR + "dns", "detail": text}).encode()
            headers = {"Content-Type": "application/problem+json"}
            return self.at("new-order", lambda *_: (403, headers, body))

        self.refuse("dns: a b", problem("a\x1b[2Jb".replace("\x1b[2J", "\u202e")))
        self.refuse("xxx…", problem("x" * 5000))
        self.refuse("status 503", self.at("new-order", lambda *_: (503, {}, b"x" * 100)))

    def test_unproved(self):
        """The authority's reason for not believing a name is shown."""
        real = self.directory.http_port
        self.addCleanup(setattr, self.directory, "http_port", real)
        self.directory.http_port = free_port()
        client = self.client(("http-01", "a.example")).start()
        state = client.wait_for_error("a.example", "could not verify a.example: connection: ")
        self.directory.http_port = real
        client.wait_until("a.example", "valid")

    def test_silence(self):
        """An authority that does not answer, or drips, is left after the deadline."""
        slow = lambda *_: time.sleep(4) or (200, {}, b"")
        for endpoint in ("directory", "new-order"):
            self.refuse("no answer within 2s", self.at(endpoint, slow), deadline=2000)

    def test_unreachable(self):
        """Without the directory, or with a certificate that is not trusted, the reason is shown."""
        url = f"https://localhost:{free_port()}/directory"
        client = self.client(("http-01", "a.example"), directoryURL=url).start()
        state = client.wait_for_error("a.example", "cannot reach the authority")
        client.kill()
        client = self.client(("http-01", "a.example"), authorities=None).start()
        client.wait_for_error("a.example", "not issued by an authority that the gateway trusts")
        client.kill()
        url = self.directory.url.replace("localhost", "127.0.0.1")
        client = self.client(("http-01", "a.example"), directoryURL=url).start()
        client.wait_for_error("a.example", "the certificate is not for 127.0.0.1")
        self.assertEqual(self.directory.requests, [])

    def test_damage(self):
        """Damaged files of the client's own: what is still of use is used."""
        client = self.client(("http-01", "a.example")).start()
        client.wait_until("a.example", "valid")
        client.kill()
        folder = next(client.state_folder.glob("a.example-*"))
        good = (folder / "record.json").read_text()
        orders = self.directory.count("new-order")
        for text in ("", "{", good[: len(good) // 2], "[]", good.replace("2", "9")):
            (folder / "record.json").write_text(text)
            (client.results / "a.example.pem").unlink(missing_ok=True)
            (client.results / "state.json").unlink(missing_ok=True)
            client.start().wait(lambda: (client.results / "a.example.pem").exists())
            client.wait_until("a.example", "valid")
            client.kill()
        self.assertLessEqual(self.directory.count("new-order"), orders + 1)
        # Without its key a chain is of no use.
        for path in folder.glob("*.key"):
            path.unlink()
        orders = self.directory.count("new-order")
        client.start().wait(lambda: self.directory.count("new-order") == orders + 1)
        client.wait_until("a.example", "valid")
        self.check(client, "a.example", ["a.example"])
        client.kill()
        key = next(client.state_folder.glob("account-*.key"))
        key.write_text("nonsense")
        client.configuration["certificates"].append(
            {"challenge": "http-01", "names": ["b.example"]}
        )
        client.start().wait_for_error("b.example", "is not a P-256 key in PEM format")


def all_tests():
    names = unittest.defaultTestLoader.getTestCaseNames
    classes = (WholeGateway, Renewing, Hostile, Honesty, Obtaining)
    return [f"{each.__name__}.{name}" for each in classes for name in names(each)]


def run_all():
    """One after another would take five minutes."""

    def run(name):
        command = [sys.executable, "-W", "ignore", __file__, CLIENT, name]
        start = time.monotonic()
        result = subprocess.run(command, capture_output=True, text=True)
        outcome = "failed" if result.returncode else "passed"
        print(f"{name} {outcome} after {time.monotonic() - start:.1f} s", flush=True)
        return result

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(run, all_tests()))
    failures = [result for result in results if result.returncode]
    for failure in failures:
        print(failure.stdout, failure.stderr, sep="\n")
    print(f"{len(results)} tests, {len(failures)} failed")
    return bool(failures)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    CLIENT = Path(sys.argv.pop(1)).resolve()
    if len(sys.argv) == 1:
        sys.exit(run_all())
    unittest.main()
