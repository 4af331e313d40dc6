"""Everything that was found, and where it goes."""

import dataclasses
import datetime
import json
import sys
from dataclasses import dataclass

import about
import machine
import markdown
import options
import page
import programs


@dataclass(frozen=True)
class Section:
    """What one scenario found."""

    scenario: object
    #: In the order of the report; the first is what the others are compared with. Each has `name`,
    #: and by a metric's key `metrics` and `ratios`, which are the middle and the ends over rounds.
    targets: list
    #: What a person should know about the numbers.
    notes: list

    def metrics(self):
        """Those of the scenario that were measured."""
        return [each for each in self.scenario.metrics
                if any(each.key in target["metrics"] for target in self.targets)]

    @property
    def counts_failures(self):
        return all("failed" in target for target in self.targets)

    def heading(self, metric):
        operation = self.scenario.operation
        return metric.heading.format(operation, plural=plural(operation))

    def document(self):
        keys = ["name", "title", "detail", "operation"]
        about = {key: getattr(self.scenario, key) for key in keys}
        reference = self.targets[0]["name"]
        return {**about, "reference": reference, "targets": self.targets, "notes": self.notes}


def plural(operation):
    return operation[:-1] + "ies" if operation.endswith("y") else operation + "s"


class Results:
    def __init__(self, arguments):
        self.scale = arguments.scale
        self.is_short = arguments.short
        self.date = datetime.datetime.now(datetime.timezone.utc)
        self.commit = machine.commit()
        self.machine = machine.description()
        self.versions = programs.versions(arguments.builds)
        self.builds = [name for name, _ in arguments.builds]
        self.list_name = arguments.list.name if arguments.list else None
        self.options = options.without_paths(sys.argv[1:])
        self.sections = []
        self.problems = []

    def add(self, scenario, found):
        self.sections.append(Section(scenario, found["targets"], found["notes"]))
        for target in found["targets"]:
            if target.get("completed") == 0:
                self.add_problem(scenario, f"nothing succeeded at {target['name']}")

    def add_problem(self, scenario, text):
        self.problems.append(f"{scenario.name}: {text}")

    def document(self):
        return {
            "date": self.date.isoformat(timespec="seconds"),
            "commit": self.commit,
            "machine": self.machine,
            "versions": self.versions,
            "command": about.command_line(self),
            "settings": {
                **dataclasses.asdict(self.scale),
                "list": self.list_name or "made up",
                "isShort": self.is_short,
            },
            "scenarios": [section.document() for section in self.sections],
            "problems": self.problems,
        }


def publish(results, arguments):
    """Writes the three files. Where JSON goes to standard output, the tables do not."""
    text = json.dumps(results.document(), indent=1, ensure_ascii=False) + "\n"
    tables = markdown.render(results)
    arguments.results.mkdir(parents=True, exist_ok=True)
    (arguments.results / "peers.json").write_text(text)
    (arguments.results / "peers.md").write_text(tables)
    (arguments.results / "peers.html").write_text(page.render(results))
    print(text if arguments.json else tables, end="")
    print(f"written: {arguments.results}/peers.json, .md, .html", file=sys.stderr)
