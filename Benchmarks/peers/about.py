"""The headers of the reports."""


def machine_line(results):
    machine = results.machine
    commit = f", commit {results.commit}" if results.commit else ""
    return (
        f"{results.date:%Y-%m-%d}, {machine['processors']} processors, {machine['model']},"
        f" {machine['distribution']}, {machine['system']}, congestion control"
        f" {machine['congestionControl']}{commit}"
    )


def version_line(results):
    return ", ".join(f"{name} {version}" for name, version in results.versions.items())


def settings_line(results):
    scale = results.scale
    if scale.rounds == 1:
        return (
            f"One round of {scale.seconds:g} s each, which cannot show whether a difference is"
            " significant; ratios are to the first"
        )
    return (
        f"Medians of {scale.rounds} interleaved rounds of {scale.seconds:g} s each; ratios of these"
        " medians to the first of each table that has the figure [lowest–highest of single rounds];"
        " ~ no significant difference: the range includes 1"
    )


def command_line(results):
    return f'make bench BENCH="{results.options}"' if results.options else "make bench"
