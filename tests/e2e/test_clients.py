"""certbot and lego against a live server; how long they take, and how often
they are told to wait, goes into a table beside the binary."""
import os

import world as worlds
from realclients import Certbot, Lego
from table import Table, verify

WORLD = {"web": False}
WEIGHT = 60
TABLE = Table("clients")


def measured(world, client, challenge, act):
    TABLE.measure(world, client, challenge, act)


def test_certbot_http01(world):
    certbot = Certbot(world)
    measured(world, certbot, "http-01", lambda: certbot.certonly("cb.internal"))
    chain = certbot.chain("cb.internal")
    verify(world, chain, "cb.internal")
    ttl = (chain[0].not_valid_after - chain[0].not_valid_before).total_seconds()
    assert ttl == 629, ttl


def test_certbot_several_names(world):
    certbot = Certbot(world)
    names = [f"cb{i}.internal" for i in range(5)]
    measured(world, certbot, "http-01, 5 names", lambda: certbot.certonly(*names))
    for name in names:
        verify(world, certbot.chain("cb0.internal"), name)


def test_certbot_dns01_wildcard(world):
    certbot = Certbot(world)
    measured(world, certbot, "dns-01, wildcard", lambda: certbot.certonly(
        "*.wild.internal", "wild.internal", how=certbot.dns()))
    chain = certbot.chain("wild.internal")
    for name in ("wild.internal", "a.wild.internal"):
        verify(world, chain, name)


def test_certbot_renews(world):
    certbot = Certbot(world, world.path("certbot-renew"))
    certbot.certonly("renew.internal")
    before = certbot.chain("renew.internal")[0].serial_number
    measured(world, certbot, "renewal", lambda: certbot("renew", "--no-random-sleep-on-renew"))
    assert certbot.chain("renew.internal")[0].serial_number != before


def test_certbot_dry_run(world):
    certbot = Certbot(world, world.path("certbot-dry"))
    out = certbot.certonly("dry.internal", more=("--dry-run",))
    assert "dry run was successful" in out, out


def test_certbot_revokes_by_account_and_by_key(world):
    certbot = Certbot(world)
    for name, more in (("rva.internal", ()), ("rvk.internal", ("--key-path",))):
        certbot.certonly(name)
        more = more and (*more, certbot.live(name, "privkey.pem"))
        certbot("revoke", "--cert-path", certbot.live(name, "cert.pem"), *more,
                "--reason", "superseded", "--no-delete-after-revoke")
        certbot("revoke", "--cert-path", certbot.live(name, "cert.pem"),
                "--no-delete-after-revoke", rc=1)  # already
        TABLE.note(certbot, "revokes")


def test_certbot_is_told_why_it_failed(world):
    certbot = Certbot(world)
    world.dns.set("nowhere.internal", "A", "127.0.0.9")  # where nothing listens
    out = certbot.certonly("nowhere.internal", rc=1)
    assert "127.0.0.9" in out and "refused" in out.lower(), out


def test_lego_http01_renew_and_revoke(world):
    lego = Lego(world)
    measured(world, lego, "http-01", lambda: lego("lego.internal"))
    chain = lego.chain("lego.internal")
    verify(world, chain, "lego.internal")
    measured(world, lego, "renewal", lambda: lego("lego.internal", verb=("renew", "--days", "90", "--no-random-sleep")))
    assert lego.chain("lego.internal")[0].serial_number != chain[0].serial_number
    lego("lego.internal", verb=("revoke", "--keep"))
    TABLE.note(lego, "revokes")
    out = lego("lego.internal", verb=("revoke",), rc=None)
    assert "alreadyRevoked" in out, out


def test_lego_dns01_wildcard(world):
    lego = Lego(world)
    measured(world, lego, "dns-01, wildcard",
             lambda: lego("*.lw.internal", how=lego.dns()))
    verify(world, lego.chain("*.lw.internal"), "x.lw.internal")


def test_the_table_is_written(world):
    TABLE.write(2)
    timed = [r for r in TABLE.rows if r[3]]
    assert len(timed) == 7, timed
    text = "\n".join(["| client | challenge | seconds | polls that had to wait |",
                      "|---|---|---:|---:|",
                      *(f"| {r[0].lower()} | {r[2]} | {r[3]} | {r[4]} |" for r in timed), ""])
    with open(os.path.join(os.path.dirname(worlds.BINARY), "clients.md"), "w") as f:
        f.write(text)
    print("\n".join("    # " + line for line in text.splitlines()))
