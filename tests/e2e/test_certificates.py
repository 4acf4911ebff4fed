"""A thousand certificates of all profiles, read by GnuTLS and OpenSSL and held
against what certificates must be (CONFORMANCE, certificate profile)."""
import datetime
import hashlib
import ipaddress
import os
import random
import re
import signal
import threading

from acmeclient import chain_of, make_csr
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID
from world import run, wait_until

SECONDS = 90
WEIGHT = 30
COUNT, THREADS = 1000, 4
BASE = "http://ca.internal:8080"
POLICY = "1.3.6.1.4.1.99999.7"
SETTINGS = (f"public_http={BASE}", "profiles.all.lifetime=2d",
            "profiles.all.usages=serverAuth,clientAuth", f"profiles.all.policies={POLICY}",
            "profiles.all.must_staple=true", "profiles.bare.lifetime=20m", "profiles.bare.crl=false",
            "profiles.bare.ocsp=false", "profiles.bare.aia=false")
LIFE = {"tenminutes": 600, "hour": 3600, "day": 86400, "client": 3600, "all": 172800, "bare": 1200}
NAMES = [f"c{n}.internal" for n in range(6)]
SERVER, CLIENT = "TLS WWW Server.", "TLS WWW Client."
AKI, KU, EKU, SAN = ("Authority Key Identifier (not critical)", "Key Usage (critical)",
                     "Key Purpose (not critical)", "Subject Alternative Name (critical)")


def keys():
    """Of every kind; a thousand RSA keys would take longer than all the rest."""
    return ([rsa.generate_private_key(65537, bits) for bits in (2048, 2048, 3072, 4096)] +
            [ec.generate_private_key(c()) for c in (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1) * 3] +
            [ed25519.Ed25519PrivateKey.generate() for _ in range(3)])


def spki(key):
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def prove_all(w, c):
    """Every name once: what follows goes by these authorizations."""
    c.order(*NAMES, {"type": "ip", "value": "127.0.0.1"}).prove(w.web)
    o = c.order("*.w.internal")
    challenge = o.challenge(o.authzs()[0], "dns-01")
    w.dns.set("_acme-challenge.w.internal", "TXT", c.txt(challenge["token"]))
    c.ok(challenge["url"], {})
    assert o.poll() == "ready", o.json


def csr_with_wishes(names, ips, key, staple, rand):
    """With all that a CSR may say besides, and nobody listens to."""
    sign = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    wishes = [(x509.TLSFeature([x509.TLSFeatureType.status_request]), False)] if staple else []
    if rand.random() < 0.5:
        wishes += [(x509.BasicConstraints(False, None), True),
                   (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False),
                   (x509.SubjectKeyIdentifier(b"wish"), False)]
    cn = names[0] if names and "*" not in names[0] and rand.random() < 0.3 else None
    return make_csr(names, key=key, cn=cn, sign=sign, extensions=wishes, ips=ips)


class Issued:
    def __init__(self, pem, profile, names, ips, key, staple):
        self.leaf, self.pem = chain_of(pem)[0], pem
        self.profile, self.names, self.ips, self.key, self.staple = profile, names, ips, key, staple


def issue(w, c, pool, n):
    rand = random.Random(n)
    profile = list(LIFE)[n % len(LIFE)]
    names = rand.sample(NAMES, rand.randrange(0, 4))
    if rand.random() < 0.2:
        names.append("*.w.internal")
    ips = [ipaddress.ip_address("127.0.0.1")] if not names or rand.random() < 0.3 else []
    key, staple = pool[n % len(pool)], profile == "all" and rand.random() < 0.5
    o = c.order(*names, *({"type": "ip", "value": str(i)} for i in ips), profile=profile)
    pem = o.certificate(csr_with_wishes(names, ips, key, staple, rand))
    return Issued(pem, profile, names, ips, key, staple)


