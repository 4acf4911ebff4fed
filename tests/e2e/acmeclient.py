"""An ACME client that shares no line with the server, and can misbehave.

It signs with josepy, speaks HTTP/1.1 over one kept connection, shows every
reply as it came, and holds each against what all replies must keep to.
"""
import base64
import hashlib
import http.client
import json
import re
import ssl
import time
import urllib.parse

import josepy
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import NameOID

URN = "urn:ietf:params:acme:error:"
REGISTERED = set("""accountDoesNotExist alreadyReplaced alreadyRevoked badCSR
badNonce badPublicKey badRevocationReason badSignatureAlgorithm caa compound
connection dns externalAccountRequired incorrectResponse invalidContact
invalidProfile malformed orderNotReady rateLimited rejectedIdentifier
serverInternal tls unauthorized unsupportedContact unsupportedIdentifier
userActionRequired""".split())
JOSE = "application/jose+json"
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")


def b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def dumps(value):
    return json.dumps(value, separators=(",", ":"))


# Keys: an algorithm, a public JWK, a signature.

class Key:
    def __init__(self, alg="ES256", private=None):
        self.alg = alg
        self.private = private or self._make(alg)

    @staticmethod
    def _make(alg):
        curves = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}
        if alg in curves:
            return ec.generate_private_key(curves[alg]())
        if alg == "EdDSA":
            return ed25519.Ed25519PrivateKey.generate()
        return rsa.generate_private_key(65537, 2048)

    def _josepy(self):
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return josepy.JWKEC(key=josepy.ComparableECKey(self.private))
        return josepy.JWKRSA(key=josepy.ComparableRSAKey(self.private))

    @property
    def jwk(self):
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            raw = self.private.public_key().public_bytes(
                serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            return {"kty": "OKP", "crv": "Ed25519", "x": b64(raw)}
        return self._josepy().public_key().to_json()

    def sign(self, message, alg=None):
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(message)
        if (alg or self.alg) == "PS256":  # josepy's salt is too long for RFC 7518, 3.5
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256().digest_size)
            return self.private.sign(message, pss, hashes.SHA256())
        return getattr(josepy, alg or self.alg).sign(self._josepy().key, message)

    @property
    def thumbprint(self):
        names = {"EC": "crv kty x y", "RSA": "e kty n", "OKP": "crv kty x"}
        jwk = self.jwk
        least = {name: jwk[name] for name in names[jwk["kty"]].split()}
        return b64(hashlib.sha256(dumps(dict(sorted(least.items()))).encode()).digest())


class Reply:
    def __init__(self, status, headers, body, method="POST"):
        self.status, self.headers, self.body = status, headers, body
        self.method = method

    def all(self, name):
        return [v for k, v in self.headers if k.lower() == name.lower()]

    def get(self, name):
        values = self.all(name)
        return values[0] if values else None

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def type(self):
        return self.json["type"].removeprefix(URN)

    def link(self, rel):
        return [m[1] for m in (re.fullmatch(r'<([^>]*)>;\s*rel="([^"]*)"', v)
                for v in self.all("Link")) if m and m[2] == rel]

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:600]!r}>"


def check_problem(problem, status=None):
    assert problem["type"].startswith(URN), problem
    assert problem["type"].removeprefix(URN) in REGISTERED, problem
    detail = problem["detail"]
    assert isinstance(detail, str) and detail, problem
    assert all(c.isprintable() for c in detail), problem
    assert isinstance(problem["status"], int), problem
    assert status is None or problem["status"] == status, problem
    for sub in problem.get("subproblems", []):
        check_problem(sub)
        assert set(sub["identifier"]) == {"type", "value"}, sub
    if status is not None:
        assert "identifier" not in problem, problem


def check_members(value, where="reply"):
    """No nulls, no empty strings, whole seconds, absolute URLs."""
    assert value is not None and value != "", f"{where} is {value!r}"
    if isinstance(value, dict):
        for k, v in value.items():
            if k in ("expires", "validated", "notBefore", "notAfter"):
                assert TIME.match(v), (k, v)
            if k in ("finalize", "certificate", "url", "orders") and isinstance(v, str):
                assert v.startswith("https://"), (k, v)
            check_members(v, f"{where}.{k}")
    elif isinstance(value, list):
        for i, v in enumerate(value):
            check_members(v, f"{where}[{i}]")


