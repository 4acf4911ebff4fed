"""Signed requests that are wrong (CONFORMANCE.md, 3 to 5): what is refused,
with which type and status, and that the first failing step decides."""
import josepy
from acmeclient import JOSE, Key, b64, dumps
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives import hashes, serialization
from refusal import accepted, client_of, refused

UNKNOWN_ID = "A" * 22


def order(c):
    return c.directory["newOrder"]


def good(c):
    return {"identifiers": [{"type": "dns", "value": "jws.internal"}]}


def sent(c, url=None, **how):
    """A newOrder that is right but for what `how` says; never sent twice."""
    url = url or order(c)
    return c.send(url, c.frame(url, how.pop("payload", good(c)), **how))


# Content type (JWS-01).

@refused("malformed", 415)
def test_json_is_not_jose(c):
    return c.send(order(c), c.frame(order(c), good(c)), "application/json")


@refused("malformed", 415)
def test_no_content_type(c):
    return c.send(order(c), c.frame(order(c), good(c)), None)


@refused("malformed", 415)
def test_another_parameter(c):
    return c.send(order(c), c.frame(order(c), good(c)), JOSE + "; boundary=x")


@accepted(201)
def test_charset_and_case_are_tolerated(c):
    return c.send(order(c), c.frame(order(c), good(c)), "Application/JOSE+json; charset=UTF-8")


# The frame (JWS-02 to JWS-06).

@refused("malformed", 400)
def test_empty_body(c):
    return c.send(order(c), b"")


@refused("malformed", 400)
def test_not_json(c):
    return c.send(order(c), b"protected.payload.signature")


@refused("malformed", 400)
def test_an_array(c):
    return c.send(order(c), dumps([c.frame(order(c), good(c))]))


@refused("malformed", 400)
def test_trailing_bytes(c):
    return c.send(order(c), dumps(c.frame(order(c), good(c))) + "{}")


@refused("malformed", 400)
def test_member_twice(c):
    text = dumps(c.frame(order(c), good(c)))
    return c.send(order(c), text[:-1] + ',"payload":""}')


@refused("malformed", 400)
def test_general_serialization(c):
    f = c.frame(order(c), good(c))
    return c.send(order(c), {"payload": f["payload"], "signatures": [
        {"protected": f["protected"], "signature": f["signature"]}]})


@refused("malformed", 400)
def test_unprotected_header(c):
    return sent(c, header={})


@refused("malformed", 400)
def test_no_signature(c):
    return sent(c, signature=None)


@refused("malformed", 400)
def test_no_protected(c):
    return c.send(order(c), c.frame(order(c), good(c), **{}) | {"protected": ""})


@refused("malformed", 400)
def test_detached_payload(c):
    f = c.frame(order(c), good(c))
    del f["payload"]
    return c.send(order(c), f)


@refused("malformed", 400)
def test_payload_null(c):
    f = c.frame(order(c), good(c))
    f["payload"] = None
    return c.send(order(c), f)


@refused("malformed", 400)
def test_padded_base64(c):
    f = c.frame(order(c), good(c))
    f["signature"] += "=="
    return c.send(order(c), f)


@refused("malformed", 400)
def test_standard_alphabet(c):
    f = c.frame(order(c), good(c))
    f["signature"] = "+/" + f["signature"][2:]
    return c.send(order(c), f)


@refused("malformed", 400)
def test_white_space_in_base64(c):
    f = c.frame(order(c), good(c))
    f["payload"] = f["payload"][:4] + "\n" + f["payload"][4:]
    return c.send(order(c), f)


@refused("malformed", 400)
def test_stray_trailing_bits(c):
    f = c.frame(order(c), good(c))  # 64 bytes: 86 characters, the last has 4 spare bits
    f["signature"] = f["signature"][:-1] + {"A": "B", "Q": "R", "g": "h", "w": "x"}[f["signature"][-1]]
    return c.send(order(c), f)


@refused("malformed", 400)
def test_protected_not_json(c):
    return c.send(order(c), c.frame(order(c), good(c)) | {"protected": b64(b"nonsense")})


@refused("malformed", 400)
def test_protected_not_an_object(c):
    return c.send(order(c), c.frame(order(c), good(c)) | {"protected": b64(b"[]")})


@refused("malformed", 400)
def test_protected_not_utf8(c):
    return c.send(order(c), c.frame(order(c), good(c)) | {"protected": b64(b'{"alg":"\xff"}')})


# The protected header (JWS-04, 07 to 10, 13 to 15).

