#!/usr/bin/python3
"""Measure mayfly: one run, this machine, durable, default configuration.

    tests/bench/bench.py BUILD [PART=…] [CLIENTS=1,8,32,256] [SECONDS=8] [TRIES=1] [DATA=DIR] [FLAGS=…] [OUT=FILE]
    tests/bench/bench.py BUILD PART=stored DATA=DIR,DIR [FLAGS="--set store.max_size=64GiB"]

BUILD is the folder of the binaries.  PART names what to run, with commas; all
when left out: load, http, start, memory, sync, loops, micro.  CLIENTS, SECONDS,
DATA and FLAGS (of the server) are for load; DATA is a directory that `mayfly
serve` can take over as it is (full of certificates, say), and it is changed.
The part `stored` compares two such directories, the fuller last.  On a machine that others
use, TRIES=3 measures again, so often at most, what they disturbed, and keeps
the least disturbed.  All goes to build/bench/FILE (bench.txt), too.
"""
import glob
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)

import procs  # noqa: E402
import parts  # noqa: E402
from servers import Mayfly  # noqa: E402
from report import Report  # noqa: E402

QUIET = 0.2  # cores: the stand-ins' share of the kernel, the floor, this driver
STEPS = ("newOrder", "authorization", "challenge", "finalize", "certificate", "poll_authz", "poll_order")


