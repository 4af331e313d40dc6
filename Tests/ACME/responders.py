"""Servers that show answers to challenges from a folder, for tests:

    http/TOKEN      the body of /.well-known/acme-challenge/TOKEN
    alpn/NAME.pem   the certificate and key for the protocol acme-tls/1
    dns/NAME/VALUE  an empty file for each TXT record
"""

import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

PREFIX = "/.well-known/acme-challenge/"


class Responders:
    def __init__(self, folder):
        self.folder = folder
        for name in ("http", "alpn", "dns"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.web = ThreadingHTTPServer(("127.0.0.1", 0), WebHandler)
        self.web.daemon_threads, self.web.folder = True, folder / "http"
        self.tls = socket.create_server(("127.0.0.1", 0))
        self.dns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.dns.bind(("127.0.0.1", 0))
        self.http_port = self.web.server_port
        self.tls_port, self.dns_port = (each.getsockname()[1] for each in (self.tls, self.dns))
        # What was asked for: names, tokens.
        self.seen = []
        for target in (self.web.serve_forever, self.serve_tls, self.serve_dns):
            threading.Thread(target=target, daemon=True).start()

    @property
    def published(self):
        return sorted(
            str(path.relative_to(self.folder))
            for path in self.folder.rglob("*")
            if path.is_file()
        )

    def serve_tls(self):
        while True:
            plain, _ = self.tls.accept()
            threading.Thread(target=self.shake_hands, args=(plain,), daemon=True).start()

    def shake_hands(self, plain):
        def choose(channel, name, _):
            file = self.folder / "alpn" / f"{name}.pem"
            self.seen.append(name)
            if name is None or "/" in name or not file.exists():
                return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.set_alpn_protocols(["acme-tls/1"])
            context.load_cert_chain(file)
            channel.context = context

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sni_callback = choose
        context.set_alpn_protocols(["acme-tls/1"])
        plain.settimeout(60)
        try:
            with context.wrap_socket(plain, server_side=True) as channel:
                channel.recv(1)
        except OSError:
            pass

    def serve_dns(self):
        while True:
            data, peer = self.dns.recvfrom(4096)
            query = dns.message.from_wire(data)
            answer = dns.message.make_response(query)
            answer.flags |= dns.flags.AA
            question = query.question[0]
            name = question.name.to_text(omit_final_dot=True).lower()
            self.seen.append(name)
            records = self.folder / "dns" / name
            values = [path.name for path in records.iterdir()] if records.is_dir() else []
            if values and question.rdtype == dns.rdatatype.TXT:
                answer.answer.append(
                    dns.rrset.from_text_list(
                        question.name, 0, dns.rdataclass.IN, dns.rdatatype.TXT,
                        [f'"{value}"' for value in values],
                    )
                )
            elif not values:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            self.dns.sendto(answer.to_wire(), peer)


class WebHandler(BaseHTTPRequestHandler):
    def do_GET(self):
        token = self.path.removeprefix(PREFIX)
        file = self.server.folder / token
        if not self.path.startswith(PREFIX) or "/" in token or not file.is_file():
            return self.send_error(404)
        body = file.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
