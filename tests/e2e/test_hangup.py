"""Clients that go away at every moment, kindly and rudely."""
import os
import resource
import socket
import ssl
import struct
import threading
import time

from acmeclient import JOSE, b64, chain_of, dumps, make_csr
from rawhttp import Raw
from world import FACTOR, wait_until, within


def rudely(raw):
    """Close with a reset instead of a goodbye."""
    raw.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.close()


def descriptors(world):
    return len(os.listdir(f"/proc/{world.server.children()['front']}/fd"))


def request(c, url, payload):
    body = dumps(c.frame(url, payload))
    path = url.split("/", 3)[3]
    return (f"POST /{path} HTTP/1.1\r\nHost: {url.split('/')[2]}\r\nContent-Type: {JOSE}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}")


def test_at_every_tenth_of_a_request(world):
    c = world.client()
    before = descriptors(world)
    for leave in (Raw.close, rudely):
        for tenth in range(11):
            text = request(c, c.directory["newOrder"],
                           {"identifiers": [{"type": "dns", "value": f"h{tenth}.internal"}]})
            raw = Raw(world, timeout=within(10))
            raw.send(text[:len(text) * tenth // 10])
            leave(raw)
    c.order("after.internal").prove(world.web).certificate()
    wait_until(lambda: descriptors(world) <= before + 2)


def test_in_the_middle_of_a_handshake(world):
    context = ssl.create_default_context(cafile=world.server.root)
    host, port = world.server.authority.rsplit(":", 1)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=host)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        hello = outgoing.read()
    before = descriptors(world)
    for n in range(0, len(hello) + 1, max(1, len(hello) // 12)):
        s = socket.create_connection((host, int(port)))
        s.sendall(hello[:n])
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.close()
    world.client().order("hello.internal")
    wait_until(lambda: descriptors(world) <= before + 2)


def test_while_parked(world):
    """A hang-up drops the parked request, not what it waits for."""
    c = world.client()
    for i, leave in enumerate((Raw.close, rudely) * 5):
        name = f"parked{i}.internal"
        world.web.hosts[name] = {"delay": 0.6}
        o = c.order(name)
        [ch] = o.put(world.web)
        raw = Raw(world, timeout=within(10)).send(request(c, ch["url"], {}))
        time.sleep(0.02 * i)
        leave(raw)
        raw = Raw(world, timeout=within(10)).send(request(c, o.json["authorizations"][0], ""))
        time.sleep(0.02 * i)
        leave(raw)
        c.ok(ch["url"], {})
        assert o.poll() == "ready"


def test_while_a_certificate_is_made(world):
    """The commit stands although nobody took the reply."""
    c = world.client()
    for i in range(10):
        name = f"made{i}.internal"
        o = c.order(name).prove(world.web)
        raw = Raw(world, timeout=within(10))
        raw.send(request(c, o.json["finalize"], {"csr": b64(make_csr([name]))}))
        time.sleep(0.003 * i)
        (rudely if i % 2 else Raw.close)(raw)
        # Whether that request was read or dropped, there is one certificate.
        r = c.post(o.json["finalize"], {"csr": b64(make_csr([name]))})
        assert r.status == 200 or (r.status, r.type) == (403, "orderNotReady"), r
        assert o.poll(("valid", "invalid")) == "valid"
        chain_of(o.certificate())


def test_without_taking_the_reply(world):
    """A peer that never reads gets no more than its socket holds."""
    raw = Raw(world, timeout=within(10))
    get = f"GET / HTTP/1.1\r\nHost: {raw.authority}\r\n\r\n"
    raw.sock.settimeout(0.5)
    try:
        for _ in range(5000):
            raw.send(get)
    except (TimeoutError, OSError):
        pass
    world.client().order("others.internal").prove(world.web).certificate()
    rudely(raw)


def test_crowds_that_come_and_go(world):
    before = descriptors(world)
    for _ in range(10):
        crowd = [Raw(world, tls=False, timeout=within(10)) for _ in range(50)]
        for raw in crowd:
            rudely(raw)
    world.client().order("crowds.internal")
    wait_until(lambda: descriptors(world) <= before + 2)


def memory(world):
    with open(f"/proc/{world.server.children()['front']}/status") as f:
        return int(next(line for line in f if line.startswith("VmRSS")).split()[1])


def test_nothing_is_kept_of_what_is_over(world):
    """Descriptors and memory after three hundred orders, as after a few."""
    c = world.client()

    def orders(n, tag):
        for i in range(n):
            c.order(f"{tag}{i}.kept.internal").prove(world.web).certificate()
    orders(100, "warm")
    files, kib = descriptors(world), memory(world)
    orders(200, "more")
    assert descriptors(world) <= files + 2
    grown = memory(world) - kib
    # A sanitizer holds on to what was freed, 256 MiB of it.
    assert grown < 6000 + (300000 if FACTOR > 1 else 0), f"{grown} KiB more"


def test_descriptors_running_out(fresh):
    """accept fails with EMFILE: who is served stays served, and it recovers."""
    w = fresh()
    c = w.client()
    w.web.hosts["served.internal"] = {"delay": 1}
    o = c.order("served.internal")
    [ch] = o.put(w.web)
    c.ok(ch["url"], {})
    verdicts = []
    poll = threading.Thread(target=lambda: verdicts.append(c.ok(o.json["authorizations"][0]).json["status"]))
    poll.start()
    front = w.server.children()["front"]
    limit = resource.prlimit(front, resource.RLIMIT_NOFILE)
    resource.prlimit(front, resource.RLIMIT_NOFILE, (descriptors(w) + 8, limit[1]))
    crowd = []
    for _ in range(40):
        s = socket.create_connection(("127.0.0.1", w.server.port))
        crowd.append(s)
    poll.join()
    assert verdicts in (["valid"], ["invalid"]), verdicts  # answered; its look may have lacked a socket
    resource.prlimit(front, resource.RLIMIT_NOFILE, limit)
    for s in crowd:
        s.close()
    w.server.forgive("descriptor|EMFILE|accept|Too many open files")
    wait_until(lambda: w.client().order("recovered.internal"))