def issue_all(w):
    pool, done, wrong = keys(), [], []
    clients = [w.client() for _ in range(THREADS)]
    for c in clients:
        prove_all(w, c)

    def work(part, c):
        try:
            for n in range(part, COUNT, THREADS):
                done.append(issue(w, c, pool, n))
        except Exception as e:  # shown by who waits for us
            wrong.append(repr(e))
    threads = [threading.Thread(target=work, args=part) for part in enumerate(clients)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong, wrong[0]
    return done


def seconds(text):
    return datetime.datetime.strptime(text, "%a %b %d %H:%M:%S UTC %Y").timestamp()


def check_by_gnutls(i, said):
    """What certtool says of it, whole: CPR-01 to CPR-11, CPR-13."""
    def one(pattern):
        return re.findall(pattern, said, re.M)
    assert one(r"^\tVersion: (\d+)$") == ["3"], said
    serial = one(r"^\tSerial Number \(hex\): ([0-9a-f]+)$")[0]
    assert 16 <= len(serial) <= 40 and int(serial[0], 16) < 8, serial
    begin, end = (seconds(one(rf"^\t\tNot {which}: (.*)$")[0]) for which in ("Before", "After"))
    assert end - begin + 1 == LIFE[i.profile] + 30, said
    assert one(r"^\tSubject: ?(.*)$") in ([], [""]), said
    dns = [n for n in one(r"^\t\t\tDNSname: (.*)$")]
    assert sorted(dns) == sorted(i.names) and len(one(r"^\t\t\tIPAddress: (.*)$")) == len(i.ips), said
    usages = one(r"^\t\t\t(TLS WWW .*)$")
    assert usages == {"client": [CLIENT], "all": [SERVER, CLIENT]}.get(i.profile, [SERVER]), said
    assert one(r"^\t\t\t(Digital signature\.|Key encipherment\.|Certificate signing\..*)$") == ["Digital signature."], said
    listed = [t.rstrip(":") for t in one(r"^\t\t([A-Z][A-Za-z. ]+ \((?:not )?critical\)):?$")]
    want = [AKI, KU, EKU, SAN]
    if i.profile == "all":
        want.append("Certificate Policies (not critical)")
        assert one(r"^\t\t\t([0-9.]+)$") == [POLICY] or POLICY in said, said
    if i.profile not in ("tenminutes", "bare"):
        want += ["CRL Distribution points (not critical)"]
        assert one(r"^\t\t\tURI: (.*)$") == [BASE + "/crl/1.crl"], said
    if i.profile != "bare":
        want.append("Authority Information Access (not critical)")
        assert BASE + "/issuer/1.cer" in said and (BASE + "/ocsp" in said) == (i.profile != "tenminutes"), said
    if i.staple:
        want.append("TLS Features (not critical)")
    known = [t for t in listed if "Unknown" not in t]
    assert sorted(known) == sorted(want), (i.profile, listed, want)
    assert ("2.5.29.56" in said) == (i.profile == "tenminutes"), said


def check_bytes(i, issuer):
    """CPR-12: the key's own octets; nothing else that a CSR wished for."""
    assert spki(i.leaf.public_key()) == spki(i.key.public_key())
    aki = i.leaf.extensions.get_extension_for_oid(ExtensionOID.AUTHORITY_KEY_IDENTIFIER).value
    ski = issuer.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_KEY_IDENTIFIER).value
    assert aki.key_identifier == ski.digest and aki.authority_cert_issuer is None
    assert i.leaf.issuer.public_bytes() == issuer.subject.public_bytes()
    oids = [e.oid for e in i.leaf.extensions]
    assert len(oids) == len(set(oids))
    for unwanted in (ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.SUBJECT_KEY_IDENTIFIER, ExtensionOID.NAME_CONSTRAINTS):
        assert unwanted not in oids
    assert len(i.leaf.public_bytes(serialization.Encoding.DER)) < 2048  # CPR-16


def check_by_openssl(w, done, root, issuer_pem):
    """CPR-18: each verifies, strictly, for what it is for; and for no more."""
    issuer, leaves = w.path("issuer.pem"), {}
    with open(issuer, "w") as f:
        f.write(issuer_pem)
    for n, i in enumerate(done):
        leaves.setdefault(i.profile, []).append(w.path(f"leaf{n}.pem"))
        with open(leaves[i.profile][-1], "wb") as f:
            f.write(i.leaf.public_bytes(serialization.Encoding.PEM))

    def verify(purpose, files, rc=0):
        return run("openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile", root,
                   "-untrusted", issuer, *files, rc=rc)
    servers = sum((leaves[p] for p in LIFE if p != "client"), [])
    clients = leaves["client"] + leaves["all"]
    assert verify("sslserver", servers).count(": OK") == len(servers)
    assert verify("sslclient", clients).count(": OK") == len(clients)
    assert "certificate purpose" in verify("sslserver", leaves["client"][:1], rc=2)
    assert "certificate purpose" in verify("sslclient", leaves["hour"][:1], rc=2)


