"""Roots that are elsewhere, and chains to more than one."""
import os
import time

from acmeclient import chain_of
from cryptography import x509
from cryptography.x509.oid import NameOID
from hierarchy import Authority, pem, verifies
from realclients import Certbot, Lego
from world import mayfly, run, wait_until

SECONDS = 90
WEIGHT = 15


def issue(w, c, name):
    return c.order(name).prove(w.web).certificate()


def cn(name):
    return name.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value


def write(path, text):
    with open(path, "w") as f:
        f.write(text)
    return path


def public(csr):
    return x509.load_pem_x509_csr(csr.encode()).public_key().public_numbers()


def in_use(w, n=1):
    wait_until(lambda: len(w.server.events("ca.in_use")) == n, 20)
    time.sleep(0.2)  # the front is told in the same breath


def test_an_offline_root_signs_what_is_carried_to_it(fresh):
    """CPR-17, CPR-18: request out, certificate in, in use at once."""
    w = fresh(verb="serve", init=("--offline-root", "{folder}/away"))
    away = w.path("away")
    assert sorted(os.listdir(away)) == ["root.key", "root.pem"]
    assert "root.key" not in os.listdir(os.path.join(w.server.dir, "ca"))
    c = w.client()
    before = issue(w, c, "before.internal")
    _, err = mayfly("ca", "rotate", "--dir", w.server.dir, rc=3)
    assert "mayfly ca csr" in err
    csr, _ = mayfly("ca", "csr", "--dir", w.server.dir)
    again, _ = mayfly("ca", "csr", "--dir", w.server.dir, "--out", w.path("csr"))
    key = run("openssl", "req", "-pubkey", "-noout", "-verify", "-in", w.path("csr"))
    with open(w.path("csr")) as f:
        assert public(f.read()) == public(csr)
    assert "verify OK" in key and again == ""
    mayfly("ca", "sign", "--root", away, w.path("csr"), "--out", w.path("cert"),
           "--set", "ca.issuer_lifetime=30d")
    out, _ = mayfly("ca", "import", "--dir", w.server.dir, w.path("cert"))
    assert "issuer-2.pem" in out and f"pid {w.server.pid}" in out, out
    in_use(w)
    after = issue(w, c, "after.internal")
    assert cn(chain_of(after)[0].issuer) == "mayfly issuer 2"
    for chain in before, after:
        verifies(chain, w.server.root)
    _, err = mayfly("ca", "import", "--dir", w.server.dir, w.path("cert"), rc=3)
    assert "is for no key that waits" in err


def test_a_root_of_others_with_an_intermediate_below_it(fresh, tmp):
    # CPR-18
    root = Authority("Enterprise Root")
    policy = Authority("Enterprise Policy CA", root, room=1)
    root.save(f"{tmp}/root.pem")
    d = f"{tmp}/d"
    out, _ = mayfly("init", "--dir", d, "--root", f"{tmp}/root.pem")
    assert "there is no issuer yet" in out
    _, err = mayfly("serve", "--dir", d, "--listen", "127.0.0.1:0", rc=1)
    assert "there is no issuer; `mayfly ca csr` asks for one" in err, err
    csr = x509.load_pem_x509_csr(mayfly("ca", "csr", "--dir", d)[0].encode())
    issuer = Authority(csr.subject, policy, public=csr.public_key(), room=0)
    _, err = mayfly("ca", "import", "--dir", d, write(f"{tmp}/c", pem(issuer.cert)), rc=1)
    assert "unable to get" in err, err
    out, _ = mayfly("ca", "import", "--dir", d,
                    write(f"{tmp}/c", pem(issuer.cert, policy.cert, root.cert)))
    assert "no server runs here" in out
    w = fresh()
    w.server.stop()
    w.server.dir = d
    w.server.start()
    chain = issue(w, w.client(), "enterprise.internal")
    assert [cn(c.subject) for c in chain_of(chain)[1:]] == ["mayfly issuer 1", "Enterprise Policy CA"]
    verifies(chain, f"{tmp}/root.pem")


def test_clients_choose_among_chains(fresh):
    """CRT-04, QRK-27, BLD-54: certbot picks by name; lego downloads them all."""
    w = fresh()
    ca = os.path.join(w.server.dir, "ca")
    old = Authority("Old Root")
    root = Authority.of(f"{ca}/root.pem")
    issuer = Authority.of(f"{ca}/issuer-1.pem")
    old.save(w.path("old.pem"))
    for n, of in enumerate((root, issuer), 1):
        cross = Authority(of.cert.subject, old, public=of.cert.public_key())
        cross.save(w.path("cross.pem"))
        out, _ = mayfly("ca", "import", "--dir", w.server.dir, "--cross", w.path("cross.pem"),
                        "--root", w.path("old.pem"))
        assert f"cross-{n}.pem" in out, out
        in_use(w, n)
    _, err = mayfly("ca", "import", "--dir", w.server.dir, "--cross", w.path("cross.pem"),
                    "--root", w.path("old.pem"), rc=1)
    assert "here already" in err
    c = w.client()
    order = c.order("alternate.internal").prove(w.web)
    chain = order.certificate()
    url = order.json["certificate"]
    verifies(chain, w.server.root)
    links = [v for v in c.ok(url).all("Link") if 'rel="alternate"' in v]
    assert links == [f'<{url}/alternate/{n}>;rel="alternate"' for n in (1, 2)], links
    for n, length in (1, 3), (2, 2):
        other = c.ok(f"{url}/alternate/{n}").body.decode()
        assert len(chain_of(other)) == length and chain_of(other)[0] == chain_of(chain)[0]
        verifies(other, w.path("old.pem"))
    r = c.post(f"{url}/alternate/3")
    assert r.status == 404 and r.json["type"].endswith(":malformed"), r

    web, w.web = w.web, None
    port = web.port
    web.close()
    certbot = Certbot(w)
    certbot.certonly("usual.internal")
    assert cn(certbot.chain("usual.internal")[-1].issuer).endswith(" root")
    certbot.certonly("chosen.internal", more=("--preferred-chain", "Old Root"))
    assert cn(certbot.chain("chosen.internal")[-1].issuer) == "Old Root"
    w.server.mark()
    lego = Lego(w)
    lego("lego.internal", verb=("run", "--preferred-chain", "Old Root"))
    assert cn(lego.chain("lego.internal")[-1].issuer) == "Old Root"
    asked = [e["path"] for e in w.server.events("http.request") if "/alternate/" in e["path"]]
    assert {p[-1] for p in asked} == {"1", "2"}, asked
    assert port == w.http_port
