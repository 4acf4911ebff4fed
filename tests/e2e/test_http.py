"""HTTP/1.1 as it should be, and as it must not be (DESIGN.md, 2)."""
import json
import socket
import ssl
import time

from acmeclient import JOSE, check_problem
from rawhttp import Raw
from refusal import client_of
from world import within

FLAGS = ("--set", "http.head_timeout=1500ms", "--set", "http.handshake_timeout=1500ms",
         "--set", "http.body_timeout=1500ms", "--set", "http.idle_timeout=3s")
GET = "GET /acme/directory HTTP/1.1\r\nHost: {host}\r\n"
WEIGHT = 30


def one(world, text, **how):
    with Raw(world, timeout=within(15)) as raw:
        raw.send(text.replace("{host}", raw.authority))
        r = raw.reply(**how)
        return r, raw.closed() if r and r[1].get("connection") == "close" else None


def refuses(world, name, text):
    r, closed = one(world, text)
    assert r is not None, f"closed without a word: {text[:200]!r}"
    assert r[0] == 400 or name == "chunk_size_huge" and r[0] == 413, (r, text[:200])
    assert r[1]["content-type"] == "application/problem+json", r
    check_problem(json.loads(r[2]), r[0])
    assert closed, f"not closed after {text[:200]!r}"


BAD = {
    "lf_without_cr": "GET /acme/directory HTTP/1.1\nHost: {host}\n\n",
    "lf_in_the_head": "GET /acme/directory HTTP/1.1\r\nHost: {host}\nA: b\r\n\r\n",
    "white_space_before_colon": GET + "A : b\r\n\r\n",
    "white_space_before_host_colon": "GET /acme/directory HTTP/1.1\r\nHost : {host}\r\n\r\n",
    "folded_line": GET + "A: b\r\n c\r\n\r\n",
    "no_host": "GET /acme/directory HTTP/1.1\r\n\r\n",
    "two_hosts": GET + "Host: {host}\r\n\r\n",
    "version_two": "GET /acme/directory HTTP/2.0\r\nHost: {host}\r\n\r\n",
    "version_nine": "GET /acme/directory HTTP/0.9\r\nHost: {host}\r\n\r\n",
    "no_version": "GET /acme/directory\r\nHost: {host}\r\n\r\n",
    "lower_case_version": "GET /acme/directory http/1.1\r\nHost: {host}\r\n\r\n",
    "space_in_target": "GET /acme/dir ectory HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "high_byte_in_target": "GET /acme/\xfc HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "control_byte_in_target": "GET /acme/\x01 HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "nul_in_value": GET + "A: b\0c\r\n\r\n",
    "no_colon": GET + "Nonsense\r\n\r\n",
    "empty_name": GET + ": b\r\n\r\n",
    "connect": "CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "transfer_encoding_gzip": "POST /acme/new-order HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: gzip\r\n\r\n",
    "transfer_encoding_twice": "POST /acme/new-order HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "transfer_encoding_list": "POST /acme/new-order HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "both_lengths": "POST /acme/new-order HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "length_signed": "POST /acme/new-order HTTP/1.1\r\nHost: {host}\r\nContent-Length: +2\r\n\r\n{}",
    "length_negative": "POST /acme/new-order HTTP/1.1\r\nHost: {host}\r\nContent-Length: -2\r\n\r\n{}",
    "length_list": "POST /acme/new-order HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2, 2\r\n\r\n{}",
    "length_twice": "POST /acme/new-order HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "length_hex": "POST /acme/new-order HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0x2\r\n\r\n{}",
    "chunk_size_not_hex": "POST /acme/new-order HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "chunk_size_huge": "POST /acme/new-order HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
    "chunk_without_crlf": "POST /acme/new-order HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}0\r\n\r\n",
    "chunk_lf_only": "POST /acme/new-order HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n",
    "trailers": "POST /acme/new-order HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n",
}


def test_bad_framing_gets_400_and_a_close(world):
    wrong = []
    for name, text in BAD.items():
        try:
            refuses(world, name, text)
        except (AssertionError, OSError, KeyError) as e:
            wrong.append(f"{name}: {e}")
    assert not wrong, "\n".join(wrong)


