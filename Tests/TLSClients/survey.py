"""Asks a TLS server what its configuration looks like from outside.

    survey.py HOST:PORT NAME

Prints a line of JSON: each question with its answer. Two servers that are configured alike give the
same answers.
"""

import json
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile

import tls

OLD = "ALL:eNULL:@SECLEVEL=0"
CLOSING = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def client(target, *arguments, text=""):
    """What `openssl s_client` reports."""
    result = subprocess.run(
        ["openssl", "s_client", "-connect", target, *arguments, *(["-ign_eof"] if text else [])],
        input=text, capture_output=True, text=True, errors="replace", timeout=60,
    )
    return result.stdout + result.stderr


def outcome(report):
    """The version and the cipher, or the alert that ended the handshake."""
    agreed = re.search(r"^(New|Reused), (\S+), Cipher is (\S+)", report, re.M)
    if agreed and agreed[3] != "(NONE)":
        return f"{agreed[2]} {agreed[3]}"
    alert = re.search(r"alert number (\d+)", report)
    return f"alert {alert[1]}" if alert else "no handshake"


def part(pattern, report):
    found = re.search(pattern, report, re.M)
    return found[1] if found else "-"


def versions(target, name):
    for version in ("tls1", "tls1_1", "tls1_2", "tls1_3"):
        report = client(target, "-servername", name, f"-{version}", "-cipher", OLD)
        # Which cipher is agreed on depends on the client.
        answer = outcome(report)
        yield f"version {version}", answer if answer.startswith("alert") else answer.split()[0]


def old_ciphers(address, name):
    """Each cipher of TLS 1.2 by itself; those of PSK and SRP need keys."""
    for entry in all_ciphers():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.set_ciphers(f"{entry}:@SECLEVEL=0")
        except ssl.SSLError:
            continue
        yield f"cipher {entry}", shake_hands(context, address, name)


def all_ciphers():
    names = subprocess.run(
        ["openssl", "ciphers", OLD], capture_output=True, text=True, check=True
    ).stdout.strip().split(":")
    return [entry for entry in names if not entry.startswith("TLS_") and "PSK" not in entry
            and "SRP" not in entry]


def shake_hands(context, address, name):
    try:
        with socket.create_connection(address, timeout=30) as plain:
            with context.wrap_socket(plain, server_hostname=name) as peer:
                return peer.cipher()[0]
    except ssl.SSLError as error:
        return error.reason or str(error)
    except OSError as error:
        return f"{error}"


def new_ciphers(target, name):
    for suite in ("TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
                  "TLS_AES_128_GCM_SHA256", "TLS_AES_128_CCM_8_SHA256", "TLS_AES_128_CCM_SHA256"):
        report = client(target, "-servername", name, "-tls1_3", "-ciphersuites", suite)
        yield f"cipher {suite}", outcome(report)


def groups(target, name):
    for group in ("X25519", "P-256", "P-384", "P-521", "X448", "ffdhe2048", "P-224"):
        for version in ("tls1_2", "tls1_3"):
            report = client(target, "-servername", name, f"-{version}", "-groups", group,
                            "-cipher", "ALL:@SECLEVEL=0")
            yield f"group {group} {version}", outcome(report)


def signatures(target, name):
    for algorithm in ("RSA+SHA1", "ECDSA+SHA1", "RSA+SHA256", "ECDSA+SHA256", "RSA-PSS+SHA256",
                      "ed25519"):
        report = client(target, "-servername", name, "-tls1_2", "-sigalgs", algorithm,
                        "-cipher", "ALL:@SECLEVEL=0")
        yield f"signature {algorithm}", outcome(report)


def details(target, name):
    old = client(target, "-servername", name, "-tls1_2", text=CLOSING)
    yield "secure renegotiation", part(r"Secure Renegotiation (IS.*)", old)
    yield "extended master secret", part(r"Extended master secret: (\S+)", old)
    yield "compression", part(r"^Compression: (\S+)", old)
    yield "ticket in 1.2", "yes" if "TLS session ticket:" in old else "no"
    new = client(target, "-servername", name, "-tls1_3", text=CLOSING)
    yield "early data", part(r"Max Early Data: (\d+)", new)
    yield "compression requested", part(
        r"^Compression: (\S+)", client(target, "-servername", name, "-tls1_2", "-comp"))
    fallback = client(target, "-servername", name, "-tls1_2", "-fallback_scsv")
    yield "downgrade (TLS_FALLBACK_SCSV)", outcome(fallback)
    for other in ("unknown.example", "a." * 60 + "example"):
        yield f"name {other[:20]}", part(r"^subject=(.*)", client(target, "-servername", other))
    yield "no name", part(r"^subject=(.*)", client(target, "-noservername"))
    yield "client certificate", part(r"^(No client certificate CA names sent)", new)
    yield "next protocols", part(
        r"(Next protocol: .*)", client(target, "-tls1_2", "-nextprotoneg", "h2"))
    yield "OCSP", part(r"(OCSP response: .*)", client(target, "-status"))


def early_data(target, name):
    """Whether data in a resumed session's first flight is accepted."""
    with tempfile.TemporaryDirectory() as folder:
        session, data = os.path.join(folder, "session"), os.path.join(folder, "data")
        with open(data, "w", encoding="ascii") as file:
            file.write(CLOSING)
        client(target, "-servername", name, "-tls1_3", "-sess_out", session, text=CLOSING)
        if not os.path.exists(session):
            return "no session"
        resuming = ("-sess_in", session, "-early_data", data)
        report = client(target, "-servername", name, "-tls1_3", *resuming)
        return part(r"(Early data was \S+(?: \S+)?)", report)


def questions(address, target, name):
    yield from versions(target, name)
    yield from old_ciphers(address, name)
    yield from new_ciphers(target, name)
    yield from groups(target, name)
    yield from signatures(target, name)
    yield from details(target, name)
    yield "early data used", early_data(target, name)
    yield "renegotiation", str(tls.renegotiate(address, name, "")["isRenegotiated"])
    answers = tls.odd(address, name, "", "4")
    # Whether it waits or the machine was slow is seen the second time.
    waiting = [what for what, answer in answers.items() if answer == "waits"]
    if waiting:
        answers |= tls.odd(address, name, "", "4", only=waiting)
    for what, answer in answers.items():
        yield f"hello: {what}", answer


def main():
    target, name = sys.argv[1:]
    host, port = target.rsplit(":", 1)
    print(json.dumps(dict(questions((host, int(port)), target, name))))


if __name__ == "__main__":
    main()
