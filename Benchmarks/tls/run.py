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
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port):
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit(f"nothing listens on port {port}")


class Program:
    """A server of the benchmark, with its children."""

    def __init__(self, name, command, port, folder):
        self.name, self.port = name, port
        log = open(os.path.join(folder, f"{name}.log"), "wb")
        self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        wait_for(port)

    def pids(self):
        children = subprocess.run(
            ["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True
        ).stdout.split()
        return [self.process.pid] + [int(pid) for pid in children]

    def cpu_seconds(self):
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/stat") as stat:
                fields = stat.read().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICK

    def resident_bytes(self):
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/smaps_rollup") as rollup:
                total += int(re.search(r"^Pss:\s+(\d+)", rollup.read(), re.M)[1]) * 1024
        return total

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


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


def start_backend(folder):
    port = free_port()
    with open(f"{folder}/file", "wb") as file:
        file.write(os.urandom(1 << 20) * 256)
    with open(f"{folder}/nginx.conf", "w") as conf:
        conf.write(f"""daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; worker_processes 1;
events {{ worker_connections 8192; }}
http {{ access_log off; keepalive_requests 1000000000; sendfile on;
{"".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))}
server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 200 "ok"; }} location /file {{ alias {folder}/file; }} }} }}
""")
    return Program("nginx", ["nginx", "-c", f"{folder}/nginx.conf"], port, folder)


def start_haproxy(folder, backend, kind, resumes, threads):
    port = free_port()
    tickets = "" if resumes else "no-tls-tickets"
    cache = "" if resumes else "tune.ssl.cachesize 0"
    name = f"haproxy-{kind}-{resumes}"
    with open(f"{folder}/{name}.cfg", "w") as conf:
        conf.write(f"""global
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
    return Program(name, ["haproxy", "-db", "-f", f"{folder}/{name}.cfg"], port, folder)


def start_sluice(folder, name, path, backend, kind, resumes, threads):
    port = free_port()
    name = f"{name}-{kind}-{resumes}"
    tickets = "true" if resumes else "false"
    with open(f"{folder}/{name}.yaml", "w") as conf:
        conf.write(f"""log: {{ access: off }}
engine: {{ shards: {threads} }}
limits: {{ connectionsPerSource: 0, connectRatePerSource: 0 }}
tls: {{ certificates: [ {{ certificate: {kind}.pem, key: {kind}.key }} ], sessionTickets: {tickets} }}
warehouses:
  - id: W
    whitelist: {{ mode: anywhere }}
    listeners:
      - {{ protocol: http, listen: 127.0.0.1:{port}, tls: required, backends: [ 127.0.0.1:{backend} ] }}
""")
    return Program(name, [path, "serve", "--config", f"{folder}/{name}.yaml"], port, folder)


def measured(program, work):
    """CPU seconds of the proxy, and elapsed ones, for so many pieces of work."""
    before, start = program.cpu_seconds(), time.monotonic()
    count = work()
    elapsed = time.monotonic() - start
    return (program.cpu_seconds() - before) / count, count / elapsed


def wrk(port, seconds, connections, *options):
    output = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", *options, f"https://localhost:{port}/"],
        capture_output=True, text=True).stdout
    return int(re.search(r"(\d+) requests in", output)[1])


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


def idle_bytes(program, count):
    """Of each idle connection, beyond what the program holds anyway."""
    import ssl
    context = ssl._create_unverified_context()
    before, sockets = program.resident_bytes(), []
    for _ in range(count):
        plain = socket.create_connection(("127.0.0.1", program.port))
        secure = context.wrap_socket(plain)
        secure.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        secure.recv(4096)
        sockets.append(secure)
    time.sleep(1)
    after = program.resident_bytes()
    for secure in sockets:
        secure.close()
    return (after - before) / count


def openssl_idle_bytes(folder, count):
    """Of each idle connection, what OpenSSL itself keeps; None without a C compiler."""
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "openssl-idle.c")
    program = os.path.join(folder, "openssl-idle")
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
    folder = tempfile.mkdtemp(prefix="sluice-tls-")
    os.chmod(folder, 0o755)
    programs = []
    try:
        for kind in ("rsa", "ec"):
            make_certificate(folder, kind)
        backend = start_backend(folder)
        programs.append(backend)
        contestants = {}
        # Clients resume sessions wherever they can: full handshakes need servers that do not.
        for kind in (("rsa", True), ("rsa", False), ("ec", True), ("ec", False)):
            contestants["haproxy", kind] = start_haproxy(folder, backend.port, *kind, options.threads)
            for argument in options.sluice:
                name, _, path = argument.rpartition("=")
                path = os.path.abspath(path)
                contestants[name or "sluice", kind] = start_sluice(
                    folder, name or "sluice", path, backend.port, *kind, options.threads)
        programs += contestants.values()
        names = list(dict.fromkeys(name for name, _ in contestants))
        seconds = options.seconds
        works = {
            "full-rsa": (("rsa", False), 1e6, "µs", lambda p: lambda: wrk(p, seconds, 32, "-H", "Connection: close")),
            "full-ec": (("ec", False), 1e6, "µs", lambda p: lambda: wrk(p, seconds, 32, "-H", "Connection: close")),
            "resumed-1.2": (("rsa", True), 1e6, "µs", lambda p: lambda: s_time(p, seconds, "-reuse", "-tls1_2", "-www", "/")),
            "resumed-1.3": (("rsa", True), 1e6, "µs", lambda p: lambda: s_time(p, seconds, "-reuse", "-tls1_3", "-www", "/")),
            "requests-64": (("ec", True), 1e6, "µs", lambda p: lambda: wrk(p, seconds, 64)),
            "bulk": (("ec", True), 1, "s/GB", lambda p: lambda: download(p, 4)),
        }
        if options.only:
            works = {name: work for name, work in works.items() if name in options.only.split(",")}
        results = {}
        for round in range(options.rounds):
            for work_name, (kind, scale, unit, make) in works.items():
                order = names if round % 2 == 0 else names[::-1]
                for name in order:
                    program = contestants[name, kind]
                    cpu, rate = measured(program, make(program.port))
                    results.setdefault((work_name, name), []).append((cpu * scale, rate))
        for work_name, (kind, scale, unit, _) in works.items():
            base = results[work_name, "haproxy"]
            for name in names:
                mine = results[work_name, name]
                cpu = statistics.median(value for value, _ in mine)
                rate = statistics.median(value for _, value in mine)
                ratio = statistics.median(a[0] / b[0] for a, b in zip(mine, base))
                rates = statistics.median(a[1] / b[1] for a, b in zip(mine, base))
                print(f"{work_name:12} {name:10} {cpu:9.2f} {unit:5} {rate:10.1f}/s   CPU ×{ratio:.2f}  rate ×{rates:.2f}")
        if options.idle:
            for name in names:
                size = idle_bytes(contestants[name, ("ec", True)], options.idle)
                print(f"{'idle':12} {name:10} {size / 1024:9.1f} KiB per connection")
            own = openssl_idle_bytes(folder, options.idle)
            if own:
                print(f"{'idle':12} {'OpenSSL':10} {own / 1024:9.1f} KiB that it keeps for each")
    finally:
        for program in programs:
            program.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