def test_long_lines_heads_and_bodies(world):
    for status, text in (
            ((400, 414), "GET /" + "a" * 20000 + " HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            ((400, 431), GET + "A: " + "b" * 40000 + "\r\n\r\n"),
            ((400, 431), GET + "A: b\r\n" * 9000 + "\r\n"),
            ((413,), "POST /acme/new-order HTTP/1.1\r\nHost: {host}\r\nContent-Type: " + JOSE +
             "\r\nContent-Length: 65537\r\n\r\n" + "x" * 65537)):
        r, closed = one(world, text)
        assert r and r[0] in status and closed is not False, (r, text[:60])
        assert r[1]["content-type"] == "application/problem+json", r
        check_problem(json.loads(r[2]), r[0])


def test_a_chunked_body_is_bounded_too(world):
    with Raw(world, timeout=within(15)) as raw:
        raw.send(f"POST /acme/new-order HTTP/1.1\r\nHost: {raw.authority}\r\n"
                 f"Content-Type: {JOSE}\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(20):
                raw.send("1000\r\n" + "x" * 4096 + "\r\n")
        except OSError:
            pass
        r = raw.reply()
        assert r and r[0] == 413 and "replay-nonce" in r[1], r


def test_a_body_of_the_limit_is_read(world):
    r, _ = one(world, "POST /acme/new-order HTTP/1.1\r\nHost: {host}\r\nContent-Type: " + JOSE +
               "\r\nContent-Length: 65536\r\n\r\n" + "x" * 65536)
    assert r[0] == 400 and r[1].get("connection") != "close", r


def test_keep_alive_head_and_pipelining(world):
    with Raw(world, timeout=within(15)) as raw:
        host = raw.authority
        raw.send(GET.format(host=host) + "\r\n")
        got = raw.reply()
        raw.send(f"HEAD /acme/directory HTTP/1.1\r\nHost: {host}\r\n\r\n")
        head = raw.reply(head=True)
        assert (got[0], head[0]) == (200, 200)
        assert head[1]["content-length"] == got[1]["content-length"]
        raw.send(f"GET /nowhere HTTP/1.1\r\nHost: {host}\r\n\r\n")
        assert raw.reply()[0] == 404
        raw.send(f"BREW /acme/directory HTTP/1.1\r\nHost: {host}\r\n\r\n")
        assert raw.reply()[0] == 405
        three = "".join(f"{m} /acme/new-nonce HTTP/1.1\r\nHost: {host}\r\n\r\n"
                        for m in ("GET", "HEAD", "GET"))
        raw.send(three)  # answered one by one, in order
        assert [raw.reply(head=h)[0] for h in (False, True, False)] == [204, 200, 204]


def test_http_10_is_closed_unless_kept(world):
    r, closed = one(world, "GET /acme/directory HTTP/1.0\r\nHost: {host}\r\n\r\n")
    assert r[0] == 200 and r[1]["connection"] == "close" and closed, r


def test_connection_close_is_obeyed(world):
    r, closed = one(world, GET + "Connection: close\r\n\r\n")
    assert r[0] == 200 and closed, r


def test_a_body_byte_by_byte_and_chunked(world):
    c = client_of(world)
    url = c.directory["newOrder"]
    for chunked in (False, True):
        body = json.dumps(c.frame(url, {"identifiers": [{"type": "dns", "value": "slow.internal"}]}))
        with Raw(world, timeout=within(15)) as raw:
            head = f"POST /acme/new-order HTTP/1.1\r\nHost: {raw.authority}\r\nContent-Type: {JOSE}\r\n"
            if chunked:
                head += "Transfer-Encoding: chunked\r\n\r\n"
                body = "".join(f"{len(x):x};e=1\r\n{x}\r\n" for x in
                               (body[i:i + 7] for i in range(0, len(body), 7))) + "0\r\n\r\n"
            else:
                head += f"Content-Length: {len(body)}\r\n\r\n"
            for byte in head + body:
                raw.send(byte)
            r = raw.reply()
            assert r[0] == 201, r


def test_expect_100_continue(world):
    c = client_of(world)
    url = c.directory["newOrder"]
    body = json.dumps(c.frame(url, {"identifiers": [{"type": "dns", "value": "expect.internal"}]}))
    with Raw(world, timeout=within(15)) as raw:
        raw.send(f"POST /acme/new-order HTTP/1.1\r\nHost: {raw.authority}\r\nContent-Type: {JOSE}\r\n"
                 f"Expect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n")
        assert raw.reply()[0] == 100
        raw.send(body)
        assert raw.reply()[0] == 201


def test_methods_and_unknown_paths(world):
    c = client_of(world)
    r = c.get(c.directory["newOrder"])
    assert (r.status, r.type) == (405, "malformed") and "POST" in r.get("Allow"), r
    o = c.order("methods.internal")
    for url in (o.url, o.json["authorizations"][0], c.kid):
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            r = c.request(method, url)
            assert r.status == 405 and r.get("Allow") == "POST", (method, r)
    r = c.request("POST", c.directory["newNonce"].replace("new-nonce", "directory"), b"x")
    assert r.status in (405, 415), r
    for path in ("/acme", "/acme/", "/acme/directory/", "/acme/new-order/", "/acme/order/",
                 "/acme/order/x", "/acme/../acme/directory", "//acme/directory", "/acme/%64irectory"):
        r = c.get(f"https://{world.server.authority}{path}")
        assert r.status in (404, 405) and r.type == "malformed", (path, r)


def test_misdirected_requests_name_ours(world):
    for host in ("elsewhere.example", "elsewhere.example:443", "127.0.0.9"):
        r, _ = one(world, f"GET /acme/directory HTTP/1.1\r\nHost: {host}\r\n\r\n")
        assert r[0] == 421, r
        problem = json.loads(r[2])
        check_problem(problem, 421)
        assert "localhost" in problem["detail"], problem


def test_urls_follow_a_host_of_ours_and_its_port(world):
    for host in ("localhost:9999", "127.0.0.1:443", "localhost", "LocalHost:9999"):
        r, _ = one(world, f"GET /acme/directory HTTP/1.1\r\nHost: {host}\r\n\r\n")
        assert r[0] == 200, (host, r)
        for key in ("newNonce", "newAccount", "newOrder"):
            assert json.loads(r[2])[key].startswith(f"https://{host.lower()}/acme/"), (host, r)


def test_forwarded_headers_are_not_believed(world):
    r, _ = one(world, GET + "X-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\n\r\n")
    assert b"evil" not in r[2], r


def test_cors_is_open(world):
    r = client_of(world).get(world.server.directory, Origin="https://app.example")
    assert r.get("Access-Control-Allow-Origin") == "*", r
    exposed = r.get("Access-Control-Expose-Headers").lower()
    assert all(h in exposed for h in ("link", "location", "replay-nonce", "retry-after")), r


def test_plain_http_on_the_tls_port(world):
    with Raw(world, tls=False, timeout=within(15)) as raw:
        try:
            raw.send("GET /acme/directory HTTP/1.1\r\nHost: x\r\n\r\n")
            while raw.sock.recv(4096):
                pass
        except OSError:
            pass
    assert client_of(world).get(world.server.directory).status == 200


def test_who_says_nothing_is_dropped(world):
    """Handshake, head, body and idle each have their deadline."""
    began = time.time()
    silent = Raw(world, tls=False, timeout=within(15))
    head, body, idle = (Raw(world, timeout=within(15)) for _ in range(3))
    head.send("GET /acme/dir")
    body.send(f"POST /acme/new-order HTTP/1.1\r\nHost: {body.authority}\r\nContent-Type: {JOSE}\r\n"
              "Content-Length: 100\r\n\r\n{")
    idle.send(GET.format(host=idle.authority) + "\r\n")
    assert idle.reply()[0] == 200
    for raw in (silent, head, body, idle):
        try:
            while raw.sock.recv(4096):
                pass
        except (ConnectionResetError, ssl.SSLError):
            pass
        raw.close()
    assert time.time() - began < within(8)


def test_a_slow_writer_is_cut_off_in_the_end(world):
    with Raw(world, timeout=within(15)) as raw:
        began = time.time()
        try:
            while time.time() - began < within(8):
                raw.send("G")
                time.sleep(0.25)
        except OSError:
            pass
        assert time.time() - began < within(6), "a byte now and then kept it open"


def test_many_idle_connections_do_not_matter(world):
    silent = [Raw(world, tls=False, timeout=within(15)) for _ in range(200)]
    c = world.client()
    c.order("crowd.internal").prove(world.web).certificate()
    for raw in silent:
        raw.close()


def test_half_closed_connections_are_answered_or_dropped(world):
    with Raw(world, tls=False, timeout=within(15)) as raw:
        raw.sock.shutdown(socket.SHUT_WR)
        try:
            while raw.sock.recv(4096):
                pass
        except OSError:
            pass
    assert client_of(world).get(world.server.directory).status == 200
