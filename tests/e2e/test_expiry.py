"""What time does to objects: orders end, authorizations expire, rows go."""
import time

from acmeclient import chain_of, der_of
from world import wait_until, within

FLAGS = ("--set", "orders.lifetime=30s", "--set", "authorizations.lifetime=3s",
         "--set", "retention.objects=1s", "--set", "profiles.tenminutes.lifetime=5s",
         "--set", "profiles.tenminutes.backdate=0s")
SECONDS = 100
WEIGHT = 45


def test_an_authorization_is_used_again_in_its_time_only(world):
    c = world.client()
    first = c.order("short.internal").prove(world.web)
    assert c.order("short.internal").json["status"] == "ready"
    time.sleep(within(1) + 3)
    again = c.order("short.internal")
    assert again.json["status"] == "pending", again.json
    assert again.json["authorizations"] != first.json["authorizations"]
    # For its own order it counts until that ends: both views say so.
    assert first.authzs()[0]["status"] == "valid" and c.ok(first.url).json["status"] == "ready"
    chain_of(first.certificate())


def test_an_expired_certificate_is_not_revoked(world):
    c = world.client()
    leaf = chain_of(c.order("ended.internal").prove(world.web).certificate())[0]
    assert (leaf.not_valid_after - leaf.not_valid_before).total_seconds() == 4
    time.sleep(6)
    r = c.revoke(der_of(leaf))
    assert (r.status, r.type) in ((403, "unauthorized"), (404, "malformed")), r


def test_an_order_nobody_finished_ends_and_goes(world):
    c = world.client()
    o = c.order("left.internal")
    time.sleep(31)
    r = c.post(o.url)
    assert r.status == 404 or r.json["status"] == "invalid", r
    wait_until(lambda: c.post(o.url).status == 404, 30, every=0.5)
    assert c.post(o.json["authorizations"][0]).status == 404
    assert c.order("left.internal").json["status"] == "pending"
    c.ok(c.kid)  # the account stays
