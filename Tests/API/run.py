"""Holds a running gateway against its own OpenAPI document, with schemathesis.

    run.py SLUICE [--examples N] [schemathesis options]

Starts SLUICE with a store and a warehouse of every kind of listener, asks it for its document, and
lets schemathesis send what the document permits and what it does not. Fails if an answer is a
server error or is not as described, if invalid input is accepted, or if a key is not checked.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from free_ports import free_ports, free_range

HERE = Path(__file__).resolve().parent
# Nothing here is fast or slow: this is when a test that waits for what never happens gives up.
PATIENCE = 120
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "ignored_auth",
]

# Calls that a gateway does not support answer 501, and the store may be unavailable: not an error
# of the server's code, as 500 is.
TOLERANCES = """\
[parameters]
"path.warehouse" = "AWVA7CM7"
"path.group" = ["g1", "g2", "g3", "g4"]
"path.entry" = ["1", "2", "3", "mysql-1"]
"path.endpoint" = ["vpce-0123456789abcdef0", "aws:vpce-0123456789abcdef1", "reporting"]
"path.service" = ["vpce-svc-0123456789abcdef0", "vpce-svc-0123456789abcdef1"]
"path.endpointServiceId" = ["services/a/b", "services/c"]
"path.cluster" = "AWVA7CM7-mysql"
"path.key" = ["%(key)s"]
"path.listener" = ["%(listener)s"]

[checks]
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", 501, 503]
negative_data_rejection.expected-statuses = ["4xx", 501]
"""

CONFIGURATION = """\
management: { listen: 127.0.0.1:%(management)d, socket: %(folder)s/gateway.sock }
policy: store
state: %(folder)s/sluice.db
log: { access: off, level: warning }
domain: link.example.com
dns: { nameServers: [ ns.example.com ] }
warehouses:
  - id: AWVA7CM7
    name: Demo
    host: demo.warehouse.example
    cloud: aws
    region: us-east-1
    zone: use1-az1
    whitelist: { entries: [ 127.0.0.0/8 ] }
    outbound: { listen: 127.0.0.1, ports: %(outbound)d-%(lastOutbound)d, sources: [ 127.0.0.0/8 ] }
    endpointServices:
      - { id: vpce-svc-0123456789abcdef0, cloud: aws, region: us-east-1 }
    endpoints:
      - { id: vpce-0123456789abcdef0, cloud: aws, state: available }
      - { id: reporting, cloud: embedded, state: available }
    listeners:
      - { protocol: mysql, listen: 127.0.0.1:%(mysql)d, backends: [ 127.0.0.1:%(backend)d ], healthCheck: off }
      - { protocol: http, listen: 127.0.0.1:%(http)d, backends: [ 127.0.0.1:%(backend)d ], healthCheck: off }
      - { protocol: mysql, listen: 127.0.0.1:%(private)d, link: private, endpoint: reporting,
          backends: [ 127.0.0.1:%(backend)d ], healthCheck: off }
  - id: EMPTY
    whitelist: { entries: [ 10.0.0.0/8 ] }
