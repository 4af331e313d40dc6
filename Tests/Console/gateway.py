"""What the console's journeys need behind it: a gateway, and MariaDB, nginx, an OpenID provider and
a service in a user's network to connect to. And clients, which show what the gateway does."""

import atexit
import base64
import getpass
import hmac
import http.client
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from free_ports import free_ports, free_range

# Nothing here is fast or slow: this is when a test that waits for what never happens gives up.
PATIENCE = 120

# Of load balancers, PROXY v2 (docs/proxy-protocol.md).
AWS, AZURE = 0xEA, 0xEE


def wait_until(condition, what):
    """Waits until `condition` is true, and returns what it returned."""
    deadline = time.monotonic() + PATIENCE
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            missing = what() if callable(what) else what
            raise AssertionError(f"did not happen within {PATIENCE} s: {missing}")
        time.sleep(0.1)


class Program:
    """A program that ends with the tests."""

    def __init__(self, command, log, environment=None):
        self.log = log
        with open(log, "a") as file:
            self.process = subprocess.Popen(
                [str(part) for part in command], stdout=file, stderr=file, stdin=subprocess.DEVNULL,
                env={**os.environ, **(environment or {})},
            )
        atexit.register(self.process.kill)

    @property
    def is_running(self):
        return self.process.poll() is None

    @property
    def output(self):
        return Path(self.log).read_text(errors="replace")

    def wait_until(self, condition, what):
        def check():
            if not self.is_running:
                raise AssertionError(f"{self.process.args[0]} has ended:\n{self.output}")
            return condition()

        return wait_until(check, what)

    def wait_for_port(self, port, host="127.0.0.1"):
        self.wait_until(lambda: accepts(host, port), f"something listens on {host}:{port}")

    def stop(self):
        if self.is_running:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(PATIENCE)


def accepts(host, port):
    try:
        socket.create_connection((host, port), PATIENCE).close()
        return True
    except OSError:
        return False


class MariaDB(Program):
    """`anyone` needs no password."""

    def __init__(self, folder):
        folder.mkdir()
        [self.port] = free_ports(1)
        user = getpass.getuser()
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", f"--user={user}", f"--datadir={folder}/data",
             "--auth-root-authentication-method=normal", "--skip-test-db"],
            check=True, stdout=subprocess.DEVNULL,
        )
        super().__init__(
            ["mariadbd", "--no-defaults", f"--user={user}", f"--datadir={folder}/data",
             f"--socket={folder}/socket", f"--pid-file={folder}/pid", "--bind-address=127.0.0.1",
             f"--port={self.port}", "--skip-name-resolve", "--innodb-buffer-pool-size=16M",
             # Clients of the tests that only read the greeting stay connected.
             "--connect-timeout=86400", "--max-connect-errors=1000000"],
            folder / "log",
        )
        self.socket = folder / "socket"
        self.wait_until(lambda: self.administer("SELECT 1"), "MariaDB answers")
        assert self.administer("CREATE USER anyone@'%'")

    def administer(self, statement):
        command = ["mariadb", "--no-defaults", f"--socket={self.socket}", "--user=root"]
        return subprocess.run(
            command + [f"--execute={statement}"], capture_output=True
        ).returncode == 0


class Nginx(Program):
    """An HTTP server; and a reverse proxy of the console, whose user comes from another address."""

    # The proxy's own address, and its user's.
    PROXY = "127.0.0.2"
    USER = "203.0.113.50"

    def __init__(self, folder, management):
        folder.mkdir()
        self.port, self.console = free_ports(2)
        configuration = folder / "nginx.conf"
        places = "\n".join(
            f"{kind}_temp_path {folder}/{kind};"
            for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        )
        configuration.write_text(f"""
            user {getpass.getuser()};
            daemon off;
            master_process off;
            pid {folder}/pid;
            events {{ worker_connections 512; }}
            http {{
                access_log off;
                {places}
                default_type text/plain;
                server {{
                    listen 127.0.0.1:{self.port};
                    return 200 "hello from the warehouse\\n";
                }}
                server {{
                    listen 127.0.0.1:{self.console};
                    location / {{
                        proxy_pass http://127.0.0.1:{management};
                        proxy_bind {self.PROXY};
                        proxy_http_version 1.1;
                        proxy_buffering off;
                        proxy_read_timeout 1h;
                        proxy_set_header Host $http_host;
                        proxy_set_header X-Forwarded-For {self.USER};
                    }}
                }}
            }}
        """)
        super().__init__(
            ["nginx", "-e", "stderr", "-p", folder, "-c", configuration], folder / "log"
        )
        self.wait_for_port(self.port)
        self.wait_for_port(self.console)


