"""/metrics, and the tokens that open it."""
import json
import os
import re
import signal

from world import mayfly, wait_until


def scrape(c, w, token=None):
    return c.get(w.server.ready["metrics"], **({"Authorization": "Bearer " + token} if token else {}))


# SEC-12
def test_dev_counts_what_clients_do(world):
    c = world.client()
    text = scrape(c, world).body.decode()
    assert re.search(r'^mayfly_requests_total\{endpoint="/acme/new-account",status="201",error=""\} [1-9]', text, re.M), text
    assert re.search(r'^mayfly_connections\{listener="https"\} [1-9]', text, re.M), text
    for name in ("requests_total", "validations_total", "issuance_seconds", "nonce_failures_total",
                 "ari_polls_total", "limit_hits_total", "store_used_bytes", "connections"):
        assert f"# TYPE mayfly_{name} " in text, name


def test_a_server_wants_a_token_for_its_metrics(fresh):
    w = fresh(verb="serve")
    c = w.client(registered=False)
    r = scrape(c, w)
    assert r.status == 401 and r.get("WWW-Authenticate").startswith("Bearer "), r
    out, _ = mayfly("token", "--dir", w.server.dir, "--expires", "1h", "--scope", "metrics")
    token = out.strip()
    assert scrape(c, w, token).status == 200
    assert scrape(c, w, token[:-2] + ("AA" if not token.endswith("AA") else "BB")).status == 401
    assert (os.stat(w.server.dir + "/token.key").st_mode & 0o777) == 0o600
    made = json.loads(mayfly("token", "--dir", w.server.dir, "--json")[0])
    assert made["scope"] == "metrics" and scrape(c, w, made["token"]).status == 200, made
    # Another key ends all tokens, from the next SIGHUP on.
    os.unlink(w.server.dir + "/token.key")
    w.server.signal(signal.SIGHUP)
    wait_until(lambda: scrape(c, w, token).status == 401)
    token = mayfly("token", "--dir", w.server.dir)[0].strip()
    assert scrape(c, w, token).status == 200
    assert "token.key" not in w.server.log()


def test_a_token_is_not_made_of_nonsense(tmp):
    assert "--expires: expected" in mayfly("token", "--dir", tmp, "--expires", "soon", rc=2)[1]
    assert "metrics" in mayfly("token", "--dir", tmp, "--scope", "admin", rc=2)[1]
    assert "no such directory" in mayfly("token", "--dir", tmp + "/none", rc=1)[1]
    os.chmod(tmp, 0o700)
    open(tmp + "/token.key", "w").close()
    os.chmod(tmp + "/token.key", 0o644)
    assert "chmod 600" in mayfly("token", "--dir", tmp, rc=1)[1]
