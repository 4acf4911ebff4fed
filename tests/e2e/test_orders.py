"""Accounts, orders, CSRs and revocations that are wrong: type and status."""
import datetime
import ipaddress

from acmeclient import Key, b64, chain_of, der_of, make_csr
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from refusal import client_of, refused

NAME = "orders.internal"
P256 = ec.generate_private_key(ec.SECP256R1())


# Accounts (ACC).

def account(c, key=None, **payload):
    return c.post(c.directory["newAccount"], payload, kid=None, key=key or Key())


def test_new_and_known_keys(world):
    c, key = client_of(world), Key()
    first = account(c, key, contact=["mailto:a@example.internal"])
    again = account(c, key, contact=["mailto:b@example.internal"])
    found = account(c, key, onlyReturnExisting=True)
    assert (first.status, again.status, found.status) == (201, 200, 200)
    assert first.get("Location") == again.get("Location") == found.get("Location")
    for r in (first, again, found):
        assert r.json["status"] == "valid" and r.json["contact"] == ["mailto:a@example.internal"], r
        assert not {"onlyReturnExisting", "key", "createdAt", "initialIp"} & set(r.json), r


@refused("accountDoesNotExist", 400)
def test_only_existing_and_there_is_none(c):
    return account(c, onlyReturnExisting=True)


@refused("malformed", 400)
def test_terms_agreed_not_a_boolean(c):
    return account(c, termsOfServiceAgreed="yes")


@refused("unsupportedContact", 400, "mailto")
def test_contact_by_telephone(c):
    return account(c, contact=["tel:+12025551212"])


@refused("invalidContact", 400)
def test_contact_without_domain(c):
    return account(c, contact=["mailto:somebody"])


@refused("invalidContact", 400)
def test_contact_with_fields(c):
    return account(c, contact=["mailto:a@example.internal?subject=x"])


@refused("invalidContact", 400)
def test_contact_of_two(c):
    return account(c, contact=["mailto:a@example.internal,b@example.internal"])


def test_contact_empty_text(world):
    r = account(client_of(world), contact=[""])
    assert r.status == 400 and r.type in ("invalidContact", "unsupportedContact"), r


@refused("malformed", 400)
def test_contact_not_a_list(c):
    return account(c, contact="mailto:a@example.internal")


@refused("malformed", 400)
def test_contact_a_number(c):
    return account(c, contact=[5])


@refused("malformed", 400)
def test_too_many_contacts(c):
    return account(c, contact=[f"mailto:a{i}@example.internal" for i in range(11)])


def test_contact_none_null_or_empty(world):
    for contact in ([], None):
        assert account(client_of(world), contact=contact).status == 201


def test_account_update_replaces_the_contact(world):
    c = world.client()
    r = c.ok(c.kid, {"contact": ["mailto:x@example.internal"], "status": "valid", "orders": "ignored",
                     "termsOfServiceAgreed": False})
    assert r.json["contact"] == ["mailto:x@example.internal"], r
    assert c.ok(c.kid).json == r.json and c.ok(c.kid, {}).json == r.json
    assert not c.ok(c.kid, {"contact": []}).json.get("contact")
    r = c.post(c.kid, {"contact": ["tel:5"]})
    assert r.type == "unsupportedContact", r
    r = c.post(c.kid, {"status": "revoked"})
    assert (r.status, r.type) == (400, "malformed"), r


# Orders (ORD, IDN).

def order(c, *idents, **more):
    idents = [{"type": "dns", "value": i} if isinstance(i, str) else i for i in idents]
    return c.post(c.directory["newOrder"], {"identifiers": idents, **more})


@refused("malformed", 400)
def test_no_identifiers(c):
    return c.post(c.directory["newOrder"], {})


@refused("malformed", 400)
def test_identifiers_empty(c):
    return order(c)


