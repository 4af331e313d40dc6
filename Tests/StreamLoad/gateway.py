"""A gateway in front of a test warehouse, and tests that have one."""

import base64
import json
import unittest
import urllib.parse
import urllib.request

from clients import PASSWORD, USER
from programs import Program, folder, free_ports, wait_until
from raw import Client
from warehouse import Certificate, Warehouse

# What must be in no log, in any form.
SECRETS = [
    PASSWORD, urllib.parse.quote(PASSWORD), urllib.parse.quote(PASSWORD, safe="/:"),
    urllib.parse.quote(PASSWORD, safe=":"), urllib.parse.quote_plus(PASSWORD),
    json.dumps(PASSWORD)[1:-1], PASSWORD.replace("/", "\\/"), "p%40ss", "p@ss",
    base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode(),
    base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode().rstrip("="), "cluster-token",
]


class Gateway(Program):
    """
    - warehouses, shared: of the configuration; `shared` are listeners with routes.
    - more: more keys of it.
    """

    def __init__(self, sluice, warehouses, shared=(), **more):
        self.folder = folder()
        [self.management] = free_ports(1)
        self.access_log = self.folder / "access.log"
        configuration = {
            "management": {"listen": f"127.0.0.1:{self.management}",
                           "socket": str(self.folder / "gateway.sock")},
            "policy": "file",
            "log": {"access": str(self.access_log), "level": "debug", "format": "json",
                    "denialsPerMinute": 0},
            "limits": {"connectionsPerSource": 0, "connectRatePerSource": 0},
            # Clients and servers of tests may be held up on a busy machine.
            "timeouts": {"drain": "1s", "header": "60s", "handshake": "60s", "connect": "60s"},
            "engine": {"shards": 2},
            "warehouses": warehouses,
            **({"listeners": list(shared)} if shared else {}),
            **more,
        }
        file = self.folder / "sluice.yaml"
        # JSON is YAML.
        file.write_text(json.dumps(configuration, indent=2))
        super().__init__([sluice, "serve", "--config", file], self.folder / "log")
        self.wait_until(lambda: "is ready" in self.output, "the gateway is ready")

    def records(self):
        """The access log, as far as its lines are complete."""
        text = self.access_log.read_text() if self.access_log.exists() else ""
        return [json.loads(line) for line in text.rpartition("\n")[0].splitlines()]

    def requests(self, **expected):
        """The records of requests that have these values."""
        return [record for record in self.records()
                if "pathClass" in flat(record) and matches(flat(record), expected)]

    def request(self, **expected):
        """Waits for the only such record."""
        found = wait_until(lambda: self.requests(**expected), f"a record with {expected}")
        assert len(found) == 1, found
        return flat(found[0])

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.management}/metrics") as answer:
            return answer.read().decode()

    def leaks(self):
        """Which secrets are in a log."""
        text = self.output + (self.access_log.read_text() if self.access_log.exists() else "")
        return [secret for secret in SECRETS if secret in text]


def flat(record):
    """A record with the fields of its request next to its own."""
    return {**record, **(record.get("http") or {})}


def matches(record, expected):
    return all(record.get(key) == value for key, value in expected.items())


class Site:
    """A gateway in front of a warehouse.

    - terms: of `http`, in addition to the mode.
    - listener: more keys of the listener.
    - targets: in place of the warehouse's own back ends.
    - redirects: more keys of the service's `redirects`.
    - more: keyword arguments of `Warehouse`.
    """

    # Of the listener: as of a server.
    host = "127.0.0.1"

    def __init__(self, sluice, kind="doris-3.1.3", mode="follow", *, terms=None, listener=None,
                 targets=None, learn=None, redirects=None, is_tls_in_front=False, **more):
        # Another address than the front end's, as in truth.
        more["backend"] = {"host": "127.0.0.2", **more.get("backend", {})}
        self.warehouse = Warehouse(kind, **more)
        [self.port] = free_ports(1)
        self.certificate = Certificate() if is_tls_in_front else None
        if targets is None:
            targets = [backend.address for backend in self.warehouse.backends]
            if self.warehouse.secure:
                targets.append(self.warehouse.secure.address)
        redirects = {
            **({"targets": targets} if targets else {}), **({"learn": learn} if learn else {}),
            **(redirects or {}),
        }
        # Followers first; the leader is a target that only a follower leads to.
        followers = self.warehouse.frontends[:-1] or self.warehouse.frontends
        if followers != self.warehouse.frontends:
            redirects["targets"] = targets + [self.warehouse.leader.address]
        own = {
            "protocol": "http", "listen": f"127.0.0.1:{self.port}",
            **({"http": {"mode": mode, **(terms or {})}} if mode != "pass" else {}),
            "backends": [frontend.address for frontend in followers],
            **({"redirects": redirects} if redirects and mode != "pass" else {}),
            **(listener or {}),
        }
        if self.certificate:
            own["tls"] = {"mode": "required", "certificates": [
                {"certificate": str(self.certificate.file), "key": str(self.certificate.key)}
            ]}
        try:
            self.gateway = Gateway(sluice, [{
                "id": "LOADS", "name": "Loads", "cloud": "aws", "region": "us-east-1",
                "whitelist": {"entries": ["127.0.0.0/8"]}, "listeners": [own],
            }])
        except BaseException:
            self.warehouse.stop()
            raise

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def url(self, path="/api/db/t/_stream_load"):
        return f"http{'s' if self.certificate else ''}://{self.address}{path}"

    @property
    def frontend(self):
        return self.warehouse.frontend

    @property
    def backends(self):
        return self.warehouse.backends

    @property
    def loads(self):
        return self.warehouse.loads

    def connect(self):
        return Client(self)

    def ask(self, line, *fields, **more):
        with self.connect() as client:
            return client.ask(line, *fields, **more)

    def stop(self):
        self.gateway.stop()
        self.warehouse.stop()
        if self.certificate:
            self.certificate.remove()


class Case(unittest.TestCase):
    """A test whose gateway must neither end nor write a secret into a log."""

    sluice = None
    megabytes = 50

    def site(self, *arguments, **more):
        site = Site(Case.sluice, *arguments, **more)
        self.addCleanup(self.finish, site)
        return site

    def finish(self, site):
        was_running = site.gateway.is_running
        site.stop()
        if self.has_failed():
            print(f"\n{self.id()}\n{site.gateway.output[-3000:]}")
            if site.gateway.access_log.exists():
                print(site.gateway.access_log.read_text()[-2000:])
        self.assertTrue(was_running, "the gateway has ended")
        self.assertEqual(site.gateway.leaks(), [])

    def has_failed(self):
        result = self._outcome.result
        return any(test is self or getattr(test, "test_case", None) is self
                   for test, _ in result.failures + result.errors)

    def assert_exact(self, load, file):
        """A load arrived as its file is."""
        self.assertEqual((load.byte_count, load.sha256), (file.size, file.sha256))
        self.assertTrue(load.is_complete)
        self.assertEqual((load.user, load.password), (USER, PASSWORD))

    def assert_no_body(self, frontend):
        """A front end was asked with heads only."""
        self.assertEqual(sum(request.body_byte_count for request in frontend.requests), 0)
