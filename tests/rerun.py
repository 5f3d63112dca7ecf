#!/usr/bin/python3 -SE
# SPDX-License-Identifier: GPL-3.0-or-later
# evolve in a loop with a scorer that knows the answer, ended again and again until the run is done:
#
#     rerun.py NAME [END:TAKES ...] -- COMMAND...
#
# Each END ends the command after it was told of so many takes more: kill (SIGKILL), term, int, eof (the loop
# ends), shut (nobody reads its proposals), mute (the next take comes back without a score), full (it cannot write
# more than a block into a file), torn, unmoved, moved (it is killed while it saves its state: with half of it written, before
# it is put in its place, after that; torn.so of tests/evolve_resume.t sees to it), odd (nothing: but among the results are some that were told before, of other
# runs, and of numbers that nobody asked for, and every third take is worth what is no number). The last command runs
# through. NAME.asked: each proposal; if one is ever made otherwise than before, that is an error. NAME.err: what the
# last command said. Standard output: the statuses.
import os, resource, signal, struct, subprocess, sys

sys.dont_write_bytecode = True
from varint import pack, varint


def fields(b, want):
    i = 0
    while i < len(b):
        tag, i = varint(b, i)
        if tag & 7 == 2:
            n, i = varint(b, i)
            value, i = b[i:i + n], i + n
        elif tag & 7 == 0:
            value, i = varint(b, i)
        else:
            n = {1: 8, 5: 4}[tag & 7]
            value, i = b[i:i + n], i + n
        if tag >> 3 == want:
            yield value


def blob(number, data):
    return pack(number << 3 | 2) + pack(len(data)) + data


def number_of(body):
    origin = next(fields(body, 12))
    return next(fields(origin, 6), 0)


def params(body):
    patch = next(fields(next(fields(body, 6)), 2))
    return [struct.unpack("<f", next(fields(p, 2), bytes(4)))[0] for p in fields(patch, 3)]


def score(term, value):
    return blob(10, blob(1, term) + b"\x11" + struct.pack("<d", value))


def worth(body, number, odd=False):
    if number % 11 == 4:
        return blob(15, b"made to fail")
    x = params(body)
    f = -sum((v - 0.3 - 0.05 * i) ** 2 for i, v in enumerate(x)) if number % 13 else -1.0  # some are equal
    if odd and number % 3 == 0:
        f = [float("nan"), float("inf"), float("-inf")][number // 3 % 3]
    return b"\x59" + struct.pack("<d", f) + score(b"m", x[0] + x[1]) + score(b"o", -x[0]) + score(b"p", x[0] * x[1])


def proposals(stream):  # a list of as many as there are, again and again
    data = b""
    while more := os.read(stream.fileno(), 1 << 16):
        data += more
        found = []
        while data:
            try:
                n, i = varint(data, 0)
            except IndexError:
                break
            if len(data) < i + n:
                break
            found.append(data[i:i + n])
            data = data[i + n:]
        yield found


def strangers(body, back):
    yield back  # told before
    origin = next(fields(body, 12))
    number = number_of(body)
    for more in (blob(2, b"another run"), b"\x30\x00", b"\x30" + pack(number + 10**18)):  # of a field given twice the last counts
        yield back.replace(blob(12, origin), blob(12, origin + more))


def answer(stream, bodies):
    stream.write(b"".join(pack(len(b)) + b for b in bodies))
    stream.flush()


def worked(body, odd):
    number = number_of(body)
    back = body + worth(body, number, odd)
    return [back, *strangers(body, back)] if odd else [back]


def tear(end):
    if end in ("torn", "unmoved", "moved"):
        return os.environ | {"LD_PRELOAD": os.path.abspath("torn.so"), "TORN": end, "ASAN_OPTIONS": "verify_asan_link_order=0"}


def run(command, end, after, asked, err):
    block = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))
    evolve = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=err,
                              preexec_fn=block if end == "full" else None, env=tear(end))
    told, waiting = 0, []
    try:
        for found in proposals(evolve.stdout):
            for body in found:
                if asked.setdefault(number_of(body), body) != body:
                    sys.exit(f"proposal {number_of(body)} is another than before")
            waiting += found
            now = waiting if after is None else waiting[:after - told]
            answer(evolve.stdin, [b for body in now for b in worked(body, end == "odd")])
            told += len(now)
            del waiting[:len(now)]
            if told == after and (end != "mute" or waiting):
                break
        if end == "mute":
            answer(evolve.stdin, waiting[:1])
        elif end == "shut":
            evolve.stdout.close()
        elif end in ("kill", "term", "int"):
            evolve.send_signal(getattr(signal, "SIG" + end.upper()))
        evolve.stdin.close()
    except BrokenPipeError:
        pass
    for _ in proposals(evolve.stdout) if not evolve.stdout.closed else ():
        pass
    return evolve.wait()


def main():
    name = sys.argv[1]
    at = sys.argv.index("--")
    command, asked, statuses = sys.argv[at + 1:], {}, []
    for end in sys.argv[2:at] + [None]:
        what, after = (end.split(":") + [None])[:2] if end else (None, None)
        with open(name + ".err", "wb") as err:
            statuses.append(run(command, what, int(after) if after else None, asked, err))
        if what == "odd":  # it ran through
            break
    with open(name + ".asked", "wb") as f:
        f.write(b"".join(pack(len(asked[k])) + asked[k] for k in sorted(asked)))
    print(*statuses)


main()
