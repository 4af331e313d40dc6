"""How many files each of the processes may have open."""

import resource

from failures import RunError

#: The same on every machine, because some programs size their tables by it.
WANTED = 20_000
#: A proxy has two for each connection: its client's and its backend's.
EACH_CONNECTION = 2
#: Listeners, logs, pipes for splicing, event queues.
OTHERS = 2_000


def raise_limit(scale):
    """Raises the limit of this process, which those that it starts inherit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED)
    needed = EACH_CONNECTION * max(scale.many_connections, scale.idle_connections) + OTHERS
    if limit < needed:
        raise RunError(
            f"a proxy needs {needed} open files, but the hard limit is {limit} (raise it with"
            " ulimit -Hn, or use --short)"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def connection_limit():
    """How many connections a proxy can have under the limit."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (limit - OTHERS) // EACH_CONNECTION
