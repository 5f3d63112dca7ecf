#!/usr/bin/python3 -SE
# SPDX-License-Identifier: GPL-3.0-or-later
# A stage that does wrong things: passes takes on, and where a take has WORD in it (none: every take),
#     sleep S [WORD]  is slow                     hang [WORD]   never answers, nor anything after
#     die [WORD]      is killed                   exit [WORD]   ends as if all were done
#     hog [WORD]      allocates for ever          lose [WORD]   answers nothing for this take
#     other [WORD]    answers with other bytes    twice [WORD]  answers two times
#     garbage [WORD]  answers what is no take     strip [WORD]  leaves out all fields that it does not know
#     noise [WORD]    talks a lot on stderr       spin [WORD]   hangs and uses a core for it
#     murder [WORD]   kills its worker
# or, at the end of a pipe,
#     clock FILE      leaves in FILE how many takes came in how many seconds, and the longest pause between two
#     slow S          reads one take, waits S seconds, reads the rest
import os, sys, time

sys.dont_write_bytecode = True
from varint import pack, varint


def takes(f):
    while head := f.read(1):
        while head[-1] > 127:
            head += f.read(1)
        n = varint(head, 0)[0]
        body = f.read(n)
        if len(body) < n:
            sys.exit("cut short")
        yield body


def fields(b):  # of the top level: (number, all its bytes)
    i = 0
    while i < len(b):
        tag, j = varint(b, i)
        if tag & 7 == 2:
            n, j = varint(b, j)
            j += n
        else:
            j = varint(b, j)[1] if tag & 7 == 0 else j + {1: 8, 5: 4}[tag & 7]
        yield tag >> 3, b[i:j]
        i = j


def put(body):
    out.write(pack(len(body)) + body)
    out.flush()


mode, rest = sys.argv[1], sys.argv[2:]
seconds = float(rest.pop(0)) if mode in ("sleep", "slow") else 0
word = rest[0].encode() if rest else b""
out = sys.stdout.buffer
begun = last = time.monotonic()
n = longest = 0
for body in takes(sys.stdin.buffer):
    n += 1
    if mode == "clock":
        now = time.monotonic()
        longest, last = max(longest, now - last), now
    elif mode == "slow":
        time.sleep(seconds if n == 1 else 0)
    elif word in body:
        if mode == "sleep":
            time.sleep(seconds)
        elif mode == "hang":
            time.sleep(1e6)
        elif mode == "spin":
            while True:
                pass
        elif mode == "die":
            os.kill(os.getpid(), 9)
        elif mode == "murder":
            os.kill(os.getppid(), 9)
        elif mode == "exit":
            break
        elif mode == "hog":
            heap = []
            while True:
                heap.append(bytearray(1 << 20))
        elif mode == "lose":
            continue
        elif mode == "other":
            body += b"\xc8\x3e\x01"  # a field that nobody knows
        elif mode == "twice":
            put(body)
        elif mode == "garbage":
            out.write(b"\xff" * 100)
        elif mode == "strip":
            body = b"".join(f for k, f in fields(body) if k < 100)
        elif mode == "noise":
            sys.stderr.write("nothing of interest\n" * 10000)
    put(body)
if mode == "clock":
    print(f"{n} takes in {time.monotonic() - begun:.2f} s, longest pause {longest:.2f} s", file=open(rest[0], "w"))
