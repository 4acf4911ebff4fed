"""Revocation as others see it: OpenSSL, GnuTLS and curl, over plain HTTP."""
import base64
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request

from acmeclient import Key, chain_of, der_of, make_csr
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID
from world import free_port, run, wait_until

PORT = free_port()
BASE = f"http://127.0.0.1:{PORT}"
FLAGS = ("--listen-http", f"127.0.0.1:{PORT}", "--set", f"public_http={BASE}")


class Issued:
    """A certificate of the day's profile, in files, as tools want it."""

    def __init__(self, world, name, key=None, client=None, profile="day"):
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.client = client or world.client()
        o = self.client.order(name, profile=profile).prove(world.web)
        self.leaf, self.issuer = chain_of(o.certificate(make_csr([name], self.key)))
        self.der = der_of(self.leaf)
        self.folder = os.path.join(world.folder, name)
        os.makedirs(self.folder, exist_ok=True)
        self.pem = self.write("leaf.pem", self.leaf)
        self.issuer_pem = self.write("issuer.pem", self.issuer)
        self.root = world.server.root

    def write(self, name, cert):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as f:
            f.write(cert.public_bytes(serialization.Encoding.PEM))
        return path

    def extension(self, oid):
        return self.leaf.extensions.get_extension_for_oid(oid).value

    def openssl_verify(self, rc=0):
        """With the list that the certificate itself points to."""
        return run("openssl", "verify", "-x509_strict", "-crl_check", "-crl_download",
                   "-CAfile", self.root, "-untrusted", self.issuer_pem, self.pem, rc=rc)

    def openssl_ocsp(self, *more):
        return run("openssl", "ocsp", "-issuer", self.issuer_pem, "-cert", self.pem,
                   "-url", f"{BASE}/ocsp", "-CAfile", self.root, "-text", *more)

    def listed(self):
        l = x509.load_der_x509_crl(fetch("/crl/1.crl")[1])
        return l.get_revoked_certificate_by_serial_number(self.leaf.serial_number)


def fetch(path, **headers):
    q = urllib.request.Request(BASE + path, headers=headers)
    with urllib.request.urlopen(q, timeout=10) as r:
        return r, r.read()


# REV-10: CDP and AIA point to what answers; the issuer's is there as DER.
def test_certificates_say_where_to_look(world):
    one = Issued(world, "says.internal")
    [point] = one.extension(ExtensionOID.CRL_DISTRIBUTION_POINTS)
    assert point.full_name[0].value == f"{BASE}/crl/1.crl"
    where = {d.access_method: d.access_location.value
             for d in one.extension(ExtensionOID.AUTHORITY_INFORMATION_ACCESS)}
    assert where[AuthorityInformationAccessOID.OCSP] == f"{BASE}/ocsp"
    assert where[AuthorityInformationAccessOID.CA_ISSUERS] == f"{BASE}/issuer/1.cer"
    r, body = fetch("/issuer/1.cer")  # CRT-09
    assert r.headers["Content-Type"] == "application/pkix-cert"
    assert body == der_of(one.issuer)


# CRL-01 CRL-02 CRL-08 OCS-01 OCS-10 REV-10
def test_openssl_sees_a_revocation_within_seconds(world):
    one = Issued(world, "openssl.internal")
    one.openssl_verify()
    assert f"{one.pem}: good" in one.openssl_ocsp()
    began = time.time()
    assert one.client.revoke(one.der, reason=4).status == 200
    out = one.openssl_ocsp()
    assert f"{one.pem}: revoked" in out and "Reason: superseded" in out, out
    assert "Response verify OK" in out, out
    wait_until(one.listed, 10)
    assert time.time() - began < 10
    assert "certificate revoked" in one.openssl_verify(rc=2)
    assert one.listed().extensions[0].value.reason.value == "superseded"


