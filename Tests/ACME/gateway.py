"""A whole gateway that obtains its certificates by ACME: its listeners and its name server prove the names."""

import http.client
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import dns.message
import dns.query
import dns.rdatatype
from cryptography import x509

import directory as server
from free_ports import free_port

# This is when a test that waits for what never happens gives up. The gateway tries again after two
# minutes if a busy machine has made it fail.
PATIENCE = 240

CONFIGURATION = """
domain: gw.example
dns: {{ listen: 127.0.0.1:{dns}, nameServers: [ ns1.gw.example ], addresses: [ 127.0.0.1 ] }}
management: {{ listen: 127.0.0.1:{management} }}
tls:
  acme:
    directoryURL: {directory}
    termsOfServiceAgreed: true
    authorities: {root}
    folder: certificates
    certificates:
      - {{ names: [ a.gw.example ], challenge: http-01 }}
      - {{ names: [ b.gw.example ], challenge: tls-alpn-01 }}
      - {{ names: [ "*.gw.example", gw.example ], challenge: dns-01 }}
warehouses:
  - id: W
    whitelist: {{ mode: nowhere }}
    listeners:
      - {{ protocol: http, listen: 127.0.0.1:{http}, backends: [ 127.0.0.1:9 ] }}
      - {{ protocol: http, listen: 127.0.0.1:{tls}, tls: required, backends: [ 127.0.0.1:9 ] }}
"""


class WholeGateway(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.ports = {name: free_port() for name in ("http", "tls", "dns", "management")}
        ports = (self.ports["http"], self.ports["tls"], self.ports["dns"])
        self.directory = server.Directory(*ports, self.folder).start()
        self.addCleanup(self.directory.stop)
        text = CONFIGURATION.format(
            **self.ports, directory=self.directory.url, root=self.directory.root_file
        )
        (self.folder / "sluice.yaml").write_text(text)

    def start(self):
        log = open(self.folder / "log", "a")
        program = os.environ["SLUICE"]
        self.process = subprocess.Popen(
            [program, "serve", "--config", "sluice.yaml"], cwd=self.folder, stdout=log, stderr=log
        )
        log.close()
        self.addCleanup(self.stop)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)

    @property
    def log(self):
        return (self.folder / "log").read_text()

    def shown(self, name):
        """The certificate that a client sees who asks for `name`; None if it is not a valid one."""
        context = ssl.create_default_context(cafile=self.directory.root_file)
        with socket.create_connection(("127.0.0.1", self.ports["tls"]), PATIENCE) as plain:
            try:
                with context.wrap_socket(plain, server_hostname=name) as channel:
                    return x509.load_der_x509_certificate(channel.getpeercert(binary_form=True))
            except ssl.SSLCertVerificationError:
                return None

    def wait(self, condition, seconds=PATIENCE):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.assertIsNone(self.process.poll(), self.log)
            try:
                if condition():
                    return
            except OSError:
                pass
            time.sleep(0.1)
        self.fail(f"not within {seconds} s; log:\n{self.log}")

    def request(self, port, path, host="a.gw.example"):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, body

    def test_every_name_is_proved_and_shown(self):
        self.start()
        for name in ("a.gw.example", "b.gw.example", "c.gw.example", "gw.example"):
            self.wait(lambda: self.shown(name) is not None)
        for name, names in (
            ("a.gw.example", ["a.gw.example"]),
            ("b.gw.example", ["b.gw.example"]),
            ("c.gw.example", ["*.gw.example", "gw.example"]),
        ):
            extension = self.shown(name).extensions
            found = extension.get_extension_for_class(x509.SubjectAlternativeName).value
            self.assertEqual(set(found.get_values_for_type(x509.DNSName)), set(names))
        # A client without the protocol of the proof gets no proof, and one with it none afterwards.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["acme-tls/1"])
        with socket.create_connection(("127.0.0.1", self.ports["tls"]), PATIENCE) as plain:
            with self.assertRaises(ssl.SSLError):
                context.wrap_socket(plain, server_hostname="b.gw.example")
        # Nothing is left to be found, and the whitelist decides about everyone else.
        status, body = self.request(self.ports["http"], "/.well-known/acme-challenge/abc")
        self.assertEqual((status, "linkClosed" in body), (403, True))
        query = dns.message.make_query("_acme-challenge.gw.example.", dns.rdatatype.TXT)
        answer = dns.query.udp(query, "127.0.0.1", PATIENCE, port=self.ports["dns"])
        self.assertEqual(answer.answer, [])
        # What was obtained is shown after a restart, without another order.
        orders = self.directory.count("new-order")
        self.stop()
        self.start()
        self.wait(lambda: self.shown("a.gw.example") is not None)
        self.assertEqual(self.directory.count("new-order"), orders)
        _, metrics = self.request(self.ports["management"], "/metrics", "127.0.0.1")
        self.assertIn("sluice_acme_certificate_expiry_timestamp_seconds", metrics)
        self.assertIn("sluice_tls_certificate_expiry_timestamp_seconds", metrics)
        self.assertNotIn("PRIVATE KEY", self.log)
