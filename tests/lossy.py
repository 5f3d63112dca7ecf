#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# A bad network between two programs: a TCP proxy that delays, stalls, cuts and garbles.
#     tests/lossy.py --seed 1 --cut 200000 --by rst,hole 127.0.0.1:0 127.0.0.1:5555
# prints the port that it listens on, and when it is ended what it did. Harm comes after a number of bytes that is
# exponentially distributed around what the option says, for each direction of each connection from a generator of
# its own: the same seed and the same bytes give the same harm.
import argparse, asyncio, collections, os, random, resource, signal, socket, struct

o = argparse.ArgumentParser()
o.add_argument("listen", help="HOST:PORT, port 0 for any")
o.add_argument("to", help="HOST:PORT")
o.add_argument("--seed", type=int, default=1)
o.add_argument("--delay", type=float, default=0, help="milliseconds, each way")
o.add_argument("--jitter", type=float, default=0, help="milliseconds at most on top; the order stays")
o.add_argument("--rate", type=float, default=0, help="bytes a second, each way")
o.add_argument("--clean", type=int, default=512, help="bytes that pass unharmed first: the handshake")
o.add_argument("--garble", type=float, default=0, help="flip a bit every so many bytes")
o.add_argument("--stall", type=float, default=0, help="let nothing pass for a while every so many bytes")
o.add_argument("--still", type=float, default=0.5, help="seconds of it")
o.add_argument("--cut", type=float, default=0, help="end the connection after so many bytes")
o.add_argument("--life", type=float, default=0, help="or after so many seconds")
o.add_argument("--by", default="rst", help="rst, fin, hole (all stands still), drop (all vanishes); one of these by chance")
o = o.parse_args()
did = collections.Counter()
EACH = 32768  # bytes that are read at a time
FORGET = 60  # seconds until a connection that was cut silently ends


class Link:
    def __init__(self, n, near, far):
        self.ends = near, far  # (reader, writer) each
        self.dead = False
        self.rng = random.Random(f"{o.seed}/{n}")
        self.ways = [Way(self, f"{o.seed}/{n}/{i}", self.ends[i][0], self.ends[1 - i][1]) for i in (0, 1)]

    async def run(self):
        tasks = [asyncio.ensure_future(f()) for w in self.ways for f in (w.take, w.give)]
        aging = asyncio.ensure_future(self.age())
        try:
            await asyncio.gather(*tasks)
        except (OSError, RuntimeError):
            self.end(True)
        for t in tasks + [aging]:
            t.cancel()
        for _, w in self.ends:
            w.close()

    async def age(self):
        if o.life:
            await asyncio.sleep(self.rng.expovariate(1 / o.life))
            await self.cut()

    async def cut(self):
        if self.dead:
            return
        self.dead = self.rng.choice(o.by.split(","))
        did["cut by " + self.dead] += 1
        if self.dead in ("hole", "drop"):
            await asyncio.sleep(FORGET)
        self.end(self.dead != "fin")

    def end(self, reset):
        for _, w in self.ends:
            if reset and w.get_extra_info("socket"):
                w.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                w.transport.abort()
            else:
                w.close()


class Way:  # one direction of a link
    def __init__(self, link, seed, reader, writer):
        self.link, self.reader, self.writer = link, reader, writer
        self.rng = random.Random(seed)
        self.queue = asyncio.Queue(64)
        self.seen = 0
        self.next = {k: self.after(o.clean, k) for k in ("garble", "stall", "cut")}

    def after(self, at, kind):
        mean = getattr(o, kind)
        return at + int(self.rng.expovariate(1 / mean)) if mean else float("inf")

    async def take(self):
        loop = asyncio.get_running_loop()
        due = 0
        while data := await self.reader.read(EACH):
            if self.link.dead == "drop":
                continue
            if self.link.dead:
                await asyncio.sleep(FORGET)
            due = max(due, loop.time() + (o.delay + self.rng.uniform(0, o.jitter)) / 1000)
            data = bytearray(data)
            while self.next["garble"] < self.seen + len(data):
                data[self.next["garble"] - self.seen] ^= 1 << self.rng.randrange(8)
                did["garbled"] += 1
                self.next["garble"] = self.after(self.next["garble"] + 1, "garble")
            did["bytes"] += len(data)
            for kind in "stall", "cut":
                if self.next[kind] < self.seen + len(data):
                    at = self.next[kind] - self.seen
                    self.next[kind] = self.after(self.seen + len(data), kind)
                    await self.queue.put((due, bytes(data[:at]), kind))
                    self.seen += at
                    del data[:at]
            self.seen += len(data)
            await self.queue.put((due, bytes(data), None))
        await self.queue.put((due, b"", "end"))

    async def give(self):
        loop = asyncio.get_running_loop()
        while True:
            due, data, then = await self.queue.get()
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            if self.link.dead:
                continue
            self.writer.write(data)
            await self.writer.drain()
            if o.rate:
                await asyncio.sleep(len(data) / o.rate)
            if then == "end":
                self.writer.write_eof()
                return
            if then == "stall":
                did["stalled"] += 1
                await asyncio.sleep(o.still)
            if then == "cut":
                await self.link.cut()


async def serve(*near):
    did["connections"] += 1
    n = did["connections"]
    try:
        far = await asyncio.open_connection(*address(o.to), limit=EACH)
    except OSError:
        did["nobody there"] += 1
        near[1].close()
        return
    for _, w in near, far:
        w.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    await Link(n, near, far).run()


def address(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


async def main():
    server = await asyncio.start_server(serve, *address(o.listen), limit=EACH)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    for s in signal.SIGINT, signal.SIGTERM:
        loop.add_signal_handler(s, lambda: ended.done() or ended.set_result(None))
    await ended
    print(", ".join(f"{k} {did[k]}" for k in sorted(did)) or "nothing came", flush=True)


most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
loop = asyncio.new_event_loop()
loop.set_exception_handler(lambda *_: None)  # connections that end are the point of this
loop.run_until_complete(main())
os._exit(0)
