"""An ACME directory for tests (RFC 8555, RFC 8737): strict, on this machine only, and hostile on demand.

It checks every signature, nonce and URL, validates challenges for real, and issues certificates of an
authority of its own. All names are on 127.0.0.1; the ports of their servers are arguments. `Behavior`
has what a test may change while it runs.
"""

import base64
import datetime
import hashlib
import hmac
import http.client
import json
import random
import secrets
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import dns.message
import dns.query
import dns.rdatatype
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ERROR = "urn:ietf:params:acme:error:"
ACME_IDENTIFIER = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31")
JSON = "application/json"
CHAIN = "application/pem-certificate-chain"
# How long a server that proves a name may take, in seconds: long enough for a busy machine.
PATIENCE = 60


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text):
    """Base64url without padding (RFC 7515 §2), and nothing else."""
    if not isinstance(text, str) or not set(text) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    ):
        raise Problem("malformed", "not base64url")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Problem(Exception):
    def __init__(self, kind, detail, status=400, headers=None, subproblems=None):
        super().__init__(f"{kind}: {detail}")
        self.kind, self.detail, self.status = kind, detail, status
        self.headers, self.subproblems = headers or {}, subproblems

    @property
    def document(self):
        document = {"type": ERROR + self.kind, "detail": self.detail, "status": self.status}
        if self.subproblems:
            document["subproblems"] = self.subproblems
        return document


class Behavior:
    """What is not as in a friendly directory. The attributes are read for each request."""

    def __init__(self):
        self.random = random.Random(1)
        # The share of good nonces that are called bad.
        self.bad_nonces = 0.0
        # Looks at an authorization or order that find it undecided.
        self.undecided_looks = 0
        # Retry-After while undecided.
        self.patience = None
        # Returns for how long, in seconds or as a date; and how often new orders are refused.
        self.rate_limit = None
        self.rate_limit_count = 10**9
        # Of certificates, in seconds.
        self.lifetime = 90 * 86400
        self.age = 3600
        # Accounts elsewhere: the MAC keys by id; None if none is needed.
        self.external_accounts = None
        # Challenges that are offered.
        self.challenges = ["http-01", "dns-01", "tls-alpn-01"]
        # Called with (endpoint, status, headers, body) of every answer; returns what is sent.
        self.tamper = None
        # Called with the endpoint before a request is handled.
        self.arrived = None
        # Called with the certificate's builder arguments.
        self.forge = None
        # Whether a proved name needs no further proof.
        self.keeps_authorizations = False

    def refuses_good_nonce(self):
        return self.random.random() < self.bad_nonces


