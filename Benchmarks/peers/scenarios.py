"""What is measured, in the order of the report."""

import metrics
from beside import BesideBulkScenario, BesideStalledScenario
from generators import GeneratorScenario
from idle import IdleScenario
from list_churn import ListChurnScenario
from load import LoadScenario

SMALL = ["http", "--path", "/small"]
#: A transfer may take long on a slow machine; a debug build is one of the reasons.
PATIENCE = ["--timeout", "120s"]


def all_scenarios(scale):
    return (
        small_requests(scale)
        + [churn()]
        + bulk(scale)
        + [BesideBulkScenario(scale.beside_streams), BesideStalledScenario(scale.stalled_downloads)]
        + [IdleScenario(scale.idle_connections)]
        + mysql()
        + [ListChurnScenario(), GeneratorScenario()]
    )


def small_requests(scale):
    """Over connections that are kept: what a relay costs for each message."""
    counts = {
        "small-1": 1,
        "small-64": 64,
        "small-512": scale.medium_connections,
        "small-4000": scale.many_connections,
    }
    return [small_request(name, count) for name, count in counts.items()]


def small_request(name, count):
    return LoadScenario(
        name=name,
        title=f"Small requests, {count:,} kept connection{'s' if count > 1 else ''}",
        service="http",
        arguments=SMALL + ["-c", str(count)],
        connections=count,
        takes_long_to_warm_up=count > 1_000,
        operation="request",
        metrics=metrics.REQUESTS,
    )


def churn():
    return LoadScenario(
        name="churn",
        title="One connection per request",
        detail="64 at a time",
        service="http",
        arguments=SMALL + ["--new-connections", "-c", "64"],
        operation="request",
        metrics=metrics.REQUESTS,
    )


def bulk(scale):
    """One transfer after the other: what a relay costs for each byte."""
    common = {"is_bulk": True, "metrics": metrics.BULK}
    return [
        LoadScenario(
            name="download",
            title=f"Download, {scale.bulk_mib} MiB each",
            detail="one connection",
            service="http",
            arguments=["http", "--path", "/large", "-c", "1"] + PATIENCE,
            operation="download",
            **common,
        ),
        LoadScenario(
            name="upload",
            title=f"Upload, {scale.bulk_mib} MiB each",
            detail="one connection after the other",
            service="sink",
            arguments=["tcp", "--mode", "upload", "--size", f"{scale.bulk_mib}MiB", "-c", "1"]
            + PATIENCE,
            operation="upload",
            **common,
        ),
    ]


def mysql():
    return [
        LoadScenario(
            name="mysql",
            title="MySQL queries, 16 kept connections",
            detail="SELECT 1, MariaDB",
            service="mysql",
            arguments=["mysql", "-c", "16"],
            operation="query",
            metrics=metrics.REQUESTS,
        ),
        LoadScenario(
            name="mysql-logins",
            title="MySQL logins",
            detail="connect, log in with a password, SELECT 1, close; 16 at a time, MariaDB",
            service="mysql",
            arguments=["mysql", "--new-connections", "-c", "16"],
            operation="login",
            metrics=metrics.REQUESTS,
        ),
    ]
