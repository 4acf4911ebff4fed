"""TLS records as no library would send them: nobody else has to wait for them."""
import os
import socket
import time

from rawtls import HANDSHAKE, RawTls
from world import within

WEIGHT = 5
KEY_UPDATE = bytes([24, 0, 0, 1, 0])  # update_not_requested


def connected(world):
    host, port = world.server.authority.rsplit(":", 1)
    sock = socket.create_connection((host, int(port)), timeout=within(15))
    c = RawTls(sock, world.server.root, os.path.join(world.folder, f"keys{time.monotonic_ns()}"))
    c.get = f"GET /acme/directory HTTP/1.1\r\nHost: {world.server.authority}\r\n\r\n".encode()
    return c


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as f:
        return sum(map(int, f.read().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")


def test_half_a_key_update_is_waited_for_and_costs_nothing(world):
    c = connected(world)
    c.send(c.record(c.get))
    assert b"200 OK" in c.replies(1)
    front = world.server.children()["front"]
    c.send(c.record(c.get) + c.record(KEY_UPDATE[:4], HANDSHAKE))
    time.sleep(0.2)
    before, began = cpu_seconds(front), time.monotonic()
    time.sleep(1)
    spent = (cpu_seconds(front) - before) / (time.monotonic() - began)
    assert spent < 0.5, f"{spent:.0%} of a core goes into waiting for one byte"
    rest = c.record(KEY_UPDATE[4:], HANDSHAKE)
    c.update()
    c.send(rest + c.record(c.get) + c.record(c.get))
    assert c.replies(3, within(10)).count(b"200 OK") == 3


def test_key_updates_are_fine_and_nothing_else_for_ever_is_not(world):
    c = connected(world)
    for _ in range(3):
        for _ in range(20):
            update = c.record(KEY_UPDATE, HANDSHAKE)
            c.update()
            c.send(update)
        c.send(c.record(c.get))
        assert b"200 OK" in c.replies(1, within(10))
    flood = b""
    for _ in range(2000):
        flood += c.record(KEY_UPDATE, HANDSHAKE)
        c.update()
    try:
        c.send(flood)
        assert c.replies(1, within(10)) == b""
    except TimeoutError:
        raise AssertionError("it may go on for ever")
    except OSError:
        pass  # closed before it was all sent
    other = connected(world)
    other.send(other.record(other.get))
    assert b"200 OK" in other.replies(1, within(10))
