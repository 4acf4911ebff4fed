"""A live server with its surroundings: stand-ins, temporary folder, log."""
import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

from acmeclient import Client
from fake.dns import Dns
from fake.web import Web

BINARY = None  # set by the runner
FACTOR = 1     # how much slower than a release build
LIBC = ctypes.CDLL(None)


def within(seconds):
    return seconds * FACTOR


def die_with_me():
    """In a child: be ended with the test, however that ends (prctl)."""
    LIBC.prctl(1, signal.SIGKILL)


def free_port(address="127.0.0.1"):
    with socket.socket() as s:
        s.bind((address, 0))
        return s.getsockname()[1]


def wait_until(what, seconds=10, every=0.02):
    end = time.time() + within(seconds)
    while True:
        found = what()
        if found:
            return found
        assert time.time() < end, f"waited {seconds} s in vain"
        time.sleep(every)


def run(*command, rc=0, timeout=60, **how):
    """Run to its end; its output, on both streams, as text."""
    p = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, timeout=within(timeout), **how)
    assert rc is None or p.returncode == rc, f"{command} exited {p.returncode}:\n{p.stdout}"
    return p.stdout


def mayfly(*args, rc=0, timeout=20, env=None):
    """One short command of ours: (stdout, stderr); its code is checked."""
    p = subprocess.run([BINARY, *args], stdin=subprocess.DEVNULL, capture_output=True,
                       text=True, timeout=within(timeout), env={**os.environ, **(env or {})})
    assert rc is None or p.returncode == rc, \
        f"{args} exited {p.returncode}, not {rc}:\n{p.stdout}{p.stderr}"
    assert "Sanitizer" not in p.stderr, p.stderr
    return p.stdout, p.stderr


def children_of(pid):
    """{name: pid} of the processes a server is made of."""
    found = {}
    for p in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{p}/stat") as f:
                parent = int(f.read().rsplit(")", 1)[1].split()[1])
            with open(f"/proc/{p}/cmdline", "rb") as f:
                args = f.read().split(b"\0")
        except OSError:
            continue
        if parent == pid:
            for role in ("keeper", "front"):
                if role.encode() in args:
                    found[role] = int(p)
    return found


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


# LeakSanitizer at the end of a process, of a thread that ended just then: no leak, and none of ours.
TRACER = r"^==\d+==Unable to get registers from thread \d+\.$"


