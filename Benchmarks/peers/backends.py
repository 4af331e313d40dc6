"""What stands behind the proxies."""

import os
import secrets
import shlex
import signal
import sys
from pathlib import Path

import configurations
import programs
from servers import Server, free_port

MEBIBYTE = 1 << 20


class WebBackend(Server):
    """nginx with a small answer and a large file."""

    def __init__(self, folder, large_mib):
        super().__init__("the web backend", folder)
        self.ports = {"http": free_port()}
        self.program = programs.find("nginx")
        content = os.urandom(MEBIBYTE)
        with open(folder / "large", "wb") as file:
            for _ in range(large_mib):
                file.write(content)

    def command(self):
        text = configurations.web_backend(self.ports["http"], self.folder)
        return nginx_command(self.program, self.folder, self.write("nginx.conf", text))


class Sink(Server):
    """Takes uploads."""

    def __init__(self, folder):
        super().__init__("the sink", folder)
        self.ports = {"sink": free_port()}

    def command(self):
        return [sys.executable, Path(__file__).with_name("sink.py"), self.ports["sink"]]


class Echo(Server):
    """Sends back what comes."""

    def __init__(self, folder):
        super().__init__("the echo", folder)
        self.ports = {"echo": free_port()}

    def command(self):
        return [sys.executable, Path(__file__).with_name("echo.py"), self.ports["echo"]]


class MariaDB(Server):
    """A data folder of its own, and one user with a password."""

    USER = "bench"
    #: Its data is of no use to anybody afterwards.
    stop_signal = signal.SIGKILL

    def __init__(self, folder):
        super().__init__("MariaDB", folder)
        self.ports = {"mysql": free_port()}
        self.installer = programs.find("mariadb-install-db")
        self.program = programs.find("mariadbd")
        password = secrets.token_hex(16)
        self.password_file = self.write("password", password + "\n")
        self.password_file.chmod(0o600)
        self.users = self.write(
            "users.sql", f"CREATE USER {self.USER}@'127.0.0.1' IDENTIFIED BY '{password}';\n"
        )

    def command(self):
        """The shell becomes the server once the system tables are there."""
        common = ["--no-defaults", f"--datadir={self.folder}/data"]
        common += ["--user=root"] if os.geteuid() == 0 else []
        install = [self.installer, *common, "--skip-test-db"]
        install += ["--auth-root-authentication-method=normal"]
        serve = [self.program, *common, *self.options()]
        return ["sh", "-c", f"{shlex.join(install)} && exec {shlex.join(serve)}"]

    def options(self):
        return [
            "--bind-address=127.0.0.1",
            f"--port={self.ports['mysql']}",
            f"--socket={self.folder}/socket",
            f"--pid-file={self.folder}/pid",
            f"--init-file={self.users}",
            "--skip-name-resolve",
            "--innodb-buffer-pool-size=16M",
            "--max-connections=500",
            "--thread-cache-size=100",
            # Connections that are opened only to see whether the server is there.
            "--max-connect-errors=1000000000",
        ]


def nginx_command(program, folder, configuration):
    return [program, "-e", folder / "error.log", "-p", folder, "-c", configuration]
