"""What else proves control of a name, and what may forbid it: tls-alpn-01 by
lego, the DNS drafts by our own client, CAA records."""
import base64
import hashlib
import time

from acmeclient import Key, chain_of, check_problem, make_csr
from realclients import Lego
from world import within

FLAGS = ("--set", "caa.check=on", "--set", "caa_identities=ca.internal", "--set", "validation.look_timeout=2s",
         "--set", "validation.challenges=http-01, dns-01, tls-alpn-01, dns-account-01, dns-persist-01")
WEIGHT = 25


def challenged(world, c, name, kind):
    """A fresh order, its authorization and the challenge of that kind."""
    o = c.order(name)
    [z] = o.authzs()
    return o, z, o.challenge(z, kind)


def label(url):
    return "_" + base64.b32encode(hashlib.sha256(url.encode()).digest()[:10]).decode().lower()


def test_lego_tls_alpn01_and_renewal(world):
    """A01-01, A01-07: a real client's answer is taken, twice."""
    lego = Lego(world)
    how = ("--tls", "--tls.port", f"127.0.0.1:{world.tls_port}")
    lego("alpn.internal", how=how)
    [leaf, _] = lego.chain("alpn.internal")
    lego("alpn.internal", how=how, verb=("renew", "--days", "90", "--no-random-sleep"))
    assert lego.chain("alpn.internal")[0].serial_number != leaf.serial_number
    assert any(e.get("challenge") == "tls-alpn-01" and e.get("verdict") == "valid"
               for e in world.server.events("authz.decided"))


def test_tls_alpn01_says_what_is_wrong(world):
    """CHA-11, CHA-12: nobody there is `connection`, with the address."""
    world.dns.set("noalpn.internal", "A", "127.0.0.88")
    c = world.client()
    o, _, ch = challenged(world, c, "noalpn.internal", "tls-alpn-01")
    c.ok(ch["url"], {})
    assert o.poll(within=within(20)) == "invalid"
    assert o.json["error"]["type"].endswith(":connection"), o.json
    assert "127.0.0.88" in o.json["error"]["detail"], o.json


def test_dns_account01_for_two_accounts_at_once(world):
    """DA1-01, DA1-02, DA1-04: each account has its own place."""
    clients = [world.client(), world.client(key=Key("ES384"))]
    orders = []
    for c in clients:
        for name in ("acct.internal", "*.acct.internal"):
            o, _, ch = challenged(world, c, name, "dns-account-01")
            owner = f"{label(c.kid)}._acme-challenge.acct.internal"
            world.dns.set(owner, "TXT", *[t for t in world.dns.rules.get((owner, "TXT"), [])],
                          c.txt(ch["token"]))
            orders.append((c, o, ch))
    for c, o, ch in orders:
        c.ok(ch["url"], {})
    assert [o.poll() for _, o, _ in orders] == ["ready"] * 4
    orders[0][1].certificate()


def test_dns_account01_says_whose_label_it_was(world):
    """DA1-03: the account URL is part of what failed."""
    c = world.client()
    o, _, ch = challenged(world, c, "acct2.internal", "dns-account-01")
    world.dns.set("_acme-challenge.acct2.internal", "TXT", c.txt(ch["token"]))
    c.ok(ch["url"], {})
    assert o.poll(within=within(20)) == "invalid"
    detail = o.json["error"]["detail"]
    assert c.kid in detail and label(c.kid) in detail, detail


def test_dns_persist01(world):
    """DP1-01, DP1-02, DP1-03: the record is the proof, for as long as it stands."""
    c = world.client()
    _, _, ch = challenged(world, c, "persist.internal", "dns-persist-01")
    assert "token" not in ch and ch["accounturi"] == c.kid, ch
    assert ch["issuer-domain-names"] == ["ca.internal"], ch
    world.dns.set("_validation-persist.persist.internal", "TXT", "other.internal; x",
                  f"ca.internal; accounturi={c.kid}; policy=wildcard; persistUntil={int(time.time()) + 3600}")
    for name in ("persist.internal", "*.persist.internal"):
        o, z, ch = challenged(world, c, name, "dns-persist-01")
        c.ok(ch["url"], {})
        assert o.poll() == "ready", o.json
        o.certificate(make_csr([name]))
    other = world.client()
    o, _, ch = challenged(world, other, "persist.internal", "dns-persist-01")
    other.ok(ch["url"], {})
    assert o.poll(within=within(20)) == "invalid"
    assert o.json["error"]["type"].endswith(":unauthorized"), o.json


