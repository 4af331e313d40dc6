"""What the length of a whitelist costs: one prefix beside a full routing table."""

from dataclasses import dataclass

import load
import metrics
import prefixes
from proxies import Sluice

EVERYBODY = ["0.0.0.0/0"]
START_SECONDS = 3


@dataclass(frozen=True)
class ListChurnScenario:
    """Each request has a connection of its own, and a PROXY header says from where it comes.

    The clients come from prefixes all over the list, in no order, so that lookups find little of
    the trie in the processor's caches.
    """

    name = "list-churn"
    title = "A new connection for each request, by the length of the whitelist"
    detail = "64 at a time, from clients in prefixes all over the longer list"
    service = "http"
    operation = "request"
    metrics = metrics.REQUESTS
    compares_proxies = False

    def planned_seconds(self, testbed):
        scale = testbed.scale
        each = scale.warm_up_seconds + scale.seconds + load.OVERHEAD_SECONDS
        return START_SECONDS + 2 * each * len(testbed.arguments.builds) * scale.rounds

    def run(self, testbed):
        lines = self.prefixes(testbed)
        clients = testbed.write_list("clients.cidrs", prefixes.sample(lines))
        gateways = self.gateways(testbed, lines)
        testbed.start_extra(*gateways)
        try:
            arguments = ["http", "--path", "/small", "--new-connections", "-c", "64"]
            arguments += ["--proxy-v2", "--clients", str(clients)]
            times = (testbed.scale.warm_up_seconds, testbed.scale.seconds)
            return load.compare(testbed, arguments, gateways, self.service, times)
        finally:
            testbed.stop_extra(*gateways)

    def prefixes(self, testbed):
        path = testbed.arguments.list
        return prefixes.read(path) if path else prefixes.made_up(testbed.scale.prefixes)

    def gateways(self, testbed, lines):
        """Of each build one with either list; the first is what all are compared with."""
        lists = {
            "1 prefix": testbed.write_list("everybody.cidrs", EVERYBODY),
            f"{len(lines):,} prefixes": testbed.write_list("table.cidrs", lines),
        }
        builds = testbed.arguments.builds
        return [
            Sluice(
                words if len(builds) == 1 else f"{name}, {words}",
                testbed.folder / f"{path.stem}-{name}",
                {self.service: testbed.backend_ports[self.service]},
                testbed.arguments.threads,
                binary,
                path,
                reads_proxy_headers=True,
            )
            for name, binary in builds
            for words, path in lists.items()
        ]
