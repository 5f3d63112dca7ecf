#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound files of every kind, good and broken, written byte by byte.

usage: odd_sounds.py make DIR        DIR/good, DIR/bad, DIR/expect.json
       odd_sounds.py check DIR < what features says of the good ones, as lines of JSON
       odd_sounds.py memory MIB COMMAND...   fails if the command needs more
"""
import json
import os
import resource
import struct
import subprocess
import sys

import numpy as np


def pack(x, kind):
    """x [frames, channels] within -1..1 as little-endian samples."""
    if kind == "u8":
        return (np.round(x * 127) + 128).astype("u1").tobytes()
    if kind == "s24":
        v = np.round(x * (2**23 - 1)).astype("<i4")
        return v.tobytes() if not v.size else v.reshape(-1, 1).view("u1").reshape(-1, 4)[:, :3].tobytes()
    if kind in ("s16", "s32"):
        return np.round(x * (2.0**(int(kind[1:]) - 1) - 1)).astype("<i" + str(int(kind[1:]) // 8)).tobytes()
    return x.astype({"f32": "<f4", "f64": "<f8"}[kind]).tobytes()


def bits(kind):
    return int(kind[1:])


def fmt(rate, channels, kind, extensible=False):
    code, size = 3 if kind[0] == "f" else 1, bits(kind) // 8
    head = struct.pack("<HHIIHH", 0xfffe if extensible else code, channels & 0xffff, rate,
                       rate * channels * size & 0xffffffff, channels * size & 0xffff, bits(kind))
    if extensible:
        head += struct.pack("<HHIH", 22, bits(kind), 0, code) + bytes.fromhex("000000001000800000aa00389b71")
    return head


def chunk(name, body, size=None):
    return name + struct.pack("<I", len(body) if size is None else size) + body + b"\0" * (len(body) & 1)


def wav(rate, x, kind="s16", channels=None, before=b"", size=None, extensible=False):
    body = chunk(b"fmt ", fmt(rate, x.shape[1] if channels is None else channels, kind, extensible)) + before
    body += chunk(b"data", pack(x, kind), size)
    return b"RIFF" + struct.pack("<I", 4 + len(body) if size is None else size) + b"WAVE" + body


def rf64(rate, x):
    data, head = pack(x, "s16"), fmt(rate, x.shape[1], "s16")
    ds = struct.pack("<QQQI", 4 + 8 + 28 + 8 + len(head) + 8 + len(data), len(data), len(x), 0)
    return (b"RF64\xff\xff\xff\xffWAVE" + chunk(b"ds64", ds) + chunk(b"fmt ", head) + b"data\xff\xff\xff\xff" + data)


def w64(rate, x):
    tail, data, head = bytes.fromhex("f3acd3118cd100c04f8edb8a"), pack(x, "s16"), fmt(rate, x.shape[1], "s16")
    size = 40 + 24 + len(head) + 24 + len(data)
    return (b"riff" + bytes.fromhex("2e91cf11a5d628db04c10000") + struct.pack("<Q", size) + b"wave" + tail
            + b"fmt " + tail + struct.pack("<Q", 24 + len(head)) + head + b"data" + tail + struct.pack("<Q", 24 + len(data)) + data)


def ieee80(rate):
    e = rate.bit_length() - 1
    return struct.pack(">HQ", 16383 + e, rate << (63 - e))


def aiff(rate, x, frames=None):
    data = np.round(x * 32767).astype(">i2").tobytes()
    comm = struct.pack(">hIh", x.shape[1], len(x) if frames is None else frames, 16) + ieee80(rate)
    body = b"AIFFCOMM" + struct.pack(">I", len(comm)) + comm
    body += b"SSND" + struct.pack(">III", 8 + len(data), 0, 0) + data
    return b"FORM" + struct.pack(">I", len(body)) + body


def caf(rate, x):
    data = x.astype("<f4").tobytes()
    desc = struct.pack(">d4sIIIII", rate, b"lpcm", 3, 4 * x.shape[1], 1, x.shape[1], 32)
    return (b"caff\0\1\0\0desc" + struct.pack(">q", len(desc)) + desc
            + b"data" + struct.pack(">q", 4 + len(data)) + b"\0\0\0\0" + data)


def au(rate, x, size=None):
    data = x.astype(">f4").tobytes()
    return b".snd" + struct.pack(">IIIII", 24, len(data) if size is None else size, 6, rate, x.shape[1]) + data


def make(folder):
    rng = np.random.default_rng(3)
    expect = {}
    os.makedirs(f"{folder}/good")
    os.makedirs(f"{folder}/bad")

    def noise(n, channels=1):
        return rng.uniform(-0.9, 0.9, (n, channels))

    def good(name, data, rate, x, within=0.0):
        open(f"{folder}/good/{name}", "wb").write(data)
        expect[name.rsplit(".", 1)[0]] = {"rate": rate, "channels": x.shape[1], "x": x.ravel().tolist(), "within": within}

    def bad(name, data):
        open(f"{folder}/bad/{name}", "wb").write(data)

    for rate in (8000, 11025, 22050, 32000, 44056, 88200, 96000, 176400, 192000):
        x = noise(700)
        good(f"rate{rate}.wav", wav(rate, x), rate, x, 1e-4)
    for channels in range(1, 9):
        x = noise(600, channels)
        good(f"channels{channels}.wav", wav(44100, x, "f32", extensible=channels > 2), 44100, x, 1e-7)
    for kind, within in (("u8", 0.02), ("s16", 1e-4), ("s24", 1e-6), ("s32", 1e-7), ("f32", 1e-7), ("f64", 1e-7)):
        x = noise(700, 2)
        good(f"{kind}.wav", wav(44100, x, kind), 44100, x, within)
    x = noise(800, 2)
    good("loud.wav", wav(44100, 100 * x, "f32"), 44100, 100 * x, 1e-5)
    good("silence.wav", wav(44100, 0 * x), 44100, 0 * x)
    good("sample.wav", wav(44100, x[:1]), 44100, x[:1], 1e-4)
    good("samples.wav", wav(44100, x[:2]), 44100, x[:2], 1e-4)
    good("wrong.ogg", wav(44100, x), 44100, x, 1e-4)
    good("nothing", wav(44100, x), 44100, x, 1e-4)
    good("odd.wav", wav(44100, x, before=chunk(b"LIST", b"INFOIART\3\0\0\0odd\0") + chunk(b"junk", b"7 bytes")), 44100, x, 1e-4)
    # what a pipe leaves: nobody came back to write the length
    good("endless.wav", wav(44100, x, size=0xffffffff), 44100, x, 1e-4)
    good("endless2.au", au(44100, x, 0xffffffff), 44100, x, 1e-7)
    good("rf64.wav", rf64(44100, x), 44100, x, 1e-4)
    good("w64.w64", w64(44100, x), 44100, x, 1e-4)
    good("aiff.aif", aiff(44100, x), 44100, x, 1e-4)
    good("caf.caf", caf(44100, x), 44100, x, 1e-7)
    good("au.au", au(44100, x), 44100, x, 1e-7)
    # frames of MPEG 1 layer 3, 128 kbit/s, 44.1 kHz, with nothing in them
    mp3 = (b"\xff\xfb\x90\xc4" + bytes(413)) * 12
    open(f"{folder}/good/mp3.wav", "wb").write(mp3)

    nan, inf = x.copy(), x.copy()
    nan[500, 1], inf[37, 0] = np.nan, -np.inf
    bad("nan.wav", wav(44100, nan, "f32"))
    bad("inf.wav", wav(44100, inf, "f64"))
    bad("huge.wav", wav(44100, x * 1e30, "f32"))
    bad("text.wav", b"This is no sound.\n" * 100)
    bad("head.wav", wav(44100, x)[:30])
    bad("frames0.wav", wav(44100, x[:0]))
    bad("channels0.wav", wav(44100, x, channels=0))
    bad("channels9.wav", wav(44100, noise(100, 9), extensible=True))
    bad("channels65535.wav", wav(44100, x, channels=65535))
    bad("rate0.wav", wav(0, x))
    bad("rate4g.wav", wav(4294967295, x))
    bad("rate1m.wav", wav(1000000, x))
    bad("bits0.wav", wav(44100, x).replace(struct.pack("<HH", 4, 16), struct.pack("<HH", 0, 0), 1))
    bad("nodata.wav", b"RIFF\x24\0\0\0WAVE" + chunk(b"fmt ", fmt(44100, 1, "s16")))
    bad("noformat.wav", b"RIFF\x24\1\0\0WAVE" + chunk(b"data", bytes(256)))
    bad("junk.wav", b"RIFF\xff\xff\0\0WAVE" + rng.bytes(3000))
    bad("frames0.aif", aiff(44100, x[:0]))
    bad("junk.flac", b"fLaC" + rng.bytes(3000))
    bad("junk.ogg", b"OggS" + rng.bytes(3000))
    bad("junk.mp3", b"ID3\4\0\0\x7f\x7f\x7f\x7f" + rng.bytes(3000))
    bad("empty.wav", b"")
    json.dump(expect, open(f"{folder}/expect.json", "w"))


def check(folder):
    expect, seen = json.load(open(f"{folder}/expect.json")), 0
    for line in sys.stdin:
        take = json.loads(line)
        want, audio = expect.get(take["key"]), take.get("audio", {})
        if take.get("error") or not want:
            if take["key"] == "mp3" and not take.get("error") and audio["rate"] == 44100 and not np.any(audio["samples"]):
                seen += 1
            else:
                print(f"# {take['key']}: {take.get('error', 'not expected')}")
            continue
        x, got = np.array(want["x"]), np.array(audio["samples"], float)
        at = (audio["rate"], audio["channels"])
        if at != (want["rate"], want["channels"]) or got.shape != x.shape or np.abs(got - x).max() > want["within"]:
            print(f"# {take['key']}: {at}, {got.shape}, not ({want['rate']}, {want['channels']}), {x.shape}")
        else:
            seen += 1
    files = len(os.listdir(f"{folder}/good"))
    print(f"# {seen} of {files} files are what they were made of")
    return seen != files


def memory(most, command):
    status = subprocess.run(command).returncode
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"# {used:.0f} MiB", file=sys.stderr)
    return status if used <= float(most) else 99


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2])
    elif sys.argv[1] == "check":
        sys.exit(check(sys.argv[2]))
    else:
        sys.exit(memory(sys.argv[2], sys.argv[3:]))
