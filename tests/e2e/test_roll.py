"""Issuers follow one another; nobody's request fails, and old chains verify."""
import json
import os
import signal
import subprocess
import threading
import time

import world
from acmeclient import chain_of
from cryptography.x509.oid import NameOID
from hierarchy import Authority, verifies
from world import mayfly, wait_until, within

SECONDS = 90
WEIGHT = 40


def issuer_of(pem):
    return chain_of(pem)[0].issuer.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value


def issue(w, c, name):
    return c.order(name).prove(w.web).certificate()


def ca_file(w, name):
    return os.path.join(w.server.dir, "ca", name)


def test_rotation_under_load_drops_nothing(fresh):
    """CPR-17, CPR-18: certificates of both issuers verify, by three stacks."""
    w = fresh()
    w.server.forgive("issuer.keeper_gone")
    first = w.client()
    order = first.order("before.internal").prove(w.web)
    before = order.certificate()
    assert issuer_of(before).endswith(" issuer 1")
    keeper = w.server.children()["keeper"]
    done, wrong, chains = threading.Event(), [], []

    def load(n):
        try:
            c = w.client()
            while not done.is_set():
                chains.append(issue(w, c, f"load{n}.internal"))
        except Exception as e:
            wrong.append(repr(e))
    threads = [threading.Thread(target=load, args=(n,)) for n in range(3)]
    for t in threads:
        t.start()
    time.sleep(within(1))
    for expected in (2, 3):
        out, _ = mayfly("ca", "rotate", "--dir", w.server.dir)
        assert f"issuer-{expected}.pem" in out and f"pid {w.server.pid}" in out, out
        wait_until(lambda: wrong or any(issuer_of(p).endswith(f" issuer {expected}")
                                        for p in chains[-6:]), 20)
    time.sleep(within(0.5))
    done.set()
    for t in threads:
        t.join()
    assert not wrong, wrong
    assert w.server.children()["keeper"] != keeper
    after = issue(w, first, "after.internal")
    assert issuer_of(after).endswith(" issuer 3")
    again = first.ok(order.json["certificate"]).body.decode()
    assert again == before, "the chain of an old certificate has changed"
    for pem in (before, after, chains[0], chains[-1]):
        verifies(pem, w.server.root)
    print(f"    # {len(chains)} certificates while two issuers were made, none failed")


def test_a_crash_in_the_middle_leaves_a_legal_hierarchy(fresh):
    """A rotation and its server killed at any moment: what is there serves."""
    w = fresh()
    old = issue(w, w.client(), "old.internal")
    for ms in (0, 2, 4, 6, 8, 10, 12, 15, 18, 22, 30, 60):
        p = subprocess.Popen([world.BINARY, "ca", "rotate", "--dir", w.server.dir],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(ms / 1000 * world.FACTOR)
        p.kill()
        w.server.kill()
        p.wait()
        mayfly("ca", "list", "--dir", w.server.dir)
        mayfly("check", "--dir", w.server.dir)
        w.server.start()
    c = w.client()
    new = issue(w, c, "new.internal")
    verifies(old, w.server.root)
    verifies(new, w.server.root)
    mayfly("ca", "rotate", "--dir", w.server.dir)
    newest = json.loads(mayfly("ca", "show", "--json", "--dir", w.server.dir)[0])
    wait_until(lambda: issuer_of(issue(w, c, "new.internal")) == newest["subject"][3:], 20)


def short_lived(w, seconds, begun):
    """Put an issuer in place of the one that is there, with so little left."""
    w.server.stop()
    root = Authority.of(ca_file(w, "root.pem"), ca_file(w, "root.key"))
    Authority("short issuer 1", root, seconds, begun, room=0).save(
        ca_file(w, "issuer-1.pem"), ca_file(w, "issuer-1.key"))
    w.server.mark()


def test_rotated_by_itself_at_the_start_and_while_running(fresh):
    # CPR-17
    w = fresh()
    short_lived(w, 10, 3600)  # it should have been replaced long ago
    w.server.start()
    assert issuer_of(issue(w, w.client(), "start.internal")) == "short issuer 2"
    os.unlink(ca_file(w, "issuer-2.pem"))
    os.unlink(ca_file(w, "issuer-2.key"))
    short_lived(w, 24, 0)  # due after a third
    w.server.start()
    c = w.client()
    before = issue(w, c, "running.internal")
    assert issuer_of(before) == "short issuer 1"
    end = chain_of(before)[1].not_valid_after
    assert chain_of(before)[0].not_valid_after <= end, "a leaf outlives its issuer"  # CPR-04
    wait_until(lambda: issuer_of(issue(w, c, "running.internal")) == "short issuer 2", 30, 0.5)
    assert len(w.server.events("ca.rotated")) == 1
    verifies(issue(w, c, "running.internal"), w.server.root)


def test_an_issuer_that_has_ended_is_replaced_before_anything_else(fresh):
    w = fresh()
    short_lived(w, -5, 3600)
    w.server.start()
    assert issuer_of(issue(w, w.client(), "late.internal")) == "short issuer 2"


def test_what_is_due_and_cannot_be_done_is_said(fresh):
    w = fresh()
    short_lived(w, 600, 86400)
    os.rename(ca_file(w, "root.key"), w.path("root.key"))
    w.server.start()
    warnings = w.server.events("ca.not_rotated")
    assert len(warnings) == 1 and "root.key is not here" in warnings[0]["reason"], warnings
    out, _ = mayfly("check", "--dir", w.server.dir, rc=10)
    assert "the root key is not here: mayfly ca csr" in out, out
    _, err = mayfly("ca", "rotate", "--dir", w.server.dir, rc=3)
    assert "mayfly ca csr" in err, err
    os.rename(w.path("root.key"), ca_file(w, "root.key"))
    w.server.signal(signal.SIGHUP)
    wait_until(lambda: w.server.events("ca.in_use"), 20)
    assert issuer_of(issue(w, w.client(), "late.internal")) == "short issuer 2"


def test_rotation_can_be_off(fresh):
    w = fresh()
    short_lived(w, 600, 86400)
    with open(os.path.join(w.server.dir, "mayfly.yaml"), "a") as f:
        f.write("\nca.rotate: false\n")
    w.server.start()
    assert issuer_of(issue(w, w.client(), "off.internal")) == "short issuer 1"
    assert "ca.rotate is off" in w.server.events("ca.not_rotated")[0]["reason"]