def check_reply(r, may_fail=False, path="/acme/"):
    """What every reply to an ACME request keeps to (CONFORMANCE, H)."""
    assert may_fail or r.status < 500, r
    if r.method == "POST":
        nonces = r.all("Replay-Nonce")
        assert len(nonces) == 1, f"{len(nonces)} Replay-Nonce in {r}"
        assert re.fullmatch(r"[A-Za-z0-9_-]{22,}", nonces[0]), r
        assert "no-store" in (r.get("Cache-Control") or ""), r
    for v in r.all("Link"):
        assert re.fullmatch(r'<[^<>\s,]+>;\s*rel="[a-z-]+"', v), f"Link: {v}"
    if path.startswith("/acme/") and (r.method == "POST" and not path.endswith("/directory") or r.status >= 400):
        index = r.link("index")
        assert len(index) == 1 and index[0].endswith("/directory"), r
    length = r.get("Content-Length")
    if r.method != "HEAD" and r.status != 204:
        assert length is not None and int(length) == len(r.body), r
    for name in ("Location", "Retry-After", "Content-Type", "Content-Length"):
        assert len(r.all(name)) <= 1, r
    if r.get("Location"):
        assert r.get("Location").startswith("https://"), r
    if r.get("Retry-After"):
        assert 0 < int(r.get("Retry-After")) <= 600, r
    if r.method == "HEAD":
        return
    if r.status >= 400 and path not in ("/healthz", "/readyz"):
        assert r.get("Content-Type") == "application/problem+json", r
        check_problem(r.json, r.status)
    elif r.get("Content-Type") == "application/json":
        check_members(r.json)
        assert b"\\/" not in r.body and not r.body.startswith(b"\xef\xbb\xbf"), r


class Client:
    """One account key on one directory."""

    def __init__(self, directory, root, key=None, timeout=30):
        self.key = key or Key()
        self.url = urllib.parse.urlsplit(directory)
        self.context = ssl.create_default_context(cafile=root)
        self.timeout, self.conn = timeout, None
        self.kid, self.nonces, self.may_fail = None, [], False
        self.directory = self.get(directory).json

    # Transport.

    def request(self, method, url, body=None, headers=None):
        parts = urllib.parse.urlsplit(url)
        if self.conn is None:
            self.conn = http.client.HTTPSConnection(
                self.url.hostname, self.url.port, context=self.context, timeout=self.timeout)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = {"User-Agent": "mayfly-e2e", **(headers or {})}
        fresh = self.conn.sock is None
        try:
            self.conn.request(method, target, body, headers)
            r = self.conn.getresponse()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            if fresh:
                raise
            self.close()  # an idle connection that was closed under us
            return self.request(method, url, body, headers)
        except OSError:
            self.close()
            raise
        reply = Reply(r.status, r.getheaders(), r.read(), method)
        check_reply(reply, self.may_fail, target)
        if method == "POST" or url == getattr(self, "directory", {}).get("newNonce"):
            self.nonces += reply.all("Replay-Nonce")
        return reply

    def close(self):
        if self.conn is not None:
            self.conn.close()
            self.conn = None

    def get(self, url, **headers):
        return self.request("GET", url, headers=headers)

    def nonce(self):
        if not self.nonces:
            self.request("HEAD", self.directory["newNonce"])
        return self.nonces.pop()

    # Frames, right or wrong: a None in `protected` leaves that member out.

    def frame(self, url, payload, key=None, kid=True, protected=None, **members):
        key = key or self.key
        head = {"alg": key.alg, "nonce": None, "url": url}
        if kid is True:
            kid = self.kid
        if kid:
            head["kid"] = kid
        else:
            head["jwk"] = key.jwk
        head.update(protected or {})
        if head["nonce"] is None and "nonce" not in (protected or {}):
            head["nonce"] = self.nonce()
        head = {k: v for k, v in head.items() if v is not None}
        text = payload if isinstance(payload, str) else dumps(payload)
        frame = {"protected": b64(dumps(head).encode()), "payload": b64(text.encode())}
        frame["signature"] = b64(key.sign(
            f"{frame['protected']}.{frame['payload']}".encode()))
        frame.update(members)
        return {k: v for k, v in frame.items() if v is not None}

    def send(self, url, frame, content_type=JOSE):
        body = frame if isinstance(frame, (bytes, str)) else dumps(frame)
        body = body.encode() if isinstance(body, str) else body
        headers = {"Content-Type": content_type} if content_type else {}
        return self.request("POST", url, body, headers)

    def post(self, url, payload="", **how):
        """Sign and send; on badNonce once more, as the RFC wants."""
        r = self.send(url, self.frame(url, payload, **how))
        if r.status == 400 and r.type == "badNonce" and "nonce" not in how.get("protected", {}):
            r = self.send(url, self.frame(url, payload, **how))
        return r

    def ok(self, url, payload="", status=200, **how):
        r = self.post(url, payload, **how)
        assert r.status == status, r
        return r

    # The protocol.

    def register(self, **payload):
        payload.setdefault("termsOfServiceAgreed", True)
        r = self.post(self.directory["newAccount"], payload, kid=None)
        assert r.status in (200, 201), r
        self.kid = r.get("Location")
        return r

    def order(self, *names, **more):
        idents = [n if isinstance(n, dict) else {"type": "dns", "value": n} for n in names]
        r = self.ok(self.directory["newOrder"], {"identifiers": idents, **more}, status=201)
        return Order(self, r)

    def keyauth(self, token):
        return f"{token}.{self.key.thumbprint}"

    def txt(self, token):
        return b64(hashlib.sha256(self.keyauth(token).encode()).digest())

    def revoke(self, der, **how):
        reason = how.pop("reason", None)
        payload = {"certificate": b64(der)}
        if reason is not None:
            payload["reason"] = reason
        return self.post(self.directory["revokeCert"], payload, **how)