@refused("malformed", 400)
def test_identifiers_not_a_list(c):
    return c.post(c.directory["newOrder"], {"identifiers": {"type": "dns", "value": NAME}})


@refused("malformed", 400)
def test_identifier_a_text(c):
    return c.post(c.directory["newOrder"], {"identifiers": [NAME]})


@refused("malformed", 400)
def test_identifier_without_type(c):
    return order(c, {"value": NAME})


@refused("malformed", 400)
def test_identifier_without_value(c):
    return order(c, {"type": "dns"})


@refused("malformed", 400)
def test_identifier_with_empty_value(c):
    return order(c, {"type": "dns", "value": ""})


@refused("malformed", 400)
def test_identifier_value_a_number(c):
    return order(c, {"type": "dns", "value": 5})


def test_unsupported_type_has_a_subproblem(world):
    r = order(client_of(world), {"type": "email", "value": "a@b.internal"}, NAME)
    assert (r.status, r.type) == (400, "unsupportedIdentifier"), r
    subs = r.json.get("subproblems", [])
    assert all(s["identifier"]["value"] == "a@b.internal" for s in subs), r


@refused("malformed", 400, "100")
def test_too_many_identifiers(c):
    return order(c, *(f"n{i}.{NAME}" for i in range(101)))


def test_a_subproblem_for_each_bad_name(world):
    bad = ["under_score.internal", "-a.internal", "a..internal", "x" * 64 + ".internal", "*.*.internal"]
    r = order(client_of(world), NAME, *bad)
    assert r.status == 400 and r.type in ("rejectedIdentifier", "malformed"), r
    named = [s["identifier"]["value"] for s in r.json["subproblems"]]
    assert sorted(named) == sorted(bad), (named, r)


def test_names_nobody_may_have(world):
    c = client_of(world)
    for name in ("a b.internal", "a.internal.", ".internal", "a*.internal", "*", "*.", "http://a.internal",
                 "a.internal:80", "a.internal/x", "xn--.internal", "xn--a.internal", "b\u00fccher.internal",
                 "a\n.internal", "127.0.0.1", "::1", "x" * 250 + ".internal", "a.*.internal"):
        r = order(c, name)
        assert r.status == 400 and r.type in ("rejectedIdentifier", "malformed"), (name, r)


def test_an_address_as_a_name_is_hinted_at(world):
    r = order(client_of(world), "10.0.0.1")
    assert r.status == 400 and "ip" in r.json["detail"].lower(), r


def test_addresses_of_an_odd_form(world):
    c = client_of(world)
    for value in ("127.0.0.01", "127.1", "0x7f.0.0.1", "::ffff:10.0.0.1", "0:0::1", "FE80::1", "fe80::1%lo",
                  "0.0.0.0", "::", "224.0.0.1", "ff02::1", "a.internal", "10.0.0.0/8"):
        r = order(c, {"type": "ip", "value": value})
        assert r.status == 400 and r.type in ("rejectedIdentifier", "malformed"), (value, r)


def test_case_and_doubles(world):
    c = client_of(world)
    r = order(c, "Double.Internal", "double.internal", "DOUBLE.internal")
    assert r.status == 201, r
    assert r.json["identifiers"] == [{"type": "dns", "value": "double.internal"}], r
    assert len(r.json["authorizations"]) == 1, r


def test_punycode_is_kept(world):
    r = order(client_of(world), "xn--bcher-kva.internal")
    assert r.status == 201 and r.json["identifiers"][0]["value"] == "xn--bcher-kva.internal", r


def test_wildcard_beside_its_base(world):
    r = order(client_of(world), f"*.both.{NAME}", f"both.{NAME}")
    assert r.status == 201 and len(r.json["authorizations"]) == 2, r


@refused("malformed", 400)
def test_name_that_a_wildcard_covers(c):
    return order(c, f"*.{NAME}", f"a.{NAME}")


@refused("malformed", 400)
def test_not_before_a_number(c):
    return order(c, NAME, notBefore=5)