def test_caa_permits_and_forbids(world):
    """CAA-01, CAA-03, CAA-04, CAA-07, CAA-08, CAA-15: as the records have it."""
    c = world.client()
    rows = {"yes.internal": (["0 issue ca.internal"], True),
            "no.internal": (["0 issue other.internal"], False),
            "a.b.no.internal": ([], False),
            "nobody.internal": (["0 issue ;"], False),
            "iodef.internal": (["0 iodef mailto:a@b"], True),
            "critical.internal": (["128 future x"], False),
            "mine.internal": ([f"0 issue ca.internal; accounturi={c.kid}"], True),
            "hers.internal": ([f"0 issue ca.internal; accounturi={c.kid}x"], False),
            "http.internal": (["0 issue ca.internal; validationmethods=http-01"], True),
            "dns.internal": (["0 issue ca.internal; validationmethods=dns-01"], False)}
    orders = {}
    for name, (records, _) in rows.items():
        world.dns.set(name, "A", "127.0.0.1")
        if records:
            world.dns.set(name, "CAA", *records)
    for name in rows:
        o = orders[name] = c.order(name)
        for ch in o.put(world.web):
            c.ok(ch["url"], {})
    for name, (_, permits) in rows.items():
        state = orders[name].poll(within=within(20))
        assert state == ("ready" if permits else "invalid"), (name, orders[name].json)
        if not permits:
            error = orders[name].json["error"]
            check_problem(error)
            assert error["type"].endswith(":caa"), error
            assert f"CAA record for {name} prevents issuance" in error["detail"], error
    assert {"internal", "no.internal", "b.no.internal", "a.b.no.internal"} <= {
        q[0] for q in world.dns.queries if q[1] == "CAA"}


def test_caa_and_wildcards(world):
    """CAA-04: issuewild speaks of wildcards, and of nothing else."""
    c = world.client()
    world.dns.set("cw.internal", "CAA", "0 issue ca.internal", "0 issuewild other.internal")
    found = {}
    for name in ("cw.internal", "*.cw.internal"):
        o, _, ch = challenged(world, c, name, "dns-01")
        world.dns.set("_acme-challenge.cw.internal", "TXT", c.txt(ch["token"]))
        c.ok(ch["url"], {})
        found[name] = o.poll()
    assert found == {"cw.internal": "ready", "*.cw.internal": "invalid"}, found


def test_caa_that_cannot_be_looked_up(fresh):
    """CAA-10, CAA-12: no permission when it is on; one and a line in the log when lenient."""
    for check, want in (("on", "invalid"), ("lenient", "ready")):
        w = fresh("--set", f"caa.check={check}", "--set", "validation.look_timeout=2s", "--set", "caa.timeout=300ms")
        w.dns.set("sf.internal", "A", "127.0.0.1")
        w.dns.mood("internal", "servfail")
        c = w.client()
        o = c.order("sf.internal")
        for ch in o.put(w.web):
            c.ok(ch["url"], {})
        assert o.poll(within=within(20)) == want, o.json
        if want == "invalid":
            assert o.json["error"]["type"].endswith(":dns"), o.json
        else:
            assert w.server.events("caa.unanswered"), w.server.tail()
            o.certificate()


def test_caa_is_asked_again_at_finalize(fresh):
    """FIN-13, CAA-11: caa/403, the order is invalid, and nothing was issued."""
    w = fresh("--set", "caa.check=on", "--set", "caa_identities=ca.internal", "--set", "caa.recheck=1s")
    c = w.client()
    o = c.order("late.internal").prove(w.web)
    w.dns.set("late.internal", "CAA", "0 issue other.internal")
    time.sleep(1.2)
    r = o.finalize(make_csr(["late.internal"]), status=403)
    assert r.type == "caa" and "late.internal" in r.json["detail"], r
    assert o.poll(("invalid",)) == "invalid"
    assert o.json["error"]["type"].endswith(":caa") and "certificate" not in o.json, o.json
    w.dns.set("late.internal", "CAA", "0 issue ca.internal")
    assert chain_of(c.order("late.internal").certificate())  # by the same proof
    assert not w.server.events("issue.refused")
