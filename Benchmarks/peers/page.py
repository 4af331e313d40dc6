"""The report as one page: no scripts, and nothing that is loaded from elsewhere."""

import html

import pictures
from about import command_line, machine_line, settings_line, version_line
from palette import colours
from style import STYLE


def render(results):
    palette = colours(results)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sluice compared with its peers</title>
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>Sluice compared with its peers</h1>
<p>{html.escape(machine_line(results))}</p>
<p class="quiet">{html.escape(settings_line(results))}.</p>
</header>
{problems(results)}
{summary(results, palette)}
{"".join(section_text(section, palette) for section in results.sections)}
<footer>
<p>{html.escape(version_line(results))}</p>
<p><code>{html.escape(command_line(results))}</code></p>
</footer>
</body>
</html>
"""


def problems(results):
    if not results.problems:
        return ""
    items = "".join(f"<li><pre>{html.escape(each)}</pre></li>" for each in results.problems)
    return f'<section class="problems"><h2>Problems</h2><ul>{items}</ul></section>'


def summary(results, palette):
    compared = [each for each in results.sections if each.scenario.compares_proxies]
    if not any(len(section.targets) > 1 for section in compared):
        return ""
    reference = html.escape(compared[0].targets[0]["name"])
    return f"""
<section>
<h2>Summary ({reference} = 1)</h2>
{legend(compared, palette)}
<div class="wide">{pictures.overview(compared, palette)}</div>
</section>"""


def legend(sections, palette):
    names = {target["name"]: None for section in sections for target in section.targets}
    items = "".join(
        f'<li><i class="{palette[name]}"></i>{html.escape(name)}</li>' for name in names
    )
    return f'<ul class="legend">{items}</ul>'


def section_text(section, palette):
    scenario = section.scenario
    detail = f'<p class="quiet">{html.escape(scenario.detail)}</p>' if scenario.detail else ""
    figures = "".join(
        f"<figure><figcaption>{html.escape(section.heading(metric))}{hint(metric)}</figcaption>"
        f"{pictures.bars(section, metric, palette)}</figure>"
        for metric in section.metrics()
    )
    notes = "".join(f"<li>{html.escape(note)}</li>" for note in failures(section) + section.notes)
    return f"""
<section id="{scenario.name}">
<h2>{html.escape(scenario.title)}</h2>
{detail}
<div class="figures">{figures}</div>
{f"<ul class='notes'>{notes}</ul>" if notes else ""}
</section>"""


def hint(metric):
    return ' <span class="quiet">lower is better</span>' if metric.less_is_better else ""


def failures(section):
    """The notes name the kinds; this is the sum."""
    return [
        f"{target['name']}: {target['failed']:,} failed"
        for target in section.targets if target.get("failed")
    ]
