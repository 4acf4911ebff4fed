"""Accounts: bound to keys of the operator's, with keys that change."""
import json

from acmeclient import Client, Key
from realclients import Certbot, Lego
from world import mayfly, within

FLAGS = ("--set", "eab.required=true", "--set", "loops=4")
WORLD = {"web": False}
WEIGHT = 40


def eab(world, verb, *args, **how):
    return mayfly("eab", verb, "--dir", world.server.dir, *args, **how)[0]


def key(world, *args):
    return json.loads(eab(world, "create", "--json", *args))


def state(world, made):
    return json.loads(eab(world, "show", made["kid"], "--json"))


def test_certbot_registers_with_a_key_and_renews_until_it_is_revoked(world):
    # EAB-01, EAB-05, EAB-06: as a user of certbot meets them.
    certbot = Certbot(world)
    out = certbot.certonly("eab.internal", rc=1)
    assert "externalaccount" in out.lower().replace(" ", ""), out
    made = key(world, "--note", "for certbot")
    certbot.certonly("eab.internal", more=(
        "--eab-kid", made["kid"], "--eab-hmac-key", made["hmacKey"]))
    first = certbot.chain("eab.internal")[0].serial_number
    assert state(world, made)["state"] == "used up"
    certbot("renew", "--no-random-sleep-on-renew")
    assert certbot.chain("eab.internal")[0].serial_number != first
    eab(world, "revoke", made["kid"])
    out = certbot("renew", "--no-random-sleep-on-renew", rc=1)
    assert "revoked" in out, out


def test_a_one_time_key_is_refused_to_a_second_certbot(world):
    # EAB-06: its one use is spent.
    made = key(world)
    bound = ("--eab-kid", made["kid"], "--eab-hmac-key", made["hmacKey"])
    Certbot(world, world.path("certbot-one")).certonly("one.internal", more=bound)
    out = Certbot(world, world.path("certbot-two")).certonly("two.internal", more=bound, rc=1)
    assert "used as often as it may" in out, out


def test_lego_registers_with_a_key(world):
    # EAB-05: and lego reads the key as it was printed.
    made = key(world, "--uses", "0")
    flags = ("--http", "--http.port", f"127.0.0.1:{world.http_port}",
             "--eab", "--kid", made["kid"], "--hmac", made["hmacKey"])
    lego = Lego(world, world.path("lego-eab"))
    lego("lego-eab.internal", how=flags)
    assert lego.chain("lego-eab.internal")
    assert state(world, made)["uses"] == 1
    wrong = made["hmacKey"][:-2] + ("AA" if made["hmacKey"][-2:] != "AA" else "BA")
    out = Lego(world, world.path("lego-wrong"))("wrong.internal", rc=None, how=(
        *flags[:-1], wrong))
    assert "not proven" in out, out


def test_what_the_key_permits_is_all_its_accounts_get(world):
    # EAB-07: names and profiles by key.
    made = key(world, "--allow", ".ours.internal", "--profile", "hour")
    flags = ("--http", "--http.port", f"127.0.0.1:{world.http_port}",
             "--eab", "--kid", made["kid"], "--hmac", made["hmacKey"])
    lego = Lego(world, world.path("lego-limited"))
    out = lego("a.ours.internal", how=flags, rc=1)
    assert "does not permit the profile tenminutes" in out, out
    usual = world.server.directory
    world.server.directory = usual.replace("/acme/", "/acme/p/hour/")
    try:
        # Another directory is another server to lego: it registers anew.
        made = key(world, "--allow", ".ours.internal", "--profile", "hour")
        flags = (*flags[:-3], made["kid"], "--hmac", made["hmacKey"])
        lego = Lego(world, world.path("lego-hour"))
        lego("a.ours.internal", how=flags)
        out = Lego(world, world.path("lego-hour"))("theirs.internal", how=flags, rc=1)
        assert "rejectedIdentifier" in out, out
    finally:
        world.server.directory = usual


def test_a_changed_key_counts_on_every_loop(fresh):
    # KCH-05: whichever loop a connection is on.
    w = fresh("--set", "loops=4")
    c = w.client()
    old, new = c.key, Key()
    url = c.directory["keyChange"]
    frame = c.frame(url, {"account": c.kid, "oldKey": old.jwk},
                    kid=None, key=new, protected={"nonce": None, "jwk": new.jwk})
    c.ok(url, frame)
    for _ in range(12):
        fresh_one = Client(w.server.directory, w.server.root, timeout=within(30), key=new)
        fresh_one.kid = c.kid
        fresh_one.ok(c.kid)
        fresh_one.key = old
        r = fresh_one.post(c.kid)
        assert (r.status, r.type) == (400, "malformed"), r
        fresh_one.close()


def test_the_command_line_says_what_is_wrong(world):
    eab(world, "show", "AAAAAAAAAAAAAAAAAAAAAA", rc=3)
    eab(world, "revoke", "nonsense", rc=3)
    eab(world, "create", "--allow", "a..b", rc=2)
    eab(world, "create", "--profile", "none", rc=2)
    eab(world, "show", rc=2)
    mayfly("eab", rc=2)
    assert "create" in mayfly("eab", "--help")[0]
    assert "--uses" in mayfly("eab", "create", "--help")[0]
