"""MySQL clients and servers that mean harm, in crowds, and honest clients between them.

    mysql_attacks.py crowd KIND,… COUNT HOST:PORT SUFFIX AUTHORITY PID
    mysql_attacks.py patient HOST:PORT AUTHORITY
    mysql_attacks.py servers PORT PORT

`crowd` prints one line of JSON: how many of COUNT clients, of each kind in turn, were closed by the
gateway, after how long at most, what it held meanwhile by /proc/PID, and how honest clients of another
warehouse fared. `patient` is one that sends its login byte by byte, but in time.

`servers` listens on two ports of 127.0.0.1 until it is ended. The first server never
greets. The second greets, and then does what the user's name says.
"""

import asyncio
import json
import os
import ssl
import struct
import sys
import time

PATIENCE = 60
PROTOCOL_41, TLS, SECURE, PLUGIN = 1 << 9, 1 << 11, 1 << 15, 1 << 19
BASIC = 1 | PROTOCOL_41 | SECURE | PLUGIN
NATIVE = b"mysql_native_password\0"


def packet(number, payload):
    return struct.pack("<I", len(payload))[:3] + bytes([number & 255]) + payload


async def read_packet(reader):
    header = await reader.readexactly(4)
    return header[3], await reader.readexactly(header[0] | header[1] << 8 | header[2] << 16)


def login(user, flags=BASIC, filler=0):
    head = struct.pack("<IIB", flags, 1 << 24, 45) + bytes(23)
    return head + user.encode() + b"\0" + b"\0" + NATIVE + b"x" * filler


# Clients


async def connect(address, authority=None, source=None):
    """A connection that was greeted, in TLS if there is an authority; and the next number."""
    host, port = address.rsplit(":", 1)
    local = (source, 0) if source else None
    reader, writer = await asyncio.open_connection(host, int(port), local_addr=local)
    await read_packet(reader)
    if not authority:
        return reader, writer, 1
    writer.write(packet(1, struct.pack("<IIB", BASIC | TLS, 1 << 24, 45) + bytes(23)))
    context = ssl.create_default_context(cafile=authority)
    await writer.start_tls(context, server_hostname="gw.example")
    return reader, writer, 2


async def drip(writer, data, pause):
    for index in range(len(data)):
        writer.write(data[index : index + 1])
        await writer.drain()
        await asyncio.sleep(pause)


async def honest(address, suffix, authority, pause=0):
    """A user without a password, who asks for one row."""
    reader, writer, number = await connect(address, authority)
    flags = BASIC | (TLS if authority else 0)
    sent = packet(number, login(f"nobody@{suffix}", flags))
    if pause:
        await drip(writer, sent, pause)
    else:
        writer.write(sent)
    while True:
        number, payload = await read_packet(reader)
        if payload[0] == 0xFE:
            writer.write(packet(number + 1, b""))
        else:
            break
    if payload[0] == 0:
        writer.write(packet(0, b"\x03SELECT 'honest'"))
        answer = await reader.readuntil(b"honest")
        served = b"honest" in answer
    else:
        served = False
    writer.close()
    return served


