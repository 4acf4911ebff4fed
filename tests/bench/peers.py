#!/usr/bin/python3
"""The same work for mayfly, Debian's Caddy (acme_server) and Debian's pebble.

    tests/bench/peers.py BUILD [CLIENTS=1,8] [SECONDS=8] [TRIES=1]

Caddy looks for http-01 at port 80 and asks the system's resolver, so all run
in a network of their own, which has a loopback and nothing else, and see an
/etc/resolv.conf that names the generator's stand-in.  That takes root, or a
kernel that lets everybody make user namespaces.  pebble keeps all in memory,
so it is no durable peer; with several clients it may stop answering, which is
said and not waited for.
"""
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)

from bench import Bench, cpu_ms, plural, rows_of  # noqa: E402
from servers import Caddy, Mayfly, Pebble  # noqa: E402

INSIDE = "BENCH_OWN_NETWORK"
DNS, WEB = 53, 80


def go_inside():
    """Run this again where loopback is the whole world."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    os.execvpe("unshare", ["unshare", *user, "--net", "--mount", "--", sys.executable, *sys.argv],
               {**os.environ, INSIDE: "yes"})


def settle_in(folder):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        up = struct.pack("16sh14x", b"lo", 1)  # IFF_UP
        fcntl.ioctl(s, 0x8914, up)             # SIOCSIFFLAGS
    resolver = os.path.join(folder, "resolv.conf")
    with open(resolver, "w") as f:
        f.write("nameserver 127.0.0.1\n")
    subprocess.run(["mount", "--bind", resolver, "/etc/resolv.conf"], check=True)


def measure(b, server, clients):
    server.dns_port, server.web_port = DNS, WEB
    try:
        r = b.run_acme(server, clients, b.seconds, "--stall", 8)
        return r if r["issuances"] else {"event": "stalled", "issuances": 0, "registered": clients}
    except (RuntimeError, OSError) as e:
        return {"event": "stalled", "why": str(e)}


def column(r, ours):
    if r["event"] == "stalled":
        return [("issuances/s", "stopped" if "why" not in r else "failed")]
    rows = [(k, v) for k, v in rows_of(r) if not k.startswith(("  ", "floor", "server CPU over"))]
    return rows + [("server CPU over mayfly's", f"{cpu_ms(r) / cpu_ms(ours):.1f}"),
                   ("mayfly's issuances/s over these",
                    f"{ours['issuances'] / ours['seconds'] / (r['issuances'] / r['seconds']):.1f}"),
                   ("p99 over mayfly's", f"{r['issuance']['p99'] / ours['issuance']['p99']:.1f}")]


def main(build, *args):
    if INSIDE not in os.environ:
        go_inside()
    options = dict(a.split("=", 1) for a in args if not a.endswith("="))
    b = Bench(build, {"OUT": "bench-peers.txt", "CLIENTS": "1,8", **options})
    settle_in(b.folder)
    b.report.machine("caddy", "pebble")
    with Mayfly(b.folder, b.binary, http_port=WEB, dns_port=DNS) as ours, Caddy(b.folder) as caddy, \
            Pebble(b.folder, WEB, DNS, os.path.join(ours.data, "db/serving.pem"), ours.root) as pebble:
        for clients in b.clients:
            results = [(type(s).__name__.lower(), measure(b, s, clients)) for s in (ours, caddy, pebble)]
            base = results[0][1]
            b.report.table(f"issuance, {plural(clients)}", [name for name, _ in results],
                           [column(r, base) for _, r in results])
            for name, r in results:
                if r["event"] == "stalled":
                    b.report.line(f"{name} with {plural(clients)}: " + (
                        r.get("why") or f"nothing more after {r['issuances']} issuances "
                        f"and {r['registered']} accounts"))
                elif r["still_s"] > 1:
                    b.report.line(f"{name} with {plural(clients)}: nothing in the last {r['still_s']:.1f} s")
            if clients == 8 and results[1][1]["event"] == "result":
                b.report.figure("Caddy's CPU over mayfly's, 8 clients",
                                cpu_ms(results[1][1]) / cpu_ms(base), 10, 15, least=True)
    b.report.figures_table()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
