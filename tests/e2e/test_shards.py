"""Lists cut into shards, as others see them: OpenSSL, GnuTLS, Python."""
import os
import urllib.error
import urllib.request

from acmeclient import Key
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtensionOID
from test_status import Issued
from world import free_port, run, wait_until


def fetch(url):
    with urllib.request.urlopen(url, timeout=10) as r:
        return x509.load_der_x509_crl(r.read())


def leads_to(one):
    [point] = one.extension(ExtensionOID.CRL_DISTRIBUTION_POINTS)
    [name] = point.full_name
    return name.value


def is_on(one, url):
    return fetch(url).get_revoked_certificate_by_serial_number(one.leaf.serial_number)


def all_there(base, shards):
    try:
        return [fetch(f"{base}/crl/1-{shards}-{i}.crl") for i in range(shards)]
    except urllib.error.HTTPError:
        return None


def gnutls_reads(one, url, revoked):
    path = os.path.join(one.folder, "shard.pem")
    with open(path, "wb") as f:
        f.write(fetch(url).public_bytes(serialization.Encoding.PEM))
    out = run("certtool", "--verify-crl", "--load-ca-certificate", one.issuer_pem, "--infile", path)
    assert "Verification output: Verified" in out, out
    out = run("certtool", "--crl-info", "--infile", path).replace(":", "").lower()
    assert (f"{one.leaf.serial_number:032x}" in out) == revoked, out


def check(certs, revoked, base, shards):
    """Each is what it is to those who fetch the list that it names itself."""
    for one in certs:
        url = leads_to(one)
        serial = one.leaf.serial_number & 0xffff
        assert url == f"{base}/crl/1-{shards}-{serial * shards >> 16}.crl", url
        idp = fetch(url).extensions.get_extension_for_oid(
            ExtensionOID.ISSUING_DISTRIBUTION_POINT)
        assert idp.critical
        assert [n.value for n in idp.value.full_name] == [url]
        assert not (idp.value.indirect_crl or idp.value.only_some_reasons
                    or idp.value.only_contains_ca_certs)
        if one in revoked:
            wait_until(lambda: is_on(one, url), 10)
            assert "certificate revoked" in one.openssl_verify(rc=2)
        else:
            one.openssl_verify()
        gnutls_reads(one, url, one in revoked)


def restart(w, shards):
    w.server.stop()
    i = w.server.flags.index(next(f for f in w.server.flags if f.startswith("crl.shards=")))
    w.server.flags = (*w.server.flags[:i], f"crl.shards={shards}", *w.server.flags[i + 1:])
    w.server.start()


# CRL-06 BLD-42 CRL-01: and when there are to be another number of them.
def test_shards_and_then_others(fresh):
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    w = fresh("--listen-http", f"127.0.0.1:{port}", "--set", f"public_http={base}",
              "--set", "crl.shards=4")
    wait_until(lambda: all_there(base, 4), 10)
    client = w.client()
    keys = [Key() for _ in range(6)]
    first = [Issued(w, f"shard{i}.internal", keys[i].private, client) for i in range(6)]
    for one in first[:3]:
        assert client.revoke(one.der).status == 200
    check(first, first[:3], base, 4)
    lists = all_there(base, 4)
    assert sum(len(l) for l in lists) == 3
    wait_until(lambda: len(fetch(f"{base}/crl/1.crl")) == 3, 10)  # the whole one goes on
    numbers = [l.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
               for l in lists]
    restart(w, 3)
    wait_until(lambda: all_there(base, 3), 10)
    client = w.client()
    then = [Issued(w, f"then{i}.internal", client=client) for i in range(3)]
    assert client.revoke(then[0].der).status == 200
    stranger = w.client(registered=False)
    stranger.key = keys[4]
    assert stranger.revoke(first[4].der, kid=None).status == 200  # it leads to one of four
    check(then, then[:1], base, 3)
    check(first, first[:3] + [first[4]], base, 4)
    wait_until(lambda: sum(len(l) for l in all_there(base, 3)) == 5, 10)
    again = [l.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
             for l in all_there(base, 4)]
    assert all(a >= n for a, n in zip(again, numbers)), (numbers, again)
