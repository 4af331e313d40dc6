"""Each client loads into each kind of warehouse through the gateway, byte-exact."""

from clients import CLIENTS, File
from gateway import Case, Site
from programs import Proxy

# What the site of a kind needs in addition, by name.
SITES = {
    "doris 2": ("doris-2", {}),
    "doris 3.1.3": ("doris-3.1.3", {}),
    "doris bounded drain": ("doris-bounded-drain", {}),
    "starrocks shared nothing": ("starrocks-shared-nothing", {}),
    "starrocks shared data": ("starrocks-shared-data", {}),
    "starrocks follower": ("starrocks-shared-nothing", {"frontends": 2}),
}

# Where loads have the whole size. It makes no difference for front ends, which see no body.
LARGE = ("follow", "doris 3.1.3")

# Clients that follow redirects can load in mode rewrite if they can send the body twice. fetch of Node
# 20.20.2 cannot do that with a buffer, which it has given away when the redirect comes.
REPLAYING = [client for client in CLIENTS if client.follows and not (
    client.pipes or client.options and client.options[0] in (
        "connection-fixed", "connection-chunked", "buffer", "stream", "generator",
        "generator-trusting",
    )
)]


class Loads(Case):
    """Of one kind of warehouse; subclasses have a test for each client."""

    mode = "follow"
    name = None

    @classmethod
    def setUpClass(cls):
        kind, more = SITES[cls.name]
        cls.file = the_file(1 if (cls.mode, cls.name) == LARGE else 10)
        cls.shared = Site(Case.sluice, kind, cls.mode, **more)

    @classmethod
    def tearDownClass(cls):
        was_running = cls.shared.gateway.is_running
        cls.shared.stop()
        assert was_running, cls.shared.gateway.output[-3000:]
        assert not cls.shared.gateway.leaks(), cls.shared.gateway.leaks()

    def load(self, client, url):
        site = self.shared
        site.warehouse.forget()
        fields = {"label": f"{self.id()}"[-100:], "Column_Separator": ",", "max_filter_ratio": "0"}
        if "follower" in self.name:
            fields["enable_merge_commit"] = "true"
        outcome = client.load(url, self.file, fields)
        self.assertTrue(outcome.is_loaded, f"{outcome}\n{site.gateway.output[-2000:]}")
        [load] = site.loads
        self.assert_exact(load, self.file)
        return outcome, load

    def follow(self, client):
        outcome, load = self.load(client, self.shared.url())
        self.assertEqual(outcome.redirects, 0)
        self.assertIn(("max_filter_ratio", "0"), load.fields)
        # fetch changes the case itself.
        if "fetch" not in client.name:
            self.assertIn(("Column_Separator", ","), load.fields)
        for frontend in self.shared.warehouse.frontends:
            self.assert_no_body(frontend)


_files = {}


def the_file(divisor=1):
    """Of the size that was asked for, or a part of it."""
    if divisor not in _files:
        _files[divisor] = File(max(1, Case.megabytes // divisor))
    return _files[divisor]


def identifier(text):
    return "_".join("".join(c if c.isalnum() else " " for c in text).split()).lower()


def make(name, mode, clients):
    """A class with a test for each client."""
    body = {"name": name, "mode": mode}
    for client in clients:
        def test(self, client=client):
            self.follow(client) if mode == "follow" else self.load(client, self.shared.url())

        body[f"test_{identifier(client.name)}"] = test
    if mode == "follow":
        for proxy, port in [("nginx", "port"), ("nginx", "followed_port"), ("haproxy", "port")]:
            def between(self, proxy=proxy, port=port):
                running = Proxy(proxy, self.shared.address)
                self.addCleanup(running.stop)
                client = next(each for each in CLIENTS if each.name == "curl")
                self.load(client, f"http://127.0.0.1:{getattr(running, port)}/api/db/t/_stream_load")

            body[f"test_curl_behind_{proxy}_{port}"] = between
    title = "".join(word.capitalize() for word in identifier(f"{mode} {name}").split("_"))
    return title, type(title, (Loads,), body)


CASES = dict(
    [make(name, "follow", CLIENTS) for name in SITES]
    + [make(name, "rewrite", REPLAYING) for name in SITES if name != "starrocks follower"]
)
