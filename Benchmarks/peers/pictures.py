"""Bars and points as SVG; colours come from the style sheet, by class."""

import html
import math

import metrics

WIDTH = 440
ROW = 24
VALUE_WIDTH = 184
#: Of a character, at the style sheet's 12 pixels.
CHARACTER = 6.6


def bars(section, metric, palette):
    """A bar for each target, from 0; a line over its end reaches over the rounds."""
    targets = [each for each in section.targets if metric.key in each["metrics"]]
    most = max(target["metrics"][metric.key]["highest"] for target in targets) or 1
    left = 12 + CHARACTER * max(len(each["name"]) for each in section.targets)
    unit = (WIDTH - VALUE_WIDTH - left) / most
    rows = "".join(
        bar(target, metric, palette[target["name"]], left, unit, index * ROW)
        for index, target in enumerate(targets)
    )
    return svg(WIDTH, len(targets) * ROW, section.heading(metric), rows)


def bar(target, metric, colour, left, unit, top):
    spread = target["metrics"][metric.key]
    low, middle, high = (left + unit * spread[key] for key in ("lowest", "median", "highest"))
    centre = top + ROW / 2
    ratio = html.escape(metrics.ratio_text(target["ratios"].get(metric.key)))
    reach = line("reach", low, centre, high, centre) if high - low > 1 else ""
    return (
        text(left - 8, centre, html.escape(target["name"]), "end")
        + f'<rect class="{colour}" x="{left:.1f}" y="{top + 5}" width="{max(1, middle - left):.1f}"'
        f' height="{ROW - 10}" rx="2"/>'
        + reach
        + text(WIDTH - VALUE_WIDTH + 8, centre,
               f'<tspan class="value">{html.escape(metric.text(spread["median"]))}</tspan>'
               f'<tspan dx="8">{ratio}</tspan>')
    )


OVERVIEW_WIDTH = 960
OVERVIEW_LABELS = 290
GAP = 30
PANEL = (OVERVIEW_WIDTH - OVERVIEW_LABELS - 2 * GAP) / 2
HEAD = 46
OVERVIEW_ROW = 26
PANELS = [
    ("ratio of throughput, log scale →", ["throughput"]),
    ("← ratio of CPU time or idle memory, log scale", ["processor", "memory"]),
]


def overview(sections, palette):
    """All ratios to the reference: scenarios down, and two logarithmic axes across."""
    height = HEAD + OVERVIEW_ROW * len(sections)
    labels = "".join(
        text(0, row_centre(index), html.escape(section.scenario.title))
        for index, section in enumerate(sections)
    )
    panels = "".join(
        panel(sections, palette, title, families, OVERVIEW_LABELS + index * (PANEL + GAP), height)
        for index, (title, families) in enumerate(PANELS)
    )
    return svg(OVERVIEW_WIDTH, height, "Ratios to the reference", labels + panels)


def panel(sections, palette, title, families, left, height):
    rows = [ratios_of(section, families) for section in sections]
    values = [ratio["value"] for row in rows for _, ratio in row] + [1]
    place = axis(min(values), max(values), left)
    grid = "".join(tick(place(value), value, height) for value in ticks(min(values), max(values)))
    points = "".join(
        point(place(ratio["value"]), row_centre(index), name, ratio, palette)
        for index, row in enumerate(rows) for name, ratio in row
    )
    return text(left + PANEL / 2, 10, html.escape(title), "middle", "value") + grid + points


def ratios_of(section, families):
    """Name and ratio, by the first number of the families, of each target that has one."""
    keys = [metric.key for metric in section.metrics() if metric.family in families]
    return [
        (target["name"], target["ratios"][key])
        for target in section.targets for key in keys[:1] if target["ratios"].get(key)
    ]


def axis(lowest, highest, left):
    """What maps a ratio to its place; a little is left free at both ends."""
    low, high = math.log(bounded(lowest) / 1.15), math.log(bounded(highest) * 1.15)
    return lambda value: left + PANEL * (math.log(bounded(value)) - low) / (high - low)


def bounded(ratio):
    """What used no measurable time has no logarithm."""
    return min(max(ratio, 0.01), 100)


def ticks(lowest, highest):
    candidates = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]
    if bounded(highest) / bounded(lowest) < 3:
        candidates = [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.4, 1.6, 2]
    return [each for each in candidates if lowest / 1.15 <= each <= highest * 1.15]


def tick(x, value, height):
    kind = "one" if value == 1 else "grid"
    return text(x, HEAD - 14, f"{value:g}", "middle") + line(kind, x, HEAD - 4, x, height)


def point(x, y, name, ratio, palette):
    label = html.escape(f"{name} {metrics.ratio_text(ratio)}")
    return (
        f'<circle class="{palette[name]}" cx="{x:.1f}" cy="{y:.1f}" r="6">'
        f"<title>{label}</title></circle>"
    )


def row_centre(index):
    return HEAD + OVERVIEW_ROW * (index + 0.5)


def svg(width, height, label, content):
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{html.escape(label)}">'
        f"{content}</svg>"
    )


def line(kind, x1, y1, x2, y2):
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def text(x, y, content, anchor="start", kind=""):
    """Centred on `y`; `content` is markup."""
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" dy=".35em" text-anchor="{anchor}">'
        f"{content}</text>"
    )
