"""A certificate from the directory to the revocation, step by step."""
import datetime
import ipaddress
import socket
import ssl
import urllib.parse

from acmeclient import Key, chain_of, make_csr
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID
from world import run


def test_directory(world):
    c = world.client(registered=False)
    r = c.get(world.server.directory)
    assert r.get("Content-Type") == "application/json", r
    assert not r.all("Replay-Nonce"), r
    d = r.json
    for name in ("newNonce", "newAccount", "newOrder", "newAuthz", "revokeCert", "keyChange", "renewalInfo"):
        assert d[name].startswith(f"https://{world.server.authority}/"), d
    c = world.client()
    for name in ("newAuthz", "keyChange"):  # what is advertised answers
        r = c.post(d[name], {})
        assert r.status in (400, 403), r
    meta = d["meta"]
    assert meta["termsOfService"].startswith("https://"), meta
    assert set(meta["profiles"]) >= {"tenminutes", "hour", "day"}, meta
    assert not meta.get("externalAccountRequired"), meta
    assert c.get(meta["termsOfService"]).status == 200


def test_head_tells_the_length_get_would_have(world):
    c = world.client(registered=False)
    got, head = c.get(world.server.directory), c.request("HEAD", world.server.directory)
    assert head.status == 200 and head.body == b""
    assert head.get("Content-Length") == got.get("Content-Length")
    assert head.get("Content-Type") == "application/json"


def test_directory_can_be_posted_as_get(world):
    c = world.client()
    assert c.ok(world.server.directory).json.keys() == c.directory.keys()


def test_nonces(world):
    c = world.client()
    url = c.directory["newNonce"]
    head, got = c.request("HEAD", url), c.get(url)
    assert (head.status, got.status) == (200, 204), (head, got)
    for r in (head, got):
        assert len(r.all("Replay-Nonce")) == 1 and r.get("Cache-Control") == "no-store", r
        assert r.link("index") == [world.server.directory], r
        assert r.body == b""
    assert c.ok(url, status=200).body in (b"", b"{}")
    seen = [c.request("HEAD", url).get("Replay-Nonce") for _ in range(200)]
    assert len(set(seen)) == 200


def test_order_authorization_and_challenge_objects(world):
    c = world.client()
    o = c.order("objects.internal", "*.objects.internal")
    r = o.reply
    assert o.json["status"] == "pending" and len(o.json["authorizations"]) == 2, o.json
    assert [i["value"] for i in o.json["identifiers"]] == ["objects.internal", "*.objects.internal"]
    for absent in ("certificate", "error", "notBefore", "notAfter"):
        assert absent not in o.json, o.json
    assert o.json["expires"]
    for url in [o.url, o.json["finalize"], *o.json["authorizations"]]:
        assert url.startswith(f"https://{world.server.authority}/acme/"), url
    again = c.ok(o.url)
    assert again.json == o.json and again.get("Location") == o.url, again

    plain, wild = o.authzs()
    if wild["identifier"]["value"] != "objects.internal" or "wildcard" not in wild:
        plain, wild = wild, plain
    assert "wildcard" not in plain and wild["wildcard"] is True, (plain, wild)
    assert {x["type"] for x in wild["challenges"]} == {"dns-01"}, wild
    assert {x["type"] for x in plain["challenges"]} >= {"dns-01", "http-01"}, plain
    assert plain["identifier"] == wild["identifier"] == {"type": "dns", "value": "objects.internal"}
    tokens = [x["token"] for z in (plain, wild) for x in z["challenges"]]
    assert len(set(tokens)) == len(tokens) and all(len(t) >= 22 for t in tokens)
    for z in (plain, wild):
        assert z["status"] == "pending" and z["expires"], z
        for x in z["challenges"]:
            assert set(x) == {"type", "url", "status", "token"}, x  # flat while pending
            assert x["status"] == "pending", x
    got = c.ok(plain["challenges"][0]["url"])
    assert got.json == plain["challenges"][0], got
    assert got.link("up") == [next(u for u in o.json["authorizations"]
                                   if c.ok(u).json == plain)], got


def test_a_certificate_over_http01(world):
    c = world.client()
    name = "one.internal"
    o = c.order(name)
    [challenge] = o.put(world.web)
    r = c.ok(challenge["url"], {})
    assert r.link("up") == o.json["authorizations"], r
    assert r.json["status"] in ("pending", "processing", "valid"), r
    r = c.ok(o.json["authorizations"][0])  # lingers until the verdict
    assert r.json["status"] == "valid", r
    assert c.ok(o.url).json["status"] == "ready"  # in the same batch: QRK-03
    done = [x for x in r.json["challenges"] if x["type"] == "http-01"][0]
    assert done["status"] == "valid" and done["validated"], done
    host, path, _, fields = world.web.requests(name)[0]
    assert path == "/.well-known/acme-challenge/" + challenge["token"]
    assert fields["Host"].split(":")[0] == name and "User-Agent" in fields, fields

    key = ec.generate_private_key(ec.SECP256R1())
    r = o.finalize(make_csr([name], key))
    assert r.get("Location") == o.url and r.json["status"] in ("valid", "processing"), r
    before = datetime.datetime.utcnow()
    pem = o.certificate()
    leaf, *issuers = chain_of(pem)
    assert issuers, "leaf only"
    assert pem.encode() == c.ok(o.json["certificate"]).body
    ttl = leaf.not_valid_after - leaf.not_valid_before
    assert ttl == datetime.timedelta(seconds=600 + 30 - 1), ttl
    assert abs((leaf.not_valid_before - before).total_seconds() + 30) < 5
    assert leaf.public_key().public_numbers() == key.public_key().public_numbers()
    san = leaf.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    assert san.get_values_for_type(x509.DNSName) == [name] and len(list(san)) == 1
    assert leaf.extensions.get_extension_for_oid(ExtensionOID.EXTENDED_KEY_USAGE).value[0] \
        == ExtendedKeyUsageOID.SERVER_AUTH
    assert 0 < leaf.serial_number.bit_length() <= 159
    for cert, above in zip([leaf, *issuers], issuers):
        assert cert.issuer == above.subject

    with open(world.path("leaf.pem"), "w") as f:
        f.write(pem)
    run("openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", name,
        "-CAfile", world.server.root, "-untrusted", world.path("leaf.pem"), world.path("leaf.pem"))


