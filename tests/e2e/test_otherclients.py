"""Clients beside certbot and lego: each gets a certificate, another, and has it
revoked where it can.  Rows of docs/CLIENTS.md are written as they go."""
import os

import otherclients as clients
from table import Table, verify

WEIGHT = 50
RELEASE_ONLY = True
TABLE = Table("otherclients")


def drive(world, kind, name, revokes=True):
    world.web.folder = world.path("web")
    os.makedirs(world.web.folder, exist_ok=True)
    client = kind(world)
    try:
        TABLE.measure(world, client, client.challenge, lambda: client.get(name))
        first = client.chain(name)
        verify(world, first, name)
        TABLE.measure(world, client, "renewal", lambda: client.renew(name))
        assert client.chain(name)[0].serial_number != first[0].serial_number
        if revokes:
            world.server.mark()
            client.revoke(name)
            revoked = [e for e in world.server.events("certificate.revoked")]
            assert len(revoked) == 1, "the log tells of no revocation"
            TABLE.note(client, "revokes")
    finally:
        client.close()


# QRK-20
def test_dehydrated(world):
    drive(world, clients.Dehydrated, "dehydrated.internal")


# QRK-21
def test_uacme(world):
    drive(world, clients.Uacme, "uacme.internal")


# QRK-22
def test_acme_tiny(world):
    drive(world, clients.AcmeTiny, "tiny.internal", revokes=False)


# QRK-07
def test_python3_acme(world):
    drive(world, clients.PythonAcme, "python.internal")


# QRK-52
def test_acme_client_of_npm(world):
    drive(world, clients.AcmeClientJs, "node.internal")


def test_root_acme_of_npm(world):
    drive(world, clients.RootAcme, "root.internal", revokes=False)


def test_the_rows_are_written(world):
    TABLE.write(6)