def test_a_thousand_certificates_of_all_profiles(fresh):
    """CPR-01, CPR-02, CPR-03, CPR-05, CPR-06, CPR-07, CPR-08, CPR-09, CPR-10,
    CPR-11, CPR-12, CPR-13, CPR-16, CPR-18, FIN-17, PKY-10, SHL-01, SHL-04"""
    w = fresh(*(x for s in SETTINGS for x in ("--set", s)))
    done = issue_all(w)
    assert len(done) == COUNT
    issuer = chain_of(done[0].pem)[1]
    assert len({i.leaf.serial_number for i in done}) == COUNT
    assert all(i.leaf.serial_number.bit_length() >= 64 for i in done)
    bundle = w.path("bundle.pem")
    with open(bundle, "w") as f:
        f.write("".join(i.leaf.public_bytes(serialization.Encoding.PEM).decode() for i in done))
    said = run("certtool", "--certificate-info", "--infile", bundle)
    parts = re.split(r"^X.509 Certificate Information:$", said, flags=re.M)[1:]
    assert len(parts) == COUNT, (len(parts), said[:300])
    for i, part in zip(done, parts):
        check_by_gnutls(i, part)
        check_bytes(i, issuer)
    check_by_openssl(w, done, w.server.root, issuer.public_bytes(serialization.Encoding.PEM).decode())


def test_must_staple_only_where_it_is_allowed(fresh):
    """CPR-13, FIN-11"""
    w = fresh(*(x for s in SETTINGS for x in ("--set", s)))
    c = w.client()
    feature = [(x509.TLSFeature([x509.TLSFeatureType.status_request]), False)]
    for profile, status in (("tenminutes", 400), ("hour", 400), ("bare", 400), ("all", 200)):
        o = c.order("s.internal", profile=profile)
        if o.json["status"] == "pending":
            o.prove(w.web)
        r = o.finalize(make_csr(["s.internal"], extensions=feature), status)
        assert status == 200 or (r.type == "badCSR" and "must-staple" in r.json["detail"]), r


def digest_of(key):
    return hashlib.sha256(spki(key.public_key())).hexdigest()


def reread(w, path, text, event):
    with open(path, "w") as f:
        f.write(text + "\n")
    had = len(w.server.events(event))
    w.server.signal(signal.SIGHUP)
    wait_until(lambda: len(w.server.events(event)) > had)


def test_a_file_of_keys_is_read_again_and_a_bad_one_is_not(fresh):
    """PKY-08, FIN-10, JWS-10: both kinds of key, from the next reload on."""
    w = fresh(verb="serve")
    listed = w.path("keys.txt")
    key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    with open(listed, "w") as f:
        f.write("# nobody yet\n")
    with open(os.path.join(w.server.dir, "mayfly.yaml"), "a") as f:
        f.write(f"\nkeys.blocked_file: {listed}\n")
    w.server.stop()
    w.server.start()
    c = w.client()
    o = c.order("k.internal").prove(w.web)
    reread(w, listed, digest_of(key), "keys.blocked")
    r = o.finalize(make_csr(["k.internal"], key=key), 400)
    assert r.type == "badCSR" and "known to others" in r.json["detail"], r
    w.server.forgive("front.not_reloaded")
    reread(w, listed, digest_of(other) + "\nnonsense", "front.not_reloaded")
    r = o.finalize(make_csr(["k.internal"], key=key), 400)
    assert r.type == "badCSR", r
    o.finalize(make_csr(["k.internal"], key=other))  # the list is as it was
    stranger = w.client(registered=False)
    reread(w, listed, digest_of(stranger.key.private), "keys.blocked")
    r = stranger.post(stranger.directory["newAccount"], {"termsOfServiceAgreed": True}, kid=None)
    assert r.status == 400 and r.type == "badPublicKey", r