# OCS-05: openssl warns when there is none in the answer.
def test_openssl_gets_its_nonce_back(world):
    one = Issued(world, "nonce.internal")
    with_nonce, without = one.openssl_ocsp("-nonce"), one.openssl_ocsp("-no_nonce")
    assert "WARNING" not in with_nonce and with_nonce.count("OCSP Nonce") == 2, with_nonce
    assert "OCSP Nonce" not in without, without
    for digest in ("-sha1", "-sha256"):  # OCS-02
        assert f"{one.pem}: good" in run(
            "openssl", "ocsp", digest, "-issuer", one.issuer_pem, "-cert", one.pem, "-url",
            f"{BASE}/ocsp", "-CAfile", one.root)


# OCS-07
def test_openssl_asks_about_several_at_once(world):
    one, two = Issued(world, "several1.internal"), Issued(world, "several2.internal")
    assert one.client.revoke(one.der).status == 200
    out = one.openssl_ocsp("-cert", two.pem, "-serial", "0x0123456789abcdef")
    assert f"{one.pem}: revoked" in out and f"{two.pem}: good" in out, out
    assert "0x0123456789abcdef: unknown" in out, out


# OCS-10 CRL-01: another stack altogether.
def test_gnutls_agrees(world):
    one = Issued(world, "gnutls.internal")
    ask = ("ocsptool", f"--ask={BASE}/ocsp", "--nonce", f"--load-cert={one.pem}",
           f"--load-issuer={one.issuer_pem}")
    out = run(*ask)
    assert "Verifying OCSP Response: Success" in out and "good" in out.lower(), out
    assert one.client.revoke(one.der, reason=1).status == 200
    out = run(*ask, rc=None)
    assert "Verifying OCSP Response: Success" in out and "revoked" in out.lower(), out
    wait_until(one.listed, 10)
    crl = os.path.join(one.folder, "crl.pem")
    with open(crl, "wb") as f:
        f.write(x509.load_der_x509_crl(fetch("/crl/1.crl")[1]).public_bytes(
            serialization.Encoding.PEM))
    out = run("certtool", "--verify-crl", "--load-ca-certificate", one.issuer_pem, "--infile", crl)
    assert "Verification output: Verified" in out, out
    out = run("certtool", "--crl-info", "--infile", crl)
    assert re.search(r"Version: 2", out) and "Authority Key Identifier" in out, out
    assert "CRL Number" in out and "Issuer:" in out, out
    assert f"{one.leaf.serial_number:032x}" in out.replace(":", "").lower(), out


# OCS-01 OCS-06
def test_ocsp_by_get_as_nginx_and_apache_fetch_it(world):
    one = Issued(world, "get.internal")
    request = ocsp.OCSPRequestBuilder().add_certificate(
        one.leaf, one.issuer, one.leaf.signature_hash_algorithm.__class__()).build()
    der = request.public_bytes(serialization.Encoding.DER)
    text = base64.b64encode(der).decode()
    for path in (urllib.parse.quote(text, safe=""), text):
        file = os.path.join(one.folder, "answer")
        headers = run("curl", "-sS", "-D", "-", "-o", file, f"{BASE}/ocsp/{path}")
        with open(file, "rb") as f:
            answer = ocsp.load_der_ocsp_response(f.read())
        assert answer.response_status == ocsp.OCSPResponseStatus.SUCCESSFUL
        assert answer.certificate_status == ocsp.OCSPCertStatus.GOOD
        assert answer.serial_number == one.leaf.serial_number
        assert re.search(r"(?mi)^content-type: application/ocsp-response\r?$", headers), headers
        age = int(re.search(r"max-age=(\d+)", headers)[1])
        assert 0 < age < (answer.next_update - answer.this_update).total_seconds(), headers
        for name in ("ETag", "Last-Modified", "Expires"):
            assert re.search(f"(?mi)^{name}:", headers), headers


