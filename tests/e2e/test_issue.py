"""A certificate, from the directory to the revocation, step by step."""
import datetime

from acmeclient import Key, chain_of, der_of, make_csr


def test_a_certificate_over_http01(world):
    c = world.client()
    o = c.order("one.a.internal")
    assert o.json["status"] == "pending"
    o.prove(world.web)
    chain = chain_of(o.certificate())
    assert len(chain) >= 2
