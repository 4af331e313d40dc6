"""A back end of Doris, or a compute node of StarRocks, as far as loads see it.

Behaves as be/src/http/action/stream_load.cpp of apache/doris and its counterpart in StarRocks; what
stands for a choice of theirs is named at the choice.
"""

import base64
import binascii
import hashlib
import itertools
import json
import re
import socket
import threading
import time
import urllib.parse
from dataclasses import asdict, dataclass, field

from http1 import Connection, Pace, Server, Truncated

MIB = 1 << 20


@dataclass
class Load:
    """What arrived at a back end."""

    path: str
    target: str
    method: str
    host: str = None
    user: str = None
    password: str = None
    database: str = None
    table: str = None
    label: str = None
    fields: list = field(default_factory=list)
    is_chunked: bool = False
    expects: bool = False
    byte_count: int = 0
    sha256: str = ""
    trailers: list = field(default_factory=list)
    # The body was read to its end.
    is_complete: bool = False
    # What was answered: the JSON's own status.
    status: str = None
    peer: str = None

    def get(self, name):
        return next((value for key, value in self.fields if key.lower() == name.lower()), None)

    def public(self):
        """For a log: without credentials."""
        result = asdict(self)
        del result["password"], result["fields"]
        return result


def basic_credentials(head):
    """User and password of a Basic Authorization, or None."""
    scheme, _, value = (head.get("Authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (user, password) if colon else None


class Transactions:
    """What a warehouse remembers of labels: in truth its front end's, which back ends ask."""

    def __init__(self):
        self.lock = threading.Lock()
        self.states = {}
        self.numbers = itertools.count(1000)

    def begin(self, label):
        """The number of a new transaction, or None if there is one of that label."""
        with self.lock:
            if label in self.states and self.states[label][1] != "ABORTED":
                return None
            number = next(self.numbers)
            self.states[label] = (number, "PREPARE")
            return number

    def move(self, state, label=None, number=None, among=("PREPARE", "PRECOMMITTED")):
        """The number of the transaction that moved, or None if there is none in such a state."""
        with self.lock:
            for key, (found, current) in self.states.items():
                if (key == label or str(found) == number) and current in among:
                    self.states[key] = (found, state)
                    return found
        return None


class Rows:
    """Counts lines, and those that begin with `!`: rows that do not fit the table."""

    def __init__(self):
        self.total = self.filtered = 0
        self.last = b"\n"

    def add(self, piece):
        self.total += piece.count(b"\n")
        self.filtered += (self.last + piece).count(b"\n!")
        self.last = piece[-1:]

    def end(self):
        self.total += self.last != b"\n"


class Backend(Server):
    """
    - public_endpoint, private_endpoint: tags, `host:port`.
    - group: its compute group (Doris) or warehouse (StarRocks).
    - limit_mb: streaming_load_max_mb.
    - after_early_answer: what it does after an answer on the head alone: `closes`, `reads on`.
    - answers_continue: whether it sends 100 Continue.
    """

    def __init__(self, host="127.0.0.1", port=0, *, transactions=None, public_endpoint=None,
                 private_endpoint=None, group="default_cluster", limit_mb=10240,
                 after_early_answer="closes", answers_continue=True, on_load=None):
        self.transactions = transactions or Transactions()
        self.public_endpoint = public_endpoint
        self.private_endpoint = private_endpoint
        self.group = group
        self.limit_mb = limit_mb
        self.after_early_answer = after_early_answer
        self.answers_continue = answers_continue
        self.on_load = on_load or (lambda load: None)
        # May be changed at any time.
        self.bytes_per_second = 0
        self.commit_seconds = 0
        self.continue_seconds = 0
        self.dies_after = None
        self.is_alive = True
        self.loads = []
        # All requests, in the order in which their heads arrived.
        self.heads = []
        # Transactions of StarRocks, which only this node knows.
        self.open_labels = {}
        self.error_logs = {}
        super().__init__(host, port)

    # Requests.

    def handle(self, connection, head):
        with self.lock:
            self.heads.append(head)
            self.lock.notify_all()
        path = urllib.parse.unquote(head.path)
        words = path.strip("/").split("/")
        if head.method in ("PUT", "POST") and words[0] == "api":
            if words[-1] in ("_stream_load", "_http_stream", "_load"):
                return self.load(connection, head, words)
            if words[-1] == "_stream_load_2pc":
                return self.commit_by_request(connection, head)
            if words[-1] == "_stream_load_forward":
                return self.forward(connection, head)
            if words[1:2] == ["transaction"]:
                return self.transaction(connection, head, words[2])
        if path == "/api/_load_error_log":
            return self.error_log(connection, head)
        if path == "/metrics":
            return connection.answer(200, "doris_be_up 1\n", "text/plain")
        return connection.answer(404, "not found\n", "text/plain", keeps=not head.has_body)

    def load(self, connection, head, words, transaction=None):
        """A load, in one request or within a transaction."""
        load = self.record(connection, head, words)
        if refusal := self.refusal(head, load, transaction):
            return self.answer_early(connection, head, load, refusal)
        label = load.label or hashlib.md5(f"{time.time()}".encode()).hexdigest()
        number = transaction or self.transactions.begin(label)
        if number is None:
            return self.answer_early(connection, head, load, {
                "Label": label, "Status": "Label Already Exists", "ExistingJobStatus": "FINISHED",
                "Message": f"Label [{label}] has already been used",
            })
        if head.expects_continue and self.answers_continue:
            time.sleep(self.continue_seconds)
            connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        rows = Rows()
        try:
            self.read(connection, head, load, rows)
        except (Truncated, OSError):
            self.transactions.move("ABORTED", label)
            return False
        finally:
            self.announce(load)
        time.sleep(self.commit_seconds)
        answer = self.result(head, load, label, number, rows, is_open=transaction is not None)
        load.status = answer["Status"]
        self.announce(load)
        return connection.answer(200, answer, keeps=head.keeps_connection)

    def announce(self, load):
        with self.lock:
            self.lock.notify_all()
        self.on_load(load)

    def record(self, connection, head, words):
        user, password = basic_credentials(head) or (None, None)
        load = Load(
            path=head.path, target=head.target, method=head.method, host=head.get("Host"),
            user=user, password=password, label=head.get("label"), fields=head.fields,
            is_chunked=head.is_chunked, expects=head.get("Expect") is not None,
            peer=connection.peer[0],
        )
        if words[1] == "transaction":
            load.database, load.table = head.get("db"), head.get("table")
        elif len(words) == 4:
            load.database, load.table = words[1], words[2]
        with self.lock:
            self.loads.append(load)
            self.lock.notify_all()
        return load

    def refusal(self, head, load, transaction):
        """What is answered on the head alone, or None."""
        def fail(message):
            return {"Status": "Fail", "Message": message, "Label": load.label or ""}

        if load.user is None:
            return fail("no valid Basic authorization")
        if head.length is not None and head.is_chunked:
            return fail("please do not set both content_length and transfer-encoding")
        if head.length is None and not head.is_chunked:
            return fail("content_length is empty and transfer-encoding!=chunked, "
                        "please set content_length or transfer-encoding=chunked")
        if head.path.endswith("/_http_stream") and not head.get("sql"):
            return fail("miss sql in header")
        if head.length and head.length > self.limit_mb * MIB:
            return fail(f"body exceed max size: {self.limit_mb * MIB}, data: {head.length}")
        return None

    def answer_early(self, connection, head, load, answer):
        """Answers before the body, and stops reading as libevent does, or reads on."""
        load.status = answer["Status"]
        self.announce(load)
        if self.after_early_answer == "reads on":
            connection.answer(200, answer)
            if head.expects_continue:
                return False
            for piece in connection.body(head):
                load.byte_count += len(piece)
            load.is_complete = True
            return head.keeps_connection
        connection.answer(200, answer, keeps=False)
        return False

    def read(self, connection, head, load, rows):
        digest = hashlib.sha256()
        pace = Pace(self.bytes_per_second)
        for piece in connection.body(head):
            digest.update(piece)
            rows.add(piece)
            load.byte_count += len(piece)
            load.sha256 = digest.hexdigest()
            if self.dies_after is not None and load.byte_count >= self.dies_after:
                connection.reset()
                raise Truncated
            pace.passed(len(piece))
        rows.end()
        load.sha256 = digest.hexdigest()
        load.trailers = list(connection.trailers)
        load.is_complete = True

    def result(self, head, load, label, number, rows, is_open):
        ratio = float(head.get("max_filter_ratio", "0"))
        fits = rows.filtered <= ratio * max(rows.total, 1)
        is_two_phase = head.get("two_phase_commit", "false").lower() == "true"
        answer = {
            "TxnId": number, "Label": label, "Comment": "",
            "TwoPhaseCommit": "true" if is_two_phase else "false",
            "Status": "Success" if fits else "Fail",
            "Message": "OK" if fits else "[DATA_QUALITY_ERROR]too many filtered rows",
            "NumberTotalRows": rows.total, "NumberLoadedRows": rows.total - rows.filtered,
            "NumberFilteredRows": rows.filtered, "NumberUnselectedRows": 0,
            "LoadBytes": load.byte_count, "LoadTimeMs": 12,
        }
        if head.get("group_commit") in ("async_mode", "sync_mode"):
            answer["GroupCommit"] = True
        if rows.filtered:
            answer["ErrorURL"] = self.error_url(label, rows)
        if not is_open:
            state = "ABORTED" if not fits else "PRECOMMITTED" if is_two_phase else "VISIBLE"
            self.transactions.move(state, label)
        return answer

    # Rows that did not fit.

    def error_url(self, label, rows):
        name = f"__shard_0/error_log_insert_stmt_{hashlib.md5(label.encode()).hexdigest()}"
        self.error_logs[name] = f"Reason: column count mismatch. {rows.filtered} rows\n"
        return f"http://{self.address}/api/_load_error_log?file={name}"

    def error_log(self, connection, head):
        parameters = urllib.parse.parse_qs(head.query or "")
        text = self.error_logs.get(parameters.get("file", [""])[0])
        if text is None:
            return connection.answer(404, "file not exist\n", "text/plain")
        return connection.answer(200, text, "text/plain")

    # Two-phase commit.

    def commit_by_request(self, connection, head):
        operation = head.get("txn_operation", "").lower()
        if basic_credentials(head) is None:
            answer = {"status": "Fail", "msg": "no valid Basic authorization"}
        elif operation not in ("commit", "abort"):
            answer = {"status": "Fail", "msg": "transaction operation should be commit or abort"}
        else:
            state = "VISIBLE" if operation == "commit" else "ABORTED"
            number = self.transactions.move(
                state, head.get("label"), head.get("txn_id"), among=("PRECOMMITTED",)
            )
            answer = (
                {"status": "Success", "msg": f"transaction [{number}] {operation} successfully."}
                if number else {"status": "ANALYSIS_ERROR", "msg": "transaction not found"}
            )
        for _ in connection.body(head):
            pass
        return connection.answer(200, answer, keeps=head.keeps_connection)

    # Transactions of StarRocks: a node knows those that began at it.

    def transaction(self, connection, head, operation):
        label = head.get("label")
        words = ["api", "transaction", operation]
        if basic_credentials(head) is None:
            return self.finish(connection, head, "FAILED", "no valid Basic authorization")
        if operation == "begin":
            number = self.transactions.begin(label)
            if number is None:
                return self.finish(connection, head, "LABEL_ALREADY_EXISTS", "label exists")
            self.open_labels[label] = number
            return self.finish(connection, head, "OK", "", TxnId=number)
        if label not in self.open_labels:
            if operation == "load":
                return self.answer_early(connection, head, self.record(connection, head, words), {
                    "Status": "TXN_NOT_EXISTS", "Message": f"transaction {label} not exists",
                })
            return self.finish(connection, head, "TXN_NOT_EXISTS", f"no transaction {label}")
        if operation == "load":
            return self.load(connection, head, words, transaction=self.open_labels[label])
        state = {"prepare": "PRECOMMITTED", "commit": "VISIBLE", "rollback": "ABORTED"}[operation]
        self.transactions.move(state, label)
        number = self.open_labels[label]
        if operation != "prepare":
            del self.open_labels[label]
        return self.finish(connection, head, "OK", "", TxnId=number)

    def finish(self, connection, head, status, message, **more):
        for _ in connection.body(head):
            pass
        answer = {"Status": status, "Message": message, "Label": head.get("label"), **more}
        return connection.answer(200, answer, keeps=head.keeps_connection)

    # Group commit by way of another back end.

    def forward(self, connection, head):
        """As before apache/doris#64935: without asking who it is, to any address."""
        parameters = urllib.parse.parse_qs(head.query or "")
        host, _, port = parameters.get("forward_to", [""])[0].rpartition(":")
        with socket.create_connection((host, int(port)), 30) as other:
            fields = [(key, value) for key, value in head.fields if key.lower() != "expect"]
            target = head.path.replace("_stream_load_forward", "_stream_load")
            lines = [f"{head.method} {target} HTTP/1.1"] + [f"{k}: {v}" for k, v in fields]
            other.sendall("\r\n".join(lines + ["", ""]).encode("latin-1"))
            if head.expects_continue:
                connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            for piece in connection.body(head):
                other.sendall(
                    b"%x\r\n%s\r\n" % (len(piece), piece) if head.is_chunked else piece
                )
            if head.is_chunked:
                other.sendall(b"0\r\n\r\n")
            reader = Connection(other, None)
            answer = reader.read_until(b"\r\n\r\n")
            length = int(re.search(rb"(?i)content-length: *(\d+)", answer)[1])
            connection.send(answer + b"".join(reader.counted(length)))
        return head.keeps_connection


def report(load):
    """One line of JSON on a load, for who watches."""
    print(json.dumps(load.public()), flush=True)