class Bench:
    def __init__(self, build, options):
        self.build = os.path.abspath(build)
        self.binary = os.path.join(self.build, "mayfly")
        self.load = os.path.join(self.build, "tests/bench/load")
        self.micro = [f for f in sorted(glob.glob(os.path.join(self.build, "tests/bench/bench_*")))
                      if os.access(f, os.X_OK) and os.path.isfile(f)]
        self.options = options
        self.folder = os.path.abspath("build/bench")
        os.makedirs(self.folder, exist_ok=True)
        self.report = Report(os.path.join(self.folder, options.get("OUT", "bench.txt")))
        self.seconds = float(options.get("SECONDS", 8))
        self.flags = options.get("FLAGS", "").split()
        self.tries = int(options.get("TRIES", 1))
        self.clients = [int(n) for n in options.get("CLIENTS", "1,8,32,256").split(",")]

    def generate(self, mode, *args, at_begin=None, at_end=None, timeout=120):
        """Run the generator; what is to happen at its marks; its result."""
        p = subprocess.Popen([self.load, mode, "--hold", *map(str, args)], text=True,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        result = None
        try:
            for line in p.stdout:
                event = json.loads(line)
                if event["event"] == "begin" and at_begin:
                    at_begin()
                elif event["event"] == "end":
                    if at_end:
                        at_end()
                    p.stdin.close()
                elif event["event"] in ("result", "stalled"):
                    result = event
            if p.wait(timeout) not in (0, 3) or result is None:
                raise RuntimeError(f"load {mode}: {p.stderr.read()}")
            return result
        finally:
            p.kill()
            p.wait()

    def run_acme(self, server, clients, seconds, *more):
        """The quietest of the tries: one with the machine to itself ends them."""
        runs = []
        while len(runs) < self.tries and (not runs or min(map(others, runs)) > QUIET):
            runs.append(self.run_once(server, clients, seconds, *more))
        return min(runs, key=others)

    def run_once(self, server, clients, seconds, *more):
        """One closed loop; everything that a column of the table has."""
        marks = {}

        def begin():
            marks["counters"] = server.counters() if hasattr(server, "counters") else {}
            marks["machine"], marks["usage"] = procs.Machine(), server.usage()

        def end():
            marks["spent"], machine = server.usage().since(marks["usage"]), procs.Machine()
            marks["busy"] = machine.busy - marks["machine"].busy
            marks["stolen"] = machine.stolen - marks["machine"].stolen
            marks["dirty"] = procs.private_dirty(server.pids())
            if hasattr(server, "counters"):
                now = server.counters()
                marks["counters"] = {k: now[k] - v for k, v in marks["counters"].items()}
        r = self.generate(
            "acme", "--url", server.url, "--ca", server.root, "--dns-port", server.dns_port,
            "--web-port", server.web_port, "--clients", clients, "--seconds", seconds, *more,
            at_begin=begin, at_end=end)
        if r["event"] == "stalled":
            return r
        return {**r, **marks}


def plural(clients):
    return f"{clients} client" + "s" * (clients != 1)


def others(r):
    """Cores that were busy with something else."""
    if r["event"] == "stalled":
        return float("inf")
    return (r["busy"] + r["stolen"] - r["spent"].cpu - r["own_cpu"]) / r["seconds"]


def floor_ms(r):
    """Of one issuance: a verification a request, one of the CSR, a signature."""
    f = r["floor"]
    return (f["verify_us"] * r["requests"] / r["issuances"] + f["csr_us"] + f["sign_us"]) / 1000


def cpu_ms(r):
    return 1000 * r["spent"].cpu / r["issuances"]


def rows_of(r):
    """(name, text) for one column."""
    n, spent, c = r["issuances"], r["spent"], r["counters"]

    def three(s):
        return f"{s['p50']:.2f} {s['p95']:.2f} {s['p99']:.2f}" if s and s["n"] else "-"
    yield "issuances/s", f"{n / r['seconds']:.1f}"
    yield "issuance ms, p50 p95 p99", three(r["issuance"])
    for step in STEPS:
        if step in r["steps"]:
            yield f"  {step}", three(r["steps"][step])
    yield "requests per issuance", f"{r['requests'] / n:.2f}"
    yield "polls; that saw pending", f"{r['polls']}; {r['polls_in_vain']}"
    yield "server CPU ms per issuance", f"{cpu_ms(r):.3f}"
    for role in ("front", "keeper", "supervisor"):
        yield f"  {role}", f"{1000 * spent.of_role(role) / n:.3f}"
    f = r["floor"]
    yield "floor ms per issuance", f"{floor_ms(r):.3f}"
    yield "  verify, CSR, sign us", f"{f['verify_us']:.0f} {f['csr_us']:.0f} {f['sign_us']:.0f}"
    yield "server CPU over the floor", f"{cpu_ms(r) / floor_ms(r):.2f}"
    if c:
        yield "commits per issuance", f"{c['commits_total'] / n:.2f}"
        yield "batches per commit", f"{c['batches_total'] / max(c['commits_total'], 1):.2f}"
        yield "writer's share of CPU %", f"{100 * spent.of_thread('writer') / spent.cpu:.1f}"
    yield "switches per issuance", f"{spent.switches / n:.1f}"
    yield "Private_Dirty MB", f"{r['dirty'] / 1e6:.1f}"
    yield "generator CPU ms per issuance", f"{1000 * r['own_cpu'] / n:.3f}"
    yield "cores that others took", f"{others(r):.2f}"


def part_load(b):
    """The closed loop at each number of clients: one table."""
    columns = {}
    with Mayfly(b.folder, b.binary, *b.flags, data=b.options.get("DATA")) as server:
        for clients in b.clients:
            columns[clients] = b.run_acme(server, clients, b.seconds)
    b.report.table("issuance, closed loop", [plural(n) for n in columns],
                   [list(rows_of(r)) for r in columns.values()])
    at = columns.get
    figure = b.report.figure
    for n, name, must, aim in ((32, "CPU over the floor, 32 clients", 2.2, 1.6),
                               (1, "CPU over the floor, 1 client", 3.5, 2.5)):
        if at(n):
            figure(name, cpu_ms(at(n)) / floor_ms(at(n)), must, aim)
    figure("polls that saw pending or processing",
           sum(r["polls_in_vain"] for r in columns.values()), 0, 0)
    if at(1):
        figure("p50 of one issuance ms, 1 client", at(1)["issuance"]["p50"], 8, 5.5)
    if at(32):
        spent = at(32)["spent"]
        figure("writer's share of CPU %, 32 clients", 100 * spent.of_thread("writer") / spent.cpu, 15, 8)
        figure("p99 over p50, 32 clients", at(32)["issuance"]["p99"] / at(32)["issuance"]["p50"], 3, 2)


PARTS = {"load": part_load, "http": parts.part_http, "start": parts.part_start, "memory": parts.part_memory,
         "sync": parts.part_sync, "loops": parts.part_loops, "micro": parts.part_micro, "stored": parts.part_stored}


def main(build, *args):
    options = dict(a.split("=", 1) for a in args if not a.endswith("="))
    b = Bench(build, options)
    b.report.machine("nginx-light")
    for part in options.get("PART", ",".join(p for p in PARTS if p != "stored")).split(","):
        if part not in PARTS:
            sys.exit(f"bench: no part {part}; there are {', '.join(PARTS)}")
        PARTS[part](b)
    b.report.figures_table()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
