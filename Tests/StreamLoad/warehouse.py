"""A warehouse for tests: front ends and back ends that share transactions.

    warehouse.py [--kind KIND] [--backends N] [--frontends N] [--fe-port PORT] [--be-port PORT] ...

Prints one line of JSON with the addresses, then one for each request at a front end and each load at a
back end. Runs until it is interrupted.
"""

import argparse
import json
import shutil
import signal
import ssl
import subprocess
import tempfile
from pathlib import Path

from backend import Backend, Transactions, report
from frontend import KINDS, Frontend


class Certificate:
    """A made-up certificate for 127.0.0.1 and localhost."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="stream-load-"))
        self.file, self.key = self.folder / "certificate.pem", self.folder / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "30", "-subj", "/CN=front-end", "-addext",
             "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", self.key, "-out", self.file],
            check=True, capture_output=True,
        )
        self.key.chmod(0o600)

    @property
    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Warehouse:
    """
    - kind: of `frontend.KINDS`.
    - frontends: how many there are. The last one is the leader.
    - backends: a number, or a list of the keyword arguments of each.
    - is_tls: the front ends speak TLS; with `enable_https`, plain ones lead to one that does.
    - more: keyword arguments of all front ends.
    """

    def __init__(self, kind="doris-2", *, backends=2, frontends=1, host="127.0.0.1", fe_port=0,
                 be_port=0, is_tls=False, enable_https=False, backend={}, on_load=None, **more):
        transactions = Transactions()
        each = [{} for _ in range(backends)] if isinstance(backends, int) else backends
        self.backends = [
            Backend(port=be_port + place if be_port else 0, transactions=transactions,
                    on_load=on_load, **{"host": host, **backend, **own})
            for place, own in enumerate(each)
        ]
        self.certificate = Certificate() if is_tls or enable_https else None
        if self.certificate:
            secure = Frontend(kind, self.backends, host, context=self.certificate.context, **more)
        self.secure = secure if self.certificate else None
        if enable_https:
            more["https"] = secure
        if is_tls:
            more["context"] = self.certificate.context
        self.frontends, leader = [], None
        for place in reversed(range(frontends)):
            port = fe_port + place if fe_port else 0
            made = Frontend(kind, self.backends, host, port, leader=leader, **more)
            self.frontends.insert(0, made)
            leader = leader or made

    @property
    def frontend(self):
        """A follower, if there is one."""
        return self.frontends[0]

    @property
    def leader(self):
        return self.frontends[-1]

    @property
    def loads(self):
        return [load for backend in self.backends for load in backend.loads]

    def forget(self):
        """Forgets all requests and loads so far."""
        for backend in self.backends:
            backend.loads.clear()
            backend.heads.clear()
        for frontend in self.frontends + ([self.secure] if self.secure else []):
            frontend.requests.clear()

    def stop(self):
        for server in self.frontends + self.backends + ([self.secure] if self.secure else []):
            server.stop()
        if self.certificate:
            self.certificate.remove()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=KINDS, default="doris-2")
    parser.add_argument("--frontends", type=int, default=1, help="the last one is the leader")
    parser.add_argument("--backends", type=int, default=2)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--fe-port", type=int, default=0, help="of the first front end")
    parser.add_argument("--be-port", type=int, default=0, help="of the first back end")
    parser.add_argument("--policy", default="", help="streamload_redirect_policy")
    parser.add_argument("--enable-https", action="store_true")
    parser.add_argument("--delay", type=float, default=0, help="seconds before each 307")
    parser.add_argument("--dies-after-redirect", action="store_true")
    parser.add_argument("--status", type=int, help="answer loads by this status")
    parser.add_argument("--location", help="replaces Location; {path} is the request's target")
    parser.add_argument("--limit-mb", type=int, default=10240, help="streaming_load_max_mb")
    parser.add_argument("--after-early-answer", choices=["closes", "reads on"], default="closes")
    parser.add_argument("--read-rate", type=float, default=0, help="MB/s of each load")
    parser.add_argument("--commit-seconds", type=float, default=0)
    parser.add_argument("--dies-after", type=int, help="bytes of a body")
    return parser.parse_args()


def main():
    chosen = arguments()

    def on_request(request):
        print(json.dumps({
            "frontend": request.head.target, "method": request.head.method,
            "bodyByteCount": request.body_byte_count,
        }), flush=True)

    with Warehouse(
        chosen.kind, frontends=chosen.frontends, backends=chosen.backends, host=chosen.host,
        fe_port=chosen.fe_port, be_port=chosen.be_port, enable_https=chosen.enable_https,
        policy=chosen.policy, on_load=report, on_request=on_request,
        backend={"limit_mb": chosen.limit_mb, "after_early_answer": chosen.after_early_answer},
    ) as warehouse:
        for frontend in warehouse.frontends:
            frontend.faults.delay = chosen.delay
            frontend.faults.dies_after_redirect = chosen.dies_after_redirect
            frontend.faults.status = chosen.status
            frontend.faults.location = chosen.location
        for backend in warehouse.backends:
            backend.bytes_per_second = chosen.read_rate * 1e6
            backend.commit_seconds = chosen.commit_seconds
            backend.dies_after = chosen.dies_after
        print(json.dumps({
            "kind": chosen.kind,
            "frontends": [frontend.address for frontend in warehouse.frontends],
            "backends": [backend.address for backend in warehouse.backends],
            "https": warehouse.secure.address if warehouse.secure else None,
            "users": warehouse.frontend.users,
        }), flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    main()