"""


def closed(node):
    """The schema with all objects of answers closed: a field that is not described fails."""
    if isinstance(node, list):
        return [closed(each) for each in node]
    if not isinstance(node, dict):
        return node
    result = {key: closed(value) for key, value in node.items()}
    if result.get("type") == "object" and "properties" in result:
        result.setdefault("additionalProperties", False)
    return result


def accepts(path):
    with socket.socket(socket.AF_UNIX) as local:
        return local.connect_ex(path) == 0


def wait_until_ready(url, folder, process):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            sys.exit(f"the gateway ended with {process.returncode}")
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=PATIENCE) as answer:
                # The local socket is bound after the management address.
                if answer.status == 200 and accepts(f"{folder}/gateway.sock"):
                    return
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit(f"the gateway is not ready after {PATIENCE} s")


def key(sluice, folder):
    command = [sluice, "key", "create", "schemathesis", "--role", "administer"]
    command += ["--socket", f"{folder}/gateway.sock", "--json"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return json.loads(answer)["secret"]


def seed(url, secret):
    """Makes what the paths name; returns the id of a key that may be removed."""

    def post(path, body):
        headers = {"X-API-Key": secret, "Content-Type": "application/json"}
        data = json.dumps(body).encode()
        request = urllib.request.Request(f"{url}/v1/{path}", data, headers, method="POST")
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer).get("data")

    warehouse = "private-link/warehouses/AWVA7CM7"
    for name in ["g1", "g2", "g3", "g4"]:
        post("groups", {"name": name})
        for number in range(4):
            post(f"groups/{name}/entries", {"cidr": f"198.51.100.{number}"})
    for number in range(4):
        post("warehouses/AWVA7CM7/whitelist/entries", {"cidr": f"203.0.113.{number}"})
        entry = {"cidr": f"203.0.113.{number}", "service": "mysql"}
        post("warehouses/AWVA7CM7/whitelist/entries", entry)
    post(f"{warehouse}/endpoints", {"endpointId": "vpce-0123456789abcdef1"})
    service = {"serviceId": "vpce-svc-0123456789abcdef1", "cloud": "aws", "region": "eu-west-1"}
    post(f"{warehouse}/services", service)
    for name in ["services/a/b", "services/c"]:
        outbound = {"cloudProvider": "aws", "region": "eu-west-1", "endpointServiceName": name}
        post("private-link/endpoint-services", dict(outbound, endpointServiceId=name))
    return post("keys", {"name": "spare", "role": "read"})["key"]["keyId"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sluice")
    parser.add_argument("--schemathesis", default="schemathesis")
    parser.add_argument("--examples", default="30", help="for each call")
    parser.add_argument("--phases", default="examples,coverage,fuzzing")
    arguments, others = parser.parse_known_args()
    backend = socket.create_server(("127.0.0.1", 0), backlog=128)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o700)
        ports = dict(zip(["management", "mysql", "http", "private"], free_ports(4)))
        outbound = free_range(50)
        values = dict(ports, folder=folder, backend=backend.getsockname()[1])
        values |= {"outbound": outbound, "lastOutbound": outbound + 49}
        Path(folder, "sluice.yaml").write_text(CONFIGURATION % values)
        url = f"http://127.0.0.1:{ports['management']}"
        command = [arguments.sluice, "serve", "--config", f"{folder}/sluice.yaml"]
        gateway = subprocess.Popen(command)
        try:
            wait_until_ready(url, folder, gateway)
            listener = f"127.0.0.1:{ports['mysql']}"
            secret = key(arguments.sluice, folder)
            return check(arguments, others, url, folder, secret, listener)
        finally:
            gateway.send_signal(signal.SIGTERM)
            gateway.wait(timeout=PATIENCE)


def check(arguments, others, url, folder, secret, listener):
    spare = seed(url, secret)
    with urllib.request.urlopen(f"{url}/v1/openapi.json", timeout=PATIENCE) as answer:
        document = closed(json.load(answer))
    schema = Path(folder, "openapi.json")
    schema.write_text(json.dumps(document))
    Path(folder, "schemathesis.toml").write_text(TOLERANCES % {"key": spare, "listener": listener})
    command = [
        arguments.schemathesis, "run", str(schema), "--url", url,
        "--header", f"X-API-Key: {secret}", "--checks", ",".join(CHECKS),
        "--seed", "7", "--max-examples", arguments.examples,
        "--phases", arguments.phases, "--mode", "all", "--continue-on-failure",
        "--generation-database", "none", "--suppress-health-check", "all",
        "--no-color", "--warnings", "off",
        # Ten seconds by default, which a busy machine may take.
        "--request-timeout", str(PATIENCE),
        # A stream never ends; its own tests read it.
        "--exclude-path", "/v1/events",
    ] + others
    started = time.monotonic()
    environment = dict(os.environ, SCHEMATHESIS_HOOKS="formats", PYTHONPATH=str(HERE))
    code = subprocess.run(command, cwd=folder, env=environment).returncode
    print(f"{time.monotonic() - started:.0f} s")
    return code


if __name__ == "__main__":
    sys.exit(main())
