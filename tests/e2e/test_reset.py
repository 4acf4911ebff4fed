"""A database that is gone: an unknown account is told so in the words by which
clients know to register again.  certbot 2.1 and lego 4.9 do not do so by
themselves; once their folder of accounts is gone they do."""
import os
import shutil

from realclients import Certbot, Lego

WEIGHT = 25


def reset(w):
    w.server.stop()
    shutil.rmtree(os.path.join(w.server.dir, "db"))
    w.server.start()


def test_certbot_registers_again(fresh):
    w = fresh(verb="serve", web=False)
    certbot = Certbot(w)
    certbot.certonly("before.internal")
    reset(w)
    certbot.certonly("after.internal", rc=1)
    with open(certbot.folder + "/logs/letsencrypt.log") as f:
        assert "urn:ietf:params:acme:error:accountDoesNotExist" in f.read()
    shutil.rmtree(certbot.folder + "/accounts")
    certbot.certonly("after.internal")
    assert certbot.chain("after.internal")


def test_lego_registers_again(fresh):
    w = fresh(verb="serve", web=False)
    lego = Lego(w)
    lego("before.internal")
    reset(w)
    assert "error:accountDoesNotExist" in lego("after.internal", rc=1)
    shutil.rmtree(lego.folder + "/accounts")
    lego("after.internal")
    assert lego.chain("after.internal")


def test_a_client_that_heeds_the_words(fresh):
    """As acme.sh and most others: the same key, a new account, on it goes."""
    w = fresh(verb="serve")
    c = w.client()
    c.order("before.internal").prove(w.web).certificate()
    kid = c.kid
    reset(w)
    back = w.client(registered=False, key=c.key)
    back.kid = kid
    r = back.post(back.directory["newOrder"], {"identifiers": [{"type": "dns", "value": "after.internal"}]})
    assert (r.status, r.type) == (400, "accountDoesNotExist"), r
    assert back.register().status == 201 and back.kid != kid
    back.order("after.internal").prove(w.web).certificate()
