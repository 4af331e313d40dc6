"""A front end of Doris or StarRocks, as far as HTTP clients see it.

Behaves as LoadAction.java and RestBaseController.java of apache/doris, and as LoadAction.java and
TransactionLoadAction.java of StarRocks.
"""

import ipaddress
import itertools
import json
import time
import unicodedata
import urllib.parse
import zlib
from dataclasses import dataclass

from backend import basic_credentials
from http1 import Server

REDIRECTING = ("_stream_load", "_stream_load_2pc", "_http_stream", "_load")


@dataclass(frozen=True)
class Kind:
    """What distinguishes products and versions.

    - copies_scheme: Location has the request's scheme; otherwise `http`.
    - reencodes: `path`: it is decoded and encoded again as java.net.URI does, and `?` ends a URL without
      a query; `both`: path and query are decoded and encoded again; `nothing`: both are kept byte for
      byte.
    - has_user_info: user and password of Authorization are put into Location.
    - accepts_ipv6_host: the Host can be an IPv6 literal.
    - with_body: what happens to a body that arrives after the answer: `reads` all of it, `closes` at
      once (which resets), `drains` within bounds.
    - closes: the connection is closed after the answer to a load, body or not.
    - always_expects: HTTP/1.0 needs Expect too.
    """

    name: str
    product: str
    copies_scheme: bool
    reencodes: str
    has_user_info: bool
    accepts_ipv6_host: bool
    with_body: str
    closes: bool
    always_expects: bool


KINDS = {kind.name: kind for kind in [
    Kind("doris-2", "doris", True, "path", True, False, "reads", False, True),
    Kind("doris-3.1.3", "doris", False, "nothing", True, True, "closes", False, True),
    Kind("doris-bounded-drain", "doris", False, "nothing", True, True, "drains", False, True),
    Kind("starrocks-shared-nothing", "starrocks", False, "both", False, True, "closes", True, False),
    Kind("starrocks-shared-data", "starrocks", False, "both", False, True, "closes", True, False),
]}


@dataclass
class Faults:
    """What a test wants to go wrong. May be changed at any time."""

    # Seconds before an answer to a load: a pause of the garbage collector.
    delay: float = 0
    # The front end stops after its next redirect.
    dies_after_redirect: bool = False
    # Answers every load by this status and body.
    status: int = None
    body: object = "unavailable\n"
    # Replaces Location; {path} is the request's target.
    location: str = None
    # Bytes that replace the whole answer to a load.
    raw: bytes = None
    # Sends 100 Continue and takes the body itself.
    takes_body: bool = False


@dataclass
class Request:
    """What arrived at a front end."""

    head: object
    # Of its body; also what arrived after the answer, and what was not read.
    body_byte_count: int = 0
    location: str = None
    is_tls: bool = False


