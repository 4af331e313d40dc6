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
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "peers"))

import processes
from contest import Measurement, Program, compare, idle_bytes, nginx, running, wrk
from servers import free_port

UPLOAD_BYTES = 256 << 20
MSG_TRUNC = 0x20


def socket_bytes(program):
    """What the kernel holds for its sockets: received and unread, sent and not acknowledged."""
    own = {f"pid={process_id}," for process_id in processes.tree(program.process_id)}
    output = subprocess.run(["ss", "-tnmpH"], capture_output=True, text=True).stdout
    total = 0
    for line in output.replace("\n\t", "\t").splitlines():
        memory = re.search(r"skmem:\(r(\d+),rb\d+,t(\d+),tb\d+,f\d+,w(\d+)", line)
        if memory and any(pid in line for pid in own):
            total += int(memory[1]) + int(memory[3])
    return total


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


def make_backend(folder):
    port = free_port()
    return nginx("backend", folder, {"http": port}, f"""
server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 200 "ok"; }} }}""")


def make_nginx(folder, backend, sink):
    port = free_port()
    return nginx("nginx", folder, {"http": port, "uploads": port}, f"""
upstream web {{ server 127.0.0.1:{backend}; keepalive 1024; keepalive_requests 1000000000; }}
upstream sink {{ server 127.0.0.1:{sink}; keepalive 64; }}
server {{ listen 127.0.0.1:{port} backlog=4096; client_max_body_size 0;
proxy_http_version 1.1; proxy_set_header Connection ""; proxy_request_buffering off;
proxy_set_header X-Forwarded-For $remote_addr; proxy_read_timeout 1h;
location / {{ proxy_pass http://web; }} location /api/ {{ proxy_pass http://sink; }} }}""")


def make_haproxy(folder, backend, sink):
    port = free_port()
    ports = {"http": port, "uploads": port}
    return Program("haproxy", folder, ["haproxy", "-db", "-f"], ports, f"""global
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


def make_sluice(folder, name, path, backend, sink, redirects, mode):
    """Requests and uploads come to two listeners: the others route by path, this one by port."""
    web, loads = free_port(), free_port()
    ports = {"http": web, "uploads": loads}
    http = "http: follow, " if mode == "follow" else ""
    fields = f"redirects: {{ targets: [ 127.0.0.1:{sink} ] }}, " if mode == "follow" else ""
    front = redirects if mode == "follow" else sink
    return Program(name, folder, [path, "serve", "--config"], ports, f"""log: {{ access: off }}
engine: {{ shards: 1 }}
limits: {{ connectionsPerSource: 0, connectRatePerSource: 0 }}
warehouses:
  - id: W
    whitelist: {{ mode: anywhere }}
    listeners:
      - {{ protocol: http, listen: 127.0.0.1:{web}, {http}backends: [ 127.0.0.1:{backend} ] }}
      - {{ protocol: http, listen: 127.0.0.1:{loads}, {http}{fields}backends: [ 127.0.0.1:{front} ] }}
""")


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
    port = program.ports["uploads"]
    sink.may_read.clear()
    before = program.resident_bytes(), socket_bytes(program)
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
    after = program.resident_bytes(), socket_bytes(program)
    for connection in uploads:
        connection.close()
    sink.may_read.set()
    time.sleep(1)
    return [(b - a) / count / 1024 for a, b in zip(before, after)]


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
    with tempfile.TemporaryDirectory(prefix="sluice-loads-") as folder:
        os.chmod(folder, 0o755)
        measure(options, Path(folder))


def measure(options, folder):
    backend, sink = make_backend(folder), Sink()
    front_end = Sink(redirects_to=sink.port)
    web = backend.ports["http"]
    contestants = {
        "haproxy": make_haproxy(folder, web, sink.port),
        "nginx": make_nginx(folder, web, sink.port),
    }
    for argument in options.sluice:
        path, _, mode = argument.partition(":")
        name, _, path = path.rpartition("=")
        name = name or f"sluice-{mode or 'follow'}"
        contestants[name] = make_sluice(
            folder, name, os.path.abspath(path), web, sink.port, front_end.port, mode or "follow")
    with running(backend, contestants.values()), open(folder / "file", "w+b") as file:
        file.write(os.urandom(1 << 20) * 256)
        file.flush()
        measurements = [
            Measurement("requests-64", contestants, lambda each: wrk(
                f"http://127.0.0.1:{each.ports['http']}/", options.seconds, 64)),
            Measurement(
                "upload", contestants, lambda each: upload(each.ports["uploads"], file, 4), "s/GB"),
        ]
        compare(measurements, options.rounds, options.only, name_width=14, decimals=3)
        for name, program in contestants.items():
            if options.uploads:
                user, kernel = upload_memory(program, sink, options.uploads)
                print(f"{'in flight':12} {name:14} {user:9.1f} KiB in the process and"
                      f" {kernel:9.1f} KiB in its sockets, of each stalled upload")
        for name, program in contestants.items():
            if options.idle:
                print(f"{'idle':12} {name:14} {idle_bytes(program, options.idle):9.0f} bytes of each")


if __name__ == "__main__":
    main()
