"""kill -9 at many moments, then a start: what was acknowledged is there, what
was under way goes on by itself, nothing is issued twice."""
import http.client
import os
import signal
import threading
import time

from acmeclient import Client, b64, chain_of, make_csr
from world import alive, wait_until, within

SECONDS = 150
WEIGHT = 80


class Diary:
    """What one client was told, order by order."""

    def __init__(self, client, world, tag):
        self.client, self.world, self.tag = client, world, tag
        self.orders, self.spent = [], []
        self.stop = False

    def run(self):
        """Orders one after another until the server is gone."""
        n = 0
        try:
            while not self.stop:
                n += 1
                entry = {"name": f"{self.tag}-{n}.crash.internal", "phase": "none"}
                o = self.client.order(entry["name"])
                entry.update(order=o, phase="created")
                self.orders.append(entry)
                [ch] = o.put(self.world.web)
                entry["challenge"] = ch["url"]
                self.client.ok(ch["url"], {})
                entry["phase"] = "posted"
                o.poll(within=within(20))
                entry["phase"] = "ready"
                entry["finalizing"] = True
                o.finalize(make_csr([entry["name"]]))
                entry["phase"] = "finalized"
                entry["pem"] = o.certificate()
                entry["phase"] = "issued"
        except (OSError, http.client.HTTPException):
            pass  # the server has been killed
        self.client.close()

    def check(self, client):
        """After the restart, by another connection of the same account."""
        for e in self.orders:
            o, phase = e["order"], e["phase"]
            o.client = client
            now = client.ok(o.url).json
            assert now["identifiers"] == o.json["identifiers"], (e, now)
            if phase == "issued":
                assert now["status"] == "valid", (phase, now)
                assert client.ok(now["certificate"]).body.decode() == e["pem"]
            elif phase == "finalized" or phase == "ready" and now["status"] in ("processing", "valid"):
                assert o.poll(("valid", "invalid"), within(20)) == "valid", o.json
            elif phase == "ready":
                assert now["status"] == "ready", now
            elif phase == "posted":
                assert o.poll(("ready", "valid", "invalid"), within(20)) == "ready", o.json
            else:
                assert now["status"] in ("pending", "ready"), now
        for e in self.orders:  # and all can be brought to their end
            o = e["order"]
            o.json = client.ok(o.url).json
            if o.json["status"] == "pending":
                if "challenge" in e:
                    client.ok(e["challenge"], {})
                else:
                    [ch] = o.put(self.world.web)
                    client.ok(ch["url"], {})
                assert o.poll(within=within(20)) == "ready", o.json
            pem = o.certificate(make_csr([e["name"]]), within(20))
            assert e.get("pem") in (None, pem)
            e["serial"] = chain_of(pem)[0].serial_number


def again(world, c):
    t = Client(world.server.directory, world.server.root, key=c.key, timeout=within(30))
    t.kid = c.kid
    return t


# SEC-09, STM-01.
def test_killed_at_many_points(fresh):
    w = fresh(verb="serve")
    w.web.hosts.update({f"c{r}-{i}-{n}.crash.internal": {"delay": 0.15}
                        for r in range(20) for i in (1,) for n in range(40)})
    serials, phases = [], set()
    for round_ in range(10):
        diaries = [Diary(w.client(), w, f"c{round_}-{i}") for i in range(3)]
        spare = w.client()
        nonce = spare.nonce()
        assert spare.send(spare.kid, spare.frame(spare.kid, {}, protected={"nonce": nonce})).status == 200
        threads = [threading.Thread(target=d.run) for d in diaries]
        for t in threads:
            t.start()
        time.sleep(within(0.06 + 0.083 * round_))
        w.server.kill()
        for d in diaries:
            d.stop = True
        for t in threads:
            t.join()
        w.server.start()
        back = again(w, spare)
        r = back.send(back.kid, back.frame(back.kid, {}, protected={"nonce": nonce}))
        assert r.status == 400 and r.type == "badNonce", r  # not again after a restart
        back.close()
        for d in diaries:
            phases |= {e["phase"] for e in d.orders}
            client = again(w, d.client)
            d.check(client)
            client.close()
            serials += [e["serial"] for e in d.orders]
        w.clients.clear()
    assert len(set(serials)) == len(serials) > 20, len(serials)
    print(f"    # {len(serials)} orders met the kills in the phases {sorted(phases)}")


def test_what_was_asked_for_goes_on_without_the_client(fresh):
    """Nobody asks after the restart: the log alone shows it going on."""
    w = fresh(verb="serve")
    w.web.stop()
    c = w.client()
    o = c.order("alone.internal")
    [ch] = o.put(w.web)
    c.ok(ch["url"], {})
    w.server.kill()
    w.web.start()
    w.server.start()
    wait_until(lambda: w.web.requests("alone.internal"), 15)
    time.sleep(0.5)
    assert again(w, c).ok(o.url).json["status"] == "ready"


def test_the_keeper_dies(fresh):
    """Its supervisor starts another; a certificate asked for meanwhile comes."""
    w = fresh()
    w.server.forgive("child|keeper")
    c = w.client()
    for i in range(4):
        o = c.order(f"keeper{i}.internal").prove(w.web)
        keeper = w.server.children()["keeper"]
        if i % 2:
            os.kill(keeper, signal.SIGKILL)
        else:  # killed while it has something to sign
            os.kill(keeper, signal.SIGSTOP)
            threading.Timer(within(0.3), os.kill, (keeper, signal.SIGKILL)).start()
        r = c.post(o.json["finalize"], {"csr": b64(make_csr([f"keeper{i}.internal"]))})
        assert r.status == 200, r
        assert o.poll(("valid", "invalid"), within(20)) == "valid", o.json
        chain_of(o.certificate())
        wait_until(lambda: not alive(keeper) and w.server.children().get("keeper") not in (None, keeper))


def test_the_front_dies(fresh):
    w = fresh()
    w.server.forgive("child|front")
    c = w.client()
    o = c.order("front.internal")
    w.web.hosts["front.internal"] = {"delay": 1}
    [ch] = o.put(w.web)
    c.ok(ch["url"], {})
    front = w.server.children()["front"]
    os.kill(front, signal.SIGKILL)
    o.client = again(w, c)  # it waits in the queue of the socket for the next one
    assert w.server.children().get("front") not in (None, front)
    assert o.poll(within=within(20)) == "ready"
    chain_of(o.certificate())
    assert alive(w.server.pid) and w.server.process.poll() is None


def test_the_supervisor_dies_and_takes_all_along(fresh):
    w = fresh()
    kids = w.server.children()
    assert set(kids) == {"keeper", "front"}, kids
    os.kill(w.server.pid, signal.SIGKILL)
    w.server.wait()
    wait_until(lambda: not any(alive(p) for p in kids.values()), 10)


def test_only_the_keeper_can_read_the_key(fresh):
    """Neither open files nor memory maps of the front show ca/."""
    w = fresh()
    front = w.server.children()["front"]
    opened = [os.readlink(f"/proc/{front}/fd/{n}") for n in os.listdir(f"/proc/{front}/fd")]
    assert not [f for f in opened if f.endswith(".key") or "/ca/ca/" in f], opened
    for path, _, names in os.walk(os.path.join(w.server.dir, "ca")):
        for name in names:
            mode = os.stat(os.path.join(path, name)).st_mode & 0o777
            with open(os.path.join(path, name), "rb") as f:
                if b"PRIVATE KEY" in f.read():
                    assert mode == 0o600, (name, oct(mode))