async def attack(kind, address, suffix, authority, source):
    """Does harm, and then waits for the end."""
    uses_tls = kind.startswith("tls ")
    kind = kind.removeprefix("tls ")
    reader, writer, number = await connect(address, authority if uses_tls else None, source)
    flags = BASIC | (TLS if uses_tls else 0)
    good = packet(number, login(f"nobody@{suffix}", flags))
    if kind == "no login":
        pass
    elif kind == "byte by byte":
        await drip(writer, good, 0.5)
    elif kind == "cut":
        writer.write(good[: len(good) // 2])
    elif kind == "oversized":
        writer.write(b"\xff\xff\xff" + bytes([number]) + b"x" * (1 << 20))
    elif kind == "long":
        # As long as is allowed, but for its last byte.
        writer.write(packet(number, login(f"nobody@{suffix}", flags, 60_000))[:-1])
    elif kind == "many packets":
        writer.write(b"".join(packet(number + index, b"x") for index in range(10_000)))
    elif kind == "no answer":
        writer.write(good)
        await read_packet(reader)
    elif kind == "half an answer":
        writer.write(good)
        number, _ = await read_packet(reader)
        writer.write(packet(number + 1, b"x" * 60_000)[:-1])
    elif kind == "out of turn":
        writer.write(good * 50)
    else:
        # The server does the rest; the client answers whatever it is sent.
        writer.write(packet(number, login(f"{kind}@{suffix}", flags)))
        while True:
            number, payload = await read_packet(reader)
            if payload[0] == 0xFF:
                break
            writer.write(packet(number + 1, b"y" * 20))
    while await reader.read(65536):
        pass


async def run_attack(slots, *arguments):
    """Seconds from the connection to its end; `None` if the gateway does not end it."""
    async with slots:
        began = time.monotonic()
        task = asyncio.ensure_future(attack(*arguments))
        # The slots only pace the beginning.
        await asyncio.wait([task], timeout=0.05)
    try:
        await asyncio.wait_for(task, PATIENCE)
    except (OSError, EOFError, ssl.SSLError):
        pass
    except asyncio.TimeoutError:
        return None
    return time.monotonic() - began


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def memory(pid):
    fields = open(f"/proc/{pid}/statm").read().split()
    return (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGESIZE")


async def crowd(kinds, count, address, suffix, authority, pid):
    kinds = kinds.split(",")
    before = memory(pid)
    slots = asyncio.Semaphore(100)
    tasks = [
        asyncio.ensure_future(
            # From many addresses: each has a limit of connections.
            run_attack(
                slots, kinds[index % len(kinds)], address, suffix, authority,
                f"127.0.1.{index % 20 + 1}",
            )
        )
        for index in range(int(count))
    ]
    held, most, served, slowest = 0, before, 0, 0
    asked = 0
    while not all(task.done() for task in tasks):
        held, most = max(held, descriptors(pid)), max(most, memory(pid))
        if asked < 20:
            asked += 1
            began = time.monotonic()
            try:
                served += await asyncio.wait_for(honest(address, "GOOD", authority), PATIENCE)
            except (OSError, EOFError, asyncio.TimeoutError):
                pass
            slowest = max(slowest, time.monotonic() - began)
        await asyncio.sleep(0.1)
    times = [task.result() for task in tasks]
    ended = [seconds for seconds in times if seconds is not None]
    return {
        "closed": len(ended), "longest": max(ended, default=0), "held": held,
        "grown": most - before, "asked": asked, "served": served, "slowest": slowest,
    }


async def patient(address, authority):
    """Byte by byte, but in time."""
    return {"served": await honest(address, "GOOD", authority, pause=0.002)}


# Servers


def greeting():
    capabilities = BASIC | 1 << 3 | 1 << 20 | 1 << 21
    payload = b"\x0a5.7.99\0" + struct.pack("<I", 7) + b"a" * 8 + b"\0"
    payload += struct.pack("<H", capabilities & 0xFFFF) + b"\x21" + struct.pack("<H", 2)
    payload += struct.pack("<H", capabilities >> 16) + bytes([21]) + bytes(10)
    return packet(0, payload + b"b" * 12 + b"\0" + NATIVE)


async def mute(reader, writer):
    await reader.read()


async def hostile(reader, writer):
    try:
        writer.write(greeting())
        number, payload = await read_packet(reader)
        what = payload[32:].split(b"\0")[0].decode()
        switch = b"\xfe" + NATIVE + b"c" * 20 + b"\0"
        if what == "silence":
            await reader.read()
        elif what == "more data":
            # `mysql_native_password` has none; all at once.
            writer.write(packet(number + 1, switch))
            number, _ = await read_packet(reader)
            for index in range(1, 100_000):
                writer.write(packet(number + index, b"\x01" + b"z" * 1000))
                await writer.drain()
        elif what == "ping-pong":
            while True:
                writer.write(packet(number + 1, switch))
                number, _ = await read_packet(reader)
        elif what == "slow ping-pong":
            while True:
                writer.write(packet(number + 1, switch))
                number, _ = await read_packet(reader)
                await asyncio.sleep(1)
        elif what == "half a packet":
            writer.write(packet(number + 1, b"\xfe" + b"z" * 60_000)[:-1])
            await reader.read()
        elif what == "a long packet":
            writer.write(b"\xff\xff\xff" + bytes([number + 1]) + b"\xfe" * (1 << 20))
            await reader.read()
        else:
            writer.write(packet(number + 1, switch))
            await reader.read()
    except (OSError, EOFError):
        pass
    finally:
        writer.close()


async def servers(first, second):
    await asyncio.start_server(mute, "127.0.0.1", int(first), backlog=4096)
    await asyncio.start_server(hostile, "127.0.0.1", int(second), backlog=4096)
    print("ready", flush=True)
    await asyncio.Event().wait()


def main():
    command, *arguments = sys.argv[1:]
    result = asyncio.run(globals()[command](*arguments))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
