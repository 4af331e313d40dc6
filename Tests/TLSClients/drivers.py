"""Python's MySQL drivers, with certificates verified, as a test uses them.

    drivers.py COMMAND DRIVER HOST PORT USER PASSWORD AUTHORITY [ARGUMENTS]

Each command prints one line of JSON; a driver's error is {"error": code, "text": …}.
"""

import asyncio
import json
import os
import ssl
import sys
import tempfile
import threading
import time

import aiomysql
import mysql.connector
import pymysql


def connect_pymysql(host, port, user, password, authority, **more):
    return pymysql.connect(
        host=host, port=int(port), user=user, password=password, ssl_ca=authority,
        ssl_verify_cert=True, ssl_verify_identity=True, connect_timeout=20, **more,
    )


def connect_connector(host, port, user, password, authority, **more):
    return mysql.connector.connect(
        host=host, port=int(port), user=user, password=password, ssl_ca=authority,
        ssl_verify_cert=True, ssl_verify_identity=True, use_pure=True, connection_timeout=20,
        **more,
    )


def ask(connection, statement):
    cursor = connection.cursor()
    cursor.execute(statement)
    rows = cursor.fetchall()
    cursor.close()
    return rows


async def ask_aiomysql(host, port, user, password, authority, statement, **more):
    connection = await aiomysql.connect(
        host=host, port=int(port), user=user, password=password,
        ssl=ssl.create_default_context(cafile=authority), **more,
    )
    cursor = await connection.cursor()
    await cursor.execute(statement)
    rows = await cursor.fetchall()
    connection.close()
    return rows


WHO = "SELECT @@port, CURRENT_USER(), CONNECTION_ID()"


def who(driver, *login, database="", attribute=""):
    """Whom and where a login has reached."""
    more = {"database": database} if database else {}
    if driver == "aiomysql":
        if database:
            more = {"db": database}
        rows = asyncio.run(ask_aiomysql(*login, WHO, **more))
    elif driver == "pymysql":
        connection = connect_pymysql(*login, **more)
        rows = ask(connection, WHO)
        connection.close()
    else:
        if attribute:
            more["conn_attrs"] = {"warehouse": attribute}
        connection = connect_connector(*login, **more)
        rows = ask(connection, WHO)
        connection.close()
    port, user, _ = rows[0]
    return {"port": int(port), "user": user}


def visit(driver, host, port, user, password, authority, database="", attribute=""):
    login = (host, port, user, password, authority)
    return who(driver, *login, database=database, attribute=attribute)


def features(driver, *login):
    """What sessions consist of beyond a query. Every value must be true."""
    found = {}
    connection = connect_connector(*login, allow_local_infile=True)
    cursor = connection.cursor(prepared=True)
    cursor.execute("SELECT ? + 1, ?", (41, "text"))
    found["prepared"] = [int(cursor.fetchall()[0][0])] == [42]
    cursor.close()
    cursor = connection.cursor()
    cursor.execute("CREATE DATABASE IF NOT EXISTS scratch")
    cursor.execute("CREATE OR REPLACE TABLE scratch.t (a INT, b LONGTEXT)")
    cursor.close()
    with tempfile.NamedTemporaryFile("w", suffix=".csv", delete=False) as file:
        file.writelines(f"{number}\trow {number}\n" for number in range(20_000))
    cursor = connection.cursor()
    cursor.execute(f"LOAD DATA LOCAL INFILE '{file.name}' INTO TABLE scratch.t")
    connection.commit()
    cursor.close()
    os.unlink(file.name)
    found["load data"] = ask(connection, "SELECT COUNT(*), SUM(a) FROM scratch.t") == [
        (20_000, sum(range(20_000)))
    ]
    big = ask(connection, "SELECT REPEAT('x', 40000000)")[0][0]
    found["big result"] = len(big) == 40_000_000
    cursor = connection.cursor()
    cursor.execute("SELECT LENGTH(%s)", ("y" * 20_000_000,))
    found["big statement"] = cursor.fetchall()[0][0] == 20_000_000
    cursor.close()
    rows = ask(connection, "SELECT a, b FROM scratch.t ORDER BY a")
    found["rows"] = len(rows) == 20_000 and rows[-1] == (19_999, "row 19999")
    cursor = connection.cursor()
    cursor.execute("SET @mark = 7")
    connection.cmd_reset_connection()
    found["reset"] = ask(connection, "SELECT @mark") == [(None,)]
    host, port, user, password, authority = login
    before = ask(connection, "SELECT CONNECTION_ID()")
    connection.cmd_change_user(user, password, "scratch")
    found["change user"] = ask(connection, "SELECT DATABASE()") == [("scratch",)]
    found["same session"] = ask(connection, "SELECT CONNECTION_ID()") == before
    try:
        connection.cmd_change_user(user, "wrong", "scratch")
        found["bad change"] = False
    except mysql.connector.Error as error:
        found["bad change"] = error.errno == 1045
    several = pymysql.connect(
        host=host, port=int(port), user=user, password=password, ssl_ca=authority,
        ssl_verify_cert=True, ssl_verify_identity=True,
        client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS,
    )
    cursor = several.cursor()
    cursor.execute("SELECT 1; SELECT 2; SELECT 3")
    values = [cursor.fetchall()]
    while cursor.nextset():
        values.append(cursor.fetchall())
    found["multi statements"] = values == [((1,),), ((2,),), ((3,),)]
    several.ping(reconnect=False)
    several.close()
    return found