@refused("malformed", 400)
def test_not_after_nonsense(c):
    return order(c, NAME, notAfter="tomorrow")


@refused("malformed", 400)
def test_not_after_in_the_past(c):
    return order(c, NAME, notAfter="2001-01-01T00:00:00Z")


@refused("malformed", 400)
def test_not_after_beyond_the_profile(c):
    return order(c, NAME, notAfter="2090-01-01T00:00:00Z")


@refused("invalidProfile", 400)
def test_unknown_profile(c):
    return order(c, NAME, profile="century")


@refused("malformed", 400)
def test_profile_a_number(c):
    return order(c, NAME, profile=5)


# Authorizations and challenges (AUT, CHA).

def authz(c, name=NAME):
    o = c.order(name)
    return o, o.json["authorizations"][0]


@refused("malformed", 400)
def test_authz_with_another_body(c):
    return c.post(authz(c)[1], {"status": "valid"})


@refused("malformed", 400)
def test_authz_status_a_number(c):
    return c.post(authz(c)[1], {"status": 5})


def test_a_pending_authorization_can_be_deactivated(world):
    c = client_of(world)
    o, url = authz(c, "never.internal")
    assert c.ok(url, {"status": "deactivated"}).json["status"] == "deactivated"
    assert c.ok(o.url).json["status"] == "invalid"
    r = c.post(c.ok(url).json["challenges"][0]["url"], {})
    assert (r.status, r.type) == (400, "malformed"), r


@refused("malformed", 400)
def test_challenge_posted_an_array(c):
    return c.post(c.ok(authz(c)[1]).json["challenges"][0]["url"], [])


@refused("malformed", 404)
def test_challenge_of_an_unknown_type(c):
    url = c.ok(authz(c)[1]).json["challenges"][0]["url"]
    return c.post(url.rsplit("/", 1)[0] + "/carrier-pigeon-01", {})


def test_posting_to_a_valid_challenge_changes_nothing(world):
    c = client_of(world)
    o = c.order("twice.internal").prove(world.web)
    [z] = o.authzs()
    done = [x for x in z["challenges"] if x["status"] == "valid"][0]
    n = len(world.web.seen)
    assert c.ok(done["url"], {}).json == done
    assert len(world.web.seen) == n


# CSRs (FIN).

READY = {}


def ready(world, *names):
    """An order that is ready; a refused CSR leaves it so (FIN-05)."""
    names = names or (NAME,)
    if names not in READY:
        READY[names] = client_of(world).order(*names).prove(world.web)
    return READY[names]


def csr_row(kind="badCSR", names=(NAME,), says=None):
    def decorate(make):
        def test(world):
            o = ready(world, *names)
            r = o.client.post(o.json["finalize"], make())
            assert (r.status, r.type) == (400, kind), f"wanted {kind}/400: {r}"
            if says:
                assert says.lower() in r.json["detail"].lower(), r
            assert o.client.ok(o.url).json["status"] == "ready"
        test.__name__ = make.__name__
        return test
    return decorate


def csr(*names, **how):
    how.setdefault("key", P256)
    return {"csr": b64(make_csr(names, **how))}


@csr_row("malformed")
def test_csr_missing():
    return {}


@csr_row("malformed")
def test_csr_a_number():
    return {"csr": 5}


@csr_row("malformed")
def test_csr_as_pem():
    der = make_csr([NAME], P256)
    return {"csr": x509.load_der_x509_csr(der).public_bytes(serialization.Encoding.PEM).decode()}


@csr_row("malformed")
def test_csr_padded():
    return {"csr": b64(make_csr([NAME], P256)) + "="}


@csr_row()
def test_csr_nonsense():
    return {"csr": b64(b"nonsense")}


@csr_row()
def test_csr_cut_short():
    return {"csr": b64(make_csr([NAME], P256)[:-5])}


