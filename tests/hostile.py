#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# Peers that nobody wants: speaks ZMTP 3.0 (rfc.zeromq.org/spec/23) over bare sockets, so that every byte can be
# wrong. Needs letter_pb2 (protoc --python_out) on PYTHONPATH.
#     tests/hostile.py HOST:PORT DEED [N]
import os, random, socket, struct, sys, time

import letter_pb2 as pb

MASK = 2**64 - 1


def siphash(data, key):  # SipHash-2-4 (Aumasson, Bernstein 2012)
    k0, k1 = struct.unpack("<QQ", key)
    a, b, c, d = k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573

    def rounds(n, a, b, c, d):
        for _ in range(n):
            a = a + b & MASK
            b = (b << 13 | b >> 51) & MASK ^ a
            a = (a << 32 | a >> 32) & MASK
            c = c + d & MASK
            d = (d << 16 | d >> 48) & MASK ^ c
            a = a + d & MASK
            d = (d << 21 | d >> 43) & MASK ^ a
            c = c + b & MASK
            b = (b << 17 | b >> 47) & MASK ^ c
            c = (c << 32 | c >> 32) & MASK
        return a, b, c, d

    whole = len(data) & ~7
    words = list(struct.unpack(f"<{whole // 8}Q", data[:whole]))
    words.append(int.from_bytes(data[whole:], "little") | (len(data) & 255) << 56)
    for w in words:
        a, b, c, d = rounds(2, a, b, c, d ^ w)
        a ^= w
    a, b, c, d = rounds(4, a, b, c ^ 255, d)
    return a ^ b ^ c ^ d


assert siphash(bytes(range(15)), bytes(range(16))) == 0xA129CA6149BE45E5  # the paper's own
KEY = b"assay letter v1\0"  # of lib/queue/letter.c


def letter(kind, body=None, **fields):
    m = pb.Letter(kind=getattr(pb, kind), **fields)
    if body is not None:
        m.sum = siphash(body, KEY)
    head = m.SerializeToString()
    head += b"\x99\x06" + struct.pack("<Q", siphash(head, KEY))
    return [head] if body is None else [head, body]


class Peer:
    def __init__(self, handshake=True):
        self.s = socket.create_connection(where, 5)
        self.left = b""
        if handshake:
            self.s.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32))
            ready = b"\x05READY" + b"".join(
                struct.pack("B", len(k)) + k + struct.pack(">I", len(v)) + v
                for k, v in ((b"Socket-Type", b"DEALER"), (b"Identity", b"")))
            self.s.sendall(struct.pack("BB", 4, len(ready)) + ready)
            self.read(64)
            self.frame()

    def read(self, n):
        while len(self.left) < n:
            more = self.s.recv(65536)
            if not more:
                raise ConnectionError("closed")
            self.left += more
        got, self.left = self.left[:n], self.left[n:]
        return got

    def frame(self):
        flags = self.read(1)[0]
        n = struct.unpack(">Q", self.read(8))[0] if flags & 2 else self.read(1)[0]
        return flags, self.read(n)

    def receive(self, seconds=5):  # a letter and its body
        self.s.settimeout(seconds)
        frames, more = [], True
        while more:
            flags, f = self.frame()
            if not flags & 4:
                frames.append(f)
                more = flags & 1
        return pb.Letter.FromString(frames[0]), frames[1] if len(frames) > 1 else None

    def send(self, frames):
        data = b""
        for i, f in enumerate(frames):
            more = i + 1 < len(frames)
            data += (struct.pack(">BQ", more | 2, len(f)) if len(f) > 255 else struct.pack("BB", more, len(f))) + f
        self.s.settimeout(5)
        self.s.sendall(data)

    def hello(self, role, **more):
        more = {"service": "main", "name": f"hostile/{os.getpid()}", **more}
        self.send(letter("HELLO", version=1, role=getattr(pb, role), **more))


def trying(f, *a):  # a peer that is thrown out has what it deserves
    try:
        return f(*a)
    except OSError:
        return None


rng = random.Random(1)
deeds = {}


def deed(f):
    deeds[f.__name__] = f
    return f


