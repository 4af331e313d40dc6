"""Write a manual page (mdoc(7)) for each command of sluice.

    sluice --experimental-dump-help | python3 manual.py FOLDER

The text comes from the commands' own help, so the two cannot disagree.
"""

import datetime
import json
import os
import pathlib
import re
import sys
import time

FILES = """\
.Sh FILES
.Bl -tag -width Ds
.It Pa sluice.yaml , /etc/sluice/sluice.yaml
The configuration, unless another file is given.
.El
"""


def escaped(text):
    """`text` escaped for roff: backslashes, hyphens and a leading dot lose their meaning."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def sentences(text):
    """`text` with one line per sentence, so that roff can space sentences correctly."""
    lines = re.sub(r"([.!?]) (?=[A-Z(])", r"\1\n", " ".join(text.split())).split("\n")
    return "\n".join(escaped(line) for line in lines)


def prose(text):
    """`text` as paragraphs, which empty lines separate."""
    return "\n.Pp\n".join(sentences(part) for part in text.split("\n\n") if part.strip())


def lowered(text):
    """`text` for the middle of a sentence; `HTTP` keeps its case."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def date():
    """The date of the build, or of SOURCE_DATE_EPOCH for reproducible builds."""
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    day = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return f"{day:%B} {day.day}, {day.year}"


def flag(name):
    """An option's name for the Fl macro, which adds the first hyphen itself."""
    return escaped(name["name"] if name["kind"] == "short" else "-" + name["name"])


def shown(arguments):
    return [argument for argument in arguments if argument["shouldDisplay"]]


def synopsis(argument):
    value = f'Ar {escaped(argument["valueName"])}'.replace(" ", "\\ ").replace("Ar\\ ", "Ar ")
    if argument["kind"] == "positional":
        words = value
    else:
        words = "Fl " + flag(argument["preferredName"])
        if argument["kind"] == "option":
            words += " " + value
    line = f".Op {words}" if argument["isOptional"] else f".{words}"
    return line + (" ..." if argument["isRepeating"] else "")


def item(argument):
    value = escaped(argument["valueName"]).replace(" ", "\\ ")
    if argument["kind"] == "positional":
        head = f".It Ar {value}"
    else:
        names = " , ".join("Fl " + flag(name) for name in argument["names"])
        head = f".It {names}" + (f" Ar {value}" if argument["kind"] == "option" else "")
    text = argument.get("abstract", "")
    if "defaultValue" in argument:
        text += f' (default: {argument["defaultValue"]})'
    return f"{head}\n{sentences(text)}"


def page(command, parents, root):
    words = parents + [command["commandName"]]
    name = "-".join(words)
    subcommands = [sub for sub in command.get("subcommands", []) if sub["commandName"] != "help"]
    abstract = command.get("abstract", "").rstrip(".")
    lines = [
        f".Dd {date()}",
        f".Dt {name.upper()} 1",
        ".Os",
        ".Sh NAME",
        f".Nm {name}",
        f".Nd {escaped(lowered(abstract))}",
        ".Sh SYNOPSIS",
        f".Nm {' '.join(words)}",
    ]
    arguments = shown(command.get("arguments", []))
    if subcommands:
        lines += [".Ar command", ".Op Ar option ..."]
    else:
        lines += [synopsis(argument) for argument in arguments]
    lines += [".Sh DESCRIPTION", sentences(command.get("abstract", ""))]
    if "discussion" in command:
        lines += [".Pp", prose(command["discussion"])]
    if subcommands:
        lines += [".Sh COMMANDS", ".Bl -tag -width Ds"]
        lines += [
            f'.It Cm {escaped(sub["commandName"])}\n{sentences(sub.get("abstract", ""))}'
            for sub in subcommands
        ]
        lines.append(".El")
    if arguments:
        lines += [".Sh OPTIONS", ".Bl -tag -width Ds", *map(item, arguments), ".El"]
    if command is root or any("config" == argument["valueName"] for argument in arguments):
        lines.append(FILES.rstrip())
    others = ["-".join(words + [sub["commandName"]]) for sub in subcommands]
    others = sorted(others) or ["-".join(parents)]
    lines += [".Sh SEE ALSO"]
    lines += [f".Xr {other} 1" + (" ," if other != others[-1] else "") for other in others]
    return name, "\n".join(lines) + "\n"


def pages(command, parents, root):
    yield page(command, parents, root)
    for sub in command.get("subcommands", []):
        if sub["commandName"] != "help":
            yield from pages(sub, parents + [command["commandName"]], root)


def main():
    folder = pathlib.Path(sys.argv[1])
    root = json.load(sys.stdin)["command"]
    for name, text in pages(root, [], root):
        (folder / f"{name}.1").write_text(text, encoding="utf-8")


main()
