"""The parts of the run beside issuance: each prints a table, and its figures."""
import http.client
import os
import ssl
import statistics
import subprocess
import time
import urllib.parse

import procs
from servers import Mayfly, Nginx, free_port

AUTOMATIC = ("server", "date", "content-type", "content-length", "connection", "keep-alive")


def measured(b, server, mode, url, *args, seconds=1.5):
    """The generator's result, and the server's CPU as microseconds each."""
    marks = {}

    def begin():
        marks["usage"] = server.usage()

    def end():
        marks["spent"] = server.usage().since(marks["usage"])
    r = b.generate(mode, "--url", url, "--ca", server.root, "--seconds", seconds, *args,
                   at_begin=begin, at_end=end)
    r["us"] = 1e6 * marks["spent"].cpu / r["requests"]
    r["rate"] = r["requests"] / r["seconds"]
    return r


def fetch(url, root, method="GET"):
    at = urllib.parse.urlsplit(url)
    c = http.client.HTTPSConnection(at.hostname, at.port, context=ssl.create_default_context(cafile=root))
    c.request(method, at.path)
    r = c.getresponse()
    return [(k, v) for k, v in r.getheaders() if k.lower() not in AUTOMATIC], r.read().decode()


PLACES = (("GET directory", "GET", "/acme/directory"), ("HEAD newNonce", "HEAD", "/acme/new-nonce"))


def twin(b, server, base):
    """An nginx whose replies have the same number of bytes."""
    pem, replies, pads = os.path.join(server.data, "db/serving.pem"), {}, {}
    for _, method, path in PLACES:
        replies[path] = (*fetch(base + path, server.root, method), 0)
        pads[path] = b.generate("get", "--url", base + path, "--ca", server.root, "--method", method,
                                "--count", 1)["reply_bytes"]
    with Nginx(b.folder, pem, server.root, replies, os.cpu_count()) as other:
        for _, method, path in PLACES:
            r = b.generate("get", "--url", f"https://127.0.0.1:{other.port}{path}", "--ca", server.root,
                           "--method", method, "--count", 1)
            pads[path] -= r["reply_bytes"] + len("X-Pad: \r\n")
    for path, (headers, body, _) in replies.items():
        while pads[path] < 0:  # it has header lines of its own
            name, value = headers.pop()
            pads[path] += len(name) + len(value) + len(": \r\n")
        replies[path] = headers, body, pads[path]
    return Nginx(b.folder, pem, server.root, replies, os.cpu_count())


def best(runs):
    """Of several: the one with the least CPU each."""
    return min(runs, key=lambda r: r["us"])


def part_http(b):
    """Requests on kept connections, and handshakes, beside nginx."""
    with Mayfly(b.folder, b.binary) as server:
        base = server.url[:-len("/acme/directory")]
        with twin(b, server, base) as other:
            bases = (server, base), (other, f"https://127.0.0.1:{other.port}")
            for name, method, path in PLACES:
                runs = [[], []]
                for _ in range(3):
                    for i, (s, where) in enumerate(bases):
                        runs[i].append(measured(b, s, "get", where + path, "--method", method, "--clients", 32))
                ours, theirs = best(runs[0]), best(runs[1])
                b.report.table(
                    f"{name}, 32 connections", ["mayfly", "nginx"],
                    [[("a second", f"{r['rate']:.0f}"), ("CPU us each", f"{r['us']:.1f}"),
                      ("bytes of the reply", f"{r['reply_bytes']}"),
                      ("ms, p50 p99", f"{r['request']['p50']:.3f} {r['request']['p99']:.3f}")]
                     for r in (ours, theirs)])
                b.report.figure(f"{name}, CPU over nginx's", ours["us"] / theirs["us"], 1.5, 1.15)
            columns = []
            for s, where in bases:
                rows = []
                for kind, *more in (("full",), ("resumed", "--resume")):
                    r = best([measured(b, s, "shake", where + PLACES[0][2], "--clients", 8, *more)
                              for _ in range(2)])
                    rows += [(f"{kind}: a second", f"{r['rate']:.0f}"), (f"{kind}: CPU us each", f"{r['us']:.0f}"),
                             (f"{kind}: share resumed %", f"{100 * r['resumed'] / r['requests']:.0f}")]
                columns.append(rows)
            b.report.table("TLS handshake and a directory, 8 at once", ["mayfly", "nginx"], columns)


def start_ms(b, command):
    port = free_port()
    r = b.generate("start", "--url", f"https://127.0.0.1:{port}/acme/directory",
                   "--", *(a.format(port=port) for a in command))
    return r["ms"]


def part_start(b):
    """From exec to the first 200."""
    existing, dev = [], []
    with Mayfly(b.folder, b.binary) as server:
        server.stop()
        for i in range(9):
            existing.append(start_ms(b, server.command("127.0.0.1:{port}")))
            dev.append(start_ms(b, [b.binary, "dev", "--dir", os.path.join(server.folder, f"dev{i}"),
                                    "--listen", "127.0.0.1:{port}"]))
    b.report.table("exec to first 200, ms", ["median", "least", "most"],
                   [[("an existing directory", f"{f(existing):.1f}"), ("dev from nothing", f"{f(dev):.1f}")]
                    for f in (statistics.median, min, max)])
    b.report.figure("start-up ms, existing directory", statistics.median(existing), 50, 25)
    b.report.figure("start-up ms, dev from nothing", statistics.median(dev), 90, 60)


