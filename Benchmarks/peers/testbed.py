"""What stands while scenarios run: backends, proxies, and the way to start more of them."""

import functools

import prefixes
import servers
from backends import Echo, MariaDB, Sink, WebBackend
from proxies import Direct, Envoy, HAProxy, Nginx, Sluice, SplicingHAProxy

OFFICE_PREFIXES = 1_000
#: To what ratios are taken, where it is measured.
REFERENCE = "haproxy"


class Testbed:
    def __init__(self, arguments, folder):
        self.arguments = arguments
        self.scale = arguments.scale
        self.folder = folder
        self.backends = self.needed_backends()
        self.backend_ports = {
            service: port for each in self.backends for service, port in each.ports.items()
        }
        self.makers = self.chosen_makers()
        self.proxies = [make(folder / name) for name, make in self.makers.items()]
        self.extras = []

    @property
    def targets(self):
        """In the order of the report: to the first, ratios are taken."""
        is_direct = "direct" not in self.arguments.without
        return self.proxies + ([Direct(self.backend_ports)] if is_direct else [])

    def start(self):
        """Backends first: a proxy looks after their health."""
        servers.start(self.backends)
        servers.start(self.proxies)

    def stop(self):
        servers.stop(self.extras + self.proxies + self.backends)

    def start_extra(self, *extras):
        """For one scenario. They are stopped at the end of the run if not before."""
        self.extras += extras
        servers.start(extras)

    def stop_extra(self, *extras):
        servers.stop(extras)
        self.extras = [each for each in self.extras if each not in extras]

    @functools.cached_property
    def database(self):
        """`None` where no scenario needs it."""
        return next((each for each in self.backends if isinstance(each, MariaDB)), None)

    def write_list(self, file_name, lines):
        path = self.folder / file_name
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    def needed_backends(self):
        scenarios = self.arguments.scenarios
        services = {scenario.service for scenario in scenarios}
        services.update(*(getattr(scenario, "other_services", ()) for scenario in scenarios))
        makers = {
            "http": lambda folder: WebBackend(folder, self.scale.bulk_mib),
            "sink": Sink,
            "echo": Echo,
            "mysql": MariaDB,
        }
        return [make(self.folder / service) for service, make in makers.items()
                if service in services]

    def chosen_makers(self):
        """By name, what makes a proxy in a folder: some scenarios want fresh ones."""
        names = {"haproxy": HAProxy, "nginx": Nginx, "envoy": Envoy}
        if "haproxy-splice" in self.arguments.extras:
            names["haproxy-splice"] = SplicingHAProxy
        makers = {
            name: functools.partial(
                kind, name, backends=self.backend_ports, threads=self.arguments.threads
            )
            for name, kind in names.items()
        }
        makers |= {name: self.sluice_maker(name, binary) for name, binary in self.arguments.builds}
        return {name: make for name, make in makers.items() if not self.is_left_out(name)}

    def sluice_maker(self, name, binary):
        lines = prefixes.office(OFFICE_PREFIXES) + ["127.0.0.0/8"]
        return functools.partial(
            Sluice,
            name,
            backends=self.backend_ports,
            threads=self.arguments.threads,
            binary=binary,
            list_path=self.write_list("office.cidrs", lines),
        )

    def is_left_out(self, name):
        """Without `sluice`, no build of it is measured, whatever its name."""
        left_out = self.arguments.without
        is_sluice = name in dict(self.arguments.builds)
        return name in left_out or (is_sluice and "sluice" in left_out)
