"""http-01 and dns-01 (DESIGN.md, 5): what passes, what fails and how soon,
and that a failure says why without quoting what it saw."""
import json
import socket
import ssl
import threading
import time

from acmeclient import Client, chain_of, check_problem
from fake.web import Web
from world import run, within

FLAGS = ("--set", "validation.look_timeout=2s")
WEIGHT = 50


def invalid(client, order, kind="http-01", want=None, within_s=20):
    """Wait for the verdict; the problem of the challenge that failed."""
    assert order.poll(("invalid", "ready"), within_s) == "invalid", order.json
    check_problem(order.json["error"])
    [z] = order.authzs()
    assert z["status"] == "invalid", z
    c = order.challenge(z, kind)
    assert c["status"] == "invalid", c
    check_problem(c["error"])
    got = c["error"]["type"].rsplit(":", 1)[1]
    assert want is None or got in (want if isinstance(want, tuple) else (want,)), c
    return c["error"]


def start(world, name, kind="http-01", serve=True):
    """An order whose challenge has been posted."""
    c = world.client()
    o = c.order(name)
    [z] = o.authzs()
    ch = o.challenge(z, kind)
    if serve and kind == "http-01":
        world.web.tokens[ch["token"]] = c.keyauth(ch["token"])
    if serve and kind == "dns-01":
        world.dns.set("_acme-challenge." + name.removeprefix("*."), "TXT", c.txt(ch["token"]))
    r = c.ok(ch["url"], {})
    assert r.link("up") == o.json["authorizations"], r
    return c, o, ch


# What passes.

def test_white_space_after_the_body(world):
    c = world.client()
    o = c.order("white.internal")
    [ch] = o.put(world.web)
    world.web.tokens[ch["token"]] += " \t\r\n\n"
    c.ok(ch["url"], {})
    assert o.poll() == "ready"


def test_redirects_are_followed(world):
    def hop(to, status=302):
        return lambda path: (status, {"Location": to + path}, "moved")
    port = world.http_port
    world.web.hosts["r1.internal"] = hop(f"http://r2.internal:{port}", 301)
    world.web.hosts["r2.internal"] = hop(f"http://r3.internal:{port}", 307)
    world.web.hosts["r3.internal"] = hop(f"http://r4.internal:{port}", 308)
    assert start(world, "r1.internal")[1].poll() == "ready"
    assert [len(world.web.requests(f"r{i}.internal")) for i in (1, 2, 3, 4)] == [1] * 4


def test_a_redirect_may_be_relative_and_keep_its_query(world):
    c = world.client()
    o = c.order("relative.internal")
    [ch] = o.put(world.web)

    def answer(path):
        if path == "/over/there?a=b":
            return 200, {}, c.keyauth(ch["token"])
        return 302, {"Location": "/over/there?a=b"}, ""
    world.web.hosts["relative.internal"] = answer
    c.ok(ch["url"], {})
    assert o.poll() == "ready"


def test_a_redirect_to_https_needs_no_good_certificate(world):
    """H01-04."""
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-keyout", world.path("self.key"), "-out", world.path("self.pem"), "-days", "2",
        "-subj", "/CN=whoever")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(world.path("self.pem"), world.path("self.key"))
    secure = Web(port=world.tls_port, tls=context)
    try:
        secure.tokens = world.web.tokens
        world.web.hosts["tls.internal"] = lambda path: (
            301, {"Location": f"https://tls.internal:{world.tls_port}{path}"}, "")
        assert start(world, "tls.internal")[1].poll() == "ready"
    finally:
        secure.close()


def test_a_slow_answer_is_waited_for(world):
    world.web.hosts["slow.internal"] = {"delay": 1.2}
    assert start(world, "slow.internal")[1].poll() == "ready"


def test_a_web_server_that_starts_after_the_challenge_was_posted(fresh):
    w = fresh()
    w.web.stop()
    began = time.time()
    _, o, _ = start(w, "late.internal")
    w.web.start()
    assert o.poll() == "ready"
    assert time.time() - began < within(4)


def test_a_name_in_dns_that_appears_late(world):
    c, o, ch = start(world, "txt.late.internal", "dns-01", serve=False)
    time.sleep(0.2)
    world.dns.set("_acme-challenge.txt.late.internal", "TXT", c.txt(ch["token"]))
    assert o.poll() == "ready"


def test_ipv4_when_ipv6_does_not_answer(world):
    world.dns.set("both.internal", "A", "127.0.0.1")
    world.dns.set("both.internal", "AAAA", "::1")
    assert start(world, "both.internal")[1].poll() == "ready"


def test_one_of_several_addresses_answers(world):
    world.dns.set("several.internal", "A", "127.0.0.77", "127.0.0.1", "127.0.0.78")
    assert start(world, "several.internal")[1].poll() == "ready"


