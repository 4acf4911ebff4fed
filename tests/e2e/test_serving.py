"""The server's own certificate is replaced under load; nobody notices."""
import os
import signal
import socket
import ssl
import subprocess
import threading
import time

from acmeclient import Client
from cryptography import x509
from world import wait_until, within

SECONDS = 120
WEIGHT = 70


def shown(world):
    """Serial and end of the certificate a new connection sees; it verifies."""
    context = ssl.create_default_context(cafile=world.server.root)
    with socket.create_connection(("127.0.0.1", world.server.port), timeout=within(10)) as s:
        with context.wrap_socket(s, server_hostname="localhost") as t:
            cert = x509.load_der_x509_certificate(t.getpeercert(True))
            return cert.serial_number, cert.not_valid_after


def test_three_replacements_under_load(fresh):
    w = fresh("--set", "serving.lifetime=20s")
    end, wrong, served = time.time() + within(75), [], [0, 0]
    serials, done = [], threading.Event()

    def kept():
        """One connection, never closed by us, used again and again."""
        c = Client(w.server.directory, w.server.root, timeout=within(30))
        first = c.conn.sock
        try:
            while not done.is_set():
                assert c.get(w.server.directory).status == 200
                served[0] += 1
                time.sleep(0.01)
            assert c.conn.sock is first, "the connection was dropped"
        except Exception as e:
            wrong.append(repr(e))
        c.close()

    def coming():
        try:
            while not done.is_set():
                serial = shown(w)[0]
                served[1] += 1
                if serial not in serials:
                    serials.append(serial)
                time.sleep(0.02)
        except Exception as e:
            wrong.append(repr(e))
    threads = [threading.Thread(target=f) for f in (kept, kept, coming, coming)]
    for t in threads:
        t.start()
    while len(serials) < 4 and not wrong and time.time() < end:
        time.sleep(0.2)
    done.set()
    for t in threads:
        t.join()
    assert not wrong, wrong
    assert len(serials) >= 4, f"{len(serials) - 1} replacements"
    print(f"    # {served[0]} requests on kept connections, {served[1]} new ones, none failed")


def test_awake_after_it_expired(fresh):
    """A machine that slept: replaced at once, not at the next request."""
    w = fresh("--set", "serving.lifetime=6s")
    old = shown(w)[0]
    kids = w.server.children()
    for pid in [w.server.pid, *kids.values()]:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(8)
    for pid in [w.server.pid, *kids.values()]:
        os.kill(pid, signal.SIGCONT)
    time.sleep(within(0.5))
    assert wait_until(lambda: works(w), 3) != old


def works(w):
    try:
        return shown(w)[0]
    except ssl.SSLError:
        return None


def resumed(world, *flags):
    """What openssl says of a session after a request: was it an old one?"""
    host = f"127.0.0.1:{world.server.port}"
    get = f"GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    said = subprocess.run(["openssl", "s_client", "-connect", host, "-CAfile", world.server.root,
                           "-verify_return_error", "-ign_eof", *flags], input=get, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=within(20)).stdout
    assert "HTTP/1.1 200" in said, said
    assert ("\nReused, TLSv1." in said) != ("\nNew, TLSv1." in said), said
    return "\nReused, TLSv1." in said


def test_a_session_ticket_is_good_until_the_server_ends(fresh):
    w = fresh(verb="serve")
    for version in ("-tls1_2", "-tls1_3"):
        kept = os.path.join(w.server.dir, "session" + version)
        assert not resumed(w, version, "-sess_out", kept)
        for _ in range(6):  # whichever loop it comes to
            assert resumed(w, version, "-sess_in", kept)
    w.server.stop()
    w.server.start()
    for version in ("-tls1_2", "-tls1_3"):
        assert not resumed(w, version, "-sess_in", os.path.join(w.server.dir, "session" + version))


def test_it_is_kept_over_a_restart(fresh):
    w = fresh(verb="serve")
    first = shown(w)
    w.server.stop()
    assert os.stat(os.path.join(w.server.dir, "serving.pem")).st_mode & 0o777 == 0o600
    w.server.start()
    assert shown(w) == first
