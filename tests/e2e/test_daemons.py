"""Web servers that order and renew by themselves, with certificates of 20 s."""
import otherclients as clients
from table import Table, verify

FLAGS = ("--set", "profiles.tenminutes.lifetime=20s", "--set", "profiles.tenminutes.backdate=0s")
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


def test_the_rows_are_written(world):
    TABLE.write(3)