def test_a_name_behind_an_alias(world):
    world.dns.set("alias.internal", "CNAME", "real.elsewhere.internal")
    assert start(world, "alias.internal")[1].poll() == "ready"
    assert world.web.requests("alias.internal")  # Host is the name ordered


def test_dns01_among_many_records_over_tcp(world):
    c = world.client()
    o = c.order("*.many.internal")
    [z] = o.authzs()
    ch = o.challenge(z, "dns-01")
    others = [f"noise {i} " + "x" * 200 for i in range(120)]
    world.dns.set("_acme-challenge.many.internal", "TXT", *others[:60], c.txt(ch["token"]), *others[60:])
    c.ok(ch["url"], {})
    assert o.poll() == "ready"
    chain_of(o.certificate())


def test_dns01_strings_are_joined_and_aliases_followed(world):
    c = world.client()
    o = c.order("joined.internal")
    [z] = o.authzs()
    ch = o.challenge(z, "dns-01")
    value = c.txt(ch["token"])
    world.dns.set("_acme-challenge.joined.internal", "CNAME", "x.validation.internal")
    world.dns.set("x.validation.internal", "CNAME", "y.validation.internal")
    world.dns.set("y.validation.internal", "TXT", "another", [value[:20], "", value[20:]])
    c.ok(ch["url"], {})
    assert o.poll() == "ready"


def test_fifty_challenges_posted_in_a_row(world):
    c = world.client()
    o = c.order(*(f"f{i}.fifty.internal" for i in range(50)))
    challenges = o.put(world.web)
    began = time.time()
    for ch in challenges:
        c.ok(ch["url"], {})
    took = time.time() - began
    assert took < within(5), f"{took:.1f} s for fifty posts: each seems to linger"
    assert o.poll() == "ready"


def test_a_client_that_serves_from_the_thread_that_posts(world):
    """It can answer the validator only after its POST has been answered."""
    with socket.create_server(("127.0.0.2", world.http_port)) as listener:
        listener.settimeout(within(10))
        world.dns.set("single.internal", "A", "127.0.0.2")
        c, o, ch = start(world, "single.internal", serve=False)
        conn, _ = listener.accept()
        body = c.keyauth(ch["token"])
        conn.recv(4096)
        conn.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        conn.close()
        assert o.poll() == "ready"


def test_a_poll_lingers_and_returns_with_the_verdict(world):
    world.web.hosts["linger.internal"] = {"delay": 1}
    c, o, _ = start(world, "linger.internal")
    world.server.mark()
    assert c.ok(o.json["authorizations"][0]).json["status"] == "valid"  # in one poll
    assert c.ok(o.url).json["status"] == "ready"


def test_a_poll_lingers_no_longer_than_three_seconds(fresh):
    w = fresh()
    w.web.hosts["longer.internal"] = {"delay": 6}
    c, o, _ = start(w, "longer.internal")
    began = time.time()
    r = c.ok(o.json["authorizations"][0])
    took = time.time() - began
    assert r.json["status"] == "pending" and r.get("Retry-After"), r
    assert 2 < took < within(4), took
    assert o.poll() == "ready"


# What fails.

def test_a_wrong_body_fails_at_the_second_look(world):
    c = world.client()
    o = c.order("wrong.internal")
    [ch] = o.put(world.web)
    world.web.tokens[ch["token"]] = "secret-of-the-web-server"
    began = time.time()
    c.ok(ch["url"], {})
    problem = invalid(c, o, want="unauthorized")
    assert time.time() - began < within(4)
    assert len(world.web.requests("wrong.internal")) == 2
    text = json.dumps(problem)
    assert "secret-of" not in text and "wrong.internal" in text and "127.0.0.1" in text, text


def test_not_found_is_not_a_proof(world):
    c, o, _ = start(world, "absent.internal", serve=False)
    problem = invalid(c, o, want=("unauthorized", "connection"))
    assert "404" in problem["detail"], problem


def test_a_body_too_long(world):
    c = world.client()
    o = c.order("long.internal")
    [ch] = o.put(world.web)
    world.web.tokens[ch["token"]] += "x" * 100000
    c.ok(ch["url"], {})
    invalid(c, o, want=("unauthorized", "connection"))


def test_a_reply_cut_short_or_reset(world):
    for name, how in (("cut.internal", {"cut": 100}), ("reset.internal", {"reset": True})):
        world.web.hosts[name] = how
    started = [start(world, n) for n in ("cut.internal", "reset.internal")]
    for c, o, _ in started:
        invalid(c, o, want=("connection", "unauthorized"))


