#!/usr/bin/python3
"""A name server on loopback, UDP and TCP, that says what a test wants.

Answers come from `Dns.set` and from files of a folder (one named like the
owner name, a line each "A 127.0.0.1" or "TXT text"), which hooks of real
clients can write.  As a program it serves such rules until it is stopped:

    dns.py [--port-file F] [--folder D] 'demo.internal=127.0.0.1' …
"""
import asyncio
import os
import sys
import threading
import time

from dnslib import (AAAA, CAA, CNAME, QTYPE, RCODE, RR, SOA, TXT, A, DNSHeader,
                    DNSRecord)

TYPES = {"A": A, "AAAA": AAAA, "TXT": TXT, "CNAME": CNAME, "CAA": CAA}


class Dns:
    """`rules` maps (name, type) to a list of texts; "*.x" covers all below x.

    `moods` maps a name to "servfail", "nxdomain", "refused", "silence",
    "truncate" (UDP only), or to seconds to wait before the answer.
    """

    def __init__(self, folder=None):
        self.rules, self.moods, self.queries = {}, {}, []
        self.folder = folder
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        threading.Thread(target=self._run, args=(ready,), daemon=True).start()
        ready.wait()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def set(self, name, kind, *texts):
        self.rules[name.lower(), kind] = list(texts)

    def mood(self, name, mood):
        self.moods[name.lower()] = mood

    def asked(self, name, kind=None):
        return [q for q in self.queries
                if q[0] == name.lower() and kind in (None, q[1])]

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)

    # What is said.

    def _rule(self, name, kind):
        if (name, kind) in self.rules:
            return self.rules[name, kind]
        if self.folder:
            try:
                with open(os.path.join(self.folder, name)) as f:
                    lines = [line.rstrip("\n").split(" ", 1) for line in f]
            except OSError:
                pass
            else:
                return [text for k, text in lines if k == kind]
        labels = name.split(".")
        for i in range(1, len(labels)):
            above = "*." + ".".join(labels[i:])
            if (above, kind) in self.rules:
                return self.rules[above, kind]
        return None

    def _known(self, name):
        return any(self._rule(name, kind) for kind in TYPES)

    def answer(self, question):
        """The reply to a DNSRecord, following our own CNAMEs."""
        name = str(question.q.qname).rstrip(".").lower()
        kind = QTYPE[question.q.qtype]
        reply = DNSRecord(DNSHeader(id=question.header.id, qr=1, aa=1, ra=1,
                                    rd=question.header.rd), q=question.q)
        mood = self.moods.get(name)
        if mood in ("servfail", "nxdomain", "refused"):
            reply.header.rcode = getattr(RCODE, mood.upper())
            return reply
        for _ in range(12):
            alias = self._rule(name, "CNAME")
            if not alias or kind == "CNAME":
                break
            reply.add_answer(RR(name, QTYPE.CNAME, ttl=0, rdata=CNAME(alias[0])))
            name = alias[0].rstrip(".").lower()
            if name in self.moods:
                return reply
        texts = self._rule(name, kind)
        if texts is None and not reply.rr and not self._known(name):
            reply.header.rcode = RCODE.NXDOMAIN
        if not texts:  # one zone for each top-level domain
            zone = name.rsplit(".", 1)[-1]
            soa = RR(zone, QTYPE.SOA, ttl=0, rdata=SOA("ns." + zone, "root." + zone, (1,) * 5))
            if kind == "SOA" and name == zone:
                reply.header.rcode = RCODE.NOERROR
                reply.add_answer(soa)
            else:
                reply.add_auth(soa)
        for text in texts or []:
            reply.add_answer(RR(name, getattr(QTYPE, kind), ttl=0,
                                rdata=self._data(kind, text)))
        return reply

    @staticmethod
    def _data(kind, text):
        if kind == "TXT":
            if isinstance(text, list):  # strings of one record, as they are
                return TXT([part.encode() for part in text])
            raw = text.encode()
            return TXT([raw[i:i + 255] for i in range(0, len(raw), 255)] or [b""])
        if kind == "CAA":
            flags, tag, value = text.split(" ", 2)
            return CAA(int(flags), tag, value)
        return TYPES[kind](text)

    async def _reply(self, raw, udp):
        question = DNSRecord.parse(raw)
        name = str(question.q.qname).rstrip(".").lower()
        self.queries.append((name, QTYPE[question.q.qtype], time.time()))
        mood = self.moods.get(name)
        if mood == "silence":
            return None
        if isinstance(mood, (int, float)):
            await asyncio.sleep(mood)
        reply = self.answer(question)
        packed = reply.pack()
        if udp and (mood == "truncate" or len(packed) > 1232):
            reply.rr, reply.header.tc = [], 1
            packed = reply.pack()
        return packed

    # How it is served.

    def _run(self, ready):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._listen())
        ready.set()
        self.loop.run_forever()

    async def _listen(self):
        for _ in range(20):  # one port number for both
            server = await asyncio.start_server(self._tcp, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            try:
                await self.loop.create_datagram_endpoint(
                    lambda: _Udp(self), local_addr=("127.0.0.1", self.port))
                return
            except OSError:
                server.close()
        raise OSError("no port free for both UDP and TCP")

    async def _tcp(self, reader, writer):
        try:
            while True:
                n = int.from_bytes(await reader.readexactly(2), "big")
                packed = await self._reply(await reader.readexactly(n), False)
                if packed is not None:
                    writer.write(len(packed).to_bytes(2, "big") + packed)
                    await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, dns):
        self.dns = dns

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, raw, peer):
        asyncio.ensure_future(self._send(raw, peer))

    async def _send(self, raw, peer):
        packed = await self.dns._reply(raw, True)
        if packed is not None:
            self.transport.sendto(packed, peer)


def main(args):
    folder = port_file = None
    while args and args[0].startswith("--"):
        flag, value, *args = args
        if flag == "--folder":
            folder = value
        elif flag == "--port-file":
            port_file = value
        else:
            sys.exit(__doc__)
    dns = Dns(folder)
    for rule in args:
        name, address = rule.split("=")
        dns.set(name, "A", address)
    if port_file:
        with open(port_file + ".new", "w") as f:
            f.write(f"{dns.port}\n")
        os.rename(port_file + ".new", port_file)
    else:
        print(dns.port, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1:])