@csr_row()
def test_csr_with_trailing_bytes():
    return {"csr": b64(make_csr([NAME], P256) + b"\0")}


@csr_row()
def test_csr_with_a_broken_signature():
    der = bytearray(make_csr([NAME], P256))
    der[-1] ^= 1
    return {"csr": b64(bytes(der))}


@csr_row()
def test_csr_without_names():
    return csr()


@csr_row(says=NAME)
def test_csr_with_another_name():
    return csr("other.internal")


@csr_row()
def test_csr_with_one_name_more():
    return csr(NAME, "more.internal")


@csr_row()
def test_csr_with_a_wildcard_more():
    return csr(NAME, f"*.{NAME}")


@csr_row(names=(NAME, "second.internal"))
def test_csr_with_one_name_less():
    return csr(NAME)


@csr_row()
def test_csr_with_another_common_name():
    return csr(NAME, cn="other.internal")


@csr_row()
def test_csr_with_an_address():
    return csr(NAME, ips=[ipaddress.ip_address("127.0.0.1")])


@csr_row()
def test_csr_with_a_mail_address():
    return csr(NAME, x509.RFC822Name("a@b.internal"))


@csr_row()
def test_csr_with_a_uri():
    return csr(NAME, x509.UniformResourceIdentifier("https://b.internal/"))


