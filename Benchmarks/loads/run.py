#!/usr/bin/env python3
"""HTTP requests and uploads at Sluice, at HAProxy in HTTP mode and at nginx, interleaved.

    python3 Benchmarks/loads/run.py --sluice .build/release/sluice [--sluice NAME=PATH] --rounds 5

A path with `:pass` at its end is measured in `http: pass`, else in `http: follow`, where an upload is
a stream load: the front end redirects it to the sink. Each figure is the proxy's CPU time for a
request or a gigabyte, and the rate; ratios are medians of those within the rounds, to HAProxy. Needs
nginx, haproxy and wrk. Each proxy has one thread.
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
import threading
import time

TICK = os.sysconf("SC_CLK_TCK")
UPLOAD_BYTES = 256 << 20
MSG_TRUNC = 0x20


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, log):
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit(f"nothing listens on port {port}: " + open(log).read())


class Program:
    """A server of the benchmark, with its children."""

    def __init__(self, name, command, port, folder):
        self.name, self.port = name, port
        path = os.path.join(folder, f"{name}.log")
        log = open(path, "wb")
        self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        wait_for(port, path)

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

    def socket_bytes(self):
        """What the kernel holds for its sockets: received and unread, sent and not acknowledged."""
        own = {f"pid={pid}," for pid in self.pids()}
        output = subprocess.run(["ss", "-tnmpH"], capture_output=True, text=True).stdout
        total = 0
        for line in output.replace("\n\t", "\t").splitlines():
            memory = re.search(r"skmem:\(r(\d+),rb\d+,t(\d+),tb\d+,f\d+,w(\d+)", line)
            if memory and any(pid in line for pid in own):
                total += int(memory[1]) + int(memory[3])
        return total

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def read_head(connection):
    head = b""
    while b"\r\n\r\n" not in head:
        more = connection.recv(65536)
        if not more:
            return None, b""
        head += more
    head, _, rest = head.partition(b"\r\n\r\n")
    return head, rest


def length_of(head):
    return int(re.search(rb"(?im)^content-length:\s*(\d+)", head)[1])


class Sink:
    """Takes uploads and answers each when it is whole; slowly, if it is told so."""

    def __init__(self, redirects_to=None):
        self.redirects_to = redirects_to
        self.may_read = threading.Event()
        self.may_read.set()
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.socket.accept()
            threading.Thread(target=self.serve, args=[connection], daemon=True).start()

    def serve(self, connection):
        try:
            self.answer_all(connection)
        except ConnectionError:
            pass  # The client of a stalled upload has left.

    def answer_all(self, connection):
        with connection:
            while True:
                head, rest = read_head(connection)
                if head is None:
                    return
                if self.redirects_to:
                    path = head.split(b" ")[1].decode()
                    connection.sendall(
                        f"HTTP/1.1 307 Temporary Redirect\r\nContent-Length: 0\r\n"
                        f"Location: http://127.0.0.1:{self.redirects_to}{path}\r\n\r\n".encode())
                    continue
                if b"100-continue" in head.lower():
                    connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                left = length_of(head) - len(rest)
                buffer = bytearray(1 << 20)
                while left > 0:
                    self.may_read.wait()
                    # Dropped in the kernel: the sink is to cost little (tcp(7)).
                    count = connection.recv_into(buffer, min(left, len(buffer)), MSG_TRUNC)
                    if count == 0:
                        return
                    left -= count
                body = b'{"Status":"Success"}'
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def start_backend(folder):
    port = free_port()
    with open(f"{folder}/nginx.conf", "w") as conf:
        conf.write(f"""daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; worker_processes 1;
events {{ worker_connections 20000; }}
http {{ access_log off; keepalive_requests 1000000000; keepalive_timeout 1h;
{temporary_folders(folder)}
server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 200 "ok"; }} }} }}
""")
    return Program("backend", ["nginx", "-c", f"{folder}/nginx.conf"], port, folder)


def temporary_folders(folder):
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)


def start_nginx(folder, backend, sink):
    port = free_port()
    with open(f"{folder}/proxy.conf", "w") as conf:
        conf.write(f"""daemon off; pid {folder}/proxy.pid; error_log {folder}/proxy.log; worker_processes 1;
