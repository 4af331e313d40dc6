"""TLS clients that no stock program is: they cut their first bytes, or stop in the middle.

    tls.py COMMAND HOST:PORT NAME AUTHORITY [ARGUMENTS]

Each command prints what it has found, as one line of JSON.
"""

import concurrent.futures
import ctypes
import functools
import hashlib
import json
import os
import random
import select
import socket
import ssl
import struct
import sys
import time

PATIENCE = 30


@functools.cache
def make_context(authority, version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if authority:
        context.load_verify_locations(authority)
    else:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if version:
        context.minimum_version = context.maximum_version = version
    return context


class Peer:
    """A TLS connection whose bytes on the wire the test has in hand."""

    def __init__(self, address, name, authority, preface=b"", version=None):
        context = make_context(authority, version)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name)
        self.socket = socket.create_connection(address, timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.preface = preface
        self.has_ended = False

    def hello(self):
        """The first flight, after the preface."""
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        return self.preface + self.outgoing.read()

    def send_pieces(self, pieces):
        for piece in pieces:
            if piece:
                self.socket.sendall(piece)
            # So that a piece is read before the next one comes.
            time.sleep(0.001)

    def flush(self):
        output = self.outgoing.read()
        if output and not self.has_ended:
            self.socket.sendall(output)

    def fill(self):
        received = self.socket.recv(65536)
        self.incoming.write(received) if received else self.incoming.write_eof()

    def run(self, step):
        while True:
            try:
                result = step()
                self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                self.fill()

    def shake_hands(self):
        self.run(self.tls.do_handshake)

    def write(self, data):
        self.run(lambda: self.tls.write(data))

    def read(self, count=65536):
        """b"" after close_notify."""
        try:
            return self.run(lambda: self.tls.read(count))
        except ssl.SSLZeroReturnError:
            return b""

    def end_writing(self):
        """Sends close_notify and the end of the TCP stream; reading goes on."""
        try:
            self.tls.unwrap()
        except (ssl.SSLWantReadError, ssl.SSLError):
            pass
        self.flush()
        self.has_ended = True
        self.socket.shutdown(socket.SHUT_WR)

    def echo(self, data):
        self.write(data)
        received = b""
        while len(received) < len(data):
            more = self.read()
            if not more:
                break
            received += more
        return received == data

    def close(self):
        self.socket.close()


def records(hello, size):
    """The same ClientHello in records of `size` bytes."""
    body = hello[5:]
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(hello[:3] + struct.pack(">H", len(piece)) + piece for piece in pieces)


def cut_handshake(address, name, authority):
    return cut(address, name, authority, exchanges=False, step=16)


def cut(address, name, authority, preface="", exchanges=True, step=1):
    """Cuts the first flight at every byte, then into single bytes and into small records.

    Without exchanges the server is not an echo: only the handshake counts.
    """
    preface = bytes.fromhex(preface)
    length = len(Peer(address, name, authority, preface).hello())
    failures = []
    cases = [("cut", place) for place in range(1, length, step)]
    cases += [("bytes", 1), ("records", 1), ("records", 7), ("records", 100)]
    for kind, number in cases:
        try:
            peer = Peer(address, name, authority, preface)
            hello = peer.hello()
            if kind == "cut":
                pieces = [hello[:number], hello[number:]]
            elif kind == "bytes":
                pieces = [hello[place : place + 1] for place in range(len(hello))]
            else:
                pieces = [preface + records(hello[len(preface) :], number)]
            peer.send_pieces(pieces)
            peer.shake_hands()
            if exchanges and not peer.echo(b"after the cut"):
                failures.append(f"{kind} {number}: another echo")
            peer.close()
        except (OSError, ssl.SSLError) as error:
            failures.append(f"{kind} {number}: {error}")
    return {"cases": len(cases), "failures": failures[:10]}


def transfer(address, name, authority, megabytes):
    """Sends much to an echo while it reads, ends its own direction, and reads the rest."""
    context = ssl.create_default_context(cafile=authority)
    plain = socket.create_connection(address, timeout=PATIENCE)
    peer = context.wrap_socket(plain, server_hostname=name)
    block = random.randbytes(1 << 20)
    sent, received = hashlib.sha256(), hashlib.sha256()
    count = 0
    peer.setblocking(False)
    left = [block] * int(megabytes)
    pending = memoryview(b"")
    deadline = time.monotonic() + 100
    total = len(left) << 20
    while count < total and time.monotonic() < deadline:
        wanted = [peer] if left or pending else []
        select.select([peer], wanted, [], 1)
        if not pending and left:
            pending = memoryview(left.pop())
            sent.update(pending)
        try:
            if pending:
                pending = pending[peer.send(pending) :]
        except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
            pass
        try:
            while True:
                more = peer.recv(1 << 18)
                if not more:
                    break
                received.update(more)
                count += len(more)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
    return {"received": count, "isSame": sent.digest() == received.digest()}


def half_close(address, name, authority):
    """Ends its direction after a few bytes, and reads the echo and the other end."""
    endings = {}
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        peer = Peer(address, name, authority, version=version)
        peer.shake_hands()
        peer.write(b"last words")
        peer.end_writing()
        received = b""
        try:
            while more := peer.read():
                received += more
            endings[version.name] = received.decode()
        except (OSError, ssl.SSLError) as error:
            endings[version.name] = f"{received} {error}"
    return endings


def small(address, name, authority, count):
    """Many small exchanges on one connection."""
    peer = Peer(address, name, authority)
    peer.shake_hands()
    return {"right": sum(peer.echo(str(number).encode()) for number in range(int(count)))}


def crowd(address, name, authority, count, process):
    """Clients that stop before they are served. Meanwhile, honest ones are.

    Of three, one sends nothing, one half a ClientHello, and one no Finished.
    """
    stuck = []
    for number in range(int(count)):
        peer = Peer(address, name, "")
        hello = peer.hello()
        peer.socket.sendall([b"", hello[: len(hello) // 2], hello][number % 3])
        stuck.append(peer)
    held = len(os.listdir(f"/proc/{process}/fd"))
    served = 0
    for _ in range(20):
        honest = Peer(address, name, authority)
        honest.shake_hands()
        served += honest.echo(b"honest")
        honest.close()
    closed, deadline = 0, time.monotonic() + PATIENCE
    poll = select.poll()
    by_number = {peer.socket.fileno(): peer for peer in stuck}
    for number in by_number:
        poll.register(number, select.POLLIN)
    while by_number and time.monotonic() < deadline:
        for number, _ in poll.poll(1000):
            try:
                ended = not by_number[number].socket.recv(65536)
            except OSError:
                ended = True
            if ended:
                poll.unregister(number)
                by_number.pop(number)
                closed += 1
    return {"held": held, "served": served, "closed": closed}


def resume(address, name, authority, certificate, key):
    """Visits an HTTP server again and again, each time with the newest session, until refused."""
    context = ssl.create_default_context(cafile=authority)
    context.load_cert_chain(certificate, key)
    session, visits, deadline = None, [], time.monotonic() + 3 * PATIENCE
    while time.monotonic() < deadline:
        with socket.create_connection(address, timeout=PATIENCE) as plain:
            try:
                secure = context.wrap_socket(plain, server_hostname=name, session=session)
                secure.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
                if not secure.recv(4096):
                    return visits + ["refused"]
            except OSError:
                return visits + ["refused"]
            visits.append("resumed" if secure.session_reused else "full")
            session = secure.session
        time.sleep(0.5)
    return visits


class Native:
    """OpenSSL itself, for what Python's module does not have."""

    def __init__(self, address, version):
        self.library = ctypes.CDLL("libssl.so.3")
        for name in ("SSL_CTX_new", "TLS_client_method", "SSL_new"):
            getattr(self.library, name).restype = ctypes.c_void_p
        method = ctypes.c_void_p(self.library.TLS_client_method())
        context = ctypes.c_void_p(self.library.SSL_CTX_new(method))
        for command in (123, 124):  # SSL_CTRL_SET_MIN_PROTO_VERSION, …_MAX_…
            self.library.SSL_CTX_ctrl(context, command, ctypes.c_long(version), None)
        self.socket = socket.socket()
        # So that little fits between the two sides.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(address)
        self.tls = ctypes.c_void_p(self.library.SSL_new(context))
        self.library.SSL_set_fd(self.tls, self.socket.fileno())
        if self.library.SSL_connect(self.tls) != 1:
            raise OSError("no handshake")
        # From now on nothing waits.
        self.socket.setblocking(False)

    def update_keys(self):
        """Whether a KeyUpdate that requests one in return was sent (RFC 8446 §4.6.3)."""
        self.library.SSL_key_update(self.tls, 1)
        while (result := self.library.SSL_do_handshake(self.tls)) != 1:
            # SSL_ERROR_WANT_WRITE
            if self.library.SSL_get_error(self.tls, result) != 3:
                return False
            if not select.select([], [self.socket], [], 5)[1]:
                return False
        return True

    def renegotiate(self):
        self.library.SSL_renegotiate(self.tls)
        for _ in range(200):
            result = self.library.SSL_do_handshake(self.tls)
            if result == 1:
                return True
            if self.library.SSL_get_error(self.tls, result) not in (2, 3):
                return False
            select.select([self.socket], [], [], 0.05)
        return False


def key_updates(address, name, authority, count):
    """Requests new keys again and again, and reads none of the answers."""
    peer = Native(address, 0x0304)
    done = 0
    while done < int(count) and peer.update_keys():
        done += 1
    return {"done": done}


def renegotiate(address, name, authority):
    peer = Native(address, 0x0303)
    return {"isRenegotiated": peer.renegotiate()}


def hello_body(name, extensions=b"", repeated=1):
    """A ClientHello, made byte by byte (RFC 8446 §4.1.2)."""

    def extension(kind, content):
        return struct.pack(">HH", kind, len(content)) + content

    host = name.encode()
    server_name = struct.pack(">HBH", len(host) + 3, 0, len(host)) + host
    body = b"\x03\x03" + bytes(32) + b"\x00"
    ciphers = bytes.fromhex("130113021303c02bc02fc02cc030")
    body += struct.pack(">H", len(ciphers)) + ciphers + b"\x01\x00"
    everything = extension(0, server_name) * repeated
    everything += extension(10, bytes.fromhex("0004001d0017"))
    everything += extension(11, bytes.fromhex("0100"))
    everything += extension(13, bytes.fromhex("000a040308040401050306010807"[:24]))
    everything += extensions
    return body + struct.pack(">H", len(everything)) + everything


def in_records(message):
    pieces = [message[start : start + 16384] for start in range(0, len(message), 16384)]
    return b"".join(b"\x16\x03\x01" + struct.pack(">H", len(piece)) + piece for piece in pieces)


def hello(name, extensions=b"", repeated=1):
    body = hello_body(name, extensions, repeated)
    return in_records(b"\x01" + struct.pack(">I", len(body))[1:] + body)


def odd_hellos(name):
    """By what is wrong with them."""
    good = hello(name)
    padding = struct.pack(">HH", 21, 32000) + bytes(32000)
    return {
        "as is": good,
        "32 KiB of extensions": hello(name, padding),
        "several big extensions": hello(name, padding[:20004].replace(b"\x7d\x00", b"\x4e\x20")),
        "two server names": hello(name, repeated=2),
        "an empty server name": hello("", b""),
        "a server name with a NUL": hello("gw\0.example"),
        "a long server name": hello("a" * 300),
        "a truncated extension": hello(name, b"\x00\x23\x00\x10\x00"),
        "an extension beyond the end": hello(name, b"\x00\x23\xff\xff"),
        "a record of no bytes": b"\x16\x03\x01\x00\x00",
        "a record that is too long": b"\x16\x03\x01\xff\xff" + bytes(20000),
        "a message of 16 MiB": b"\x16\x03\x01\x40\x00\x01\xff\xff\xff" + bytes(16380),
        "a ServerHello": b"\x16\x03\x01\x00\x04\x02\x00\x00\x00",
        "an alert": b"\x15\x03\x01\x00\x02\x02\x28",
        "application data": b"\x17\x03\x03\x00\x10" + bytes(16),
        "SSL 2": bytes.fromhex("802e0100020015000000100100800200800300800400800500800600800700c0"),
        "a heartbeat": b"\x18\x03\x02\x00\x03\x01\x40\x00",
        "ChangeCipherSpec first": b"\x14\x03\x01\x00\x01\x01" * 40,
        "random bytes": b"\x16" + random.Random(19).randbytes(2000),
        "HTTP": b"GET / HTTP/1.1\r\nHost: gw.example\r\n\r\n",
    }


def odd(address, name, authority, wait="3", only=None):
    """What comes back for each: the records' types, an alert's number, or nothing."""
    hellos = {what: sent for what, sent in odd_hellos(name).items() if not only or what in only}
    # All at once: some are not answered.
    with concurrent.futures.ThreadPoolExecutor(len(hellos)) as pool:
        answers = pool.map(lambda sent: answer(address, sent, float(wait)), hellos.values())
        return dict(zip(hellos, answers))


def answer(address, sent, wait):
    with socket.create_connection(address, timeout=wait) as peer:
        received = b""
        try:
            peer.sendall(sent)
            while len(received) < 7:
                more = peer.recv(65536)
                if not more:
                    break
                received += more
        except socket.timeout:
            return "waits"
        except OSError:
            pass
        return shown(received)


def shown(received):
    if not received:
        return "closed"
    if received[0] == 21 and len(received) >= 7:
        return f"alert {received[6]}"
    if received[0] == 22:
        return "handshake"
    return f"{received[:4]!r}"


def main():
    command, target, name, authority, *arguments = sys.argv[1:]
    host, port = target.rsplit(":", 1)
    result = globals()[command]((host, int(port)), name, authority, *arguments)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
