"""The tables, in Markdown that reads well in a terminal too."""

import metrics
from about import command_line, machine_line, settings_line, version_line

FAMILIES = {
    "throughput": "Throughput",
    "processor": "CPU time of the proxy",
    "memory": "Memory of the proxy",
}


def render(results):
    parts = ["# Sluice compared with its peers", about(results)]
    parts += summaries(results.sections)
    parts += [section_text(section) for section in results.sections]
    parts += [problems(results.problems)] if results.problems else []
    return "\n\n".join(parts) + "\n"


def about(results):
    return "\n".join([
        f"{machine_line(results)}.  ",
        f"{version_line(results)}.  ",
        f"{settings_line(results)}.  ",
        f"`{command_line(results)}`",
    ])


def summaries(sections):
    """A table for each family of numbers: scenarios down, proxies across."""
    compared = [section for section in sections if section.scenario.compares_proxies]
    found = []
    for family, title in FAMILIES.items():
        rows = [
            (section, metric)
            for section in compared for metric in section.metrics() if metric.family == family
        ]
        if rows:
            found.append(f"## {title}\n\n{summary(rows)}")
    return found


def summary(rows):
    names = []
    for section, _ in rows:
        names += [each["name"] for each in section.targets if each["name"] not in names]
    lines = [[""] + names]
    for section, metric in rows:
        targets = {target["name"]: target for target in section.targets}
        # The table's own heading says already that it is CPU time.
        what = section.heading(metric).removeprefix("CPU time ")
        label = f"{section.scenario.title}: {what}"
        lines.append([label] + [summary_cell(metric, targets.get(name)) for name in names])
    return table(lines)


def summary_cell(metric, target):
    """`45.0 µs (0.94)`."""
    if target is None or metric.key not in target["metrics"]:
        return ""
    text = metric.text(target["metrics"][metric.key]["median"])
    ratio = target["ratios"].get(metric.key)
    return f"{text} ({metrics.mark(ratio)}{metrics.factor(ratio['value'])})" if ratio else text


def section_text(section):
    found = section.metrics()
    failed = ["failed"] if section.counts_failures else []
    lines = [[""] + [section.heading(metric) for metric in found] + failed]
    for target in section.targets:
        cells = [cell(metric, target) for metric in found]
        lines.append([target["name"]] + cells + [f"{target[key]:,}" for key in failed])
    detail = f"{section.scenario.detail}\n\n" if section.scenario.detail else ""
    notes = "".join(f"\n- {one_line(note)}" for note in section.notes)
    title = f"## {section.scenario.title} (`{section.scenario.name}`)"
    return f"{title}\n\n{detail}{table(lines)}" + ("\n" + notes if notes else "")


def cell(metric, target):
    """`45.0 µs · 0.94 [0.91–0.97]`."""
    spread = target["metrics"].get(metric.key)
    if spread is None:
        return ""
    ratio = metrics.ratio_text(target["ratios"].get(metric.key))
    return metric.text(spread["median"]) + (f" · {ratio}" if ratio else "")


def problems(texts):
    return "## Problems\n\n" + "\n".join(f"- {one_line(text)}" for text in texts)


def one_line(text):
    return " ".join(text.split())


def table(lines):
    """Numbers are right-aligned, and columns are as wide as their longest cell."""
    widths = [max(3, *(len(cell) for cell in column)) for column in zip(*lines)]
    rule = ["-" * widths[0]] + ["-" * (width - 1) + ":" for width in widths[1:]]
    aligned = [
        [line[0].ljust(widths[0])]
        + [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]
        for line in lines
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in [aligned[0], rule] + aligned[1:])