class Server:
    """`mayfly dev` or `mayfly serve` of one directory, startable again."""

    def __init__(self, folder, *flags, verb="dev", init=()):
        self.folder, self.flags, self.verb = folder, flags, verb
        self.dir = os.path.join(folder, "ca")
        self.log_path = os.path.join(folder, "log")
        self.process, self.forgiven, self.seen = None, [], 0
        self.listen = "127.0.0.1:0"
        if verb == "serve":
            mayfly("init", "--dir", self.dir, "--name", "127.0.0.1",
                   *(f.format(folder=folder) for f in init))
        self.start()

    def command(self):
        self.ready_file = os.path.join(self.folder, "ready")
        return [BINARY, self.verb, "--dir", self.dir, "--listen", self.listen,
                "--ready-file", self.ready_file, *self.flags]

    def start(self):
        command = self.command()
        if os.path.exists(self.ready_file):
            os.unlink(self.ready_file)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                preexec_fn=die_with_me, start_new_session=True)
        wait_until(lambda: self._ready() or self.process.poll() is not None, 20)
        assert self._ready(), f"did not start:\n{self.tail(5)}"
        with open(self.ready_file) as f:
            self.ready = json.loads(f.read())
        self.directory, self.root = self.ready["directory"], self.ready["root"]
        self.authority = urllib.parse.urlsplit(self.directory).netloc
        self.port = int(self.authority.rsplit(":", 1)[1])
        self.listen = f"127.0.0.1:{self.port}"  # the same, should it start again
        self.pid = self.ready["pid"]
        return self

    def _ready(self):
        try:
            with open(self.ready_file) as f:
                return f.read().endswith("}\n")
        except OSError:
            return False

    def children(self):
        return children_of(self.pid)

    def signal(self, number):
        os.kill(self.pid, number)

    def wait(self, seconds=15):
        return self.process.wait(within(seconds))

    def stop(self, rc=0):
        """SIGTERM; nothing of it may stay."""
        if self.process is None or self.process.poll() is not None:
            return
        kids = self.children()
        self.signal(signal.SIGTERM)
        code = self.wait()
        assert rc is None or code == rc, f"exit {code}\n{self.tail()}"
        wait_until(lambda: not any(alive(p) for p in kids.values()), 5)

    def kill(self):
        """kill -9 of every process at once, as a power cut would."""
        kids = self.children()
        for pid in [self.pid, *kids.values()]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.wait()
        wait_until(lambda: not any(alive(p) for p in kids.values()), 5)

    # The log.

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def tail(self, n=12):
        """Its last lines, for who reads what went wrong."""
        lines = self.log()[self.seen:].splitlines()[-n:]
        return "\n".join(line[:300] for line in lines) + "\n"

    def mark(self):
        """From here on the log is looked at."""
        self.seen = len(self.log())

    def events(self, name=None):
        """Events since the mark, as dicts with at least level and event."""
        out = []
        for line in self.log()[self.seen:].splitlines():
            try:
                e = json.loads(line)
            except ValueError:
                continue
            if isinstance(e, dict) and name in (None, e.get("event")):
                out.append(e)
        return out

    def forgive(self, pattern):
        """This test provokes log lines that match; they are no fault."""
        self.forgiven.append(pattern)

    def faults(self):
        """What in the log since the mark means that something is broken."""
        bad = []
        for line in self.log()[self.seen:].splitlines():
            if any(re.search(p, line) for p in (TRACER, *self.forgiven)):
                continue
            try:
                e = json.loads(line)
            except ValueError:
                bad.append(line)  # no event of ours: a sanitizer, libc, a library
                continue
            status = str(e.get("status", "")) if e.get("event") == "http.request" else ""
            if e.get("level") == "error" or status.startswith("5"):
                bad.append(line)
        return bad


class World:
    """Everything one test needs.  Names below .internal are on this machine."""

    def __init__(self, *flags, verb="dev", web=True, dns=True, init=()):
        self.folder = tempfile.mkdtemp(prefix="mayfly-e2e-")
        self.zone = os.path.join(self.folder, "zone")
        os.mkdir(self.zone)
        self.dns = Dns(self.zone)
        self.dns.set("*.internal", "A", "127.0.0.1")
        self.web = Web() if web else None
        self.http_port = self.web.port if web else free_port()
        self.tls_port = free_port()
        common = ["--dns", self.dns.address, "--http-port", str(self.http_port),
                  "--tls-port", str(self.tls_port)] if dns else []
        if verb == "serve":
            common += ["--set", "validation.allow=127.0.0.0/8"]
        self.clients = []
        self.server = Server(self.folder, *common, *flags, verb=verb, init=init)

    def client(self, registered=True, **how):
        c = Client(self.server.directory, self.server.root, timeout=within(30), **how)
        self.clients.append(c)
        if registered:
            c.register()
        return c

    def path(self, name):
        return os.path.join(self.folder, name)

    def begin(self):
        self.server.forgiven.clear()
        self.server.mark()

    def end(self):
        for c in self.clients:
            c.close()
        self.clients.clear()
        faults = self.server.faults()
        assert not faults, "in the server's log:\n" + "\n".join(faults[:20])

    def close(self):
        try:
            self.server.stop()
        finally:
            if self.server.process and self.server.process.poll() is None:
                self.server.kill()
            self.dns.close()
            if self.web:
                self.web.close()
            shutil.rmtree(self.folder, ignore_errors=True)
