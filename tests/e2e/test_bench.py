"""The load generator works: what measures must not rot."""
import json
import os
import socket

import world as w
from world import free_port


def load(*args):
    program = os.path.join(os.path.dirname(w.BINARY), "tests/bench/load")
    return [json.loads(line) for line in w.run(program, *map(str, args)).splitlines()]


def free_udp_port():
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def test_three_issuances_with_real_validation(fresh):
    dns, web = free_udp_port(), free_port()
    s = fresh("--dns", f"127.0.0.1:{dns}", "--http-port", str(web), "--set", "validation.allow=127.0.0.0/8",
              verb="serve", dns=False, web=False).server
    *marks, result = load("acme", "--url", s.directory, "--ca", s.root, "--dns-port", dns, "--web-port", web,
                          "--clients", 1, "--warm", 0, "--count", 3)
    assert [m["event"] for m in marks] == ["begin", "end"], marks
    assert result["issuances"] == 3 and result["polls_in_vain"] == result["retries"] == 0, result
    assert result["issuance"]["n"] == 3 and result["issuance"]["p50"] > 0, result
    assert result["looks"] >= 3, "validated without a look"
    names = {e["first"] for e in s.events("certificate.issued") if e["profile"] == "tenminutes"}
    assert len(names) >= 3, names


def test_requests_and_handshakes_are_counted(world):
    s = world.server
    args = ("--url", s.directory, "--ca", s.root, "--clients", 3, "--warm", 0)
    for mode, *more in (("get",), ("get", "--method", "HEAD"), ("shake",), ("shake", "--resume")):
        *_, result = load(mode, *args, *more, "--count", 20)
        assert result["requests"] == 20 and result["request"]["p50"] > 0, (mode, more, result)
    *_, result = load("idle", *args, "--seconds", 0.1)
    assert result["clients"] == 3, result