@refused("malformed", 400)
def test_unknown_critical_header(c):
    return sent(c, protected={"crit": ["exp"], "exp": 1})


@refused("malformed", 400)
def test_empty_crit(c):
    return sent(c, protected={"crit": []})


@refused("malformed", 400)
def test_b64_false(c):
    return sent(c, protected={"b64": False, "crit": ["b64"]})


@accepted(201)
def test_unknown_header_is_ignored(c):
    return sent(c, protected={"x5u": "https://127.0.0.1/never", "wat": 7})


@refused("malformed", 400)
def test_jwk_and_kid(c):
    return sent(c, protected={"jwk": c.key.jwk})


@refused("malformed", 400)
def test_neither_jwk_nor_kid(c):
    return sent(c, protected={"kid": None})


@refused("malformed", 400)
def test_no_url(c):
    return sent(c, protected={"url": None})


@refused("malformed", 400)
def test_no_alg(c):
    return sent(c, protected={"alg": None})


@refused("malformed", 400)
def test_alg_a_number(c):
    return sent(c, protected={"alg": 256})


@refused("malformed", 400)
def test_kid_a_number(c):
    return sent(c, protected={"kid": 17})


@refused("malformed", 400)
def test_jwk_where_kid_is_due(c):
    return sent(c, kid=None)


@refused("malformed", 400)
def test_kid_where_jwk_is_due(c):
    return sent(c, url=c.directory["newAccount"], payload={"termsOfServiceAgreed": True})


@refused("badSignatureAlgorithm", 400)
def test_alg_none(c):
    return sent(c, protected={"alg": "none"}, signature=b64(b"x"))


@refused("badSignatureAlgorithm", 400)
def test_alg_hs256(c):
    return sent(c, protected={"alg": "HS256"})


def test_bad_algorithm_lists_ours(world):
    c = client_of(world)
    r = sent(c, protected={"alg": "RS1"})
    assert r.status == 400 and r.type == "badSignatureAlgorithm", r
    assert {"ES256", "ES384", "ES512", "RS256", "EdDSA"} <= set(r.json["algorithms"]), r
    assert not {"none", "HS256"} & set(r.json["algorithms"]), r


def test_algorithm_is_judged_before_the_nonce(world):
    c = client_of(world)
    r = sent(c, protected={"alg": "RS1", "nonce": b64(bytes(32))})
    assert r.type == "badSignatureAlgorithm", r


@refused("malformed", 400)
def test_alg_of_another_key_by_kid(c):
    return sent(c, protected={"alg": "ES384"})


@refused("badPublicKey", 400)
def test_alg_of_another_key_by_jwk(c):
    return sent(c, url=c.directory["newAccount"], kid=None, protected={"alg": "RS256"}, payload={})


def new_account(c, jwk, alg="ES256", key=None):
    return sent(c, url=c.directory["newAccount"], kid=None, key=key,
                protected={"jwk": jwk, "alg": alg}, payload={"termsOfServiceAgreed": True})


def rsa_key(bits, e=65537):
    return Key("RS256", rsa.generate_private_key(e, bits))


@refused("badPublicKey", 400, "2048")
def test_small_rsa(c):
    k = rsa_key(1024)
    return new_account(c, k.jwk, "RS256", k)


@refused("badPublicKey", 400)
def test_even_rsa_exponent(c):
    return new_account(c, rsa_key(2048).jwk | {"e": b64(b"\x04")}, "RS256")


@refused("badPublicKey", 400)
def test_rsa_exponent_one(c):
    return new_account(c, rsa_key(2048).jwk | {"e": b64(b"\x01")}, "RS256")


@refused("badPublicKey", 400)
def test_huge_rsa(c):
    return new_account(c, {"kty": "RSA", "n": b64(b"\xff" * 2048), "e": "AQAB"}, "RS256")


@refused("badPublicKey", 400)
def test_point_off_the_curve(c):
    return new_account(c, Key().jwk | {"y": b64(b"\x01" * 32)})


@refused("badPublicKey", 400)
def test_short_coordinate(c):
    return new_account(c, Key().jwk | {"x": b64(b"\x01" * 31)})


@refused("badPublicKey", 400)
def test_private_member(c):
    k = Key()
    d = k.private.private_numbers().private_value.to_bytes(32, "big")
    return new_account(c, k.jwk | {"d": b64(d)}, key=k)


@refused("badPublicKey", 400)
def test_unknown_curve(c):
    return new_account(c, Key().jwk | {"crv": "secp256k1"})


