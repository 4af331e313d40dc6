"""On what was measured."""

import platform
import subprocess
from pathlib import Path

import processes

ROOT = Path(__file__).resolve().parents[2]
CONGESTION_CONTROL = Path("/proc/sys/net/ipv4/tcp_congestion_control")


def description():
    return {
        "processors": processes.processor_count(),
        "model": processor_model(),
        "system": f"{platform.system()} {platform.release()}",
        "distribution": distribution(),
        "congestionControl": CONGESTION_CONTROL.read_text().strip(),
    }


def processor_model():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def distribution():
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return "unknown"


def commit():
    """Of the checkout; `None` outside of one."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=12", "--exclude=*"]
    try:
        found = subprocess.run(
            command + ["--dirty"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip()