class Order:
    def __init__(self, client, r):
        self.client, self.url = client, r.get("Location")
        self.json, self.reply = r.json, r

    def authzs(self):
        return [self.client.ok(u).json for u in self.json["authorizations"]]

    @staticmethod
    def challenge(authz, kind):
        return next(c for c in authz["challenges"] if c["type"] == kind)

    def put(self, web, kind="http-01"):
        """Serve all its tokens; the challenges to post."""
        out = []
        for z in self.authzs():
            c = self.challenge(z, kind)
            if z["status"] == "pending":
                web.tokens[c["token"]] = self.client.keyauth(c["token"])
                out.append(c)
        return out

    def poll(self, until=("ready", "valid", "invalid"), within=30):
        end = time.time() + within
        while True:
            self.reply = self.client.ok(self.url)
            self.json = self.reply.json
            if self.json["status"] in until:
                return self.json["status"]
            assert time.time() < end, f"still {self.json}"
            time.sleep(0.2)

    def prove(self, web, within=30):
        for c in self.put(web):
            self.client.ok(c["url"], {})
        assert self.poll(within=within) == "ready", self.json
        return self

    def finalize(self, csr, status=200):
        r = self.client.post(self.json["finalize"], {"csr": b64(csr)})
        assert r.status == status, r
        if status == 200:
            self.reply, self.json = r, r.json
        return r

    def certificate(self, csr=None, within=30):
        """The chain as PEM text, once the order is valid."""
        if csr is None:
            names = [i["value"] for i in self.json["identifiers"]]
            csr = make_csr(names)
        if self.json["status"] == "ready":
            self.finalize(csr)
        assert self.poll(("valid", "invalid"), within) == "valid", self.json
        r = self.client.ok(self.json["certificate"])
        assert r.get("Content-Type") == "application/pem-certificate-chain", r
        return r.body.decode()


# Certificates and requests.

def make_csr(names, key=None, cn=None, sign=hashes.SHA256(), extensions=(), ips=()):
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = [x509.NameAttribute(NameOID.COMMON_NAME, cn)] if cn else []
    b = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(subject))
    sans = [n if isinstance(n, x509.GeneralName) else x509.DNSName(n) for n in names]
    sans += [x509.IPAddress(ip) for ip in ips]
    if sans:
        b = b.add_extension(x509.SubjectAlternativeName(sans), False)
    for extension, critical in extensions:
        b = b.add_extension(extension, critical)
    return b.sign(key, sign).public_bytes(serialization.Encoding.DER)


def chain_of(pem):
    """The certificates of a strict PEM chain (RFC 8555, 9.1)."""
    block = r"-----BEGIN CERTIFICATE-----\n(?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]{1,64}={0,2}\n-----END CERTIFICATE-----\n"
    assert re.fullmatch(f"(?:{block})+", pem), pem
    return [x509.load_pem_x509_certificate(p.encode()) for p in re.findall(block, pem)]


def der_of(cert):
    return cert.public_bytes(serialization.Encoding.DER)
