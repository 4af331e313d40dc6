"""Runs a gateway with kernel TLS against real peers. Needs Linux with its module `tls` loaded.

    run.py SLUICE [TEST...]
"""

import concurrent.futures
import json
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from free_ports import free_port
from peers import Backend, Session, pattern, read_all, read_exactly

PROGRAM = None
MEBIBYTE = 1 << 20
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
CIPHERS = {
    "1.2": ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
            "ECDHE-ECDSA-CHACHA20-POLY1305"],
    "1.3": ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"],
}


def kernel_counters():
    stat = Path("/proc/net/tls_stat")
    lines = stat.read_text().splitlines() if stat.exists() else []
    return {name: int(value) for name, value in (line.split() for line in lines)}


def eventually(check, seconds=20):
    deadline = time.monotonic() + seconds
    while not (value := check()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return value


class Gateway:
    """A gateway in front of one backend, until it is closed."""

    def __init__(self, folder, backend_port, kernel="full", protocol="tcp", service="", more=""):
        self.port, self.management = free_port(), free_port()
        self.folder = Path(tempfile.mkdtemp(dir=folder))
        configuration = self.folder / "sluice.yaml"
        configuration.write_text(f"""\
domain: gw.example
tls: {{ certificates: [ {{ certificate: {folder}/gw.pem, key: {folder}/gw.key }} ] }}
engine: {{ shards: 2, kernelTLS: {kernel} }}
management: {{ listen: "127.0.0.1:{self.management}" }}
log: {{ access: {self.folder}/access.log, level: debug }}
listeners:
  - {{ protocol: {protocol}, listen: "127.0.0.1:{self.port}", tls: required,
      routes: [ {{ default: true, warehouse: W }} ] }}
warehouses:
  - id: W
    whitelist: {{ mode: anywhere }}
    services:
      {protocol}: {{ backends: [ "127.0.0.1:{backend_port}" ], healthCheck: {{ interval: 1h }}{service} }}
{more}""")
        self.log = self.folder / "log"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "serve", "--config", str(configuration)], stdout=log, stderr=log
            )
        def has_started():
            return "is ready" in self.log.read_text() or self.process.poll() is not None

        eventually(has_started, 60)
        if "is ready" not in self.log.read_text():
            raise RuntimeError(self.log.read_text())

    def metric(self, name):
        url = f"http://127.0.0.1:{self.management}/metrics"
        text = urllib.request.urlopen(url).read().decode()
        found = re.findall(rf"^{re.escape(name)} (\S+)$", text, re.M)
        return int(float(found[0])) if found else 0

    def handed_over(self, direction):
        return self.metric('sluice_tls_kernel_connections_total{direction="%s"}' % direction)

    def sessions(self):
        lines = (self.folder / "access.log").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


class KernelTLSTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp())
        cls.issue("gw", "DNS:gw.example,DNS:*.gw.example")
        cls.issue("backend", "DNS:backend.example,IP:127.0.0.1")
        cls.counters = kernel_counters()

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)
        counters = kernel_counters()
        print("tls_stat:", {k: counters[k] - v for k, v in cls.counters.items() if counters[k] - v})

    @classmethod
    def issue(cls, name, names):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-subj", f"/CN={name}", "-addext", f"subjectAltName={names}", "-days", "9",
             "-keyout", f"{cls.folder}/{name}.key", "-out", f"{cls.folder}/{name}.pem"],
            check=True, capture_output=True,
        )
        (cls.folder / f"{name}.key").chmod(0o600)

    def gateway(self, serve, **options):
        context = options.pop("context", None)
        backend = Backend(serve, context)
        gateway = Gateway(self.folder, backend.port, **options)
        self.addCleanup(gateway.close)
        # The only health check.
        eventually(lambda: backend.results, 60)
        backend.results.clear()
        return gateway, backend

    def context(self, version="1.3", cipher=None):
        context = ssl.create_default_context(cafile=f"{self.folder}/gw.pem")
        context.minimum_version = context.maximum_version = VERSIONS[version]
        if cipher and version == "1.2":
            context.set_ciphers(cipher)
        return context

    def connect(self, gateway, version="1.3", cipher=None, **options):
        session = Session(gateway.port, self.context(version, cipher), **options)
        self.addCleanup(session.close)
        return session

    def setUp(self):
        start = time.monotonic()
        self.addCleanup(lambda: print(f"{time.monotonic() - start:.1f} s ", end="", flush=True))

    # Bytes

    def test_bytes_in_both_directions(self):
        """Uploads and downloads of every cipher arrive unchanged, and the kernel moves them."""
        data = pattern(6 * MEBIBYTE + 12345)

        def serve(connection):
            received = read_exactly(connection, len(data))
            connection.sendall(received)
            return received == data, read_all(connection)

        gateway, backend = self.gateway(serve)
        for version, ciphers in CIPHERS.items():
            for cipher in ciphers if version == "1.2" else ciphers[:2]:
                with self.subTest(version=version, cipher=cipher):
                    spliced = gateway.metric("sluice_spliced_bytes_total")
                    session = self.connect(gateway, version, cipher)
                    session.send(data)
                    self.assertTrue(read_exactly(session, len(data)) == data)
                    session.end()
                    self.assertEqual(session.recv(1), b"")
                    self.assertEqual(backend.result(), (True, b""))
                    eventually(lambda: gateway.metric("sluice_spliced_bytes_total") > spliced)
                    moved = gateway.metric("sluice_spliced_bytes_total") - spliced
                    print(f"{version} {session.tls.cipher()[0]}: {moved / len(data) / 2:.0%} spliced")
                    self.assertGreater(moved, len(data) / 2)
        self.assertEqual(gateway.handed_over("read"), 5)
        self.assertEqual(gateway.handed_over("write"), 5)

    def test_small_records(self):
        """Records of any size, requests and answers in turns."""
        def serve(connection):
            while header := connection.recv(4):
                while len(header) < 4:
                    header += connection.recv(4 - len(header))
                connection.sendall(read_exactly(connection, struct.unpack("!I", header)[0]))
            return True

        gateway, backend = self.gateway(serve)
        for version in VERSIONS:
            session = self.connect(gateway, version)
            for number, size in enumerate([1, 5, 100, 1000, 16383, 16384, 16385, 70000, 300000] * 3):
                data = pattern(size, number)
                session.send(struct.pack("!I", size) + data, record=[16384, 1000, 7777][number % 3])
                self.assertTrue(read_exactly(session, size) == data, size)
            session.end()
            self.assertEqual(session.recv(1), b"")
            self.assertIs(backend.result(), True)

    def test_request_with_handshake(self):
        """Bytes that come with the last flight of the handshake are not lost."""
        gateway, backend = self.gateway(read_all)
        for version in VERSIONS:
            for size in (1, 20000, 3 * MEBIBYTE):
                data = pattern(size)
                session = Session.__new__(Session)
                session.socket = socket.create_connection(("127.0.0.1", gateway.port))
                session.socket.settimeout(60)
                session.incoming, session.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
                session.tls = self.context(version).wrap_bio(
                    session.incoming, session.outgoing, server_hostname="gw.example")
                held = b""
                while True:
                    try:
                        session.tls.do_handshake()
                        break
                    except ssl.SSLWantReadError:
                        session.flush()
                        session.receive()
                # Not flushed: the client's Finished of TLS 1.3 goes with the data, cut at odd places.
                for start in range(0, size, 9000):
                    session.tls.write(data[start : start + 9000])
                session.end_data = session.outgoing.read()
                for start in range(0, len(session.end_data), 13001):
                    session.socket.sendall(session.end_data[start : start + 13001])
                session.end()
                self.assertTrue(backend.result() == data, (version, size, held))
                session.close()

    def test_slow_reader_gets_the_last_byte(self):
        """What the kernel still has when both streams have ended is not dropped."""
        data = pattern(3 * MEBIBYTE + 777)

        def serve(connection):
            read_all(connection)
            connection.sendall(data)
            return True

        gateway, backend = self.gateway(serve)
        for version in VERSIONS:
            for attempt in range(3):
                session = self.connect(gateway, version, receive_buffer=8192)
                session.send(b"?")
                session.end()
                out = bytearray()
                while piece := session.recv(4096):
                    out += piece
                    if len(out) % (64 * 1024) < 4096:
                        time.sleep(0.005)
                self.assertEqual(len(out), len(data))
                self.assertTrue(bytes(out) == data)

    def test_curl(self):
        """A big download and a big upload by curl, over HTTP with bounded messages."""
        data = pattern(8 * MEBIBYTE)
        (self.folder / "big").write_bytes(data)

        def serve(connection):
            while True:
                head = b""
                while b"\r\n\r\n" not in head:
                    if not (piece := connection.recv(1)):
                        return True
                    head += piece
                if b"expect: 100" in head.lower():
                    connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                length = re.search(rb"content-length: (\d+)", head.lower())
                body = read_exactly(connection, int(length[1])) if length else b""
                answer = data if head.startswith(b"GET") else str(body == data).encode()
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer))
                connection.sendall(answer)

        gateway, _ = self.gateway(serve, protocol="http")
        url = f"https://gw.example:{gateway.port}/"
        for version in VERSIONS:
            curl = ["curl", "-sS", "--cacert", f"{self.folder}/gw.pem", f"--tlsv{version}",
                    "--tls-max", version, "--resolve", f"gw.example:{gateway.port}:127.0.0.1"]
            out = self.folder / "out"
            subprocess.run([*curl, "-o", out, url, "-o", "/dev/null", url], check=True)
            self.assertTrue(out.read_bytes() == data)
            answer = subprocess.run([*curl, "-T", self.folder / "big", url], capture_output=True)
            self.assertEqual((answer.returncode, answer.stdout), (0, b"True"), answer.stderr)
        print("spliced over HTTP:", gateway.metric("sluice_spliced_bytes_total") // MEBIBYTE, "MiB")
        self.assertGreater(gateway.handed_over("write"), 3)

    def test_many_at_once(self):
        """Sessions of both versions at once, with uploads and downloads of odd sizes."""
        def serve(connection):
            received = read_all(connection)
            connection.sendall(received[::-1])
            return True

        gateway, _ = self.gateway(serve)

        def run(number):
            data = pattern(200_000 + number * 7919, number)
            session = Session(gateway.port, self.context(["1.2", "1.3"][number % 2]))
            session.send(data, record=[16384, 4000, 333][number % 3])
            session.end()
            out = bytearray()
            while piece := session.recv(65536):
                out += piece
            session.close()
            return bytes(out) == data[::-1]

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            self.assertEqual(list(pool.map(run, range(60))), [True] * 60)

    # Ends

    def test_half_close(self):
        """A client that has ended its stream still receives."""
        def serve(connection):
            received = read_all(connection)
            time.sleep(0.2)
            connection.sendall(b"after the end: " + received)
            return True

        for kernel in ("off", "full"):
            gateway, backend = self.gateway(serve, kernel=kernel)
            for version in list(VERSIONS) * 5:
                with self.subTest(kernel=kernel, version=version):
                    session = self.connect(gateway, version)
                    # Both records arrive at once.
                    session.tls.write(b"hello")
                    session.end()
                    self.assertEqual(read_all(session), b"after the end: hello")

    def test_server_ends_first(self):
        """A client that sends after the server's end."""
        def serve(connection):
            connection.sendall(b"bye")
            connection.shutdown(socket.SHUT_WR)
            return read_all(connection)

        gateway, backend = self.gateway(serve)
        for version in VERSIONS:
            session = self.connect(gateway, version)
            session.send(b"first ")
            self.assertEqual(read_all(session), b"bye")
            session.send(b"last")
            session.end()
            self.assertEqual(backend.result(), b"first last")

    def test_end_without_announcement(self):
        """A stream that is cut off is passed on as a failure, not as an end."""
        gateway, backend = self.gateway(read_all)
        for version in VERSIONS:
            session = self.connect(gateway, version)
            session.send(b"half")
            time.sleep(0.3)
            session.socket.shutdown(socket.SHUT_WR)
            self.assertIsInstance(backend.result(), ConnectionResetError, version)

    def test_reset(self):
        """A client that resets in the middle of a transfer leaves nothing behind."""
        gateway, backend = self.gateway(read_all)
        for version in VERSIONS:
            session = self.connect(gateway, version)
            session.send(pattern(MEBIBYTE))
            session.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            session.close()
            self.assertIsInstance(backend.result(), ConnectionResetError)
        self.assertTrue(eventually(lambda: kernel_counters()["TlsCurrTxSw"] == 0))

    def test_forged_record(self):
        """A record that was changed on its way ends the session as a failure."""
        gateway, backend = self.gateway(read_all)
        for version in VERSIONS:
            session = self.connect(gateway, version)
            session.send(b"honest")
            time.sleep(0.3)
            session.tls.write(b"changed")
            record = bytearray(session.outgoing.read())
            record[-1] ^= 1
            session.socket.sendall(record)
            self.assertIsInstance(backend.result(), ConnectionResetError, version)

    def test_killed_client(self):
        """A client that vanishes with its process ends the session as a failure."""
        received = threading.Event()

        def serve(connection):
            connection.recv(100)
            received.set()
            return read_all(connection)

        gateway, backend = self.gateway(serve, kernel="auto")
        received.clear()
        process = subprocess.Popen(
            ["openssl", "s_client", "-quiet", "-tls1_2", "-connect", f"127.0.0.1:{gateway.port}",
             "-servername", "gw.example", "-CAfile", f"{self.folder}/gw.pem"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        process.stdin.write(b"hello\n")
        process.stdin.flush()
        self.assertTrue(received.wait(60))
        backend.results.clear()
        process.kill()
        process.communicate()
        self.assertIsInstance(backend.result(), ConnectionResetError)

    # Keys

    def s_client(self, gateway, lines):
        """Types lines into `openssl s_client`, each once the one before has had its effect; returns
        what it shows."""
        process = subprocess.Popen(
            ["openssl", "s_client", "-tls1_3", "-connect", f"127.0.0.1:{gateway.port}",
             "-servername", "gw.example", "-CAfile", f"{self.folder}/gw.pem"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        out = bytearray()

        def read():
            while piece := process.stdout.read1(65536):
                out.extend(piece)

        def wait_for(mark, count=1):
            eventually(lambda: out.count(mark) >= count or process.poll() is not None, 60)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        wait_for(b"Verify return code")
        for line in lines:
            mark = b"KEYUPDATE" if line in (b"K", b"k") else line.upper()
            count = out.count(mark)
            try:
                process.stdin.write(line + b"\n")
                process.stdin.flush()
            except BrokenPipeError:
                break
            # It takes a letter for a command only if that line is all that it reads at once.
            if line != b"Q":
                wait_for(mark, count + 1)
        process.wait(60)
        reader.join()
        process.stdin.close()
        process.stdout.close()
        return bytes(out)

    @staticmethod
    def echo(connection):
        while piece := connection.recv(65536):
            connection.sendall(piece.upper())
        return True

    def test_key_update(self):
        """With `auto`, peers of TLS 1.3 may change their keys, and ask for a change of ours."""
        gateway, backend = self.gateway(self.echo, kernel="auto")
        for key in (b"K", b"k"):
            out = self.s_client(gateway, [b"before", key, b"after", key, b"again", b"Q"])
            for word in (b"BEFORE", b"AFTER", b"AGAIN"):
                self.assertIn(word, out)
        self.assertEqual(gateway.handed_over("read"), 0)
        self.assertEqual(gateway.handed_over("write"), 2)

    def test_key_update_where_all_is_wanted(self):
        """With `full`, such a session ends; nothing is delivered wrongly."""
        gateway, backend = self.gateway(self.echo)
        out = self.s_client(gateway, [b"before", b"K", b"after", b"Q"])
        self.assertIn(b"BEFORE", out)
        self.assertNotIn(b"AFTER", out)
        self.assertIsInstance(backend.result(), ConnectionResetError)

    def test_resumption(self):
        """Sessions that were resumed are handed over too."""
        gateway, _ = self.gateway(self.echo)
        for version in ("1_2", "1_3"):
            saved = self.folder / f"session{version}"
            base = ["openssl", "s_client", "-quiet", f"-tls{version}", "-connect",
                    f"127.0.0.1:{gateway.port}", "-servername", "gw.example",
                    "-CAfile", f"{self.folder}/gw.pem"]
            for option in ("-sess_out", "-sess_in"):
                process = subprocess.Popen([*base, option, saved], stdin=subprocess.PIPE,
                                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                process.stdin.write(b"hello\n")
                process.stdin.flush()
                self.assertEqual(process.stdout.read(6), b"HELLO\n")
                process.kill()
                process.communicate()
        self.assertEqual(gateway.metric('sluice_tls_handshakes_total{resumed="true"}'), 2)
        self.assertEqual(gateway.handed_over("read"), 4)

    def test_limited_records(self):
        """A client that asks for short records gets short records."""
        gateway, _ = self.gateway(self.echo)
        process = subprocess.Popen(
            ["openssl", "s_client", "-quiet", "-tls1_3", "-maxfraglen", "512", "-connect",
             f"127.0.0.1:{gateway.port}", "-servername", "gw.example",
             "-CAfile", f"{self.folder}/gw.pem"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        line = b"x" * 3000 + b"\n"
        process.stdin.write(line)
        process.stdin.flush()
        self.assertEqual(process.stdout.read(len(line)), line.upper())
        process.kill()
        process.communicate()
        self.assertEqual(gateway.handed_over("write"), 0)

    # Backends

    def test_backends(self):
        """TLS with clients and with backends at once, each of either version."""
        data = pattern(2 * MEBIBYTE + 99)

        def serve(connection):
            received = read_exactly(connection, len(data))
            connection.sendall(received[::-1])
            return received == data

        for kernel in ("auto", "full"):
            for version in VERSIONS:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(f"{self.folder}/backend.pem", f"{self.folder}/backend.key")
                context.minimum_version = context.maximum_version = VERSIONS[version]
                gateway, backend = self.gateway(
                    serve, context=context, kernel=kernel,
                    service=f", backendTLS: {{ authorities: {self.folder}/backend.pem }}")
                for client_version in VERSIONS:
                    with self.subTest(kernel=kernel, client=client_version, backend=version):
                        session = self.connect(gateway, client_version)
                        session.send(data)
                        self.assertTrue(read_exactly(session, len(data)) == data[::-1])
                        self.assertIs(backend.result(), True)
                print(f"{kernel}, backend {version}: read", gateway.handed_over("read"), "written",
                      gateway.handed_over("write"), "spliced",
                      gateway.metric("sluice_spliced_bytes_total") // MEBIBYTE, "MiB")
                self.assertEqual(gateway.handed_over("write"), 4)

    def test_off(self):
        """Without the setting, the kernel does nothing."""
        before = kernel_counters()["TlsTxSw"]
        gateway, _ = self.gateway(self.echo, kernel="off")
        session = self.connect(gateway)
        session.send(b"hello")
        self.assertEqual(read_exactly(session, 5), b"HELLO")
        self.assertEqual(kernel_counters()["TlsTxSw"], before)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
