#!/usr/bin/env python3
"""TLS at Sluice and at HAProxy, with the same certificate, interleaved: handshakes, requests, bulk.

    python3 Benchmarks/tls/run.py --sluice .build/release/sluice [--sluice NAME=PATH] --rounds 5

Each figure is the proxy's CPU time for a handshake, a request or a gigabyte, and the rate; the last
column is the median of the ratios within the rounds. Needs nginx, haproxy, wrk, curl and openssl.
"""

import argparse
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "peers"))

from contest import Measurement, Program, compare, idle_bytes, nginx, running, wrk
from servers import free_port


def make_certificate(folder, kind):
    new = {"rsa": ["rsa:2048"], "ec": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]}[kind]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", *new, "-nodes", "-days", "30", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", f"{folder}/{kind}.key",
         "-out", f"{folder}/{kind}.pem"],
        check=True, capture_output=True)
    os.chmod(f"{folder}/{kind}.key", 0o600)
    with open(f"{folder}/{kind}.both", "w") as both:
        both.write(open(f"{folder}/{kind}.pem").read() + open(f"{folder}/{kind}.key").read())
    os.chmod(f"{folder}/{kind}.both", 0o600)


def make_backend(folder):
    port = free_port()
    with open(f"{folder}/file", "wb") as file:
        file.write(os.urandom(1 << 20) * 256)
    return nginx("backend", folder, {"http": port}, f"""sendfile on;
server {{ listen 127.0.0.1:{port} backlog=4096;
location / {{ return 200 "ok"; }} location /file {{ alias {folder}/file; }} }}""")


def make_haproxy(folder, backend, kind, resumes, threads):
    port = free_port()
    tickets = "" if resumes else "no-tls-tickets"
    cache = "" if resumes else "tune.ssl.cachesize 0"
    name = f"haproxy-{kind}-{resumes}"
    return Program(name, folder, ["haproxy", "-db", "-f"], {"http": port}, f"""global
  nbthread {threads}
  maxconn 8000
  ssl-default-bind-options ssl-min-ver TLSv1.2 {tickets}
  {cache}
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen tls
  bind 127.0.0.1:{port} ssl crt {folder}/{kind}.both alpn http/1.1
  server a 127.0.0.1:{backend}
""")


def make_sluice(folder, name, path, backend, kind, resumes, threads):
    port = free_port()
    name = f"{name}-{kind}-{resumes}"
    tickets = "true" if resumes else "false"
    certificate = f"certificate: {folder}/{kind}.pem, key: {folder}/{kind}.key"
    return Program(name, folder, [path, "serve", "--config"], {"http": port}, f"""log: {{ access: off }}
engine: {{ shards: {threads} }}
limits: {{ connectionsPerSource: 0, connectRatePerSource: 0 }}
tls: {{ certificates: [ {{ {certificate} }} ], sessionTickets: {tickets} }}
warehouses:
  - id: W
    whitelist: {{ mode: anywhere }}
    listeners:
      - {{ protocol: http, listen: 127.0.0.1:{port}, tls: required, backends: [ 127.0.0.1:{backend} ] }}
""")


def s_time(port, seconds, *options):
    """Handshakes one after the other in each of two clients."""
    command = ["openssl", "s_time", "-connect", f"localhost:{port}", "-time", str(seconds), *options]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            for _ in range(2)]
    return sum(int(re.search(r"(\d+) connections in \d+ real", run.communicate()[0])[1]) for run in runs)


def download(port, times):
    for _ in range(times):
        subprocess.run(["curl", "-sko", "/dev/null", f"https://localhost:{port}/file"], check=True)
    return times * 0.268435456


def openssl_idle_bytes(folder, count):
    """Of each idle connection, what OpenSSL itself keeps; None without a C compiler."""
    source, program = Path(__file__).with_name("openssl-idle.c"), folder / "openssl-idle"
    if not shutil.which("cc"):
        return None
    subprocess.run(["cc", "-O2", "-o", program, source, "-lssl", "-lcrypto"], check=True)
    command = [program, f"{folder}/ec.pem", f"{folder}/ec.key", str(count)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sluice", action="append", required=True, help="PATH or NAME=PATH")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--idle", type=int, default=1000, help="idle connections; 0 for none")
    parser.add_argument("--only", help="comma-separated names of measurements")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sluice-tls-") as folder:
        os.chmod(folder, 0o755)
        measure(options, Path(folder))


def measurements(contestants, seconds):
    def requests(program, *arguments):
        return wrk(f"https://localhost:{program.ports['http']}/", seconds, *arguments)

    def full(program):
        return requests(program, 32, "-H", "Connection: close")

    def resumed(version):
        return lambda program: s_time(program.ports["http"], seconds, "-reuse", version, "-www", "/")

    return [
        Measurement("full-rsa", contestants["rsa", False], full),
        Measurement("full-ec", contestants["ec", False], full),
        Measurement("resumed-1.2", contestants["rsa", True], resumed("-tls1_2")),
        Measurement("resumed-1.3", contestants["rsa", True], resumed("-tls1_3")),
        Measurement("requests-64", contestants["ec", True], lambda each: requests(each, 64)),
        Measurement("bulk", contestants["ec", True], lambda each: download(each.ports["http"], 4), "s/GB"),
    ]


def measure(options, folder):
    for kind in ("rsa", "ec"):
        make_certificate(folder, kind)
    backend = make_backend(folder)
    port = backend.ports["http"]
    contestants = {}
    # Clients resume sessions wherever they can: full handshakes need servers that do not.
    for kind in (("rsa", True), ("rsa", False), ("ec", True), ("ec", False)):
        contestants[kind] = {"haproxy": make_haproxy(folder, port, *kind, options.threads)}
        for argument in options.sluice:
            name, _, path = argument.rpartition("=")
            contestants[kind][name or "sluice"] = make_sluice(
                folder, name or "sluice", os.path.abspath(path), port, *kind, options.threads)
    with running(backend, [each for own in contestants.values() for each in own.values()]):
        compare(measurements(contestants, options.seconds), options.rounds, options.only,
                name_width=10, decimals=2)
        if options.idle:
            wrap = ssl._create_unverified_context().wrap_socket
            for name, program in contestants["ec", True].items():
                size = idle_bytes(program, options.idle, wrap)
                print(f"{'idle':12} {name:10} {size / 1024:9.1f} KiB per connection")
            own = openssl_idle_bytes(folder, options.idle)
            if own:
                print(f"{'idle':12} {'OpenSSL':10} {own / 1024:9.1f} KiB that it keeps for each")


if __name__ == "__main__":
    main()
