"""Loads a file by requests, and prints one line of JSON: what a user of it sees.

    load.py MODE URL FILE [NAME:VALUE]...

MODE: bytes, file, generator; with `-trusting`, Authorization is kept across redirects. User and
password are in the environment (LOAD_USER, LOAD_PASSWORD).
"""

import json
import os
import sys

import requests

PIECE = 1 << 16


class Trusting(requests.Session):
    def should_strip_auth(self, old_url, new_url):
        return False


def pieces(path):
    with open(path, "rb") as file:
        while piece := file.read(PIECE):
            yield piece


def main(mode, url, path, *fields):
    kind, _, trusting = mode.partition("-")
    session = Trusting() if trusting else requests.Session()
    session.trust_env = False
    session.auth = (os.environ["LOAD_USER"], os.environ["LOAD_PASSWORD"])
    headers = dict(field.split(":", 1) for field in fields)
    if kind == "generator":
        data = pieces(path)
    else:
        data = open(path, "rb")
        if kind == "bytes":
            data = data.read()
    try:
        answer = session.put(url, data=data, headers=headers, timeout=600)
    except requests.RequestException as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return {"status": answer.status_code, "body": answer.text, "redirects": len(answer.history)}


print(json.dumps(main(*sys.argv[1:])))