class Provider(Program):
    """An OpenID provider at `localhost`: another site than the gateway's 127.0.0.1."""

    SECRET = "a-client-secret-of-the-test"
    PEOPLE = [
        {"sub": "u-ada", "preferred_username": "ada", "groups": ["dba", "staff"]},
        {"sub": "u-mallory", "preferred_username": "\"'><img src=x onerror=stolen=1>",
         "groups": ["dba"]},
    ]

    def __init__(self, folder):
        [self.port] = free_ports(1)
        command = [sys.executable, "-m", "oidc_provider_mock", "-p", self.port]
        for person in self.PEOPLE:
            command += ["--user-claims", json.dumps(person)]
        super().__init__(command, folder / "provider.log")
        self.wait_for_port(self.port, "localhost")


class UserNetwork:
    """A user's own network, with a TCP service in it.

    The gateway refuses services of its own machine.
    """

    SERVICE = """
import socketserver, sys
class Ledger(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b"ledger\\n")
        self.request.recv(1)
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer((sys.argv[1], int(sys.argv[2])), Ledger).serve_forever()
"""

    def __init__(self, folder):
        """Raises PermissionError if networks cannot be made here."""
        # A block for tests of networks (RFC 2544); another one for each run.
        number = os.getpid() % 16000
        base = f"198.18.{number // 64}."
        gateway, self.host = (base + str(number % 64 * 4 + place) for place in (1, 2))
        self.port = 5432
        self.holder = Program(["unshare", "--net", "sleep", "infinity"], folder / "network.log")
        pid = self.holder.process.pid
        try:
            own = os.readlink("/proc/self/ns/net")
            wait_until(
                lambda: not self.holder.is_running
                or os.readlink(f"/proc/{pid}/ns/net") != own,
                "a network of its own",
            )
            if not self.holder.is_running:
                raise PermissionError(self.holder.output)
            self.inside = ["nsenter", f"--net=/proc/{pid}/ns/net"]
            near, far = f"sl{pid}a", f"sl{pid}b"
            for command in [
                ["ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", str(pid)],
                ["ip", "address", "add", f"{gateway}/30", "dev", near],
                ["ip", "link", "set", near, "up"],
                self.inside + ["ip", "address", "add", f"{self.host}/30", "dev", far],
                self.inside + ["ip", "link", "set", far, "up"],
                self.inside + ["ip", "link", "set", "lo", "up"],
            ]:
                made = subprocess.run(command, capture_output=True, text=True)
                if made.returncode != 0:
                    raise PermissionError(f"{' '.join(command)}: {made.stderr}")
        except PermissionError:
            self.holder.stop()
            raise
        self.service = Program(
            self.inside + [sys.executable, "-c", self.SERVICE, self.host, self.port],
            folder / "ledger.log",
        )
        self.service.wait_for_port(self.port, self.host)

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    def stop(self):
        self.service.stop()
        # The last of its processes: the kernel removes the network.
        self.holder.stop()


ENDPOINT_SERVICES = """\
    endpointServices:
      - { id: vpce-svc-0a1b2c3d4e5f67890, cloud: aws, region: us-east-1, acceptance: manual,
          name: com.amazonaws.vpce.us-east-1.vpce-svc-0a1b2c3d4e5f67890 }
      - { id: "/subscriptions/0a1b2c3d-1111-2222-3333-444455556666/resourceGroups/warehouse\\
          /providers/Microsoft.Network/privateLinkServices/warehouse", cloud: azure,
          region: westeurope, acceptance: manual }
"""