# CRL-08
def test_the_list_is_served_for_caches(world):
    r, body = wait_until(lambda: fetch("/crl/1.crl"))
    assert r.headers["Content-Type"] == "application/pkix-crl"
    lst = x509.load_der_x509_crl(body)
    age = int(re.search(r"max-age=(\d+)", r.headers["Cache-Control"])[1])
    assert 0 < age < (lst.next_update - lst.last_update).total_seconds()
    for how in ({"If-None-Match": r.headers["ETag"]},
                {"If-Modified-Since": r.headers["Last-Modified"]}):
        try:
            fetch("/crl/1.crl", **how)
            assert False, "not 304"
        except urllib.error.HTTPError as e:
            assert e.code == 304, e
    assert world.client(registered=False).get(
        f"https://{world.server.authority}/crl/1.crl").body == body  # over HTTPS, too


# REV-13: a certificate that points nowhere can be revoked all the same.
def test_the_ten_minutes_certificate_can_be_revoked(world):
    one = Issued(world, "short.internal", profile="tenminutes")
    for oid in (ExtensionOID.CRL_DISTRIBUTION_POINTS, ExtensionOID.AUTHORITY_INFORMATION_ACCESS):
        try:
            extension = one.extension(oid)
        except x509.ExtensionNotFound:
            continue
        assert all(d.access_method == AuthorityInformationAccessOID.CA_ISSUERS
                   for d in extension), extension
    assert one.client.revoke(one.der, reason=1).status == 200
    assert f"{one.pem}: revoked" in one.openssl_ocsp()
    assert wait_until(one.listed, 10).extensions[0].value.reason.value == "keyCompromise"
    r = one.client.order("short.internal").finalize(make_csr(["short.internal"], one.key), 400)
    assert r.type == "badCSR", r


# REV-09 PKY-08
def test_a_compromised_key_takes_all_its_certificates(world):
    key = Key()
    one = Issued(world, "stolen1.internal", key.private)
    two = Issued(world, "stolen2.internal", key.private)
    bystander = Issued(world, "safe.internal")
    stranger = world.client(registered=False)
    stranger.key = key
    r = stranger.revoke(one.der, kid=None)  # REV-03: by the key, without an account
    assert r.status == 200 and r.body == b"" and r.get("Content-Length") == "0", r  # REV-04
    wait_until(lambda: f"{two.pem}: revoked" in two.openssl_ocsp(), 10)
    assert "keyCompromise" in two.openssl_ocsp()
    assert f"{bystander.pem}: good" in bystander.openssl_ocsp()
    o = two.client.order("stolen2.internal", profile="day")
    if o.json["status"] != "ready":
        o.prove(world.web)
    r = o.finalize(make_csr(["stolen2.internal"], key.private), status=400)
    assert r.type == "badCSR", r
    r = stranger.post(stranger.directory["newAccount"], {}, kid=None)
    assert r.status == 400 and r.type == "badPublicKey", r


# CRL-01: the number rises over a restart; what was revoked stays so.
def test_lists_and_answers_outlive_a_crash(fresh):
    port = free_port()
    w = fresh("--listen-http", f"127.0.0.1:{port}", "--set", f"public_http=http://127.0.0.1:{port}",
              "--set", "crl.refresh=1s")
    global BASE
    before, BASE = BASE, f"http://127.0.0.1:{port}"
    try:
        one = Issued(w, "crash.internal")
        assert one.client.revoke(one.der).status == 200
        w.server.kill()
        w.server.start()

        def number():
            return x509.load_der_x509_crl(fetch("/crl/1.crl")[1]).extensions \
                .get_extension_for_class(x509.CRLNumber).value.crl_number
        wait_until(one.listed, 10)
        first = number()
        wait_until(lambda: number() > first, 10)  # CRL-02: regularly
        w.server.kill()
        w.server.start()
        assert number() >= first
        second = number()
        wait_until(lambda: number() > second, 10)
        assert one.listed()
        assert f"{one.pem}: revoked" in one.openssl_ocsp()
    finally:
        BASE = before
