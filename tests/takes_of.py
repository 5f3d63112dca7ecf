# SPDX-License-Identifier: GPL-3.0-or-later
"""Streams of takes with a sound in each, made and checked as they pass: nothing is kept.

takes_of.py make COUNT KIB     writes COUNT takes with KIB of samples each
takes_of.py check COUNT KIB    reads them, in this order and to the bit; "N good" at the end
"""
import sys

sys.dont_write_bytecode = True
from varint import pack


def field(number, data):
    return pack(number << 3 | 2) + pack(len(data)) + data


def take(i, sound):
    body = field(2, b"take %d" % i) + sound  # key, audio
    return pack(len(body)) + body


def main():
    verb, count, kib = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    samples = bytes(range(256)) * (kib * 4)
    audio = b"\x08" + pack(44100) + b"\x10\x01\x18" + pack(len(samples) // 4) + field(4, samples)
    sound = field(8, audio)
    for i in range(count):
        want = take(i, sound)
        if verb == "make":
            sys.stdout.buffer.write(want)
        elif sys.stdin.buffer.read(len(want)) != want:
            sys.exit(f"take {i} is missing or another")
    if verb == "check":
        if sys.stdin.buffer.read(1):
            sys.exit("there is more")
        print(f"{count} good")


main()
