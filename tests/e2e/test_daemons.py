"""Web servers that order and renew by themselves, with certificates of 20 s."""
import datetime

import otherclients as clients
from table import Table, verify

FLAGS = ("--set", "profiles.tenminutes.lifetime=20s", "--set", "profiles.tenminutes.backdate=0s",
         "--set", "profiles.hour.lifetime=20s", "--set", "profiles.hour.backdate=0s")
WORLD = {"web": False}
WEIGHT = 55
RELEASE_ONLY = True
SECONDS = 120
TABLE = Table("daemons")


def drive(world, kind, name):
    client = kind(world)
    try:
        TABLE.measure(world, client, client.challenge, lambda: client.get(name))
        first = client.chain(name)
        verify(world, first, name)
        TABLE.measure(world, client, "renewal, by itself", lambda: client.renew(name))
        assert client.chain(name)[0].serial_number != first[0].serial_number
    finally:
        client.close()


# QRK-30
def test_caddy(world):
    drive(world, clients.Caddy, "caddy.internal")


def test_caddy_by_tls_alone(world):
    drive(world, clients.CaddyAlpn, "alpn.internal")


# QRK-41, QRK-40
def test_mod_md(world):
    drive(world, clients.ModMd, "modmd.internal")


class ByAdvice(clients.ModMd):
    """Its own window would be too late: what makes it renew is what we advise."""
    more = "MDRenewWindow 1s\nMDRenewViaARI on\nMDProfile hour\nMDProfileMandatory on"


# ARI-01, ARI-09, ARI-11, PRO-06: a client that knows both goes by the advice and the profile.
def test_mod_md_renews_as_it_is_advised(world):
    client = ByAdvice(world)
    world.server.mark()
    try:
        client.get("advice.internal")
        first = client.chain("advice.internal")[0]
        client.renew("advice.internal")
        left = first.not_valid_after - datetime.datetime.utcnow()
        assert left > datetime.timedelta(seconds=4), left
    finally:
        client.close()
    asked = [e for e in world.server.events("http.request") if "/renewal-info/" in e["path"]]
    assert asked and all(e["status"] == "200" for e in asked), asked
    orders = world.server.events("order.created")
    assert orders and all(e["profile"] == "hour" for e in orders), orders


def test_the_rows_are_written(world):
    TABLE.write(3)
