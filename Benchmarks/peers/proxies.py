"""The proxies that are compared. Each listens on a port for each of the backends' services."""

import configurations
import programs
from backends import nginx_command
from servers import Server, free_port


class Direct:
    """No proxy at all: what the load and the backends can do by themselves."""

    name = "direct"
    process_id = None

    def __init__(self, backends):
        self.ports = backends


class Proxy(Server):
    """`backends` maps each service to the port of its backend; `threads` are the proxy's own."""

    #: The name of its program, where other people's is meant.
    program_name = None

    def __init__(self, name, folder, backends, threads):
        super().__init__(name, folder)
        self.threads = threads
        self.program = programs.find(self.program_name) if self.program_name else None
        self.backends = backends
        self.ports = {service: free_port() for service in backends}


class HAProxy(Proxy):
    program_name = "haproxy"
    splices = False

    def command(self):
        text = configurations.haproxy(
            self.ports, self.backends, self.threads, self.splices
        )
        return [self.program, "-db", "-f", self.write("haproxy.cfg", text)]


class SplicingHAProxy(HAProxy):
    splices = True


class Nginx(Proxy):
    program_name = "nginx"

    def command(self):
        text = configurations.nginx_stream(
            self.ports, self.backends, self.folder, self.threads
        )
        return nginx_command(self.program, self.folder, self.write("nginx.conf", text))


class Envoy(Proxy):
    program_name = "envoy"

    def command(self):
        text = configurations.envoy(self.ports, self.backends)
        return [
            self.program, "--config-path", self.write("envoy.yaml", text),
            "--concurrency", self.threads, "--log-level", "error",
            # Several may run on a machine, and none takes over from another.
            "--disable-hot-restart",
        ]


class Sluice(Proxy):
    """Its access log goes to a file, as its standard output does."""

    def __init__(
        self, name, folder, backends, threads, binary, list_path, reads_proxy_headers=False
    ):
        super().__init__(name, folder, backends, threads)
        self.binary = binary
        self.text = configurations.sluice(
            self.ports, backends, threads, free_port(), list_path, reads_proxy_headers
        )

    def command(self):
        return [self.binary, "serve", "--config", self.write("sluice.yaml", self.text)]