def part_memory(b):
    """Private memory of all processes: idle, and of connections that idle."""
    count, seen = 1000, {}
    with Mayfly(b.folder, b.binary) as server:
        time.sleep(1)
        idle = procs.private_dirty(server.pids())

        def look():
            seen["held"] = procs.private_dirty(server.pids())
        b.generate("idle", "--url", server.url, "--ca", server.root, "--clients", count, "--seconds", 1,
                   at_end=look)
        roles = server.pids()
        each = {role: procs.private_dirty([p for p, r in roles.items() if r == role]) for role in set(roles.values())}
    held = (seen["held"] - idle) / count
    b.report.table("Private_Dirty", ["value"], [[
        ("idle MB", f"{idle / 1e6:.1f}"), ("per idle TLS connection kB", f"{held / 1e3:.1f}"),
        *((f"after they left, {role} MB", f"{n / 1e6:.1f}") for role, n in sorted(each.items()))]])
    b.report.figure("private memory idle MB", idle / 1e6, 16, 10)
    b.report.figure("private memory per idle connection kB", held / 1e3, 20, 15)


def slow(us, shim):
    return {"LD_PRELOAD": shim, "SLOW_SYNC_US": str(us)}


def part_sync(b):
    """With a disk made slower: how commits are shared, and how many are waited for."""
    shim = os.path.join(b.folder, "slow_sync.so")
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-D_GNU_SOURCE", "-shared", "-fPIC", "-o", shim,
                    os.path.join(os.path.dirname(__file__), "slow_sync.c"), "-ldl"], check=True)
    with Mayfly(b.folder, b.binary, env=slow(2000, shim)) as server:
        r = b.run_acme(server, 64, 5)
        quick = b.run_acme(server, 1, 3)
    with Mayfly(b.folder, b.binary, env=slow(22000, shim)) as server:
        slowest = b.run_acme(server, 1, 4)
    c = r["counters"]
    per_commit = c["batches_total"] / c["commits_total"]
    waits = (slowest["issuance"]["p50"] - quick["issuance"]["p50"]) / 20
    b.report.table("fsync slowed to 2 ms", ["value"], [[
        ("64 clients: issuances/s", f"{r['issuances'] / r['seconds']:.1f}"),
        ("64 clients: batches per commit", f"{per_commit:.1f}"),
        ("64 clients: batches per issuance", f"{c['batches_total'] / r['issuances']:.2f}"),
        ("1 client: p50 ms at 2, at 22 ms a sync",
         f"{quick['issuance']['p50']:.1f}, {slowest['issuance']['p50']:.1f}"),
        ("1 client: syncs that an issuance waits for", f"{waits:.2f}"),
    ]])
    b.report.figure("batches per commit, 64 clients, fsync 2 ms", per_commit, 8, 16, least=True)
    b.report.figure("commits that one issuance waits for, 1 client", waits, 4, 3)


def part_loops(b):
    """Equal offered load on one loop and on two."""
    cost = {1: [], 2: []}
    with Mayfly(b.folder, b.binary, "--set", "loops=1") as one, \
            Mayfly(b.folder, b.binary, "--set", "loops=2") as two:
        r = b.run_acme(one, 32, 2)
        rate = round(0.5 * r["issuances"] / r["seconds"], 1)
        for _ in range(2):
            for loops, server in ((1, one), (2, two)):
                r = b.run_acme(server, 32, 5, "--rate", rate)
                cost[loops].append((1000 * r["spent"].cpu / r["issuances"], r["issuances"] / r["seconds"]))
    least = {loops: min(c) for loops, c in cost.items()}
    b.report.table(f"offered {rate} issuances/s, 32 clients", ["1 loop", "2 loops"],
                   [[("CPU ms per issuance", f"{ms:.3f}"), ("issuances/s", f"{n:.1f}")]
                    for ms, n in least.values()])
    b.report.figure("CPU per issuance, 2 loops over 1", least[2][0] / least[1][0], 1.1, 1.0)


def part_stored(b):
    """What an issuance costs with little stored and with much, in turn."""
    folders, runs = b.options["DATA"].split(","), {}
    for _ in range(2):
        for folder in folders:
            with Mayfly(b.folder, b.binary, *b.flags, data=folder) as server:
                stored = server.counters()["certificates"]
                r = b.run_acme(server, 32, b.seconds)
            r["ms"], r["stored"] = 1000 * r["spent"].cpu / r["issuances"], stored
            runs[folder] = min(r, runs.get(folder, r), key=lambda r: r["ms"])
    columns = list(runs.values())
    b.report.table("32 clients, certificates stored", [f"{r['stored']:.0f}" for r in columns],
                   [[("CPU ms per issuance", f"{r['ms']:.3f}"),
                     ("issuances/s", f"{r['issuances'] / r['seconds']:.1f}"),
                     ("ms, p50 p99", f"{r['issuance']['p50']:.1f} {r['issuance']['p99']:.1f}"),
                     ("writer's share %", f"{100 * r['spent'].of_thread('writer') / r['spent'].cpu:.1f}")]
                    for r in columns])
    b.report.figure(f"cost per issuance, {columns[-1]['stored']:.0f} stored over {columns[0]['stored']:.0f}",
                    columns[-1]["ms"] / columns[0]["ms"], 1.2, 1.05)


def part_micro(b):
    """Small programs that each time one thing."""
    for program in b.micro:
        b.report.line()
        for line in subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines():
            b.report.line(line)