def kill(driver, host, port, user, password, authority, *others):
    """Each of several users runs a query; the first one's is killed by another of its connections.

    `others` are host, user and password of the other sessions.
    """
    sessions = [connect_pymysql(host, port, user, password, authority)]
    for start in range(0, len(others), 3):
        name, account, secret = others[start : start + 3]
        sessions.append(connect_pymysql(name, port, account, secret, authority))
    ids = [session.thread_id() for session in sessions]
    outcomes = [None] * len(sessions)

    def sleep(number):
        try:
            cursor = sessions[number].cursor()
            cursor.execute(f"SELECT SLEEP({60 if number == 0 else 6})")
            outcomes[number] = str(cursor.fetchall()[0][0])
        except pymysql.Error as error:
            outcomes[number] = str(error.args[0])

    threads = [threading.Thread(target=sleep, args=(number,)) for number in range(len(sessions))]
    for thread in threads:
        thread.start()
    time.sleep(1.5)
    killer = connect_pymysql(host, port, user, password, authority)
    running = "SELECT 1 FROM information_schema.processlist WHERE info = 'SELECT SLEEP(60)'"
    deadline = time.monotonic() + 30
    while not ask(killer, running) and time.monotonic() < deadline:
        time.sleep(0.1)
    refused = []
    for number in ids[1:]:
        try:
            killer.cursor().execute(f"KILL QUERY {number}")
            refused.append("killed")
        except pymysql.Error as error:
            refused.append(f"{error.args[0]}")
    began = time.monotonic()
    killer.cursor().execute(f"KILL QUERY {ids[0]}")
    threads[0].join()
    waited = time.monotonic() - began
    for thread in threads:
        thread.join()
    # The session survives the end of its query, but not KILL CONNECTION.
    alive = sessions[0].ping(reconnect=False) is None
    killer.cursor().execute(f"KILL {ids[0]}")
    time.sleep(0.5)
    try:
        sessions[0].cursor().execute("SELECT 1")
        ended = False
    except pymysql.Error:
        ended = True
    return {
        "outcomes": outcomes, "refused": refused, "isFast": waited < 30, "isAlive": alive,
        "hasEnded": ended, "areDistinct": len(set(ids)) == len(ids),
        # Connector/J takes ids for signed numbers.
        "areSmall": all(number < 1 << 31 for number in ids),
    }


def kill_changed(driver, host, port, user, password, authority, other, secret):
    """A session logs in again as `other`; then several of `user`, on all servers, want to kill it."""
    plain = dict(host=host, port=int(port), connection_timeout=20, ssl_disabled=True)
    victim = mysql.connector.connect(user=user, password=password, use_pure=True, **plain)
    number = victim.connection_id
    victim.cmd_change_user(other, secret)
    killers = []
    for _ in range(4):
        killer = mysql.connector.connect(user=user, password=password, use_pure=True, **plain)
        try:
            killer.cursor().execute(f"KILL {number}")
            killers.append("killed")
        except mysql.connector.Error as error:
            killers.append(str(error.errno))
    return {"killers": killers, "isAlive": victim.is_connected()}


def limit(driver, host, port, user, password, authority):
    """What a second session is told, and whether one is served after the first has ended."""
    first = connect_pymysql(host, port, user, password, authority)
    try:
        connect_pymysql(host, port, user, password, authority)
        text = ""
    except pymysql.Error as error:
        text = str(error)
    first.close()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            connect_pymysql(host, port, user, password, authority).close()
            return {"text": text, "isServed": True}
        except pymysql.Error:
            time.sleep(0.1)
    return {"text": text, "isServed": False}


def main():
    command, *arguments = sys.argv[1:]
    try:
        result = globals()[command](*arguments)
    except (pymysql.Error, mysql.connector.Error) as error:
        number = error.args[0] if error.args else 0
        result = {"error": number if isinstance(number, int) else 0, "text": str(error)}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