def test_refused_silent_and_unknown_give_up_in_time(world):
    world.dns.set("refused.internal", "A", "127.0.0.66")
    world.web.hosts["hang.internal"] = {"hang": True}
    world.dns.mood("nx.internal", "nxdomain")
    world.dns.mood("fail.internal", "servfail")
    world.dns.set("metadata.internal", "A", "169.254.169.254")
    world.dns.set("unspecified.internal", "A", "0.0.0.0")
    began = time.time()
    jobs = {n: start(world, n) for n in ("refused.internal", "hang.internal", "nx.internal",
                                         "fail.internal", "metadata.internal", "unspecified.internal")}
    wanted = {"refused.internal": ("connection", "refused"), "hang.internal": ("connection", "127.0.0.1"),
              "nx.internal": ("dns", "nxdomain"), "fail.internal": ("dns", "servfail"),
              "metadata.internal": (("connection", "dns", "unauthorized"), "169.254.169.254"),
              "unspecified.internal": (("connection", "dns", "unauthorized"), "0.0.0.0")}
    for name, (kind, says) in wanted.items():
        c, o, _ = jobs[name]
        problem = invalid(c, o, want=kind, within_s=40)
        assert says in problem["detail"].lower(), problem
    assert time.time() - began < within(30)
    assert not [q for q in world.web.seen if q[0] in ("metadata.internal", "unspecified.internal")]


def test_a_refused_name_is_tried_again_and_again(world):
    """0.5, 1.5, 3 and 6 s after the start, then no more."""
    world.dns.set("again.internal", "A", "127.0.0.67")
    began = time.time()
    c, o, _ = start(world, "again.internal", serve=False)
    invalid(c, o, want="connection")
    took = time.time() - began
    assert 5 < took < within(10), took
    asked = {round(q[2] - began, 1) for q in world.dns.asked("again.internal", "A")}
    assert len(asked) >= 4, asked


def test_redirects_that_are_not_followed(world):
    port = world.http_port
    away = {"rport.internal": "http://rport.internal:1/x", "rfile.internal": "file:///etc/passwd",
            "ruser.internal": f"http://u:p@ruser.internal:{port}/x",
            "rmeta.internal": f"http://169.254.169.254:{port}/x",
            "rname.internal": f"http://metadata2.internal:{port}/x",
            "rloop.internal": f"http://rloop.internal:{port}/loop"}
    world.dns.set("metadata2.internal", "A", "169.254.169.254")
    for name, to in away.items():
        world.web.hosts[name] = lambda path, to=to: (302, {"Location": to}, "")
    jobs = [start(world, n) for n in away]
    for c, o, _ in jobs:
        invalid(c, o, want=("connection", "unauthorized", "dns"), within_s=30)
    hops = [r for r in world.web.requests("rloop.internal") if r[1] == "/loop"]
    assert len(hops) <= 10 * 6, len(hops)


def test_dns01_failures(world):
    world.dns.mood("_acme-challenge.d2.internal", "servfail")
    world.dns.set("_acme-challenge.d3.internal", "TXT", "not this")
    world.dns.set("_acme-challenge.d4.internal", "CNAME", "_acme-challenge.d4.internal")
    wanted = {"d1.internal": ("unauthorized", "dns"), "d2.internal": "dns", "d3.internal": "unauthorized",
              "d4.internal": ("dns", "unauthorized")}
    jobs = {n: start(world, n, "dns-01", serve=False) for n in wanted}
    for name, kind in wanted.items():
        c, o, _ = jobs[name]
        problem = invalid(c, o, "dns-01", kind, within_s=30)
        assert f"_acme-challenge.{name}" in problem["detail"], problem
        assert "not this" not in problem["detail"], problem


def test_a_failed_order_does_not_come_back(world):
    c = world.client()
    o = c.order("final.internal")
    [ch] = o.put(world.web)
    world.web.tokens[ch["token"]] = "no"
    c.ok(ch["url"], {})
    invalid(c, o)
    r = c.post(ch["url"], {})
    assert (r.status, r.type) == (400, "malformed"), r
    again = c.order("final.internal")
    assert again.json["authorizations"] != o.json["authorizations"]
    again.prove(world.web)


def test_deactivating_stops_a_validation(world):
    world.web.hosts["stopped.internal"] = {"delay": 1}
    c, o, _ = start(world, "stopped.internal")
    assert c.ok(o.json["authorizations"][0], {"status": "deactivated"}).json["status"] == "deactivated"
    time.sleep(1.5)
    assert o.authzs()[0]["status"] == "deactivated"
    assert c.ok(o.url).json["status"] == "invalid"


def test_two_pollers_see_the_same(world):
    world.web.hosts["pair.internal"] = {"delay": 0.7}
    c, o, _ = start(world, "pair.internal")
    seen = []

    def poll():
        other = Client(world.server.directory, world.server.root, key=c.key, timeout=within(30))
        other.kid = c.kid
        seen.append(other.ok(o.json["authorizations"][0]).json["status"])
        other.close()
    threads = [threading.Thread(target=poll) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert seen == ["valid"] * 8, seen
