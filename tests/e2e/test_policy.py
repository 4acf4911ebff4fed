"""Who gets which names, and how often: said in the file, by verbs, by limits."""
import json
import signal

from acmeclient import check_problem
from world import mayfly, wait_until


def order(c, *names, **how):
    return c.post(c.directory["newOrder"], {"identifiers": [{"type": "dns", "value": n} for n in names]}, **how)


def account(w, *args, rc=0):
    return mayfly("account", *args, "--dir", w.server.dir, rc=rc)


# ACC-21
def test_an_account_is_suspended_and_restored_beside_the_server(fresh):
    w = fresh()
    c = w.client()
    assert order(c, "a.internal").status == 201
    out, _ = account(w, "revoke", c.kid)
    assert "revoked" in out, out
    r = order(c, "b.internal")
    assert (r.status, r.type) == (403, "unauthorized"), r
    assert account(w, "list")[0].count("revoked") == 1
    account(w, "restore", c.kid.rsplit("/", 1)[1])
    assert order(c, "b.internal").status == 201
    assert account(w, "show", "nobody", rc=3)[1]


# IDN-06 IDN-07
def test_an_account_may_have_some_names(fresh):
    w = fresh()
    c, other = w.client(), w.client()
    account(w, "policy", c.kid, "--allow", ".team.internal", "--deny", "boss.team.internal")
    assert order(c, "a.team.internal").status == 201
    r = order(c, "a.internal", "b.team.internal", "boss.team.internal")
    assert (r.status, r.type) == (400, "rejectedIdentifier"), r
    check_problem(r.json, 400)
    assert [s["identifier"]["value"] for s in r.json["subproblems"]] == \
        ["a.internal", "boss.team.internal"], r
    assert "this account" in r.json["subproblems"][0]["detail"], r
    r = order(c, "*.team.internal")  # it would cover the one denied
    assert (r.status, r.type) == (400, "rejectedIdentifier"), r
    assert order(other, "a.internal").status == 201
    shown = json.loads(account(w, "show", c.kid, "--json")[0])
    assert shown["allow"] == [".team.internal"] and shown["orders"], shown
    account(w, "policy", c.kid, "--clear")
    assert order(c, "a.internal").status == 201
    assert "expected a pattern" in account(w, "policy", c.kid, "--deny", "a_b", rc=2)[1]
    assert "--clear" in account(w, "policy", c.kid, rc=2)[1]


def test_the_file_says_which_names_and_is_read_again(fresh):
    w = fresh()
    c = w.client()
    path = w.server.dir + "/mayfly.yaml"
    with open(path) as f:
        before = f.read()
    with open(path, "a") as f:
        f.write("policy.deny: [secret.internal]\npolicy.wildcards: false\n")
    w.server.signal(signal.SIGHUP)
    wait_until(lambda: order(c, "secret.internal").status == 400)
    r = order(c, "*.internal")
    assert r.type == "rejectedIdentifier" and "policy.deny" in r.json["detail"], r
    r = order(c, "*.x.internal")
    assert r.type == "rejectedIdentifier" and "policy.wildcards" in r.json["detail"], r
    with open(path, "w") as f:  # what is no pattern leaves the running one alone
        f.write(before + "policy.deny: [a_b]\n")
    w.server.forgive("config.refused")
    w.server.signal(signal.SIGHUP)
    wait_until(lambda: w.server.events("config.refused"))
    assert "policy.deny" in str(w.server.events("config.refused")[0]), w.server.events("config.refused")
    assert order(c, "secret.internal").status == 400


# RL-01 RL-02 RL-03 RL-08
def test_a_limit_says_when_to_come_back_and_where_to_read(fresh):
    w = fresh("--set", "limits.orders=3/15m")
    c = w.client()
    for name in "abc":
        assert order(c, name + ".internal").status == 201
    r = order(c, "d.internal")
    assert (r.status, r.type) == (429, "rateLimited"), r
    check_problem(r.json, 429)
    assert 0 < int(r.get("Retry-After")) <= 300, r
    assert r.get("Replay-Nonce") and r.link("index"), r
    help_page, = r.link("help")
    assert help_page.endswith("/limits#orders"), r
    page = c.get(help_page.split("#")[0])
    assert page.status == 200 and b'id="orders"' in page.body and b"3/15m" in page.body, page
    hit, = w.server.events("limit.hit")
    assert hit["limit"] == "orders" and hit["account"] == c.kid.rsplit("/", 1)[1], hit
    assert 'mayfly_limit_hits_total{limit="orders"} 1' in c.get(w.server.ready["metrics"]).body.decode()