@refused("badPublicKey", 400)
def test_symmetric_key(c):
    return new_account(c, {"kty": "oct", "k": b64(bytes(32))})


@refused("badPublicKey", 400)
def test_ed448(c):
    raw = ed448.Ed448PrivateKey.generate().public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return new_account(c, {"kty": "OKP", "crv": "Ed448", "x": b64(raw)}, "EdDSA")


@refused("badPublicKey", 400)
def test_jwk_alg_differs(c):
    k = Key()
    return new_account(c, k.jwk | {"alg": "ES384"}, key=k)


@refused("badPublicKey", 400)
def test_jwk_for_encryption(c):
    k = Key()
    return new_account(c, k.jwk | {"use": "enc"}, key=k)


def test_jwk_not_an_object(world):
    r = new_account(client_of(world), "key")
    assert r.status == 400 and r.type in ("malformed", "badPublicKey"), r


@refused("malformed", 400)
def test_kid_not_of_ours(c):
    return sent(c, kid="https://elsewhere.example/acme/account/1")


@refused("malformed", 400)
def test_kid_an_order(c):
    return sent(c, kid=c.order("jws.internal").url)


@refused("accountDoesNotExist", 400)
def test_kid_unknown(c):
    return sent(c, kid=c.kid.rsplit("/", 1)[0] + "/" + UNKNOWN_ID)


@refused("malformed", 400)
def test_kid_of_an_odd_form(c):
    return sent(c, kid=c.kid + "/")


# Nonces (NON-09 to NON-11).

@refused("badNonce", 400, "JWS has an invalid anti-replay nonce")
def test_no_nonce(c):
    return sent(c, protected={"nonce": None})


@refused("badNonce", 400, "JWS has an invalid anti-replay nonce")
def test_unknown_nonce(c):
    return sent(c, protected={"nonce": b64(bytes(32))})


@refused("badNonce", 400)
def test_nonce_of_another_length(c):
    return sent(c, protected={"nonce": "abcd"})


@refused("malformed", 400)
def test_nonce_with_other_letters(c):
    return sent(c, protected={"nonce": "!" * 32})


@refused("malformed", 400)
def test_nonce_a_number(c):
    return sent(c, protected={"nonce": 5})


def test_a_nonce_serves_once(world):
    c = client_of(world)
    nonce = c.nonce()
    assert sent(c, protected={"nonce": nonce}).status == 201
    r = sent(c, protected={"nonce": nonce})
    assert r.status == 400 and r.type == "badNonce", r
    assert sent(c, protected={"nonce": r.get("Replay-Nonce")}).status == 201  # NON-06


def test_a_refused_request_spends_its_nonce(world):
    c = client_of(world)
    nonce = c.nonce()
    f = c.frame(order(c), good(c), protected={"nonce": nonce})
    f["signature"] = b64(bytes(64))
    assert c.send(order(c), f).type == "malformed"
    assert sent(c, protected={"nonce": nonce}).type == "badNonce"


# Signatures (JWS-11, JWS-17).

@refused("malformed", 400)
def test_signature_of_another_key(c):
    return sent(c, key=Key())


@refused("malformed", 400)
def test_signature_of_another_payload(c):
    return sent(c) and c.send(order(c), c.frame(order(c), good(c)) | {"payload": b64(b"{}")})


@refused("malformed", 400)
def test_signature_as_der(c):
    f = c.frame(order(c), good(c))
    der = c.key.private.sign(f"{f['protected']}.{f['payload']}".encode(), ec.ECDSA(hashes.SHA256()))
    return c.send(order(c), f | {"signature": b64(der)})


@refused("malformed", 400)
def test_signature_too_short(c):
    f = c.frame(order(c), good(c))
    return c.send(order(c), f | {"signature": b64(bytes(63))})


@refused("malformed", 400)
def test_signature_of_zeros(c):
    return sent(c, signature=b64(bytes(64)))


@refused("malformed", 400)
def test_signature_by_a_weaker_hash(c):
    k = Key("RS256")
    url = c.directory["newAccount"]
    f = c.frame(url, {}, key=k, kid=None)
    bad = josepy.RS512.sign(k._josepy().key, f"{f['protected']}.{f['payload']}".encode())
    return c.send(url, f | {"signature": b64(bad)})


# url (JWS-16, DESIGN 4).

@refused("unauthorized", 403)
def test_url_of_another_resource(c):
    return c.send(order(c), c.frame(c.directory["newAccount"], good(c)))


@refused("unauthorized", 403)
def test_url_of_another_host(c):
    return sent(c, protected={"url": "https://elsewhere.example/acme/new-order"})


