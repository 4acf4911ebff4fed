"""A database that is gone: real clients find their way back by themselves."""
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
    certbot.certonly("after.internal")
    assert certbot.chain("after.internal")


def test_lego_registers_again(fresh):
    w = fresh(verb="serve", web=False)
    lego = Lego(w)
    lego("before.internal")
    reset(w)
    lego("after.internal")
    assert lego.chain("after.internal")