@deed
def garbage(n):
    "bytes that are no greeting, no handshake, no frame"
    for i in range(n):
        p = Peer(i % 3 == 0)
        trying(p.s.sendall, rng.randbytes(rng.randrange(1, 20000)))
        p.s.close()


@deed
def silent(n):
    "connections that never say anything, or stop in the middle of a greeting or handshake"
    held = []
    for i in range(n):
        held.append(p := Peer(i % 3 == 0))
        if i % 3 == 1:
            p.s.sendall(b"\xff" + bytes(8))
    time.sleep(1)


@deed
def oversize(n):
    "frames that are too long, or say that they are; heads that are too long; too many frames"
    for i in range(n):
        p = Peer()
        size = [2**63 - 1, 2**40, 2**31, 65 << 20, 512 << 20][i % 5]
        trying(p.s.sendall, struct.pack(">BQ", 2, size) + bytes(100000))
        p.s.close()
    for frames in [bytes(65537)], [b"", b""], [b""], [b"x"] * 1000, [letter("HELLO")[0]] * 3:
        p = Peer()
        trying(p.send, frames)
        trying(p.receive, 0.2)
    p = Peer()  # a whole one of nearly the limit, as a head, and not read
    trying(p.s.sendall, struct.pack(">BQ", 3, 60 << 20) + bytes(60 << 20))


@deed
def hellos(n):
    "many that say hello, as all there are, and come again"
    held = []
    for i in range(n):
        held.append(p := Peer())
        for role in "SENDER", "WORKER", "WATCHER", "SENDER":
            trying(lambda: p.hello(role, service=f"s{i}", name=f"h{i}" * 20, session=rng.randbytes(16), credits=2**32 - 1,
                room=2**63, priority=2**31))
    for p in held:
        p.s.close()


@deed
def sessions(n):
    "one connection that is a new sender every time, each with a take"
    p = Peer()
    for i in range(n):
        p.hello("SENDER", service=f"nobody{i}", session=rng.randbytes(16), priority=9)
        p.send(letter("TAKE", b"x" * 1000, number=1))
    trying(p.receive, 0.2)


@deed
def names(n):
    "texts that are too long, steer a terminal, or are no UTF-8"
    for text in "\x1b[31mred", "a\0b", "x" * 127, "x" * 128, "x" * 60000, "", "new\nline", "{}\"\\":
        for role in "SENDER", "WORKER", "WATCHER":
            p = Peer()
            trying(lambda: p.hello(role, name=text, service=text, session=bytes(16)))
            trying(lambda: p.send(letter("BEAT", text=text, avoid=text)))
            p.s.close()