events {{ worker_connections 20000; }}
http {{ access_log off; keepalive_requests 1000000000; keepalive_timeout 1h;
{temporary_folders(folder + "/proxy")}
upstream web {{ server 127.0.0.1:{backend}; keepalive 1024; keepalive_requests 1000000000; }}
upstream sink {{ server 127.0.0.1:{sink}; keepalive 64; }}
server {{ listen 127.0.0.1:{port} backlog=4096; client_max_body_size 0;
proxy_http_version 1.1; proxy_set_header Connection ""; proxy_request_buffering off;
proxy_set_header X-Forwarded-For $remote_addr; proxy_read_timeout 1h;
location / {{ proxy_pass http://web; }} location /api/ {{ proxy_pass http://sink; }} }} }}
""")
    os.makedirs(f"{folder}/proxy", exist_ok=True)
    return Program("nginx", ["nginx", "-c", f"{folder}/proxy.conf"], port, folder)


def start_haproxy(folder, backend, sink):
    port = free_port()
    with open(f"{folder}/haproxy.cfg", "w") as conf:
        conf.write(f"""global
  nbthread 1
  maxconn 6000
defaults
  mode http
  option forwardfor
  option splice-auto
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend all
  bind 127.0.0.1:{port}
  use_backend sink if {{ path_beg /api/ }}
  default_backend web
backend web
  server a 127.0.0.1:{backend}
backend sink
  server a 127.0.0.1:{sink}
""")
    return Program("haproxy", ["haproxy", "-db", "-f", f"{folder}/haproxy.cfg"], port, folder)


def start_sluice(folder, name, path, backend, sink, redirects, mode):
    """Requests and uploads come to two listeners: the others route by path, this one by port."""
    web, loads = free_port(), free_port()
    http = "http: follow, " if mode == "follow" else ""
    fields = f"redirects: {{ targets: [ 127.0.0.1:{sink} ] }}, " if mode == "follow" else ""
    front = redirects if mode == "follow" else sink
    with open(f"{folder}/{name}.yaml", "w") as conf:
        conf.write(f"""log: {{ access: off }}
engine: {{ shards: 1 }}
limits: {{ connectionsPerSource: 0, connectRatePerSource: 0 }}
warehouses:
  - id: W
    whitelist: {{ mode: anywhere }}
    listeners:
      - {{ protocol: http, listen: 127.0.0.1:{web}, {http}backends: [ 127.0.0.1:{backend} ] }}
      - {{ protocol: http, listen: 127.0.0.1:{loads}, {http}{fields}backends: [ 127.0.0.1:{front} ] }}
""")
    program = Program(name, [path, "serve", "--config", f"{folder}/{name}.yaml"], web, folder)
    program.upload_port = loads
    return program


def measured(program, work):
    """CPU seconds of the proxy for a piece of work, and pieces in a second."""
    before, start = program.cpu_seconds(), time.monotonic()
    count = work()
    elapsed = time.monotonic() - start
    return (program.cpu_seconds() - before) / count, count / elapsed


def wrk(port, seconds, connections):
    output = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", f"http://127.0.0.1:{port}/"],
        capture_output=True, text=True).stdout
    if "Non-2xx" in output:
        sys.exit(output)
    return int(re.search(r"(\d+) requests in", output)[1])


def start_upload(port, size):
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(
        f"PUT /api/db/t/_stream_load HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n".encode())
    return connection


def upload(port, file, times):
    for _ in range(times):
        with start_upload(port, UPLOAD_BYTES) as connection:
            offset = 0
            while offset < UPLOAD_BYTES:
                offset += os.sendfile(connection.fileno(), file.fileno(), offset, 4 << 20)
            head, body = read_head(connection)
            if head is None or b" 200 " not in head.split(b"\r\n")[0]:
                sys.exit(f"an upload was answered by {head}")
    return times * UPLOAD_BYTES / 1e9


def upload_memory(program, sink, count):
    """User memory and socket memory of each upload whose sink does not read, after the same number
    has passed whole: buffers that are kept for later count only if they grow."""
    port = program.upload_port
    sink.may_read.clear()
    before = program.resident_bytes(), program.socket_bytes()
    uploads = []
    for _ in range(count):
        connection = start_upload(port, UPLOAD_BYTES)
        connection.setblocking(False)
        uploads.append(connection)
    end = time.monotonic() + 4
    block = bytes(1 << 16)
    while time.monotonic() < end:
        for connection in uploads:
            try:
                while connection.send(block):
                    pass
            except BlockingIOError:
                pass
        time.sleep(0.1)
    after = program.resident_bytes(), program.socket_bytes()
    for connection in uploads:
        connection.close()
    sink.may_read.set()
    time.sleep(1)
    return [(b - a) / count / 1024 for a, b in zip(before, after)]


def idle_bytes(program, count):
    """Of each idle connection that has had a request answered, beyond what the program holds anyway."""
    before, sockets = program.resident_bytes(), []
    for _ in range(count):
        plain = socket.create_connection(("127.0.0.1", program.port))
        plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        if b"200" not in plain.recv(4096):
            sys.exit(f"{program.name} does not answer")
        sockets.append(plain)
    time.sleep(1)
    after = program.resident_bytes()
    for plain in sockets:
        plain.close()
    time.sleep(1)
    return (after - before) / count


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sluice", action="append", required=True, help="[NAME=]PATH[:pass]")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--idle", type=int, default=4000, help="idle connections; 0 for none")
    parser.add_argument("--uploads", type=int, default=64, help="uploads in flight; 0 for none")
    parser.add_argument("--only", help="comma-separated names of measurements")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="sluice-loads-")
    os.chmod(folder, 0o755)
    programs = []
    try:
        backend, sink = start_backend(folder), Sink()
        front_end = Sink(redirects_to=sink.port)
        programs.append(backend)
        contestants = {
            "haproxy": start_haproxy(folder, backend.port, sink.port),
            "nginx": start_nginx(folder, backend.port, sink.port),
        }
        for program in contestants.values():
            program.upload_port = program.port
        for argument in options.sluice:
            path, _, mode = argument.partition(":")
            name, _, path = path.rpartition("=")
            name = name or f"sluice-{mode or 'follow'}"
            contestants[name] = start_sluice(
                folder, name, os.path.abspath(path), backend.port, sink.port, front_end.port,
                mode or "follow")
        programs += contestants.values()
        file = open(f"{folder}/file", "w+b")
        file.write(os.urandom(1 << 20) * 256)
        file.flush()
        works = {
            "requests-64": (1e6, "µs", lambda p: lambda: wrk(p.port, options.seconds, 64)),
            "upload": (1, "s/GB", lambda p: lambda: upload(p.upload_port, file, 4)),
        }
        if options.only:
            works = {name: work for name, work in works.items() if name in options.only.split(",")}
        results = {}
        for round in range(options.rounds):
            for work_name, (scale, unit, make) in works.items():
                names = list(contestants)[:: 1 if round % 2 == 0 else -1]
                for name in names:
                    program = contestants[name]
                    cpu, rate = measured(program, make(program))
                    results.setdefault((work_name, name), []).append((cpu * scale, rate))
        for work_name, (scale, unit, _) in works.items():
            base = results[work_name, "haproxy"]
            for name in contestants:
                mine = results[work_name, name]
                cpu, rate = (statistics.median(pair[i] for pair in mine) for i in (0, 1))
                ratios = [statistics.median(a[i] / b[i] for a, b in zip(mine, base)) for i in (0, 1)]
                print(f"{work_name:12} {name:14} {cpu:9.3f} {unit:5} {rate:10.2f}/s"
                      f"   CPU ×{ratios[0]:.2f}  rate ×{ratios[1]:.2f}")
        for name, program in contestants.items():
            if options.uploads:
                user, kernel = upload_memory(program, sink, options.uploads)
                print(f"{'in flight':12} {name:14} {user:9.1f} KiB in the process and"
                      f" {kernel:9.1f} KiB in its sockets, of each stalled upload")
        for name, program in contestants.items():
            if options.idle:
                print(f"{'idle':12} {name:14} {idle_bytes(program, options.idle):9.0f} bytes of each")
    finally:
        for program in programs:
            program.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
