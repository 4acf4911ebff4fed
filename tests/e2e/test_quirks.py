"""What acme.sh relies on, by curl and openssl alone: see quirks.sh."""
import os

from world import run


def test_what_acmesh_relies_on(world, tmp):
    script = os.path.join(os.path.dirname(__file__), "quirks.sh")
    out = run("sh", script, world.server.directory, world.server.root, world.zone, tmp, rc=None)
    assert "not ok" not in out and "\n1.." in out, out