@deed
def order(n):
    "letters of every kind from nobody, and from each role those that are not its own"
    for role in None, "SENDER", "WORKER", "WATCHER":
        p = Peer()
        if role:
            p.hello(role, session=bytes(range(16)), credits=0, room=0)
        for kind in pb.LetterKind.keys() * max(1, n // 10):
            for body in None, b"", b"y" * 100:
                trying(lambda: p.send(letter(kind, body, session=bytes(range(16)), number=rng.choice([0, 1, 2**64 - 1]),
                    serial=rng.choice([0, 1, 2**64 - 1]), epoch=rng.getrandbits(64), role=rng.choice([0, 1, 2, 3]),
                    credits=rng.choice([0, 2**32 - 1]), seconds=rng.choice([-1, 0, 1e308, 5e-324]))))
        trying(p.receive, 0.2)
        p.s.close()


@deed
def ranges(n):
    "beats that hold or wait for all the numbers there are"
    for role in "SENDER", "WORKER":
        p = Peer()
        p.hello(role, session=rng.randbytes(16), credits=0, room=0)
        for r in [1, 2**64 - 2], [2**64 - 1, 2**64 - 1], [0, 0], [1], [5, 2, 1, 2], [1, 2**62] * 1000, \
                [x for i in range(2048) for x in (4 * i + 1, 2)], [x for i in range(2048) for x in (i << 52, 1 << 51)]:
            for i in range(n):
                trying(lambda: p.send(letter("BEAT", ranges=r, serial=2**64 - 1, credits=0)))
        trying(p.receive, 0.2)
        p.s.close()


@deed
def greedy(n):
    "a sender that sends what nobody works on, far over its room, and never listens"
    p = Peer()
    p.hello("SENDER", service="nobody", session=rng.randbytes(16), priority=9)
    body = bytes(1 << 20)
    frames = letter("TAKE", body, number=1)
    for i in range(n):
        m = pb.Letter(kind=pb.TAKE, number=i + 1, sum=frames_sum(frames)).SerializeToString()
        trying(p.send, [m + b"\x99\x06" + struct.pack("<Q", siphash(m, KEY)), body])


def frames_sum(frames):
    return pb.Letter.FromString(frames[0]).sum


@deed
def giants(n):
    "many senders with one huge take each, for nobody"
    body = bytes(60 << 20)
    held = []
    for i in range(max(6, n // 20)):
        held.append(p := Peer())
        p.hello("SENDER", service="nobody", session=rng.randbytes(16))
        m = pb.Letter(kind=pb.TAKE, number=1, sum=1).SerializeToString()
        trying(p.send, [m + b"\x99\x06" + struct.pack("<Q", siphash(m, KEY)), body])
        p.send(letter("BEAT"))
        trying(p.receive)


@deed
def endless(n):
    "a letter of frames without an end"
    p = Peer()
    frame = struct.pack(">BQ", 3, 1 << 20) + bytes(1 << 20)
    try:
        for i in range(16 * n):
            p.s.sendall(frame)
    except OSError:
        print("thrown out after", i, "MiB")


@deed
def curious(n):
    "a watcher that asks and asks, and never listens"
    p = Peer()
    p.hello("WATCHER")
    try:
        for i in range(n):
            p.send(letter("STATUS"))
    except OSError:
        pass


@deed
def hoarder(n):
    "a worker that takes all it can get, works on nothing, and beats as if it did"
    p = Peer()
    p.hello("WORKER", credits=10000, room=2**40)
    held, end = {}, time.monotonic() + n / 1000
    beat = 0
    while time.monotonic() < end:
        try:
            l, _ = p.receive(0.1)
            if l.kind == pb.WORK:
                held[l.serial] = l
        except TimeoutError:
            pass
        if time.monotonic() > beat:
            beat = time.monotonic() + 0.2
            p.send(letter("BEAT", serial=max(held, default=0), ranges=[x for s in sorted(held)[:2000] for x in (s, 1)],
                credits=10000))
    print("held", len(held))


@deed
def forger(n):
    "learns the session as a worker, then hands in results as one that is none, for others' takes and twice"
    w = Peer()
    w.hello("WORKER", credits=1, room=2**30)
    while True:
        l, body = w.receive()
        if l.kind == pb.WORK:
            break
    session = l.session
    w.send(letter("BYE"))
    w.s.close()
    for role in None, "WATCHER", "SENDER":
        p = Peer()
        if role:
            p.hello(role, session=rng.randbytes(16))
        for i in range(1, n + 1):
            p.send(letter("RESULT", b"forged", session=session, number=i, serial=1, seconds=1, name="nobody"))
            p.send(letter("FAILED", session=session, number=i, serial=1, text="forged"))
        trying(p.receive, 0.2)
        p.s.close()
    print("forged", n)


@deed
def thief(n):
    "a sender with another's session"
    w = Peer()
    w.hello("WORKER", credits=1, room=2**30)
    while True:
        l, body = w.receive()
        if l.kind == pb.WORK:
            break
    session = l.session
    w.send(letter("BYE"))
    w.s.close()
    p = Peer()
    p.hello("SENDER", session=session)
    got = 0
    end = time.monotonic() + n / 1000
    while time.monotonic() < end:
        try:
            got += p.receive(0.1)[0].kind == pb.RESULT
        except TimeoutError:
            pass
        except OSError:
            break
    print("stolen", got)


host, port = sys.argv[1].rsplit(":", 1)
where = host, int(port)
wanted = sys.argv[2]
for d in deeds if wanted == "all" else [wanted]:
    trying(deeds[d], int(sys.argv[3]) if len(sys.argv) > 3 else 100)
