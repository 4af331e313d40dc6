"""Lists of prefixes, as long as a full routing table and of the same shape."""

import ipaddress
import random

SEED = 901_899
#: How many of 10,000 prefixes of a full IPv4 routing table have each length (March 2024). Those
#: longer than /24, some ten in 10,000, count as /24.
SHARES = {
    8: 0.18, 9: 0.14, 10: 0.42, 11: 1.14, 12: 3.32, 13: 6.44, 14: 13.3, 15: 23.3, 16: 149.6,
    17: 91.3, 18: 153, 19: 276, 20: 473, 21: 563, 22: 1204, 23: 1070, 24: 5971,
}
#: Never the addresses of clients on the internet: this network, private ones, loopback, link-local.
RESERVED = [
    ipaddress.ip_network(text)
    for text in ["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
                 "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3"]
]
RESERVED_RANGES = [
    (int(network.network_address), int(network.broadcast_address)) for network in RESERVED
]
#: Few enough that the load generator reads them at once, more than one run has connections.
SAMPLE_LIMIT = 100_000


def made_up(count):
    """Distinct prefixes of unicast space, the same each time, in no order."""
    source = random.Random(SEED)
    prefixes = []
    for length, quantity in quantities(count).items():
        prefixes += distinct(source, length, quantity)
    source.shuffle(prefixes)
    return [f"{dotted(address)}/{length}" for address, length in prefixes]


def quantities(count):
    """By length; whatever rounding leaves are /24."""
    total = sum(SHARES.values())
    found = {length: round(count * share / total) for length, share in SHARES.items()}
    found[24] += count - sum(found.values())
    return found


def distinct(source, length, quantity):
    found = {}
    mask = -1 << (32 - length)
    while len(found) < quantity:
        address = source.getrandbits(32) & mask
        if is_unicast(address, address | ~mask):
            found[address, length] = None
    return list(found)


def is_unicast(first, last):
    return not any(first <= end and start <= last for start, end in RESERVED_RANGES)


def dotted(address):
    return ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0))


def sample(prefixes):
    """Some of all parts of the list, in no order: lookups in a row have little in common."""
    source = random.Random(SEED)
    return source.sample(prefixes, min(len(prefixes), SAMPLE_LIMIT))


def read(path):
    """The lines of a list that admit something."""
    with open(path) as lines:
        found = [line.split("#")[0].strip() for line in lines]
    return [line for line in found if line and not line.startswith("!")]


def office(count):
    """A whitelist of usual length: disjoint networks, none of which is the load's."""
    return [f"10.{index // 256}.{index % 256}.0/24" for index in range(count)]
