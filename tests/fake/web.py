"""A web server on loopback that answers http-01 as a test wants."""
import asyncio
import os
import ssl
import threading
import time

PREFIX = "/.well-known/acme-challenge/"


class Web:
    """`tokens` maps a token to its body; `hosts` maps a host to a behaviour;
    `folder`, once set, holds a file for each token more.

    A behaviour is a function (path) -> (status, headers, body), or a dict of
    delay (seconds before the reply), status, headers, body, hang (never
    reply), reset (close without a word), cut (promise more than is sent).
    """

    def __init__(self, address="127.0.0.1", port=0, tls=None):
        self.tokens, self.hosts, self.seen = {}, {}, []
        self.wanted, self.tls, self.server = (address, port), tls, None
        self.folder = None
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self._run, daemon=True).start()
        self.start()

    def start(self):
        self._do(self._listen())

    def stop(self):
        """Refuse connections; `start` takes the same port again."""
        self._do(self._unlisten())

    def close(self):
        self._do(self._end())
        self.loop.call_soon_threadsafe(self.loop.stop)

    def requests(self, host):
        return [r for r in self.seen if r[0] == host]

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    async def _listen(self):
        address, port = self.wanted
        self.server = await asyncio.start_server(
            self._serve, address, port, ssl=self.tls, backlog=1024)
        self.port = self.server.sockets[0].getsockname()[1]
        self.wanted = (address, self.port)

    async def _unlisten(self):
        self.server.close()
        await self.server.wait_closed()
        self.server = None

    async def _end(self):
        if self.server is not None:
            await self._unlisten()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def _serve(self, reader, writer):
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError, ssl.SSLError,
                asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    def _token(self, token):
        if token in self.tokens or self.folder is None or "/" in token:
            return self.tokens.get(token)
        try:
            with open(os.path.join(self.folder, token)) as f:
                return f.read()
        except OSError:
            return None

    async def _answer(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        path = head.split(" ", 2)[1]
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:]
                      if ": " in line)
        host = fields.get("Host", "")
        if host.count(":") == 1 or "]:" in host:
            host = host.rsplit(":", 1)[0]
        self.seen.append((host, path, time.time(), fields))
        how = self.hosts.get(host, {})
        if callable(how):
            status, headers, body = how(path)
            how = {}
        else:
            body = self._token(path[len(PREFIX):]) if path.startswith(PREFIX) else None
            status, headers = (404, {}) if body is None else (200, {})
            status, headers = how.get("status", status), how.get("headers", headers)
            body = how.get("body", body if body is not None else "not here\n")
        await asyncio.sleep(how.get("delay", 0))
        if how.get("hang"):
            await asyncio.sleep(3600)
        if how.get("reset"):
            return
        body = body.encode() if isinstance(body, str) else body
        out = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body) + how.get('cut', 0)}",
               "Connection: close"] + [f"{k}: {v}" for k, v in headers.items()]
        writer.write("\r\n".join(out).encode() + b"\r\n\r\n" + body)
        await writer.drain()
