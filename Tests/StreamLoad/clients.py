"""The clients that people load with, as programs that all take the same job."""

import atexit
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from programs import HERE, PATIENCE

USER, PASSWORD = "loader", "p@ss w/rd:%"


@dataclass
class Outcome:
    """What a client reported."""

    status: int = None
    body: str = ""
    error: str = None
    redirects: int = 0

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return {}

    @property
    def load_status(self):
        """The status in the answer of a front end or back end."""
        return self.json.get("Status") or self.json.get("status")

    @property
    def is_loaded(self):
        return self.load_status == "Success"

    def __str__(self):
        if self.error:
            return self.error
        message = self.json.get("Message") or self.json.get("msg") or ""
        if self.load_status == "Success":
            return "Success"
        return f"HTTP {self.status} {self.load_status or ''} {message}".strip()


class File:
    """Rows that a test loads: different ones, so that a byte that is lost or repeated is seen."""

    def __init__(self, megabytes):
        handle, path = tempfile.mkstemp(prefix="stream-load-", suffix=".csv")
        self.path = Path(path)
        atexit.register(self.path.unlink, missing_ok=True)
        digest, self.size, number = hashlib.sha256(), 0, 0
        with open(handle, "wb") as file:
            while self.size < megabytes * 1_000_000:
                rows = b"".join(
                    b"%d,%s\n" % (number + place, hashlib.md5(b"%d" % (number + place))
                                  .hexdigest().encode())
                    for place in range(10_000)
                )
                number += 10_000
                rows = rows[:megabytes * 1_000_000 - self.size]
                file.write(rows)
                digest.update(rows)
                self.size += len(rows)
        self.sha256 = digest.hexdigest()


@dataclass
class Client:
    """
    - program: `curl`, `python`, `java` or `node`.
    - options: of curl, or the program's mode.
    - expects: whether Expect is set by hand, which front ends insist on.
    - pipes: whether the file comes through a pipe.
    """

    name: str
    program: str
    options: list = field(default_factory=list)
    expects: bool = True
    pipes: bool = False
    follows: bool = True

    def load(self, url, file, fields={}, timeout=600, user=USER, password=PASSWORD):
        """Loads a file, by `PUT` to `url`."""
        if self.program == "curl":
            return self._curl(url, file, fields, timeout, user, password)
        own = {**({"Expect": "100-continue"} if self.expects else {}), **fields}
        command = [*self.command(), url, str(file.path)]
        done = subprocess.run(
            command + [f"{name}:{value}" for name, value in own.items()],
            env={**os.environ, "LOAD_USER": user, "LOAD_PASSWORD": password},
            capture_output=True, text=True, timeout=timeout,
        )
        try:
            return Outcome(**json.loads(done.stdout.splitlines()[-1]))
        except (ValueError, IndexError):
            return Outcome(error=(done.stdout + done.stderr)[-500:])

    def command(self):
        if self.program == "java":
            return ["java", "-Xmx512m", "-cp", str(java_classes()), "Load", *self.options]
        if self.program == "node":
            return ["node", "--no-warnings", str(HERE / "clients/load.mjs"), *self.options]
        return [sys.executable, str(HERE / "clients/load.py"), *self.options]

    def _curl(self, url, file, fields, timeout, user, password):
        with tempfile.NamedTemporaryFile(prefix="stream-load-") as answer:
            command = [
                "curl", "--silent", "--show-error", "--noproxy", "*", "--user", f"{user}:{password}",
                *self.options, "--upload-file", "-" if self.pipes else str(file.path),
                "--output", answer.name, "--write-out", "%{http_code} %{num_redirects}",
            ]
            for name, value in fields.items():
                command += ["--header", f"{name}: {value}"]
            source = None
            if self.pipes:
                source = subprocess.Popen(["cat", file.path], stdout=subprocess.PIPE)
            done = subprocess.run(
                command + [url], stdin=source.stdout if source else subprocess.DEVNULL,
                capture_output=True, text=True, timeout=timeout,
            )
            if source:
                source.stdout.close()
                source.wait(PATIENCE)
            status, redirects = (int(word) for word in done.stdout.split()[-2:])
            body = Path(answer.name).read_text(errors="replace")
        error = done.stderr.strip() if done.returncode else None
        return Outcome(status, body, error, redirects)


_classes = None


def java_classes():
    """The folder with the compiled client."""
    global _classes
    if _classes is None:
        _classes = Path(tempfile.mkdtemp(prefix="stream-load-"))
        atexit.register(shutil.rmtree, _classes, ignore_errors=True)
        subprocess.run(["javac", "-d", _classes, HERE / "clients/Load.java"], check=True)
    return _classes


NO_EXPECT = ["--header", "Expect:"]
TRUSTED = ["--location-trusted"]

CLIENTS = [
    Client("curl", "curl", follows=False),
    Client("curl `-L`", "curl", ["--location"]),
    Client("curl `--location-trusted`", "curl", TRUSTED),
    Client("curl `--location-trusted -H Expect:`", "curl", TRUSTED + NO_EXPECT, expects=False),
    Client("curl `--location-trusted -T -`", "curl", TRUSTED, pipes=True),
    Client("curl `--location-trusted -T - -H Expect:`", "curl", TRUSTED + NO_EXPECT, expects=False,
           pipes=True),
    Client("curl `--http1.0 --location-trusted`", "curl", ["--http1.0", *TRUSTED]),
    Client("requests, bytes", "python", ["bytes"]),
    Client("requests, file", "python", ["file"]),
    Client("requests, generator", "python", ["generator"]),
    Client("requests, bytes, Authorization kept", "python", ["bytes-trusting"]),
    Client("requests, generator, Authorization kept", "python", ["generator-trusting"]),
    Client("Java HttpClient, file", "java", ["client"]),
    Client("Java HttpClient, file, no Expect", "java", ["client"], expects=False),
    Client("Java HttpClient, stream", "java", ["client-stream"]),
    Client("HttpURLConnection", "java", ["connection"]),
    Client("HttpURLConnection, fixed length", "java", ["connection-fixed"]),
    Client("HttpURLConnection, chunked", "java", ["connection-chunked"]),
    Client("Node fetch, buffer", "node", ["buffer"], expects=False),
    Client("Node fetch, Blob", "node", ["blob"], expects=False),
    Client("Node fetch, stream", "node", ["stream"], expects=False),
    Client("Node http.request", "node", ["request"], follows=False),
]