class Frontend(Server):
    """
    - leader: another front end to which this one leads what only a leader does; None: it is the leader.
    - policy: streamload_redirect_policy.
    - https: a front end whose port is this one's https_port: everything is led there (enable_https).
    - groups: whether loads need a compute group (Doris in cloud mode); `default_group` is the user's.
    - forwards: group commit in cloud mode leads to `_stream_load_forward`.
    - users: passwords by user name.
    """

    def __init__(self, kind, backends, host="127.0.0.1", port=0, *, leader=None, policy="",
                 https=None, context=None, groups=False, default_group=None, forwards=False,
                 users=None, drain_byte_limit=1 << 30, drain_idle_seconds=1.0,
                 on_request=None):
        self.kind = KINDS[kind] if isinstance(kind, str) else kind
        self.backends = backends
        self.leader = leader
        self.policy = policy
        self.https = https
        self.groups = groups
        self.default_group = default_group
        self.forwards = forwards
        self.users = users if users is not None else {"root": "", "loader": "p@ss w/rd:%"}
        self.drain_byte_limit = drain_byte_limit
        self.drain_idle_seconds = drain_idle_seconds
        self.on_request = on_request or (lambda request: None)
        self.faults = Faults()
        self.is_ready = True
        self.requests = []
        # Of the leader: the node that was chosen for a transaction's label.
        self.nodes = {}
        self.turns = itertools.count()
        self.cookies = set()
        super().__init__(host, port, context)

    # Requests.

    def handle(self, connection, head):
        request = Request(head, is_tls=self.context is not None)
        with self.lock:
            self.requests.append(request)
            self.lock.notify_all()
        words = urllib.parse.unquote(head.path).strip("/").split("/")
        if self.https and not self.context:
            host = (head.get("Host") or "").rpartition(":")[0] or head.get("Host")
            return self.redirect(
                connection, head, request, f"https://{host}:{self.https.port}{head.path}?"
            )
        if words[0] == "api" and words[-1] in REDIRECTING:
            return self.load(connection, head, request, words)
        if words[:2] == ["api", "transaction"] and len(words) == 3:
            return self.transaction(connection, head, request)
        return self.page(connection, head, request, words)

    def finish(self, connection, head, request, answer):
        """Answers a load before its body by calling `answer(keeps)`, then does with the body what its
        kind does."""
        kind = self.kind
        # Jetty closes if it has not sent the 100 that was expected; a body that has begun is read.
        waits = head.expects_continue and head.has_body and not connection.waiting_bytes
        keeps = head.keeps_connection and not kind.closes and not waits
        if not head.has_body:
            answer(keeps)
        elif waits or kind.with_body == "closes":
            answer(keeps)
            keeps = False
            # What was on its way is counted, not read.
            time.sleep(0.05)
            request.body_byte_count = connection.waiting_bytes
        elif kind.with_body == "reads":
            answer(keeps)
            for piece in connection.body(head):
                request.body_byte_count += len(piece)
        else:
            answer(False)
            keeps = False
            if head.length is not None and head.length <= self.drain_byte_limit:
                request.body_byte_count = connection.drain(head.length, self.drain_idle_seconds)
        self.on_request(request)
        return keeps

    def refuse(self, connection, head, request, message, status=200):
        body = {"status": "FAILED", "msg": message}
        fields = [("WWW-Authenticate", 'Basic realm=""')] if status == 401 else []
        return self.finish(connection, head, request, lambda keeps: connection.answer(
            status, body, fields=fields, keeps=keeps
        ))

    def redirect(self, connection, head, request, location):
        request.location = location
        content = "text/html;charset=utf-8" if self.kind.product == "doris" else "text/html"
        keeps = self.finish(connection, head, request, lambda keeps: connection.answer(
            307, b"", content, [("Location", location)], keeps=keeps
        ))
        if self.faults.dies_after_redirect:
            self.stop()
        return keeps

    # Loads.

    def load(self, connection, head, request, words):
        if self.goes_wrong(connection, head, request):
            return False
        if message := self.refusal(head, words):
            return self.refuse(connection, head, request, *message)
        if self.faults.location is not None:
            location = self.faults.location.replace("{path}", head.target)
            return self.redirect(connection, head, request, location)
        if self.leader and head.get("enable_merge_commit", "").lower() == "true":
            return self.redirect(
                connection, head, request, self.location(head, self.leader.address)
            )
        node = self.choose(head, words)
        if node is None:
            return self.refuse(connection, head, request, "No backend alive.")
        try:
            address = self.advertised(head, node)
        except ValueError as error:
            return self.refuse(connection, head, request, str(error))
        return self.redirect(connection, head, request, self.location(head, address, node))

    def goes_wrong(self, connection, head, request):
        """Does what the test wants instead of an answer; returns whether it did."""
        faults = self.faults
        time.sleep(faults.delay)
        if faults.raw is not None:
            connection.send(faults.raw)
        elif faults.status is not None:
            self.finish(connection, head, request, lambda _: connection.answer(
                faults.status, faults.body, keeps=False
            ))
        elif faults.takes_body:
            if head.expects_continue:
                connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            if not head.has_body:
                # It waits for one that it was not told of.
                connection.drain(1, 10)
                return True
            for piece in connection.body(head):
                request.body_byte_count += len(piece)
            connection.answer(200, {"Status": "Success", "Message": "by the front end"},
                              keeps=False)
        else:
            return False
        return True

    def refusal(self, head, words):
        """Message, and perhaps a status, if the request is refused before its body."""
        is_old_client = head.version == "HTTP/1.0" and not self.kind.always_expects
        is_load = words[-1] != "_stream_load_2pc"
        if not self.knows(head):
            return "Access denied", 401
        if is_load and head.get("Expect") is None and not is_old_client:
            return ("There is no 100-continue header",)
        if words[-1] == "_load":
            return ("The mini load operation has been disabled by default",)
        if len(words) == 4 and words[1] == "missing":
            return (f"Unknown database '{words[1]}'",)
        mode = head.get("group_commit")
        if self.kind.product == "doris" and is_load and mode is not None:
            if mode.lower() not in ("async_mode", "sync_mode", "off_mode"):
                return ("group_commit can only be [async_mode, sync_mode, off_mode]",)
        if self.groups and self.group(head) is None:
            return ("No cloud cluster name selected.",)
        return None

    def knows(self, head):
        """Whether user and password are right. A token of the cluster stands for them."""
        if head.get("token") == "cluster-token" and head.get("Authorization") is None:
            return True
        user, password = basic_credentials(head) or (None, None)
        return user is not None and self.users.get(user.partition("@")[0]) == password

    def group(self, head):
        if self.kind.name == "starrocks-shared-data":
            return head.get("warehouse", "default_cluster")
        return head.get("compute_group") or head.get("cloud_cluster") or self.default_group

    def choose(self, head, words):
        """A live back end: in turn; that of the table for group or merge commit."""
        nodes = [node for node in self.backends if node.is_alive]
        if self.groups or self.kind.name == "starrocks-shared-data":
            nodes = [node for node in nodes if node.group == self.group(head)]
        if not nodes:
            return None
        mode = head.get("group_commit", "off_mode").lower()
        merges = head.get("enable_merge_commit", "").lower() == "true"
        if mode in ("async_mode", "sync_mode") or merges:
            return nodes[zlib.crc32("/".join(words).encode()) % len(nodes)]
        return nodes[next(self.turns) % len(nodes)]

    def advertised(self, head, node):
        """The address of a back end that the redirect policy selects. Raises ValueError."""
        if self.kind.product == "starrocks":
            return node.address
        name, is_site_local = self.requested(head)
        policy = head.get("redirect-policy") or self.policy
        public, private = node.public_endpoint, node.private_endpoint
        if policy in ("direct", "random-be"):
            return node.address
        if policy == "public-private":
            if is_site_local is None:
                policy = "public" if "public" in name else "private"
            else:
                policy = "private" if is_site_local else "public"
        if policy in ("public", "private"):
            endpoint = public if policy == "public" else private
            if endpoint is None:
                raise ValueError(f"{policy} endpoint is null, please check be {policy} endpoint config")
            return endpoint
        if is_site_local is not None and public and name == public.rpartition(":")[0]:
            return public
        if private:
            return f"{name}:{private.rpartition(':')[2]}"
        return node.address

    def requested(self, head):
        """The name in Host, and whether it is an address within a site (None: it is a name)."""
        host = head.get("Host") or ""
        if host.startswith("["):
            if not self.kind.accepts_ipv6_host:
                raise ValueError(f"Invalid header host: {host}")
            name = host.partition("]")[0] + "]"
        else:
            name, _, port = host.partition(":")
            if ":" in port:
                raise ValueError(f"Invalid header host: {host}")
        if not name:
            raise ValueError("Invalid header host: ")
        try:
            return name, ipaddress.ip_address(name.strip("[]")).is_private
        except ValueError:
            return name, None

    def location(self, head, address, node=None):
        kind = self.kind
        scheme = "https" if kind.copies_scheme and self.context else "http"
        path, query = head.path, head.query
        user_info = ""
        credentials = basic_credentials(head)
        if kind.has_user_info and credentials:
            user = credentials[0].partition("@")[0].removeprefix("default_cluster:")
            user_info = java_quote(f"{user}:{credentials[1]}", ";:&=+$,") + "@"
        mode = head.get("group_commit", "off_mode").lower()
        if self.forwards and node and mode in ("async_mode", "sync_mode"):
            path = path.replace("_stream_load", "_stream_load_forward")
            query = "&".join(filter(None, [query, f"forward_to={node.address}"]))
            address = next(each for each in self.backends if each.is_alive).address
        if kind.reencodes != "nothing":
            path = java_quote(urllib.parse.unquote(path), "/;:@&=+$,")
        if kind.reencodes == "path":
            return f"{scheme}://{user_info}{address}{path}?{query or ''}"
        if kind.reencodes == "both" and query is not None:
            query = java_quote(urllib.parse.unquote(query), ";/?:@&=+$,[]")
        mark = "?" if query is not None else ""
        return f"{scheme}://{user_info}{address}{path}{mark}{query or ''}"

    # Transactions of StarRocks.

    def transaction(self, connection, head, request):
        if self.goes_wrong(connection, head, request):
            return False
        if not self.knows(head):
            return self.refuse(connection, head, request, "Access denied", 401)
        if self.leader:
            return self.redirect(
                connection, head, request, self.location(head, self.leader.address)
            )
        label = head.get("label")
        if label is None:
            return self.refuse(connection, head, request, "empty label.")
        with self.lock:
            if head.path.endswith("/begin"):
                node = self.choose(head, [])
                if node:
                    self.nodes[label] = node
            else:
                node = self.nodes.get(label)
        if node is None:
            return self.refuse(connection, head, request, f"transaction {label} not exists")
        return self.redirect(connection, head, request, self.location(head, node.address))

    # Everything else.

    def page(self, connection, head, request, words):
        body = b"".join(connection.body(head))
        request.body_byte_count = len(body)

        def answer(status, body, content="application/json", fields=()):
            return connection.answer(status, body, content, fields, head.keeps_connection,
                                     is_head=head.method == "HEAD")

        if head.get("Upgrade") and "upgrade" in head.get("Connection", "").lower():
            return self.upgrade(connection, head)
        path = "/" + "/".join(words)
        is_known = self.knows(head)
        if path == "/":
            return answer(200, "<!doctype html><title>Web UI</title>", "text/html")
        if path.startswith("/static/"):
            return answer(200, "console.log('web UI')\n" * 1000, "text/javascript")
        if path == "/api/bootstrap":
            return answer(200, self.bootstrap())
        if path == "/api/health":
            online = sum(node.is_alive for node in self.backends)
            data = {"total_backend_num": len(self.backends), "online_backend_num": online}
            return answer(200, {"msg": "success", "code": 0, "data": data, "count": 0})
        if path == "/rest/v1/login" and head.method == "POST":
            return self.log_in(answer, is_known)
        if path.startswith("/rest/v1/") and self.has_session(head):
            return answer(200, {"msg": "success", "code": 0, "data": {"rows": []}, "count": 0})
        if path.startswith(("/rest/", "/api/")) and not is_known:
            return answer(401, {"msg": "Unauthorized", "code": 401, "data": None, "count": 0},
                          fields=[("WWW-Authenticate", 'Basic realm=""')])
        if path == "/api/backends":
            return answer(200, {"msg": "success", "code": 0, "data": {"backends": [
                {"ip": node.host, "http_port": node.port, "is_alive": node.is_alive}
                for node in self.backends
            ]}, "count": 0})
        if words[:2] == ["api", "query"]:
            data = {"type": "result_set", "meta": [], "data": [[len(body)]]}
            return self.in_chunks(connection, head, {"msg": "success", "code": 0, "data": data})
        if path.startswith("/rest/"):
            return answer(200, {"msg": "success", "code": 0, "data": {}, "count": 0})
        if path in ("/api/_set_config", "/api/colocate", "/image", "/info", "/put", "/role", "/dump"):
            return answer(200, {"msg": "an internal of the front end", "code": 0})
        return answer(404, "not found\n", "text/plain")

    def bootstrap(self):
        if not self.is_ready:
            return {"msg": "not ready", "code": 1, "data": None, "count": 0}
        data = {"replayedJournalId": 0, "queryPort": 0, "rpcPort": 0, "version": ""}
        return {"msg": "success", "code": 0, "data": data, "count": 0}

    def log_in(self, answer, is_known):
        if not is_known:
            return answer(200, {"msg": "Access denied", "code": 401, "data": None, "count": 0})
        cookie = f"session-{len(self.cookies)}"
        self.cookies.add(cookie)
        secure = "; Secure" if self.context else ""
        field = ("Set-Cookie", f"PALO_SESSION_ID={cookie}; Max-Age=86400; Path=/; HttpOnly{secure}")
        return answer(200, {"msg": "Login success!", "code": 0, "data": None, "count": 0},
                      fields=[field])

    def has_session(self, head):
        pairs = [pair.strip().partition("=") for pair in (head.get("Cookie") or "").split(";")]
        return any(name == "PALO_SESSION_ID" and value in self.cookies for name, _, value in pairs)

    def in_chunks(self, connection, head, answer):
        text = json.dumps(answer).encode()
        if head.version == "HTTP/1.0":
            return connection.answer(200, text, keeps=head.keeps_connection)
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                        b"Transfer-Encoding: chunked\r\n\r\n")
        for start in range(0, len(text), 16):
            piece = text[start:start + 16]
            connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.send(b"0\r\n\r\n")
        return head.keeps_connection

    def upgrade(self, connection, head):
        """Speaks another protocol from now on: it repeats what it reads."""
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                        b"Upgrade: " + head.get("Upgrade").encode() + b"\r\n\r\n")
        while True:
            if connection.buffer:
                connection.send(connection.buffer)
                connection.buffer.clear()
            connection.receive()


def java_quote(text, more):
    """As the constructors of java.net.URI with several arguments, then toASCIIString()."""
    return urllib.parse.quote(unicodedata.normalize("NFC", text), safe="_-!.~'()*" + more)
