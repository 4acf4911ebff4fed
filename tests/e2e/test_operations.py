"""What an operator does to a server, right and wrong: one clear line, the
right exit code, nothing lost."""
import ipaddress
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.request

import world as worlds
from acmeclient import Client, chain_of, der_of, make_csr
from rawhttp import Raw
from world import free_port, mayfly, run, wait_until, within

WEIGHT = 60
VERBS = ("up", "dev", "init", "serve", "check", "token", "ca list", "ca show", "ca rotate", "ca csr", "ca import",
         "eab create", "eab list", "eab show", "eab revoke", "account list", "account show", "account policy",
         "account revoke", "account restore")


# The command line.

def test_help_everywhere():
    out, err = mayfly("--help")
    assert err == "" and all(re.search(rf"\b{v}\b", out) for v in VERBS), out
    for verb in VERBS:
        out, err = mayfly(*verb.split(), "--help")
        assert err == "" and f"mayfly {verb}" in out and "--dir" in out, out


def test_usage_errors_exit_2(tmp):
    for args, says in ((("srve",), "serve"), (("dev", "--lissten", "x"), "--listen"),
                       (("serve", "--dir"), "--dir"), (("dev", "--dir", tmp + "/x", "surplus"), "surplus"),
                       (("dev", "--dir", tmp + "/x", "--set", "http.prot=1"), "http.port|validation.http_port"),
                       (("dev", "--dir", tmp + "/x", "--set", "nonsense"), "nonsense"),
                       (("dev", "--dir", tmp + "/x", "--set", "profiles.tenminutes.lifetime=soon"), "lifetime"),
                       (("dev", "--dir", tmp + "/x", "--listen", "127.0.0.1:99999"), "99999"),
                       (("dev", "--dir", tmp + "/x", "--http-port", "0"), "http"),
                       (("serve",), "--dir"), (("init",), "--dir")):
        out, err = mayfly(*args, rc=2)
        assert out == "" and re.search(says, err), (args, err)
        assert len(err.strip().splitlines()) == 1, (args, err)
    out, err = mayfly(rc=2)
    assert out == "" and "usage" in err, err
    assert not os.path.exists(tmp + "/x"), os.listdir(tmp)


def test_environment_is_read_and_judged(tmp):
    _, err = mayfly("dev", "--dir", tmp + "/x", rc=1, env={"MAYFLY_LISTEN": "nowhere"})
    assert "MAYFLY_LISTEN" in err, err
    _, err = mayfly("dev", "--dir", tmp + "/x", rc=1, env={"MAYFLY_VALIDATION_HTTP_PORT": "no"})
    assert "MAYFLY_VALIDATION_HTTP_PORT" in err, err


def test_a_file_with_faults_is_refused_by_line(tmp):
    d = tmp + "/d"
    mayfly("init", "--dir", d, "--name", "ca.internal")
    mayfly("check", "--dir", d)
    path = d + "/mayfly.yaml"
    with open(path) as f:
        good = f.read()
    for text, line, says in (("http:\n  prot: 1\n", None, "unknown key"), ("listen: [1, 2]\n", None, "listen"),
                             ("listen: x\nlisten: y\n", None, "listen"), ("a: b: c\n", None, ""),
                             ("http:\n  body: 64 parsecs\n", None, "http.body"), ("\t- x\n", None, "")):
        with open(path, "w") as f:
            f.write(text)
        for verb in ("check", "serve"):
            told = "".join(mayfly(verb, "--dir", d, rc=1))
            assert re.search(r"mayfly\.yaml:\d+: ", told) and says in told, (text, told)
    with open(path, "w") as f:
        f.write(good)
    mayfly("check", "--dir", d)
    # Nothing wrong with this, but who listens there?
    told = "".join(mayfly("check", "--dir", d, "--set", "public_http=http://ca.internal", rc=10))
    assert "listen_http" in told, told
    mayfly("check", "--dir", d, "--set", "public_http=http://ca.internal", "--set", "listen_http=127.0.0.1:0")


def test_init_writes_a_complete_commented_file_and_never_twice(tmp):
    d = tmp + "/d"
    mayfly("init", "--dir", d, "--name", "ca.internal", "--name", "10.1.2.3")
    with open(d + "/mayfly.yaml") as f:
        text = f.read()
    assert "ca.internal" in text and text.count("#") > 40, text
    for key in ("listen", "lifetime", "http_port", "max_size", "level"):
        assert re.search(rf"\b{key}:", text), key
    root = open(d + "/root.pem").read()
    assert os.stat(d).st_mode & 0o077 == 0, oct(os.stat(d).st_mode)
    _, err = mayfly("init", "--dir", d, rc=None)
    assert open(d + "/root.pem").read() == root
    out = run("openssl", "x509", "-in", d + "/root.pem", "-noout", "-ext", "basicConstraints,keyUsage")
    assert "CA:TRUE" in out, out