class Warehouse:
    """One for each journey that begins with a policy of its own."""

    def __init__(self, name, policy, more="", trusted="", is_private=False):
        self.id = f"WH{name.upper()}"
        self.name = name.capitalize()
        self.policy = policy
        self.more = more
        # Who may say by a PROXY header at the public listener for whom it connects.
        self.trusted = trusted
        self.is_private = is_private
        self.mysql, self.http, self.private = free_ports(3)

    @property
    def path(self):
        return f"/console/warehouses/{self.id}"

    def yaml(self, site):
        accept = f"proxyProtocol: {{ accept: optional, trusted: [ {self.trusted} ] }}"
        backend = f"backends: [ 127.0.0.1:{site.mariadb.port} ]"
        private = f"""
      - protocol: mysql
        listen: 127.0.0.1:{self.private}
        link: private
        reject: error
        proxyProtocol: {{ accept: required, trusted: [ 127.0.0.0/8 ] }}
        {backend}
"""
        return f"""
  - id: {self.id}
    name: {self.name}
    host: {self.name.lower()}.warehouse.example
    cloud: aws
    region: us-east-1
    whitelist: {self.policy}
    listeners:
      - protocol: mysql
        listen: 127.0.0.1:{self.mysql}
        reject: error
        {accept if self.trusted else ""}
        {backend}
      - protocol: http
        listen: 127.0.0.1:{self.http}
        backends: [ 127.0.0.1:{site.nginx.port} ]
{private if self.is_private else ""}
{self.more}"""