@refused("unauthorized", 403)
def test_url_with_slash(c):
    return sent(c, protected={"url": order(c) + "/"})


@refused("unauthorized", 403)
def test_url_with_query(c):
    return sent(c, protected={"url": order(c) + "?a=b"})


@refused("unauthorized", 403)
def test_url_in_http(c):
    return sent(c, protected={"url": order(c).replace("https:", "http:")})


@refused("unauthorized", 403)
def test_url_escaped(c):
    return sent(c, protected={"url": order(c).replace("new-order", "new%2Dorder")})


@refused("malformed", 400)
def test_url_a_number(c):
    return sent(c, protected={"url": 1})


# Payload (JWS-18, JWS-19, PAG-02, PAG-07).

@refused("malformed", 400)
def test_payload_an_array(c):
    return sent(c, payload=[])


@refused("malformed", 400)
def test_payload_literal_null(c):
    return sent(c, payload="null")


@refused("malformed", 400)
def test_payload_not_json(c):
    return sent(c, payload="{")


@refused("malformed", 400)
def test_payload_with_a_member_twice(c):
    return sent(c, payload='{"identifiers":[],"identifiers":[{"type":"dns","value":"a.internal"}]}')


@refused("malformed", 400)
def test_payload_not_utf8(c):
    f = c.frame(order(c), good(c))
    f["payload"] = b64(b'{"identifiers":"\xff"}')
    f["signature"] = b64(c.key.sign(f"{f['protected']}.{f['payload']}".encode()))
    return c.send(order(c), f)


@refused("malformed", 400)
def test_payload_with_a_lone_surrogate(c):
    return sent(c, payload='{"identifiers":[{"type":"dns","value":"\\ud800"}]}')


@refused("malformed", 400)
def test_payload_deep(c):
    return sent(c, payload='{"a":' + "[" * 5000 + "]" * 5000 + "}")


@refused("malformed", 400)
def test_payload_empty_where_one_is_due(c):
    return sent(c, payload="")


@refused("malformed", 400)
def test_payload_where_none_is_due(c):
    o = c.order("jws.internal")
    return sent(c, url=o.url, payload={})


@accepted(201)
def test_unknown_members_are_ignored(c):
    return sent(c, payload=good(c) | {"resource": "new-order", "wat": [1, {"a": None}]})


# Other people's things (DESIGN 10: foreign and missing look the same).

def foreign(c, world):
    other = world.client()
    o = other.order("foreign.internal")
    z = other.ok(o.json["authorizations"][0]).json
    return {"order": o.url, "authz": o.json["authorizations"][0],
            "challenge": z["challenges"][0]["url"], "finalize": o.json["finalize"],
            "account": other.kid}


def test_foreign_and_missing_look_the_same(world):
    c = client_of(world)
    for what, url in foreign(c, world).items():
        payload = {"csr": "AA"} if what == "finalize" else ""
        r = c.post(url, payload)
        assert (r.status, r.type) == (404, "malformed"), (what, r)
        parts = url.split("/")
        i = max(range(len(parts)), key=lambda n: len(parts[n]))
        parts[i] = UNKNOWN_ID
        missing = c.post("/".join(parts), payload)
        assert (missing.status, missing.json) == (404, r.json), (what, missing, r)


def test_a_foreign_certificate_is_not_shown(world):
    other = world.client()
    o = other.order("secret.internal").prove(world.web)
    o.certificate()
    r = client_of(world).post(o.json["certificate"])
    assert (r.status, r.type) == (404, "malformed"), r


def test_a_deactivated_account_is_refused(world):
    c = world.client()
    o = c.order("left.internal")
    assert c.ok(c.kid, {"status": "deactivated"}).json["status"] == "deactivated"
    for r in (c.post(o.url), c.post(order(c), good(c)),
              c.post(c.directory["newAccount"], {"termsOfServiceAgreed": True}, kid=None)):
        assert r.status in (401, 403) and r.type == "unauthorized", r
    assert c.post(o.url).status == 401


def test_every_refusal_shows_a_nonce_that_works(world):
    c = client_of(world)
    for r in (c.send(order(c), b"{"), c.send(order(c), b"{}", "text/plain"),
              c.request("POST", order(c) + "x", b"{}", {"Content-Type": JOSE}),
              c.request("POST", order(c), b"x" * 70000, {"Content-Type": JOSE})):
        assert r.status >= 400, r
        c.close()
        assert sent(c, protected={"nonce": r.get("Replay-Nonce")}).status == 201, r
