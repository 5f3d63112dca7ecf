# SPDX-License-Identifier: GPL-3.0-or-later
# Numbers as protobuf writes them, for what stands in a pipe in tests without protobuf.


def varint(b, i):  # the number at b[i], and where the next thing is
    n = shift = 0
    while True:
        n |= (b[i] & 127) << shift
        i += 1
        shift += 7
        if b[i - 1] < 128:
            return n, i


def pack(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)
