"""Where other people's programs are, and which versions."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from failures import RunError

#: Servers live in /usr/sbin, which is not on every user's path.
SEARCH_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
INSTALLED_ENVOY = Path(__file__).resolve().parents[2] / ".build/envoy/bin/envoy"
PACKAGES = {"mariadbd": "mariadb-server", "mariadb-install-db": "mariadb-server"}


def find(name):
    """Its path; a program that is missing ends the run with what to install."""
    path = optional(name)
    if path is None and name == "envoy":
        raise RunError("missing: envoy; .ci/install-envoy installs it, or take --without envoy")
    if path is None:
        raise RunError(f"missing: {name} (on Debian: apt-get install {PACKAGES.get(name, name)})")
    return path


def optional(name):
    """Its path, or `None`."""
    if name == "envoy" and os.environ.get("ENVOY"):
        return shutil.which(os.environ["ENVOY"])
    path = shutil.which(name, path=SEARCH_PATH)
    if path is None and name == "envoy" and INSTALLED_ENVOY.exists():
        return str(INSTALLED_ENVOY)
    return path


#: How each tells its version, and where in the answer it stands.
VERSIONS = {
    "haproxy": (["-v"], r"version (\S+)"),
    "nginx": (["-v"], r"nginx/(\S+)"),
    "envoy": (["--version"], r"/(\d+\.\d+\.\d+)/"),
    "mariadbd": (["--version"], r"Ver (\S+)"),
    "wrk": (["-v"], r"wrk (?:debian/)?(\S+)"),
}


def versions(builds):
    """Of everything that is there, by name."""
    found = {name: version(optional(name), *how) for name, how in VERSIONS.items()}
    found |= {name: version(path, ["--version"], r"sluice (\S+)") for name, path in builds}
    return {name: text for name, text in found.items() if text}


def version(path, arguments, pattern):
    if path is None:
        return None
    try:
        answer = subprocess.run([path] + arguments, capture_output=True, text=True)
    except OSError as error:
        raise RunError(f"{path}: {error.strerror}") from None
    match = re.search(pattern, answer.stdout + answer.stderr)
    return match.group(1) if match else "unknown"