class Authority:
    """A root, an issuer below it, and the certificate of the directory's own address."""

    def __init__(self):
        self.root_key, self.root = self.make("Test root", None, None)
        self.key, self.certificate = self.make("Test issuer", self.root_key, self.root)

    @staticmethod
    def make(name, issuer_key, issuer):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.timezone.utc)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(issuer_key or key, hashes.SHA256())
        )
        return key, certificate

    @property
    def root_pem(self):
        return self.root.public_bytes(serialization.Encoding.PEM).decode()

    def issue(self, names, public_key, start, end, key=None):
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self.certificate.subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=True
            )
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
            )
        )
        leaf = builder.sign(key or self.key, hashes.SHA256())
        return "".join(
            each.public_bytes(serialization.Encoding.PEM).decode()
            for each in (leaf, self.certificate)
        )

    def pair_for_server(self, folder):
        """Files of a certificate for localhost."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.now(datetime.timezone.utc)
        chain = self.issue(
            ["localhost"], key.public_key(), now - datetime.timedelta(days=1),
            now + datetime.timedelta(days=30),
        )
        (folder / "server.pem").write_text(chain + private_pem(key))
        (folder / "root.pem").write_text(self.root_pem)
        return folder / "server.pem", folder / "root.pem"


def fingerprint(certificate):
    """As the gateway shows it."""
    return "SHA256:" + certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def private_pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


# Signed requests


def public_key(jwk):
    """RFC 7518 §6."""
    number = lambda name: int.from_bytes(decoded(jwk.get(name)), "big")
    try:
        if jwk.get("kty") == "EC" and jwk.get("crv") == "P-256":
            return ec.EllipticCurvePublicNumbers(
                number("x"), number("y"), ec.SECP256R1()
            ).public_key()
        if jwk.get("kty") == "RSA":
            return rsa.RSAPublicNumbers(number("e"), number("n")).public_key()
    except ValueError as error:
        raise Problem("badPublicKey", str(error))
    raise Problem("badPublicKey", "neither P-256 nor RSA")


def verify(algorithm, key, signature, data):
    """RFC 7518 §3."""
    try:
        if algorithm == "ES256" and isinstance(key, ec.EllipticCurvePublicKey):
            if len(signature) != 64:
                raise Problem("malformed", "an ES256 signature has 64 bytes")
            parts = [int.from_bytes(signature[at : at + 32], "big") for at in (0, 32)]
            return key.verify(
                utils.encode_dss_signature(*parts), data, ec.ECDSA(hashes.SHA256())
            )
        if algorithm == "RS256" and isinstance(key, rsa.RSAPublicKey):
            return key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        raise Problem("malformed", "the signature does not fit")
    raise Problem("badSignatureAlgorithm", f"{algorithm} with this key")


def thumbprint(jwk):
    """RFC 7638 §3."""
    names = {"EC": ["crv", "kty", "x", "y"], "RSA": ["e", "kty", "n"]}[jwk["kty"]]
    text = json.dumps({name: jwk[name] for name in names}, separators=(",", ":"), sort_keys=True)
    return base64url(hashlib.sha256(text.encode()).digest())


class Signed:
    """A JWS in its flattened form, as far as it can be read without its key."""

    def __init__(self, body):
        try:
            document = json.loads(body)
            if set(document) != {"protected", "payload", "signature"}:
                raise Problem("malformed", "not a flattened JWS")
            self.header = json.loads(decoded(document["protected"]))
            self.payload = decoded(document["payload"])
            self.signature = decoded(document["signature"])
            self.data = f"{document['protected']}.{document['payload']}".encode()
        except (ValueError, TypeError, KeyError):
            raise Problem("malformed", "not a JWS")

    @property
    def json(self):
        try:
            document = json.loads(self.payload)
        except ValueError:
            raise Problem("malformed", "the payload is not JSON")
        if not isinstance(document, dict):
            raise Problem("malformed", "the payload is not an object")
        return document


# What is asked for


class Account:
    def __init__(self, url, jwk, contact):
        self.url, self.jwk, self.contact, self.status = url, jwk, contact, "valid"


class Challenge:
    def __init__(self, url, kind, authorization):
        self.url, self.kind, self.authorization = url, kind, authorization
        self.token = base64url(secrets.token_bytes(32))
        self.status, self.error, self.validated = "pending", None, None

    @property
    def document(self):
        document = {
            "type": self.kind, "url": self.url, "status": self.status, "token": self.token
        }
        if self.error:
            document["error"] = self.error.document
        if self.validated:
            document["validated"] = self.validated
        return document


class Authorization:
    def __init__(self, url, account, name, is_wildcard):
        self.url, self.account, self.name, self.is_wildcard = url, account, name, is_wildcard
        self.status, self.challenges, self.looks = "pending", [], 0

    @property
    def document(self):
        document = {
            "status": self.status,
            "expires": rfc3339(time.time() + 3600),
            "identifier": {"type": "dns", "value": self.name},
            "challenges": [each.document for each in self.challenges],
        }
        if self.is_wildcard:
            document["wildcard"] = True
        return document


class Order:
    def __init__(self, url, account, names, authorizations):
        self.url, self.account, self.names = url, account, names
        self.authorizations = authorizations
        self.status, self.error, self.chain, self.looks = "pending", None, None, 0

    def settle(self):
        if self.status == "pending":
            if any(each.status == "invalid" for each in self.authorizations):
                self.status = "invalid"
                self.error = Problem("unauthorized", "a name was not proved", 403)
            elif all(each.status == "valid" for each in self.authorizations):
                self.status = "ready"

    @property
    def document(self):
        document = {
            "status": self.status,
            "expires": rfc3339(time.time() + 3600),
            "identifiers": [{"type": "dns", "value": name} for name in self.names],
            "authorizations": [each.url for each in self.authorizations],
            "finalize": self.url.replace("/order/", "/finalize/"),
        }
        if self.chain:
            document["certificate"] = self.url.replace("/order/", "/certificate/")
        if self.error:
            document["error"] = self.error.document
        return document


def rfc3339(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class Directory:
    """Started by `start`. Ports of 0 are chosen."""

    def __init__(self, http_port, tls_port, dns_port, folder, port=0):
        self.http_port, self.tls_port, self.dns_port = http_port, tls_port, dns_port
        self.behavior, self.authority = Behavior(), Authority()
        self.lock = threading.RLock()
        self.nonces = set()
        self.accounts, self.orders, self.authorizations, self.challenges = {}, {}, {}, {}
        self.revoked = []
        # (method, endpoint) of each request, and each problem that was answered.
        self.requests, self.problems = [], []
        certificate, self.root_file = self.authority.pair_for_server(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.server = Server(("127.0.0.1", port), context, self)
        self.base = f"https://localhost:{self.server.server_port}"

    def start(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def reset(self):
        """A friendly directory again that has forgotten everything."""
        with self.lock:
            self.behavior = Behavior()
            for each in (
                self.accounts, self.orders, self.authorizations, self.challenges, self.nonces,
                self.requests, self.problems, self.revoked,
            ):
                each.clear()

    @property
    def url(self):
        return self.base + "/directory"

    def count(self, endpoint):
        return sum(1 for _, each in self.requests if each == endpoint)

    # Requests

    def new_nonce(self):
        nonce = base64url(secrets.token_bytes(16))
        self.nonces.add(nonce)
        return nonce

    def answer(self, method, path, content_type, body):
        """Status, headers, body."""
        endpoint = path.strip("/").split("/")[0]
        if self.behavior.arrived:
            self.behavior.arrived(endpoint)
        with self.lock:
            self.requests.append((method, endpoint))
            try:
                status, headers, body = self.handle(method, path, content_type, body)
            except Problem as problem:
                self.problems.append(problem)
                status, body = problem.status, json.dumps(problem.document).encode()
                headers = {"Content-Type": "application/problem+json", **problem.headers}
            if endpoint != "directory":
                headers["Replay-Nonce"] = self.new_nonce()
        headers.setdefault("Link", f'<{self.url}>;rel="index"')
        headers.setdefault("Cache-Control", "no-store")
        if self.behavior.tamper:
            return self.behavior.tamper(endpoint, status, headers, body)
        return status, headers, body

    def handle(self, method, path, content_type, body):
        if path == "/directory" and method == "GET":
            return self.json(self.document)
        if path == "/new-nonce" and method in ("GET", "HEAD"):
            return (200 if method == "HEAD" else 204), {}, b""
        if method != "POST":
            raise Problem("malformed", f"{method} is not for {path}", 405)
        if content_type != "application/jose+json":
            raise Problem("malformed", "the content type must be application/jose+json", 415)
        signed = Signed(body)
        account, jwk = self.authenticate(signed, self.base + path)
        endpoint, _, number = path.strip("/").partition("/")
        if endpoint == "new-account":
            return self.new_account(signed, jwk)
        if endpoint == "revoke-cert":
            return self.revoke(signed)
        if account is None:
            raise Problem("malformed", "signed by a key instead of an account")
        handlers = {
            "new-order": self.new_order, "account": self.account, "order": self.order,
            "authorization": self.authorization, "challenge": self.challenge,
            "finalize": self.finalize, "certificate": self.certificate,
        }
        if endpoint not in handlers:
            raise Problem("malformed", "there is no such resource", 404)
        return handlers[endpoint](signed, account, number)

    @property
    def document(self):
        document = {
            "newNonce": self.base + "/new-nonce",
            "newAccount": self.base + "/new-account",
            "newOrder": self.base + "/new-order",
            "revokeCert": self.base + "/revoke-cert",
            "keyChange": self.base + "/key-change",
            "meta": {
                "termsOfService": self.base + "/terms",
                "externalAccountRequired": self.behavior.external_accounts is not None,
            },
        }
        return document

    def json(self, document, status=200, **headers):
        return status, {"Content-Type": JSON, **headers}, json.dumps(document).encode()

    def authenticate(self, signed, url):
        """RFC 8555 §6: the account, or the key of somebody without one."""
        header = signed.header
        if header.get("alg") not in ("ES256", "RS256"):
            raise Problem("badSignatureAlgorithm", "only ES256 and RS256")
        if ("jwk" in header) == ("kid" in header):
            raise Problem("malformed", "exactly one of jwk and kid")
        account = None
        if "kid" in header:
            account = self.accounts.get(header["kid"])
            if account is None:
                raise Problem("accountDoesNotExist", "no account has this URL")
            if account.status != "valid":
                raise Problem("unauthorized", "the account is not valid", 403)
        jwk = account.jwk if account else header["jwk"]
        verify(header["alg"], public_key(jwk), signed.signature, signed.data)
        nonce = header.get("nonce")
        if nonce not in self.nonces:
            raise Problem("badNonce", "this nonce is not known, or was used before")
        self.nonces.remove(nonce)
        if self.behavior.refuses_good_nonce():
            raise Problem("badNonce", "this nonce is too old")
        if header.get("url") != url:
            raise Problem("unauthorized", f"signed for another URL than {url}", 403)
        return account, jwk

    def new_account(self, signed, jwk):
        payload = signed.json
        if "kid" in signed.header:
            raise Problem("malformed", "a new account is signed by its key")
        known = next((a for a in self.accounts.values() if a.jwk == jwk), None)
        if known and known.status != "valid":
            raise Problem("unauthorized", "the account is not valid", 403)
        if known:
            return self.json(self.account_document(known), 200, Location=known.url)
        if payload.get("onlyReturnExisting"):
            raise Problem("accountDoesNotExist", "no account has this key")
        if payload.get("termsOfServiceAgreed") is not True:
            raise Problem("userActionRequired", "the terms of service were not agreed to", 403)
        if self.behavior.external_accounts is not None:
            self.check_binding(payload.get("externalAccountBinding"), jwk)
        contact = self.checked_contact(payload.get("contact", []))
        url = f"{self.base}/account/{len(self.accounts) + 1}"
        account = self.accounts[url] = Account(url, jwk, contact)
        return self.json(self.account_document(account), 201, Location=url)

    def checked_contact(self, contact):
        for each in contact:
            if not each.startswith("mailto:"):
                raise Problem("unsupportedContact", f"{each} is not a mailto URL")
            if each.endswith(".invalid"):
                raise Problem("invalidContact", f"{each} cannot be reached")
        return contact

    def check_binding(self, binding, jwk):
        """RFC 8555 §7.3.4."""
        if not binding:
            raise Problem("externalAccountRequired", "an account elsewhere is needed", 403)
        signed = Signed(json.dumps(binding))
        header = signed.header
        if header.get("alg") != "HS256" or header.get("url") != self.base + "/new-account":
            raise Problem("malformed", "the binding's header")
        if "nonce" in header:
            raise Problem("malformed", "a binding has no nonce")
        key = self.behavior.external_accounts.get(header.get("kid"))
        if key is None:
            raise Problem("unauthorized", "the external account is not known", 403)
        expected = hmac.new(key, signed.data, hashlib.sha256).digest()
        if not hmac.compare_digest(expected, signed.signature):
            raise Problem("unauthorized", "the binding's signature does not fit", 403)
        if signed.json != jwk:
            raise Problem("malformed", "the binding is for another key")

    @staticmethod
    def account_document(account):
        return {"status": account.status, "contact": account.contact, "orders": account.url}

    def account(self, signed, account, number):
        if account.url != f"{self.base}/account/{number}":
            raise Problem("unauthorized", "another account's", 403)
        if signed.payload:
            payload = signed.json
            account.contact = self.checked_contact(payload.get("contact", account.contact))
            if payload.get("status") == "deactivated":
                account.status = "deactivated"
        return self.json(self.account_document(account))

    # Orders

    def new_order(self, signed, account, _):
        behavior = self.behavior
        if behavior.rate_limit is not None and behavior.rate_limit_count > 0:
            behavior.rate_limit_count -= 1
            wait = behavior.rate_limit()
            headers = {"Retry-After": wait} if wait else {}
            raise Problem("rateLimited", "too many new orders recently", 429, headers)
        names = []
        refused = []
        for identifier in signed.json.get("identifiers") or []:
            name = identifier.get("value", "")
            if identifier.get("type") != "dns":
                raise Problem("unsupportedIdentifier", "only names")
            if name != name.lower() or "." not in name or name.rstrip(".") != name:
                raise Problem("malformed", f"{name} is not a DNS name")
            if name.endswith(".forbidden.example"):
                refused.append({
                    "type": ERROR + "rejectedIdentifier", "detail": "policy forbids this name",
                    "identifier": {"type": "dns", "value": name},
                })
            names.append(name)
        if refused:
            raise Problem(
                "rejectedIdentifier", "some names are not accepted", 403, subproblems=refused
            )
        if not names or len(set(names)) != len(names):
            raise Problem("malformed", "no names, or duplicates")
        number = len(self.orders) + 1
        authorizations = [self.authorize(account, name) for name in names]
        url = f"{self.base}/order/{number}"
        order = self.orders[url] = Order(url, account, names, authorizations)
        order.settle()
        return self.json(order.document, 201, Location=url)

    def authorize(self, account, name):
        is_wildcard = name.startswith("*.")
        base = name.removeprefix("*.")
        if self.behavior.keeps_authorizations:
            for known in self.authorizations.values():
                if (known.account, known.name, known.is_wildcard, known.status) == (
                    account, base, is_wildcard, "valid"
                ):
                    return known
        url = f"{self.base}/authorization/{len(self.authorizations) + 1}"
        result = self.authorizations[url] = Authorization(url, account, base, is_wildcard)
        # A wildcard is proved by DNS only (RFC 8555 §7.4.1, as authorities have it).
        kinds = [k for k in self.behavior.challenges if k == "dns-01" or not is_wildcard]
        for kind in kinds:
            url = f"{self.base}/challenge/{len(self.challenges) + 1}"
            challenge = self.challenges[url] = Challenge(url, kind, result)
            result.challenges.append(challenge)
        self.behavior.random.shuffle(result.challenges)
        return result

    def find(self, table, endpoint, number, account):
        found = table.get(f"{self.base}/{endpoint}/{number}")
        if found is None:
            raise Problem("malformed", "there is no such resource", 404)
        owner = getattr(found, "account", None) or found.authorization.account
        if owner is not account:
            raise Problem("unauthorized", "another account's", 403)
        return found

    def waiting(self):
        patience = self.behavior.patience
        return {} if patience is None else {"Retry-After": patience}

    @staticmethod
    def require_read(signed):
        """POST-as-GET has an empty payload, not an empty object (RFC 8555 §6.3)."""
        if signed.payload != b"":
            raise Problem("malformed", "the payload of POST-as-GET is empty")

    def order(self, signed, account, number):
        self.require_read(signed)
        order = self.find(self.orders, "order", number, account)
        order.settle()
        if order.status == "processing":
            order.looks += 1
            if order.looks > self.behavior.undecided_looks:
                order.status, order.chain = "valid", order.prepared
        headers = self.waiting() if order.status in ("pending", "processing") else {}
        return self.json(order.document, **headers)

    def authorization(self, signed, account, number):
        authorization = self.find(self.authorizations, "authorization", number, account)
        if signed.payload:
            if signed.json.get("status") != "deactivated":
                raise Problem("malformed", "only its status may be changed")
            authorization.status = "deactivated"
        headers = self.waiting() if authorization.status == "pending" else {}
        return self.json(authorization.document, **headers)

    def challenge(self, signed, account, number):
        challenge = self.find(self.challenges, "challenge", number, account)
        if signed.payload:
            if signed.json != {}:
                raise Problem("malformed", "the answer to a challenge is an empty object")
            authorization = challenge.authorization
            if authorization.status != "pending" or challenge.status != "pending":
                raise Problem("malformed", "the challenge is not pending")
            challenge.status = "processing"
            threading.Thread(target=self.validate, args=(challenge,), daemon=True).start()
        up = f'<{challenge.authorization.url}>;rel="up"'
        return self.json(challenge.document, Link=up)

    # Proofs

    def validate(self, challenge):
        authorization = challenge.authorization
        key_authorization = f"{challenge.token}.{thumbprint(authorization.account.jwk)}"
        check = {
            "http-01": self.check_http, "tls-alpn-01": self.check_tls, "dns-01": self.check_dns
        }[challenge.kind]
        # An undecided authorization takes its time.
        time.sleep(0.4 * self.behavior.undecided_looks)
        try:
            check(authorization.name, challenge.token, key_authorization)
            problem = None
        except Problem as error:
            problem = error
        except (OSError, http.client.HTTPException, dns.exception.DNSException) as error:
            problem = Problem("connection", f"{type(error).__name__}: {error}")
        with self.lock:
            challenge.error = problem
            challenge.status = authorization.status = "invalid" if problem else "valid"
            if not problem:
                challenge.validated = rfc3339(time.time())

    def check_http(self, name, token, expected):
        """RFC 8555 §8.3."""
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=PATIENCE)
        try:
            path = f"/.well-known/acme-challenge/{token}"
            connection.request("GET", path, headers={"Host": name})
            answer = connection.getresponse()
            body = answer.read(1024).decode("ascii", "replace")
        finally:
            connection.close()
        if answer.status != 200:
            raise Problem("unauthorized", f"{path} is answered with {answer.status}", 403)
        if body.rstrip() != expected:
            raise Problem("incorrectResponse", f"{body!r} instead of the key authorization", 403)

    def check_tls(self, name, token, expected):
        """RFC 8737 §3."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["acme-tls/1"])
        with socket.create_connection(("127.0.0.1", self.tls_port), timeout=PATIENCE) as plain:
            with context.wrap_socket(plain, server_hostname=name) as channel:
                protocol = channel.selected_alpn_protocol()
                der = channel.getpeercert(binary_form=True)
        if protocol != "acme-tls/1":
            raise Problem("unauthorized", f"the server chose the protocol {protocol}", 403)
        certificate = x509.load_der_x509_certificate(der)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if list(names) != [x509.DNSName(name)]:
            raise Problem("unauthorized", f"the certificate is for {list(names)}", 403)
        try:
            extension = certificate.extensions.get_extension_for_oid(ACME_IDENTIFIER)
        except x509.ExtensionNotFound:
            raise Problem("unauthorized", "the certificate has no acmeIdentifier", 403)
        digest = hashlib.sha256(expected.encode()).digest()
        # An OCTET STRING of 32 bytes, in DER.
        if not extension.critical or extension.value.value != b"\x04\x20" + digest:
            raise Problem("incorrectResponse", "acmeIdentifier has another value", 403)
        if certificate.issuer != certificate.subject:
            raise Problem("unauthorized", "the certificate is not self-signed", 403)
        certificate.verify_directly_issued_by(certificate)

    def check_dns(self, name, token, expected):
        """RFC 8555 §8.4."""
        query = dns.message.make_query(f"_acme-challenge.{name}.", dns.rdatatype.TXT)
        answer = dns.query.udp(query, "127.0.0.1", port=self.dns_port, timeout=PATIENCE)
        values = {
            b"".join(record.strings).decode("ascii", "replace")
            for rrset in answer.answer
            if rrset.rdtype == dns.rdatatype.TXT
            for record in rrset
        }
        wanted = base64url(hashlib.sha256(expected.encode()).digest())
        if wanted not in values:
            raise Problem("incorrectResponse", f"no such TXT record among {len(values)}", 403)

    # Certificates

    def finalize(self, signed, account, number):
        order = self.find(self.orders, "order", number, account)
        order.settle()
        if order.status != "ready":
            raise Problem("orderNotReady", f"the order is {order.status}", 403)
        try:
            request = x509.load_der_x509_csr(decoded(signed.json.get("csr")))
        except ValueError as error:
            raise Problem("badCSR", str(error))
        self.check_request(request, order, account)
        now = datetime.datetime.now(datetime.timezone.utc)
        start = now - datetime.timedelta(seconds=self.behavior.age)
        arguments = {
            "names": order.names,
            "public_key": request.public_key(),
            "start": start,
            "end": start + datetime.timedelta(seconds=self.behavior.lifetime),
        }
        if self.behavior.forge:
            self.behavior.forge(arguments)
        order.prepared = self.authority.issue(**arguments)
        order.status = "processing"
        return self.json(order.document, Location=order.url, **self.waiting())

    @staticmethod
    def check_request(request, order, account):
        if not request.is_signature_valid:
            raise Problem("badCSR", "its signature does not fit")
        names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        common = [a.value for a in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        if set(names.get_values_for_type(x509.DNSName)) != set(order.names):
            raise Problem("badCSR", "it is for other names than the order")
        if not set(common) <= set(order.names):
            raise Problem("badCSR", "its common name is not in the order")
        if request.public_key() == public_key(account.jwk):
            raise Problem("badCSR", "it has the account's key")
        key = request.public_key()
        if isinstance(key, rsa.RSAPublicKey) and key.key_size < 2048:
            raise Problem("badCSR", "its key is too short")

    def certificate(self, signed, account, number):
        self.require_read(signed)
        order = self.find(self.orders, "order", number, account)
        if not order.chain:
            raise Problem("malformed", "there is no certificate", 404)
        return 200, {"Content-Type": CHAIN}, order.chain.encode()

    def revoke(self, signed):
        self.revoked.append(decoded(signed.json.get("certificate")))
        return 200, {}, b""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address, context, directory):
        super().__init__(address, Handler)
        self.context, self.directory = context, directory

    def finish_request(self, request, client_address):
        # In the connection's own thread: a slow handshake holds nobody up.
        request.settimeout(PATIENCE)
        try:
            with self.context.wrap_socket(request, server_side=True) as channel:
                super().finish_request(channel, client_address)
        except OSError:
            pass

    def handle_error(self, request, client_address):
        pass


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self):
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(min(length, 1 << 20))
        status, headers, body = self.server.directory.answer(
            self.command, self.path, self.headers.get("Content-Type"), body
        )
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = handle_any

    def log_message(self, *_):
        pass