# Starting.

def refused(*args, says, rc=1):
    """A server that must not start: one clear line."""
    _, err = mayfly("serve", *args, rc=rc)
    lines = [x for x in err.strip().splitlines() if '"level":"info"' not in x]
    assert lines and len(lines) <= 2 and re.search(says, err, re.I), err
    return err


def test_busy_port_and_busy_directory(fresh, tmp):
    w = fresh(verb="serve")
    other = tmp + "/other"
    mayfly("init", "--dir", other, "--name", "localhost")
    refused("--dir", other, "--listen", f"127.0.0.1:{w.server.port}", says=str(w.server.port))
    refused("--dir", w.server.dir, "--listen", "127.0.0.1:0", says="in use|running|locked|another")
    w.client().order("undisturbed.internal")


def test_directories_that_will_not_do(tmp):
    refused("--dir", tmp + "/missing", "--listen", "127.0.0.1:0", says="missing")
    os.mkdir(tmp + "/empty")
    refused("--dir", tmp + "/empty", "--listen", "127.0.0.1:0", says="init|empty")
    with open(tmp + "/file", "w"):
        pass
    refused("--dir", tmp + "/file", "--listen", "127.0.0.1:0", says="file")
    d = tmp + "/d"
    mayfly("init", "--dir", d, "--name", "localhost")
    shutil.rmtree(d + "/ca")
    refused("--dir", d, "--listen", "127.0.0.1:0", says="ca")


def test_unreadable_directory(tmp):
    d = tmp + "/d"
    mayfly("init", "--dir", d, "--name", "localhost")
    if os.geteuid() == 0:  # root reads everything: ask as nobody
        os.chmod(tmp, 0o755)
        os.chmod(d, 0)
        binary = shutil.copy(worlds.BINARY, tmp + "/mayfly")
        p = subprocess.run([binary, "serve", "--dir", d, "--listen", "127.0.0.1:0"], user=65534, group=65534,
                           extra_groups=[], capture_output=True, text=True, timeout=within(20))
    else:
        os.chmod(d, 0)
        p = subprocess.run([worlds.BINARY, "serve", "--dir", d, "--listen", "127.0.0.1:0"],
                           capture_output=True, text=True, timeout=within(20))
    os.chmod(d, 0o700)
    assert p.returncode == 1 and "ermission denied" in p.stderr, (p.returncode, p.stderr)
    assert len(p.stderr.strip().splitlines()) <= 2, p.stderr


def test_dev_prints_one_line_and_nothing_else(tmp):
    port = free_port()
    p = subprocess.Popen([worlds.BINARY, "dev", "--listen", f"127.0.0.1:{port}"], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                         preexec_fn=worlds.die_with_me)
    ready = json.loads(p.stdout.readline())
    assert set(ready) >= {"directory", "root", "fingerprint", "pid", "metrics"}, ready
    assert ready["pid"] == p.pid and ready["directory"] == f"https://127.0.0.1:{port}/acme/directory", ready
    out = run("openssl", "x509", "-in", ready["root"], "-noout", "-fingerprint", "-sha256")
    assert ready["fingerprint"].replace(":", "").lower() == out.split("=")[1].replace(":", "").strip().lower()
    assert Client(ready["directory"], ready["root"]).register().status == 201
    p.send_signal(signal.SIGTERM)
    rest, _ = p.communicate(timeout=within(15))
    assert (p.returncode, rest) == (0, ""), (p.returncode, rest)
    assert not os.path.exists(ready["root"]), "a throwaway CA left its directory behind"


def test_dev_starts_without_a_stderr(tmp):
    """What it opens first must not take that place."""
    ready = os.path.join(tmp, "ready")
    command = [worlds.BINARY, "dev", "--dir", os.path.join(tmp, "d"), "--listen", "127.0.0.1:0",
               "--ready-file", ready]
    p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         preexec_fn=lambda: (worlds.die_with_me(), os.close(2)))
    try:
        wait_until(lambda: os.path.exists(ready) or p.poll() is not None, 20)
        assert p.poll() is None, p.returncode
    finally:
        p.terminate()
    assert p.wait(within(20)) == 0