class Site:
    """A gateway with everything around it."""

    def __init__(self, sluice):
        self.sluice = sluice
        self.folder = Path(tempfile.mkdtemp(prefix="console-"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self.socket = self.folder / "gateway.sock"
        [self.port] = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self.mariadb = MariaDB(self.folder / "mariadb")
        self.nginx = Nginx(self.folder / "nginx", self.port)
        self.provider = Provider(self.folder)
        # As an operator's reverse proxy shows it to a user elsewhere.
        self.proxied = f"http://127.0.0.1:{self.nginx.console}"
        self._network = None
        ports = free_range(8)
        self.office = Warehouse("office", "{ mode: nowhere }")
        self.contractor = Warehouse("contractor", "{ entries: [ 127.20.0.0/16 ] }")
        self.live = Warehouse("live", "{ entries: [ 127.0.0.0/8 ] }")
        self.colleague = Warehouse("colleague", "{ entries: [ 127.30.0.0/16 ] }")
        self.imports = Warehouse("imports", "{ entries: [ 127.40.0.0/16 ] }")
        self.links = Warehouse("links", "{ mode: nowhere }", ENDPOINT_SERVICES, is_private=True)
        outbound, more = (
            f"    outbound: {{ listen: 127.0.0.1, ports: {first}-{first + 3},"
            " sources: [ 127.50.0.0/16 ] }\n" for first in (ports, ports + 4)
        )
        self.outbound = Warehouse("outbound", "{ mode: nowhere }", outbound)
        self.own = Warehouse(
            "own", f"{{ entries: [ {Nginx.USER}, 198.51.100.0/24 ] }}", trusted="127.0.0.1/32"
        )
        self.restart = Warehouse("restart", "{ entries: [ 127.60.0.0/16 ] }")
        self.keyboard = Warehouse("keyboard", "{ mode: nowhere }")
        self.full = Warehouse(
            "full", "{ entries: [ 127.72.0.0/16 ] }", ENDPOINT_SERVICES + more, is_private=True
        )
        self.warehouses = [
            self.office, self.contractor, self.live, self.colleague, self.imports, self.links,
            self.outbound, self.own, self.restart, self.keyboard, self.full,
        ]
        self.configuration = self.folder / "sluice.yaml"
        self.configuration.write_text(self._yaml())
        secret = self.folder / "client-secret"
        secret.touch(mode=0o600)
        secret.write_text(Provider.SECRET + "\n")
        self.passwords = {}
        self.start()
        password_file = self.folder / "sluice.db.admin-password"
        # Its password is hashed, which takes all of a processor.
        self.program.wait_until(password_file.exists, "there is an admin")
        self.first_password = password_file.read_text().strip()

    def _yaml(self):
        return f"""\
management:
  listen: 127.0.0.1:{self.port}
  socket: {self.socket}
  url: {self.url}
  trustedProxies: [ {Nginx.PROXY} ]
  singleSignOn:
    name: Company
    issuer: http://localhost:{self.provider.port}
    clientId: sluice
    clientSecretFile: client-secret
    scopes: [ openid, profile, email ]
    roles: [ {{ value: dba, role: administer }} ]
state: sluice.db
log: {{ access: off, level: info }}
timeouts: {{ drain: 1s }}
engine: {{ shards: 2 }}
identities:
  aws: arn:aws:iam::999988887777:root
  azure: 99998888-7777-6666-5555-444433332222
warehouses:
""" + "".join(warehouse.yaml(self) for warehouse in self.warehouses)

    # The gateway.

    def start(self):
        self.program = Program(
            [self.sluice, "serve", "--config", self.configuration], self.folder / "gateway.log"
        )
        self.program.wait_until(lambda: self.get("/readyz") == 200, "the gateway is ready")

    def get(self, path):
        try:
            return ask(self.url + path)[0]
        except OSError:
            return None

    def stop_gateway(self):
        self.program.stop()

    def command(self, *arguments, input=None):
        """Runs a command of the gateway's own machine."""
        done = subprocess.run(
            [self.sluice, *arguments, "--socket", str(self.socket)],
            capture_output=True, text=True, input=input,
        )
        assert done.returncode == 0, f"{' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def sessions(self, warehouse):
        """How many there are."""
        answer = json.loads(self.command("sessions", "--warehouse", warehouse.id, "--json"))
        return len(answer["sessions"])

    def make_account(self, name, role="administer"):
        """Makes an account whose owner has done what a new one must, and returns its password."""
        if name in self.passwords:
            return self.passwords[name]
        first = self.command("account", "create", name, "--role", role, "--quiet").strip()
        password = f"correct horse of {name[::-1]} battery"
        login = self.call("POST", "/v1/login",
                          {"name": name, "password": first, "client": "commandLine"})
        self.call("POST", "/v1/me/password", {"currentPassword": first, "newPassword": password},
                  {"Authorization": f"Bearer {login['token']}"})
        self.passwords[name] = password
        return password

    def call(self, method, path, body=None, headers=None):
        status, text = ask(self.url + path, method, body, headers)
        answer = json.loads(text)
        assert answer["success"], f"{method} {path}: {status} {text}"
        return answer.get("data")

    @property
    def network(self):
        if self._network is None:
            self._network = UserNetwork(self.folder)
        return self._network

    def stop(self):
        if self._network:
            self._network.stop()
        for program in [self.program, self.provider, self.nginx, self.mariadb]:
            program.stop()


# No proxy: all of it is on this machine.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(url, method="GET", body=None, headers=None):
    request = urllib.request.Request(url, method=method, headers=headers or {})
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    try:
        with OPENER.open(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Client:
    """A MySQL client that has read the server's first packet.

    - source: its address.
    - header: what a load balancer sends first for it.
    """

    def __init__(self, port, source="127.0.0.1", header=b""):
        self.socket = socket.create_connection(
            ("127.0.0.1", port), PATIENCE, source_address=(source, 0)
        )
        self.socket.sendall(header)
        payload = self._packet()
        self.is_admitted = payload[:1] == b"\x0a"
        # Of an error packet: after the code and the SQL state, if there is one.
        self.refusal = None
        if not self.is_admitted:
            text = payload[3:].decode(errors="replace")
            self.refusal = text[6:] if text.startswith("#") else text

    def _packet(self):
        head = self._exactly(4)
        return self._exactly(int.from_bytes(head[:3], "little")) if head else b""

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            try:
                piece = self.socket.recv(count - len(data))
            except ConnectionError:
                return b""
            if not piece:
                return b""
            data += piece
        return data

    def wait_until_closed(self):
        """Fails if it is still open when the test's patience ends."""
        try:
            while self.socket.recv(4096):
                pass
        except ConnectionError:
            pass
        self.close()

    @property
    def is_open(self):
        self.socket.setblocking(False)
        try:
            return self.socket.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except ConnectionError:
            return False
        finally:
            self.socket.settimeout(PATIENCE)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def is_admitted(port, source="127.0.0.1", header=b""):
    with Client(port, source, header) as client:
        return client.is_admitted


def query(port):
    """What a stock client is answered, which comes from 127.0.0.1."""
    done = subprocess.run(
        ["mariadb", "--no-defaults", "--host=127.0.0.1", f"--port={port}", "--user=anyone",
         "--skip-ssl", "--batch", "--skip-column-names", "--execute=SELECT 40 + 2"],
        capture_output=True, text=True,
    )
    return done.stdout.strip() or done.stderr.strip()


def fetch(port, source="127.0.0.1"):
    """The status of an HTTP answer of the warehouse."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=PATIENCE, source_address=(source, 0)
    )
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    finally:
        connection.close()


def greeting(port, source):
    """The first line of a plain TCP service, empty if there is none."""
    try:
        with socket.create_connection(
            ("127.0.0.1", port), PATIENCE, source_address=(source, 0)
        ) as connection:
            return connection.recv(100).decode().strip()
    except ConnectionError:
        return ""


def proxy_header(client, cloud=None, endpoint=None):
    """A PROXY header of version 2, with the identity that the cloud's load balancer adds."""
    addresses = socket.inet_aton(client) + socket.inet_aton("127.0.0.1")
    body = addresses + struct.pack("!HH", 40000, 9030)
    if cloud == AWS:
        value = b"\x01" + endpoint.encode()
        body += struct.pack("!BH", AWS, len(value)) + value
    elif cloud == AZURE:
        body += struct.pack("!BHB", AZURE, 5, 1) + struct.pack("<I", int(endpoint))
    return b"\r\n\r\n\0\r\nQUIT\n" + b"\x21\x11" + struct.pack("!H", len(body)) + body


def one_time_code(secret, periods=0):
    """The code that an authenticator app shows now, or in so many periods (RFC 6238)."""
    letters = secret.replace(" ", "").upper()
    key = base64.b32decode(letters + "=" * (-len(letters) % 8))
    digest = hmac.digest(key, struct.pack("!Q", int(time.time()) // 30 + periods), "sha1")
    place = digest[-1] & 15
    number = struct.unpack("!I", digest[place:place + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def curl(url, key, *options):
    """The status of what curl is answered with an API key, which it reads from standard input."""
    return subprocess.run(
        ["curl", "--silent", "--noproxy", "*", "--output", "/dev/null",
         "--write-out", "%{http_code}", "--header", "@-", *options, url],
        input=f"X-API-Key: {key}\nContent-Type: application/json\n",
        capture_output=True, text=True, check=True,
    ).stdout


class LossyLine:
    """A way to the gateway that can lose an answer: the gateway has done what was asked for, and
    the browser never hears of it."""

    def __init__(self, target):
        self.target = target
        self.loses_answer_to = None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.has_lost = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                browser, _ = self.listener.accept()
            except OSError:
                return
            try:
                gateway = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                browser.close()
                continue
            state = {"loses": False}
            for start, end, is_request in [(browser, gateway, True), (gateway, browser, False)]:
                threading.Thread(
                    target=self._relay, args=(start, end, is_request, state), daemon=True
                ).start()

    def _relay(self, start, end, is_request, state):
        try:
            while data := start.recv(65536):
                if is_request and self.loses_answer_to and self.loses_answer_to in data:
                    self.loses_answer_to = None
                    state["loses"] = True
                if not is_request and state["loses"]:
                    # Of an answer that has not begun, a browser would ask again by itself.
                    end.sendall(data[:12])
                    self.has_lost.set()
                    break
                end.sendall(data)
        except OSError:
            pass
        for each in (start, end):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