@csr_row()
def test_csr_with_a_user_principal_name():
    return csr(NAME, x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3"), b"\x0c\x01a"))


@csr_row()
def test_csr_with_a_directory_name():
    return csr(NAME, x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a")])))


@csr_row()
def test_csr_for_a_ca():
    return csr(NAME, extensions=[(x509.BasicConstraints(True, None), True)])


@csr_row()
def test_csr_that_wants_to_sign_certificates():
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    return csr(NAME, extensions=[(usage, True)])


@csr_row()
def test_csr_with_an_unknown_critical_extension():
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
    return csr(NAME, extensions=[(odd, True)])


@csr_row(says="2048")
def test_csr_with_a_small_rsa_key():
    return csr(NAME, key=rsa.generate_private_key(65537, 1024))


@csr_row()
def test_csr_with_a_curve_of_others():
    return csr(NAME, key=ec.generate_private_key(ec.SECP256K1()))


@csr_row()
def test_csr_signed_with_sha1():
    return csr(NAME, sign=hashes.SHA1(), key=rsa.generate_private_key(65537, 2048))


def test_csr_with_the_account_key(world):
    o = ready(world)
    r = o.client.post(o.json["finalize"], {"csr": b64(make_csr([NAME], o.client.key.private))})
    assert (r.status, r.type) == (400, "badCSR"), r
    assert o.client.ok(o.url).json["status"] == "ready"


def test_harmless_requests_in_a_csr_are_fine_and_not_copied(world):
    c = client_of(world)
    usage = x509.KeyUsage(True, True, False, True, False, False, False, False, False)
    der = make_csr(["Harmless.Internal"], P256, cn="harmless.internal", extensions=[
        (x509.BasicConstraints(False, None), True), (usage, True),
        (x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.5.5.7.3.3")]), False),
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00"), False)])
    leaf = chain_of(c.order("harmless.internal").prove(world.web).certificate(der))[0]
    oids = {e.oid.dotted_string for e in leaf.extensions}
    assert "1.2.3.4.5" not in oids, oids
    eku = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [u.dotted_string for u in eku] == ["1.3.6.1.5.5.7.3.1"], eku


def test_csr_with_the_name_in_the_common_name_only(world):
    c = client_of(world)
    o = c.order("cn.internal").prove(world.web)
    leaf = chain_of(o.certificate(make_csr([], P256, cn="cn.internal")))[0]
    san = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert san.get_values_for_type(x509.DNSName) == ["cn.internal"]


def test_rsa_and_p384_keys_are_certified(world):
    c = client_of(world)
    for key in (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())):
        leaf = chain_of(c.order("kinds.internal").prove(world.web)
                        .certificate(make_csr(["kinds.internal"], key)))[0]
        assert leaf.public_key().public_numbers() == key.public_key().public_numbers()


# Certificates and their revocation (CRT, REV).

def issued(world, c=None, name="revoked.internal"):
    key = ec.generate_private_key(ec.SECP256R1())
    o = (c or client_of(world)).order(name).prove(world.web)
    return chain_of(o.certificate(make_csr([name], key))), key, o


def test_revoke_by_account_then_again(world):
    c = client_of(world)
    (leaf, *_), _, o = issued(world)
    r = c.revoke(der_of(leaf), reason=4)
    assert r.status == 200 and r.body == b"", r
    r = c.revoke(der_of(leaf))
    assert (r.status, r.type) == (400, "alreadyRevoked"), r
    assert c.ok(o.json["certificate"]).status == 200  # still to be had


def test_revoke_by_certificate_key(world):
    (leaf, *_), key, _ = issued(world)
    stranger = world.client(registered=False)
    r = stranger.revoke(der_of(leaf), kid=None, key=Key("ES256", key), reason=1)
    assert r.status == 200, r


def test_revoke_by_another_account_that_holds_the_name(world):
    (leaf, *_), _, _ = issued(world, name="moved.internal")
    heir = world.client()
    r = heir.revoke(der_of(leaf))
    assert (r.status, r.type) == (403, "unauthorized"), r
    heir.order("moved.internal").prove(world.web)
    assert heir.revoke(der_of(leaf)).status == 200


def test_revoke_by_a_key_of_nobody(world):
    (leaf, *_), _, _ = issued(world)
    r = client_of(world).revoke(der_of(leaf), kid=None, key=Key())
    assert (r.status, r.type) == (403, "unauthorized"), r


def test_reasons_that_may_not_be_given(world):
    c = client_of(world)
    (leaf, *_), _, _ = issued(world)
    for reason in (2, 6, 7, 8, 9, 10, 11, -1, 2 ** 40):
        r = c.revoke(der_of(leaf), reason=reason)
        assert (r.status, r.type) == (400, "badRevocationReason"), (reason, r)
    r = c.post(c.directory["revokeCert"], {"certificate": b64(der_of(leaf)), "reason": "1"})
    assert (r.status, r.type) == (400, "malformed"), r
    assert c.revoke(der_of(leaf)).status == 200


@refused("malformed", 400)
def test_revoke_nothing(c):
    return c.post(c.directory["revokeCert"], {})


@refused("malformed", 400)
def test_revoke_nonsense(c):
    return c.revoke(b"nonsense")


def test_revoke_a_stranger_and_an_altered_one(world):
    c = client_of(world)
    (leaf, issuer, *_), key, _ = issued(world)
    now = datetime.datetime.utcnow()
    forged = (x509.CertificateBuilder().subject_name(leaf.subject).issuer_name(leaf.issuer)
              .public_key(key.public_key()).serial_number(leaf.serial_number)
              .not_valid_before(now).not_valid_after(now + datetime.timedelta(minutes=5))
              .sign(key, hashes.SHA256()))
    for cert in (forged, issuer):
        r = c.revoke(der_of(cert))
        assert (r.status, r.type) in ((404, "malformed"), (403, "unauthorized")), r
    r = c.revoke(der_of(forged), kid=None, key=Key("ES256", key))
    assert r.status in (403, 404), r
    assert c.revoke(der_of(leaf)).status == 200


def test_alternate_chain_that_does_not_exist(world):
    c = client_of(world)
    _, _, o = issued(world)
    r = c.post(o.json["certificate"] + "/1")
    assert (r.status, r.type) == (404, "malformed"), r


@refused("malformed", 400)
def test_certificate_with_a_payload(c, world):
    _, _, o = issued(world)
    return c.post(o.json["certificate"], {})
