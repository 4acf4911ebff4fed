"""The same thing done at once: nonces, accounts, finalize, revocation."""
import threading

from acmeclient import Client, Key, b64, chain_of, der_of, make_csr
from cryptography.hazmat.primitives.asymmetric import ec
from world import within


def at_once(n, what):
    """Run what(i) in n threads that start together; their results."""
    gate, out, wrong = threading.Barrier(n), [None] * n, []

    def go(i):
        try:
            gate.wait()
            out[i] = what(i)
        except Exception as e:
            wrong.append(e)
    threads = [threading.Thread(target=go, args=(i,)) for i in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if wrong:
        raise wrong[0]
    return out


def twins(world, c, n):
    """n clients of one account, each on a connection of its own."""
    out = []
    for _ in range(n):
        t = Client(world.server.directory, world.server.root, key=c.key, timeout=within(30))
        t.kid = c.kid
        t.nonce()  # connected, warm
        t.nonces.append(t.request("HEAD", t.directory["newNonce"]).get("Replay-Nonce"))
        world.clients.append(t)
        out.append(t)
    return out


def test_twenty_finalize_one_certificate(world):
    c = world.client()
    many = twins(world, c, 20)
    for round_ in range(3):
        name = f"final{round_}.internal"
        o = c.order(name).prove(world.web)
        csrs = [make_csr([name]) for _ in many]
        replies = at_once(20, lambda i: many[i].post(o.json["finalize"], {"csr": b64(csrs[i])}))
        assert {r.status for r in replies} <= {200, 403}, replies
        assert [r for r in replies if r.status == 200], replies
        assert all(r.type == "orderNotReady" for r in replies if r.status == 403), replies
        assert o.poll(("valid",)) == "valid"
        urls = {r.json["certificate"] for r in replies if r.status == 200 and "certificate" in r.json}
        assert urls <= {o.json["certificate"]}, urls
    issued = world.server.events("certificate.issued") or world.server.events("order.issued")
    assert len(issued) in (0, 3), issued


def test_one_nonce_at_once_passes_once(world):
    c = world.client()
    many = twins(world, c, 8)
    for _ in range(5):
        nonce = c.nonce()
        bodies = [t.frame(t.kid, {}, protected={"nonce": nonce}) for t in many]
        replies = at_once(8, lambda i: many[i].send(many[i].kid, bodies[i]))
        assert sorted(r.status for r in replies) == [200] + [400] * 7, replies
        assert all(r.type == "badNonce" for r in replies if r.status == 400), replies


def test_ten_new_accounts_of_one_key(world):
    for _ in range(3):
        key = Key()
        many = [world.client(registered=False, key=key) for _ in range(10)]
        replies = at_once(10, lambda i: many[i].register())
        assert sorted(r.status for r in replies) == [200] * 9 + [201], replies
        assert len({r.get("Location") for r in replies}) == 1


def test_two_revocations_one_says_already(world):
    c = world.client()
    many = twins(world, c, 4)
    leaf = chain_of(c.order("revoke.race.internal").prove(world.web).certificate())[0]
    replies = at_once(4, lambda i: many[i].revoke(der_of(leaf)))
    assert sorted(r.status for r in replies) == [200] + [400] * 3, replies
    assert all(r.type == "alreadyRevoked" for r in replies if r.status == 400), replies


def test_one_challenge_posted_by_many(world):
    c = world.client()
    many = twins(world, c, 10)
    o = c.order("posted.race.internal")
    [ch] = o.put(world.web)
    replies = at_once(10, lambda i: many[i].post(ch["url"], {}))
    assert {r.status for r in replies} == {200}, replies
    assert o.poll() == "ready"
    assert len(world.web.requests("posted.race.internal")) == 1


def test_deactivation_against_finalize(world):
    """Whoever wins, the order ends valid or invalid, and stays so."""
    c = world.client()
    a, b = twins(world, c, 2)
    for i in range(5):
        name = f"end{i}.race.internal"
        o = c.order(name).prove(world.web)
        csr = b64(make_csr([name], ec.generate_private_key(ec.SECP256R1())))
        acts = (lambda: a.post(o.json["finalize"], {"csr": csr}),
                lambda: b.post(o.json["authorizations"][0], {"status": "deactivated"}))
        done, gone = at_once(2, lambda i: acts[i]())
        assert gone.status == 200 and done.status in (200, 403), (done, gone)
        assert o.poll(("valid", "invalid")) == ("valid" if done.status == 200 else "invalid")


def test_many_orders_at_once(world):
    many = [world.client() for _ in range(12)]

    def whole(i):
        return [chain_of(many[i].order(f"o{i}x{n}.internal").prove(world.web).certificate())[0]
                for n in range(4)]
    serials = [leaf.serial_number for leaves in at_once(12, whole) for leaf in leaves]
    assert len(set(serials)) == 48