def test_up_needs_nothing_and_can_be_repeated(tmp):
    d, fingerprints = tmp + "/d", []
    for _ in range(2):
        port = free_port()
        p = subprocess.Popen([worlds.BINARY, "up", "--dir", d, "--listen", f"127.0.0.1:{port}"],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                             text=True, preexec_fn=worlds.die_with_me)
        text = ""
        while "certbot" not in text:
            line = p.stdout.readline()
            assert line, text
            text += line
        assert f":{port}/acme/directory" in text and f"{d}/root.pem" in text, text
        fingerprints.append(re.search(r"([0-9A-F]{2}:){31}[0-9A-F]{2}|[0-9a-f]{64}", text, re.I)[0])
        p.send_signal(signal.SIGTERM)
        p.communicate(timeout=within(15))
        assert p.returncode == 0
    assert fingerprints[0] == fingerprints[1]


def test_a_socket_that_systemd_holds(tmp):
    """LISTEN_FDS: nothing is refused while the server is not there."""
    mayfly("init", "--dir", tmp + "/d", "--name", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        port = listener.getsockname()[1]
        waiting = socket.create_connection(("127.0.0.1", port))  # before it starts
        p = subprocess.Popen(
            ["bash", "-c", f'exec 3<&{listener.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" serve '
             '--dir "$1" --ready-file "$1/ready"', worlds.BINARY, tmp + "/d"],
            pass_fds=[listener.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, preexec_fn=worlds.die_with_me)
        wait_until(lambda: os.path.exists(tmp + "/d/ready") or p.poll() is not None)
        assert p.poll() is None, p.returncode
        context = ssl.create_default_context(cafile=tmp + "/d/root.pem")
        with context.wrap_socket(waiting, server_hostname="127.0.0.1") as t:
            t.sendall(f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            assert t.recv(100).startswith(b"HTTP/1.1 200")
        p.send_signal(signal.SIGTERM)
        assert p.wait(within(15)) == 0


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


if has_ipv6():  # a container may have none
    def test_ipv6_from_end_to_end(fresh):
        w = fresh("--listen", "[::1]:0", "--set", "validation.allow=::1/128,127.0.0.0/8")
        assert w.server.directory.startswith("https://[::1]:"), w.server.directory
        w.web.stop()
        w.web.wanted = ("::1", w.http_port)
        w.web.start()
        c = w.client()
        o = c.order({"type": "ip", "value": "::1"})
        o.prove(w.web)
        chain_of(o.certificate(make_csr([], ips=[ipaddress.ip_address("::1")])))
        assert w.web.requests("[::1]"), w.web.seen  # bracketed in Host


# Running.

def test_health_roots_and_the_page(world):
    c = world.client(registered=False)
    base = world.server.directory.removesuffix("/acme/directory")
    for path in ("/healthz", "/readyz"):
        assert c.get(base + path).status == 200
    roots = c.get(base + "/roots.pem")
    assert roots.status == 200 and roots.body == open(world.server.root, "rb").read(), roots
    assert c.get(world.server.ready["metrics"]).body.startswith(b"# HELP")
    page = c.get(base + "/")
    assert page.status == 200 and page.get("Content-Type").startswith("text/html"), page
    text = page.body.decode()
    assert "certbot" in text and world.server.directory in text and "roots.pem" in text, text


def test_not_ready_without_a_keeper(fresh):
    w = fresh()
    w.server.forgive("child|keeper|ready|503")
    c = w.client()
    c.may_fail = True
    url = w.server.directory.removesuffix("/acme/directory") + "/readyz"
    keeper = w.server.children()["keeper"]
    os.kill(keeper, signal.SIGSTOP)
    r = c.get(url)
    assert r.status == 503, r
    assert c.get(url.replace("readyz", "healthz")).status == 200
    os.kill(keeper, signal.SIGCONT)
    wait_until(lambda: c.get(url).status == 200)


def test_plain_http_shows_roots_and_health_only(fresh):
    port = free_port()
    w = fresh("--listen-http", f"127.0.0.1:{port}")
    base = f"http://127.0.0.1:{port}"
    assert urllib.request.urlopen(base + "/roots.pem").read() == open(w.server.root, "rb").read()
    assert urllib.request.urlopen(base + "/healthz").status == 200
    for path in ("/acme/directory", "/acme/new-nonce", "/acme/new-account"):
        try:
            status = urllib.request.urlopen(base + path).status
        except urllib.error.HTTPError as e:
            status = e.code
        assert status == 404, (path, status)


# SEC-05.
def test_the_log_is_json_and_keeps_secrets(world):
    c = world.client()
    o = c.order("logged.internal").prove(world.web)
    o.certificate()
    events = world.server.events()
    assert all({"level", "event"} <= set(e) for e in events), events[:3]
    paths = [e for e in events if e["event"] == "http.request"]
    assert len(paths) >= 8 and all("status" in e and "path" in e for e in paths), paths
    text = world.server.log()
    assert "PRIVATE KEY" not in text
    for token in (x["token"] for z in o.authzs() for x in z["challenges"]):
        assert token not in text


def test_hostile_text_cannot_forge_a_line(world):
    r = world.client().get(f"https://{world.server.authority}/x%0a{{%22event%22:1}}")
    assert r.status == 404
    with Raw(world) as raw:
        raw.send('GET /"},{"event":"forged" HTTP/1.1\r\nHost: ' + raw.authority + "\r\n\r\n")
        raw.reply()
    assert not world.server.events("forged")
    world.server.forgive("status.*40")
    assert world.server.faults() == []



def set_names_max(w, n):
    """orders.names_max, which the file shows with its default."""
    path = w.server.dir + "/mayfly.yaml"
    with open(path) as f:
        text = f.read()
    text = re.sub(r"(?m)^orders:\n(?:[ #].*\n|\n)*", "", text)
    with open(path, "w") as f:
        f.write(text + f"\norders:\n  names_max: {n}\n")


def test_sighup_takes_a_good_file_and_leaves_a_bad_one(fresh):
    w = fresh(verb="serve")
    c = w.client()

    def refuses_three():
        r = c.post(c.directory["newOrder"], {"identifiers": [
            {"type": "dns", "value": f"n{i}.hup.internal"} for i in range(3)]})
        return r.status == 400
    assert not refuses_three()
    set_names_max(w, 2)
    w.server.signal(signal.SIGHUP)
    wait_until(refuses_three)
    w.server.mark()
    set_names_max(w, "many")
    w.server.signal(signal.SIGHUP)
    w.server.forgive("names_max")
    wait_until(lambda: "names_max" in w.server.log()[w.server.seen:])
    assert refuses_three()
    set_names_max(w, 50)
    w.server.signal(signal.SIGHUP)
    wait_until(lambda: not refuses_three())


def test_sigterm_drains_under_load(fresh):
    """Every request that was accepted is answered; the exit code is 0."""
    w = fresh()
    wrong, served, stop = [], [0], threading.Event()

    def load():
        while not stop.is_set():
            try:
                c = Client(w.server.directory, w.server.root, timeout=within(30))
            except ConnectionRefusedError:
                return  # gone: nothing was accepted
            except (OSError, ssl.SSLError) as e:
                return wrong.append(f"new connection: {e!r}")
            try:
                for _ in range(20):
                    r = c.get(w.server.directory)
                    served[0] += 1
                    if r.get("Connection") == "close":
                        break
            except ConnectionRefusedError:
                return  # closed between requests, and nobody there any more
            except OSError as e:
                wrong.append(f"on a connection: {e!r}")
            finally:
                c.close()
    threads = [threading.Thread(target=load) for _ in range(6)]
    for t in threads:
        t.start()
    time.sleep(1)
    began = time.time()
    w.server.stop()
    took = time.time() - began
    stop.set()
    for t in threads:
        t.join()
    assert not wrong, wrong[:5]
    assert served[0] > 50 and took < within(10), (served, took)


def test_sigterm_answers_the_parked_and_finishes_what_it_began(fresh):
    w = fresh(verb="serve")
    c = w.client()
    w.web.hosts["parked.internal"] = {"delay": 4}
    o = c.order("parked.internal")
    [ch] = o.put(w.web)
    c.ok(ch["url"], {})
    replies = []
    t = threading.Thread(target=lambda: replies.append(c.ok(o.json["authorizations"][0])))
    t.start()
    time.sleep(0.5)
    began = time.time()
    w.server.stop()
    t.join()
    assert time.time() - began < within(10)
    assert replies[0].json["status"] == "pending" and int(replies[0].get("Retry-After")) > 0, replies
    w.server.start()
    back = Client(w.server.directory, w.server.root, key=c.key)
    back.kid, o.client = c.kid, back
    assert o.poll(within=within(20)) == "ready"  # went on after the restart
    back.close()


def test_sigint_ends_it_too(fresh):
    w = fresh()
    w.server.signal(signal.SIGINT)
    assert w.server.wait() == 0


def test_a_full_store_refuses_new_work_only(fresh):
    w = fresh("--set", "store.max_size=4MiB", verb="serve")
    w.server.forgive("full|503")
    c = w.client()
    held = c.order("held.internal").prove(w.web)
    leaf = chain_of(held.certificate())[0]
    c.may_fail = True
    for i in range(400):
        r = c.post(c.directory["newOrder"], {"identifiers": [
            {"type": "dns", "value": f"n{i}x{n}.full.internal"} for n in range(100)]})
        if r.status != 201:
            break
    assert r.status == 503 and r.type == "serverInternal" and int(r.get("Retry-After")) > 0, r
    assert "full" in r.json["detail"], r
    assert c.ok(held.url).json["status"] == "valid"
    assert c.get(w.server.directory.removesuffix("/acme/directory") + "/readyz").status in (200, 503)
    assert c.revoke(der_of(leaf)).status == 200  # what is kept free is for this
    path = w.server.dir + "/mayfly.yaml"
    w.server.stop()
    w.server.flags = tuple(f.replace("4MiB", "64MiB") for f in w.server.flags)
    w.server.start()
    assert os.path.exists(path)
    back = w.client(key=c.key)
    assert back.kid == c.kid
    back.order("room.internal").prove(w.web).certificate()


def namespaces():
    """How to mount something without anybody else seeing it, if at all."""
    for how in (["unshare", "-m"], ["unshare", "-Urm"]):
        if subprocess.run([*how, "mount", "-t", "tmpfs", "none", "/mnt"], stdin=subprocess.DEVNULL,
                          capture_output=True).returncode == 0:
            return how
    return None


MOUNTS = namespaces()


class SmallDisk(worlds.Server):
    """The directory lies on a file system of 6 MiB that only it sees."""

    def command(self):
        shell = ('mkdir -p "$0" && mount -t tmpfs -o size=6m none "$0" && '
                 'd="$0/d" && b="$1" && shift && "$b" init --dir "$d" --name localhost && exec "$b" "$@"')
        args = super().command()
        args[args.index(self.dir)] = self.dir + "/d"
        return [*MOUNTS, "sh", "-c", shell, self.dir, worlds.BINARY, *args[1:]]


if MOUNTS:  # some containers forbid it: then store.max_size above stands for it
    def test_a_full_disk_refuses_new_work_only(fresh):
        w = fresh(dns=True)  # only for its stand-ins
        w.server.stop()
        w.server.forgive("full|space|503|ENOSPC|MDB|store")
        small = SmallDisk.__new__(SmallDisk)
        small.__dict__.update(w.server.__dict__, verb="serve", listen="127.0.0.1:0",
                              flags=(*w.server.flags, "--set", "validation.allow=127.0.0.0/8"),
                              dir=w.path("small"))
        small.start()
        w.server = small
        small.root = f"/proc/{small.pid}/root{small.ready['root']}"
        c = w.client()
        held = c.order("held.internal").prove(w.web)
        chain_of(held.certificate())
        ballast = f"/proc/{small.pid}/root{small.dir}/ballast"
        with open(ballast, "wb") as f:
            try:
                while True:
                    f.write(bytes(65536))
                    f.flush()
            except OSError:
                pass
        c.may_fail = True
        for i in range(200):
            r = c.post(c.directory["newOrder"], {"identifiers": [
                {"type": "dns", "value": f"d{i}x{n}.full.internal"} for n in range(100)]})
            if r.status != 201:
                break
        assert r.status == 503 and r.type == "serverInternal" and int(r.get("Retry-After")) > 0, r
        assert c.ok(held.url).json["status"] == "valid"
        os.unlink(ballast)
        wait_until(lambda: c.post(c.directory["newOrder"], {"identifiers": [
            {"type": "dns", "value": "room.internal"}]}).status == 201, 20)
        c.order("more-room.internal").prove(w.web).certificate()


def test_limits_of_connections(fresh):
    """Beyond the cap the one idle for longest goes; the newcomer is served."""
    w = fresh("--set", "http.connections=20")
    idle = [Raw(w) for _ in range(30)]
    c = w.client()
    c.order("newcomer.internal")
    gone = 0
    for raw in idle:
        raw.sock.settimeout(0.1)
        try:
            gone += raw.sock.recv(1) == b""
        except (TimeoutError, ssl.SSLWantReadError):
            pass
        except OSError:
            gone += 1
        raw.close()
    assert gone >= 11, gone
