"""When to renew, and what an order replaces (RFC 9773); orders by profile and date."""
import datetime
import time

from acmeclient import b64, chain_of, der_of
from cryptography import x509

FLAGS = ("--set", "profiles.tenminutes.lifetime=40s", "--set", "profiles.tenminutes.backdate=0s",
         "--set", "orders.reuse=true")
WEIGHT = 5


def certid(leaf):
    """As RFC 9773, 4.1 has it: from the certificate alone."""
    aki = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    n = leaf.serial_number
    return f"{b64(aki)}.{b64(n.to_bytes(n.bit_length() // 8 + 1, 'big'))}"


def moment(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")


def issue(c, world, *names, **more):
    o = c.order(*names, **more)
    if o.json["status"] == "pending":
        o.prove(world.web)
    return chain_of(o.certificate())[0]


# ARI-01, ARI-02, ARI-04, ARI-05, ARI-06, ARI-12: before there is an account.
def test_anybody_is_told_when_to_renew(world):
    leaf = issue(world.client(), world, "window.internal")
    stranger = world.client(registered=False)
    base = stranger.directory["renewalInfo"]
    assert not base.endswith("/"), base
    r = stranger.get(f"{base}/{certid(leaf)}")
    window = r.json["suggestedWindow"]
    start, end = moment(window["start"]), moment(window["end"])
    assert r.status == 200 and set(r.json) == {"suggestedWindow"}, r
    assert leaf.not_valid_before < start < end <= leaf.not_valid_after, (r, leaf.not_valid_before)
    assert start > datetime.datetime.utcnow(), r
    assert 1 <= int(r.get("Retry-After")) <= 60 and not r.all("Replay-Nonce"), r
    assert "max-age=" in r.get("Cache-Control"), r
    head = stranger.request("HEAD", f"{base}/{certid(leaf)}")
    assert head.status == 200 and head.body == b"", head
    assert stranger.get(f"{base}/{certid(leaf)}").body == r.body
    assert stranger.get(f"{base}/AAAA.AAAA").status == 404
    assert stranger.get(f"{base}/AAAA").status == 400


# ARI-08, ARI-09, ARI-10: a client that renews as the RFC says, and one that does so twice.
def test_a_renewal_names_what_it_replaces(world):
    c = world.client()
    name = "replaced.internal"
    old = issue(c, world, name)
    o = c.order(name, replaces=certid(old))
    assert o.json["replaces"] == certid(old) and o.json["status"] == "ready", o.json
    again = c.post(c.directory["newOrder"], {
        "identifiers": [{"type": "dns", "value": name}, {"type": "dns", "value": "x." + name}],
        "replaces": certid(old)})
    assert (again.status, again.type) == (409, "alreadyReplaced"), again
    new = chain_of(o.certificate())[0]
    assert c.ok(o.url).json["replaces"] == certid(old)
    other = world.client().post(c.directory["newOrder"], {
        "identifiers": [{"type": "dns", "value": name}], "replaces": certid(new)})
    assert (other.status, other.type) == (403, "unauthorized"), other


# ARI-07
def test_what_is_revoked_is_to_be_renewed_now(world):
    c = world.client()
    leaf = issue(c, world, "revoked-early.internal")
    assert c.revoke(der_of(leaf)).status == 200
    r = c.get(f"{c.directory['renewalInfo']}/{certid(leaf)}")
    assert moment(r.json["suggestedWindow"]["end"]) < datetime.datetime.utcnow(), r
    page = c.get(r.json["explanationURL"])
    assert page.status == 200 and b"revoked" in page.body, page


# ORD-11: to the second, as the certificate itself says.
def test_dates_that_are_asked_for(world):
    c = world.client()
    begin = datetime.datetime.utcnow().replace(microsecond=0) + datetime.timedelta(seconds=5)
    end = begin + datetime.timedelta(seconds=30)
    zone = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
    more = {"notBefore": begin.isoformat() + "Z",
            "notAfter": end.replace(tzinfo=datetime.timezone.utc).astimezone(zone).isoformat()}
    leaf = issue(c, world, "dates.internal", **more)
    assert (leaf.not_valid_before, leaf.not_valid_after) == (begin, end), leaf


# PRE-01, PRE-04: proved in the morning, ordered at noon.
def test_a_name_is_authorised_ahead(world):
    c = world.client()
    r = c.ok(c.directory["newAuthz"], {"identifier": {"type": "dns", "value": "ahead.internal"}}, status=201)
    challenge = next(x for x in r.json["challenges"] if x["type"] == "http-01")
    world.web.tokens[challenge["token"]] = c.keyauth(challenge["token"])
    c.ok(challenge["url"], {})
    end = time.time() + 20
    while c.ok(r.get("Location")).json["status"] != "valid":
        assert time.time() < end
    o = c.order("ahead.internal")
    assert o.json["status"] == "ready" and o.json["authorizations"] == [r.get("Location")], o.json


# ORD-17
def test_the_same_order_is_given_again(world):
    c = world.client()
    first, again = c.order("twice-ordered.internal"), c.order("TWICE-ordered.internal")
    assert again.url == first.url and again.json == first.json
    assert c.order("twice-ordered.internal", profile="hour").url != first.url