def test_every_account_algorithm_gets_a_certificate(world):
    for alg in ("ES256", "ES384", "ES512", "RS256", "PS256", "EdDSA"):
        c = world.client(key=Key(alg))
        name = f"{alg.lower()}.internal"
        chain_of(c.order(name).prove(world.web).certificate())


def test_addresses_can_be_named(world):
    c = world.client()
    o = c.order({"type": "ip", "value": "127.0.0.1"}, "besides.internal")
    types = {z["identifier"]["type"]: {x["type"] for x in z["challenges"]} for z in o.authzs()}
    assert "dns-01" not in types["ip"] and "http-01" in types["ip"], types
    o.prove(world.web)
    csr = make_csr(["besides.internal"], ips=[ipaddress.ip_address("127.0.0.1")])
    leaf = chain_of(o.certificate(csr))[0]
    san = leaf.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    assert san.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("127.0.0.1")]
    assert san.get_values_for_type(x509.DNSName) == ["besides.internal"]


def test_profiles_by_member_and_by_directory(world):
    c = world.client()
    for profile, seconds in (("hour", 3600), ("day", 86400)):
        leaf = chain_of(c.order(f"{profile}.internal", profile=profile)
                        .prove(world.web).certificate())[0]
        ttl = (leaf.not_valid_after - leaf.not_valid_before).total_seconds()
        assert ttl == seconds + 30 - 1, (profile, ttl)
    base = urllib.parse.urlsplit(world.server.directory)
    hour = f"https://{base.netloc}/acme/p/hour/directory"
    d = c.get(hour).json
    assert d["newOrder"] != c.directory["newOrder"], d
    c.directory = d  # the same account works there
    o = c.order("other.internal")
    assert o.json["profile"] == "hour", o.json
    leaf = chain_of(o.prove(world.web).certificate())[0]
    assert (leaf.not_valid_after - leaf.not_valid_before).total_seconds() == 3600 + 30 - 1


def test_a_valid_authorization_is_used_again(world):
    c = world.client()
    first = c.order("again.internal").prove(world.web)
    second = c.order("again.internal")
    assert second.json["status"] == "ready", second.json
    assert second.json["authorizations"] == first.json["authorizations"]
    chain_of(second.certificate())
    other = world.client().order("again.internal")
    assert other.json["status"] == "pending"  # of another account


def test_a_deactivated_authorization_serves_no_more(world):
    c = world.client()
    o = c.order("gone.internal").prove(world.web)
    url = o.json["authorizations"][0]
    assert c.ok(url, {"status": "deactivated"}).json["status"] == "deactivated"
    assert c.ok(url).json["status"] == "deactivated"
    r = c.post(url, {"status": "deactivated"})
    assert r.status in (200, 400), r
    assert c.ok(o.url).json["status"] == "invalid"
    o.finalize(make_csr(["gone.internal"]), status=403)
    assert c.order("gone.internal").json["status"] == "pending"


def test_finalize_too_early_twice_and_again(world):
    c = world.client()
    o = c.order("early.internal")
    r = o.finalize(make_csr(["early.internal"]), status=403)
    assert r.type == "orderNotReady", r
    o.prove(world.web)
    first = o.certificate()
    r = o.finalize(make_csr(["early.internal"]), status=403)
    assert r.type == "orderNotReady", r
    assert c.ok(o.url).json["certificate"] == o.json["certificate"]
    assert c.ok(o.json["certificate"]).body.decode() == first


def test_orders_list_if_any_is_an_object_of_urls(world):
    c = world.client()
    account = c.ok(c.kid).json
    assert account["status"] == "valid" and account["orders"].startswith("https://"), account
    o = c.order("listed.internal")
    r = c.post(account["orders"])
    assert r.status == 200 and r.json["orders"] == [o.url], r


def test_one_hundred_names(world):
    c = world.client()
    names = [f"n{i}.hundred.internal" for i in range(100)]
    o = c.order(*names).prove(world.web, within=60)
    leaf = chain_of(o.certificate())[0]
    san = leaf.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    assert sorted(san.get_values_for_type(x509.DNSName)) == sorted(names)


def test_ids_are_not_guessable(world):
    c = world.client()
    tails = [c.order(f"i{i}.ids.internal").url.rsplit("/", 1)[1] for i in range(50)]
    assert len({t[-12:] for t in tails}) == 50
    assert all(len(t) >= 22 for t in tails)


def test_serving_certificate_is_our_own(world):
    host, port = world.server.authority.rsplit(":", 1)
    for name in (host, "localhost"):
        context = ssl.create_default_context(cafile=world.server.root)
        with socket.create_connection((host, int(port))) as s:
            with context.wrap_socket(s, server_hostname=name) as t:
                assert t.version() == "TLSv1.3"


def test_tls_12_is_offered_and_older_is_not(world):
    host, port = world.server.authority.rsplit(":", 1)
    for version, fine in ((ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_1, False)):
        context = ssl.create_default_context(cafile=world.server.root)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        with socket.create_connection((host, int(port))) as s:
            try:
                with context.wrap_socket(s, server_hostname=host) as t:
                    assert fine, t.version()
            except (ssl.SSLError, ConnectionResetError):
                assert not fine
