"""Clients live through what `mayfly dev` does to them on purpose."""
from realclients import Certbot, Lego
from world import mayfly

SECONDS = 120
WEIGHT = 30
RELEASE_ONLY = True


def rejected(w):
    return sum(e.get("error") == "badNonce" for e in w.server.events("http.request"))


def test_clients_try_again_with_another_nonce(fresh):
    """NON-15, BLD-50, BLD-51, BLD-52"""
    w = fresh("--set", "test.nonce_reject=20", "--set", "test.authz_reuse=50",
              "--set", "test.validation_delay=300ms")
    w.web.close()
    w.web = None
    certbot, lego = Certbot(w), Lego(w)
    for n in range(3):
        certbot.certonly(f"c{n}.internal")
        lego(f"l{n}.internal")
    assert len(certbot.chain("c2.internal")) == len(lego.chain("l2.internal")) == 2
    assert rejected(w) > 0
    print(f"    # {rejected(w)} nonces were refused for nothing, 6 certificates issued")


def test_it_is_refused_where_it_would_hurt(fresh):
    """NON-15"""
    w = fresh(verb="serve")
    for verb in ("serve", "up"):
        _, err = mayfly(verb, "--dir", w.server.dir, "--set", "test.nonce_reject=5", rc=2)
        assert "only `mayfly dev` takes it" in err, err
