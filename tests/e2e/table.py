"""What real clients took: rows that tests/clients_doc.py makes docs/CLIENTS.md of."""
import os
import time

import world as worlds
from acmeclient import der_of
from realclients import waits
from world import run


def verify(world, chain, name):
    files = []
    for i, cert in enumerate(chain):
        files.append(world.path(f"chain{i}.der"))
        with open(files[-1], "wb") as f:
            f.write(der_of(cert))
    run("openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", name,
        "-CAfile", world.server.root, "-untrusted", files[1], files[0])


class Table:
    """One module's rows: client, version, what, seconds, polls told to wait."""

    def __init__(self, module):
        self.module, self.rows = module, []

    def measure(self, world, client, what, act):
        world.server.mark()
        began = time.time()
        act()
        took = time.time() - began
        polls = waits(world.server)
        self.rows.append((type(client).__name__, client.version, what, f"{took:.1f}", str(polls)))
        assert world.server.events("http.request"), "no access line in the log"
        assert polls == 0, f"{client} was told to wait {polls} times"

    def note(self, client, what):
        self.rows.append((type(client).__name__, client.version, what, "", ""))

    def write(self, clients):
        seen = {r[0] for r in self.rows}
        assert len(seen) == clients, seen
        folder = os.path.join(os.path.dirname(worlds.BINARY), "clients")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, self.module + ".tsv"), "w") as f:
            f.write("".join("\t".join(r) + "\n" for r in self.rows))
