"""One colour for each proxy, wherever it stands."""

#: Names of colours in the style sheet.
KNOWN = {
    "haproxy": "blue", "nginx": "green", "envoy": "pink", "haproxy-splice": "sky", "direct": "grey",
}
BUILDS = ["orange", "yellow", "violet"]
#: What is compared with something else than proxies: the reference, then the others.
OTHERS = ["sky"] + BUILDS


def colours(results):
    """By the name of a target."""
    found = dict(KNOWN)
    for index, name in enumerate(results.builds):
        found[name] = BUILDS[index % len(BUILDS)]
    for section in results.sections:
        for index, target in enumerate(section.targets):
            found.setdefault(target["name"], OTHERS[index % len(OTHERS)])
    return found
