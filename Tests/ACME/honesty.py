"""Shows that the directory of the tests is an honest one, by clients that others have written: certbot,
and the library `acme` for what certbot does not do. Requests that no client would send are made by hand.
"""

import hashlib
import itertools
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils

import directory as server
from free_ports import free_port
from responders import Responders

HOOK = """\
#!/bin/sh
set -e
case "$1" in
add) mkdir -p "$ANSWERS/dns/_acme-challenge.$CERTBOT_DOMAIN"
    touch "$ANSWERS/dns/_acme-challenge.$CERTBOT_DOMAIN/$CERTBOT_VALIDATION" ;;
remove) rm -f "$ANSWERS/dns/_acme-challenge.$CERTBOT_DOMAIN/$CERTBOT_VALIDATION" ;;
esac
"""


class Honesty(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.answers = Responders(cls.folder / "answers")
        ports = (cls.answers.http_port, cls.answers.tls_port, cls.answers.dns_port)
        cls.directory = server.Directory(*ports, cls.folder).start()
        cls.addClassCleanup(cls.directory.stop)

    def setUp(self):
        self.directory.reset()
        self.directory.http_port = self.answers.http_port

    def check_chain(self, text, names):
        chain = x509.load_pem_x509_certificates(text.encode())
        self.assertEqual(len(chain), 2)
        leaf, issuer = chain
        leaf.verify_directly_issued_by(issuer)
        issuer.verify_directly_issued_by(self.directory.authority.root)
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        self.assertEqual(set(found.get_values_for_type(x509.DNSName)), set(names))

    # certbot

    def certbot(self, *options):
        configuration = Path(tempfile.mkdtemp(dir=self.folder))
        certbot = Path(sys.executable).with_name("certbot")
        command = [certbot, "certonly", "-n", "--agree-tos", "-m", "ops@test.example"]
        command += ["--server", self.directory.url, "--cert-name", "it"]
        for kind in ("config", "work", "logs"):
            command += [f"--{kind}-dir", configuration / kind]
        environment = os.environ | {
            "REQUESTS_CA_BUNDLE": str(self.directory.root_file),
            "ANSWERS": str(self.folder / "answers"),
            "PYTHONWARNINGS": "ignore",
        }
        result = subprocess.run(
            command + list(options), env=environment, capture_output=True, text=True, timeout=600
        )
        chain = configuration / "config/live/it/fullchain.pem"
        return result, chain.read_text() if chain.exists() else None

    def test_certbot_http(self):
        """certbot proves names by http-01, in spite of bad nonces and slow decisions."""
        self.directory.http_port = free_port()
        # Never two in a row: certbot tries again once.
        self.directory.behavior.refuses_good_nonce = itertools.cycle([True, False, False]).__next__
        self.directory.behavior.undecided_looks = 1
        result, chain = self.certbot(
            "--standalone", "--preferred-challenges", "http",
            "--http-01-port", str(self.directory.http_port), "-d", "a.example,b.a.example",
        )
        self.assertEqual(result.returncode, 0, result.stderr)
        self.check_chain(chain, ["a.example", "b.a.example"])
        self.assertIn("badNonce", [problem.kind for problem in self.directory.problems])

    def test_certbot_dns(self):
        """certbot proves a wildcard and its base by dns-01, which takes two records of one name."""
        hook = self.folder / "hook"
        hook.write_text(HOOK)
        hook.chmod(0o755)
        result, chain = self.certbot(
            "--manual", "--preferred-challenges", "dns", "--manual-auth-hook", f"{hook} add",
            "--manual-cleanup-hook", f"{hook} remove", "--key-type", "rsa",
            "-d", "*.a.example,a.example",
        )
        self.assertEqual(result.returncode, 0, result.stderr)
        self.check_chain(chain, ["*.a.example", "a.example"])
        self.assertEqual(self.answers.published, [])

    def test_certbot_unproved(self):
        """Without an answer, certbot gets no certificate."""
        hook = self.folder / "nothing"
        hook.write_text("#!/bin/sh\n")
        hook.chmod(0o755)
        result, chain = self.certbot(
            "--manual", "--preferred-challenges", "dns", "--manual-auth-hook", str(hook),
            "-d", "c.example",
        )
        self.assertNotEqual(result.returncode, 0)
        self.assertIsNone(chain)

    def test_certbot_external_account(self):
        """certbot binds its account to one elsewhere; without one, or with another key, it cannot."""
        # In base64url it begins with a hyphen, as one of 64 keys does: an option's value all the same.
        key = b"\xfb" + os.urandom(31)
        text = server.base64url(key)
        self.assertEqual(text[0], "-")
        self.directory.behavior.external_accounts = {"kid-1": key}
        self.directory.http_port = free_port()
        options = [
            "--standalone", "--http-01-port", str(self.directory.http_port), "-d", "a.example",
            "--eab-kid", "kid-1",
        ]
        result, chain = self.certbot(*options, f"--eab-hmac-key={text}")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.check_chain(chain, ["a.example"])
        result, chain = self.certbot(*options, "--eab-hmac-key=AAAA")
        self.assertNotEqual(result.returncode, 0)
        result, chain = self.certbot(*options[:-2])
        self.assertNotEqual(result.returncode, 0)

    # The library

    def client(self):
        import josepy
        from acme import client, messages

        key = josepy.JWKRSA.load(self.rsa_key())
        network = client.ClientNetwork(key, verify_ssl=str(self.directory.root_file))
        directory = client.ClientV2.get_directory(self.directory.url, network)
        acme = client.ClientV2(directory, network)
        registration = messages.NewRegistration.from_data(
            email="ops@test.example", terms_of_service_agreed=True
        )
        acme.new_account(registration)
        return acme, key

    @staticmethod
    def rsa_key():
        key = rsa.generate_private_key(65537, 2048)
        return server.private_pem(key).encode()

    def show_certificate(self, name, digest):
        """The certificate for tls-alpn-01 as OpenSSL makes it: an OCTET STRING of 32 bytes."""
        file = self.folder / f"answers/alpn/{name}.pem"
        self.addCleanup(file.unlink)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
            + ["-noenc", "-keyout", f"{file}.key", "-out", file, "-days", "2", "-subj", "/CN=acme"]
            + ["-addext", f"subjectAltName=DNS:{name}"]
            + ["-addext", f"1.3.6.1.5.5.7.1.31=critical,DER:0420{digest.hex()}"],
            check=True, capture_output=True,
        )
        key = Path(f"{file}.key")
        file.write_text(file.read_text() + key.read_text())
        key.unlink()

    def test_acme_tls_alpn(self):
        """A right certificate for tls-alpn-01 is accepted; one with another digest is not."""
        from acme import challenges, errors

        acme, key = self.client()
        thumbprint = server.base64url(key.thumbprint())
        for name, suffix in (("right.example", ""), ("wrong.example", "x")):
            request = self.signing_request(name)
            order = acme.new_order(request)
            challenge = next(
                each
                for each in order.authorizations[0].body.challenges
                if each.chall.to_json()["type"] == "tls-alpn-01"
            )
            authorization = f"{challenge.chall.to_json()['token']}.{thumbprint}"
            digest = hashlib.sha256((authorization + suffix).encode()).digest()
            self.show_certificate(name, digest)
            # An empty object, as for every challenge.
            response = challenges.DNS01Response(key_authorization=authorization)
            acme.answer_challenge(challenge, response)
            if suffix:
                with self.assertRaises(errors.ValidationError):
                    acme.poll_and_finalize(order)
            else:
                self.check_chain(acme.poll_and_finalize(order).fullchain_pem, [name])

    @staticmethod
    def signing_request(name):
        key = ec.generate_private_key(ec.SECP256R1())
        request = (
            x509.CertificateSigningRequestBuilder()
            .subject_name(x509.Name([]))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(key, hashes.SHA256())
        )
        return request.public_bytes(serialization.Encoding.PEM)

    def test_acme_account(self):
        """The library finds, changes and deactivates its account."""
        acme, _ = self.client()
        account = acme.net.account
        self.assertEqual(acme.query_registration(account).uri, account.uri)
        acme.deactivate_registration(account)
        with self.assertRaisesRegex(Exception, "not valid"):
            acme.query_registration(account)

    # By hand

    def ask(self, path, body=None, method=None, content_type="application/jose+json"):
        """Status, headers and document."""
        request = urllib.request.Request(self.directory.base + path, body, method=method)
        request.add_header("Content-Type", content_type)
        context = ssl.create_default_context(cafile=self.directory.root_file)
        try:
            with urllib.request.urlopen(request, context=context) as answer:
                text = answer.read()
                return answer.status, answer.headers, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            return error.code, error.headers, json.loads(error.read() or b"null")

    def nonce(self):
        return self.ask("/new-nonce", method="HEAD")[1]["Replay-Nonce"]

    def signed(self, path, payload, changes=None, key=None, kid=None):
        key = key or self.key
        header = {"alg": "ES256", "nonce": self.nonce(), "url": self.directory.base + path}
        header |= {"kid": kid} if kid else {"jwk": self.jwk(key)}
        header |= changes or {}
        parts = [
            server.base64url(json.dumps(header).encode()),
            server.base64url(b"" if payload is None else json.dumps(payload).encode()),
        ]
        der = key.sign(".".join(parts).encode(), ec.ECDSA(hashes.SHA256()))
        r, s = utils.decode_dss_signature(der)
        signature = server.base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
        return {"protected": parts[0], "payload": parts[1], "signature": signature}

    @staticmethod
    def jwk(key):
        numbers = key.public_key().public_numbers()
        return {
            "kty": "EC", "crv": "P-256",
            "x": server.base64url(numbers.x.to_bytes(32, "big")),
            "y": server.base64url(numbers.y.to_bytes(32, "big")),
        }

    def refused(self, path, document):
        status, _, answer = self.ask(path, json.dumps(document).encode())
        self.assertGreaterEqual(status, 400, answer)
        return answer["type"].removeprefix(server.ERROR)

    def test_signatures(self):
        """Requests that are not signed as they should be are refused."""
        self.key = ec.generate_private_key(ec.SECP256R1())
        path, payload = "/new-account", {"termsOfServiceAgreed": True}
        good = self.signed(path, payload)
        self.assertEqual(self.ask(path, json.dumps(good).encode())[0], 201)
        self.assertEqual(self.refused(path, good), "badNonce")
        altered = self.signed(path, payload)
        altered["payload"] = server.base64url(b"{}")
        self.assertEqual(self.refused(path, altered), "malformed")
        other = self.signed(path, payload, {"url": self.directory.base + "/new-order"})
        self.assertEqual(self.refused(path, other), "unauthorized")
        none = self.signed(path, payload, {"alg": "none"})
        self.assertEqual(self.refused(path, none), "badSignatureAlgorithm")
        both = self.signed(path, payload, {"kid": self.directory.base + "/account/1"})
        self.assertEqual(self.refused(path, both), "malformed")
        stranger = self.signed("/new-order", {}, kid=self.directory.base + "/account/9")
        self.assertEqual(self.refused("/new-order", stranger), "accountDoesNotExist")
        body = json.dumps(self.signed(path, payload)).encode()
        self.assertEqual(self.ask(path, body, content_type="application/json")[0], 415)
        unread = self.signed("/order/1", {}, kid=self.directory.base + "/account/1")
        self.assertEqual(self.refused("/order/1", unread), "malformed")

    def test_terms(self):
        """Without agreement to the terms there is no account."""
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.assertEqual(
            self.refused("/new-account", self.signed("/new-account", {})), "userActionRequired"
        )

    def test_thumbprint(self):
        """RFC 7638 §3.1."""
        jwk = {
            "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1"
            "L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5"
            "v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08q"
            "NLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awa"
            "pJzKnqDKgw",
        }
        self.assertEqual(
            server.thumbprint(jwk), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        )
