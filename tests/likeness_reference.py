#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The likeness measures of doc/scores.md, written a second time, slowly, in
numpy and double precision, from the definitions alone.

usage: likeness_reference.py compare TARGET:CANDIDATE...
       likeness_reference.py make DIR
compare reads TARGET.wav, CANDIDATE.wav and what likeness --json said of them, TARGET-CANDIDATE.json.
It prints "TARGET CANDIDATE 0" for each pair, or 1 after a line for each measure that is off by
more than one part in ten thousand. make writes test signals.
"""
import json
import struct
import sys

import numpy as np


# --- files ------------------------------------------------------------------------
def read(path):
    """(rate, array [channels, frames]) of a PCM or float WAV file."""
    data = open(path, "rb").read()
    assert data[:4] == b"RIFF" and data[8:12] == b"WAVE", path
    at, fmt = 12, None
    while at + 8 <= len(data):
        name, size = data[at:at + 4], struct.unpack("<I", data[at + 4:at + 8])[0]
        body = data[at + 8:at + 8 + size]
        if name == b"fmt ":
            fmt = struct.unpack("<HHIIHH", body[:16])
        if name == b"data":
            code, channels, rate, _, _, bits = fmt
            if code == 0xfffe:
                code = 3 if bits == 32 else 1
            if code == 3:
                x = np.frombuffer(body, "<f4").astype(float)
            elif bits == 16:
                x = np.frombuffer(body, "<i2") / 2.0**15
            else:
                b = np.frombuffer(body, np.uint8).reshape(-1, 3).astype(np.int32)
                x = ((b[:, 0] << 8 | b[:, 1] << 16 | b[:, 2] << 24) >> 8) / 2.0**23
            return rate, x.reshape(-1, channels).T
        at += 8 + size + (size & 1)
    raise ValueError(path)


def write(path, rate, x):
    x = np.atleast_2d(x)
    body = x.T.astype("<f4").tobytes()
    head = struct.pack("<HHIIHH", 3, len(x), rate, rate * 4 * len(x), 4 * len(x), 32)
    with open(path, "wb") as f:
        f.write(b"RIFF" + struct.pack("<I", 36 + len(body)) + b"WAVEfmt " + struct.pack("<I", 16) + head)
        f.write(b"data" + struct.pack("<I", len(body)) + body)


def make(folder):
    rate, rng = 44100, np.random.default_rng(1)
    t = np.arange(int(0.7 * rate)) / rate
    saw = 2 * ((220 * t) % 1) - 1
    pluck = saw * np.exp(-t / 0.15) * 0.5
    write(f"{folder}/pluck.wav", rate, pluck)
    write(f"{folder}/quiet.wav", rate, pluck * 0.125)
    write(f"{folder}/higher.wav", rate, (2 * ((262 * t) % 1) - 1) * np.exp(-t / 0.2) * 0.4)
    write(f"{folder}/short.wav", rate, pluck[:12345])
    write(f"{folder}/noise.wav", rate, rng.uniform(-0.5, 0.5, len(t)))
    write(f"{folder}/sine.wav", rate, np.sin(2 * np.pi * 1000 * t) * 0.5)
    write(f"{folder}/stereo.wav", rate, np.stack([pluck, np.roll(pluck, 300) * 0.7]))
    write(f"{folder}/stereo2.wav", rate, np.stack([pluck * 0.6, rng.uniform(-0.2, 0.2, len(t)) * np.exp(-t / 0.1)]))
    write(f"{folder}/silence.wav", rate, t * 0)
    write(f"{folder}/click.wav", rate, np.array([0.9]))
    write(f"{folder}/clicks.wav", rate, np.array([0.3, -0.2]))
    write(f"{folder}/ten.wav", rate, pluck[:441])                       # 10 ms
    write(f"{folder}/loud.wav", rate, 20 * np.roll(pluck, 1000))
    write(f"{folder}/offset.wav", rate, pluck * 0.5 + 0.25)
    write(f"{folder}/sides.wav", rate, np.stack([pluck, -pluck]))       # in mono nothing is left
    for other in (22050, 48000, 96000):
        u = np.arange(int(0.4 * other)) / other
        write(f"{folder}/low{other}.wav", other, np.sin(2 * np.pi * 220 * u ** 1.1) * np.exp(-u / 0.15) * 0.6)
        write(f"{folder}/mid{other}.wav", other, np.sign(np.sin(2 * np.pi * 300 * u)) * 0.3 + rng.normal(0, 0.01, len(u)))
    for db in (-60, -40, -20, 0):
        write(f"{folder}/noisy{-db}.wav", rate, pluck + rng.uniform(-0.5, 0.5, len(t)) * 10 ** (db / 20))


# --- spectra ----------------------------------------------------------------------
def hann(n):
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)


def stft(x, n_fft, hop, window, mode):
    """Magnitudes [frame, bin] of one channel; the window is centred in n_fft."""
    w = np.zeros(n_fft)
    left = (n_fft - window) // 2
    w[left:left + window] = hann(window)
    x = np.pad(x, n_fft // 2, mode=mode)
    frames = 1 + (len(x) - n_fft) // hop
    return np.abs(np.stack([np.fft.rfft(x[i * hop:i * hop + n_fft] * w) for i in range(frames)]))


def mel_filters(rate, n_fft, n):
    """Slaney's mel scale and area normalisation (librosa.filters.mel)."""
    def to_hz(m):
        return np.where(m < 15, m * 200 / 3, 1000 * np.exp((m - 15) * np.log(6.4) / 27))
    top = 15 + 27 * np.log(rate / 2 / 1000) / np.log(6.4)
    edges = to_hz(np.linspace(0, top, n + 2))
    bins = np.arange(n_fft // 2 + 1) * rate / n_fft
    up = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    down = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    return np.maximum(0, np.minimum(up, down)) * (2 / (edges[2:] - edges[:-2]))[:, None]


def mel(x, rate, n_fft, hop, n):
    """Power in mel bands [channel, frame, band]."""
    f = mel_filters(rate, n_fft, n)
    return np.stack([stft(c, n_fft, hop, n_fft, "constant") ** 2 @ f.T for c in x])


def db(s, ref):
    d = 10 * np.log10(np.maximum(s, 1e-10)) - 10 * np.log10(max(ref, 1e-10))
    return np.maximum(d, d.max() - 80)


# --- measures ---------------------------------------------------------------------
def mss(a, b, rate):
    d = []
    for window, hop, n in ((.010, .005, 32), (.025, .010, 64), (.100, .050, 128)):
        s = [mel(x, rate, int(window * rate + 1e-9), int(hop * rate + 1e-9), n) for x in (a, b)]
        d.append(np.mean(np.abs(db(s[0], s[0].max()) - db(s[1], s[1].max()))))
    return np.mean(d)


def wmfcc(a, b, rate):
    k, n = np.arange(20)[:, None], np.arange(128)
    dct = np.cos(np.pi * k * (2 * n + 1) / 256) * np.sqrt(2 / 128)
    dct[0] /= np.sqrt(2)
    f = []
    for x in (a, b):
        s = db(mel(x, rate, int(.05 * rate + 1e-9), int(.01 * rate + 1e-9), 128), 1) @ dct.T
        f.append(np.concatenate(list(s), axis=1))
    cost = np.abs(f[0][:, None, :] - f[1][None, :, :]).mean(axis=2)
    d = np.full(cost.shape, np.inf)
    for i in range(cost.shape[0]):
        for j in range(cost.shape[1]):
            if i == j == 0:
                d[0, 0] = cost[0, 0]
                continue
            best = np.inf
            if i and j:
                best = d[i - 1, j - 1] + 2 * cost[i, j]
            if i:
                best = min(best, d[i - 1, j] + cost[i, j])
            if j:
                best = min(best, d[i, j - 1] + cost[i, j])
            d[i, j] = best
    return d[-1, -1] / sum(cost.shape)


def sot(a, b, rate):
    c = []
    for x in (a, b):
        s = stft(x.mean(axis=0), int(.05 * rate + 1e-9), int(.02 * rate + 1e-9), int(.05 * rate + 1e-9), "constant")
        c.append(np.cumsum(s / np.maximum(s.sum(axis=1, keepdims=True), 1e-6), axis=1))
    return np.mean(np.abs(c[0] - c[1]).sum(axis=1) / c[0].shape[1])


def rms(a, b, rate):
    frame, hop = int(.05 * rate + 1e-9), int(.025 * rate + 1e-9)
    e = []
    for x in (a, b):
        p = np.pad(x.mean(axis=0), frame // 2)
        e.append(np.array([np.sqrt(np.mean(p[i:i + frame] ** 2)) for i in range(0, len(p) - frame + 1, hop)]))
    norm = np.sqrt(np.sum(e[0] ** 2) * np.sum(e[1] ** 2))
    return np.sum(e[0] * e[1]) / norm if norm else float(e[0].max() == e[1].max())


def mrstft(a, b):
    d = []
    for n_fft, hop, window in ((1024, 120, 600), (2048, 240, 1200), (512, 50, 240)):
        for x, y in zip(b, a):  # y is the target
            X, Y = (np.sqrt(np.maximum(stft(s, n_fft, hop, window, "reflect") ** 2, 1e-8)) for s in (x, y))
            d.append(np.sqrt(np.sum((Y - X) ** 2) / np.sum(Y ** 2)) + np.mean(np.abs(np.log(X) - np.log(Y))))
    return np.mean(d)


def lsd(a, b):
    """(norm, norm over frames); DiffMoog's power spectrograms are not padded."""
    w, s = hann(1024), []
    for x in (a, b):
        m = x.mean(axis=0)
        frames = np.stack([m[i:i + 1024] for i in range(0, len(m) - 1023, 256)])
        s.append(10 * np.log10(np.abs(np.fft.rfft(frames * w)) ** 2 + 1e-5))
    norm = np.sqrt(np.sum((s[0] - s[1]) ** 2))
    return norm, norm / len(s[0])


def mfccd(a, b, rate):
    k, n = np.arange(13)[:, None], np.arange(128)
    dct = np.cos(np.pi * k * (2 * n + 1) / 256) * np.sqrt(2 / 128)
    dct[0] /= np.sqrt(2)
    c = [db(mel(x.mean(axis=0, keepdims=True), rate, 2048, 1024, 128)[0], 1) @ dct.T for x in (a, b)]
    return np.mean(np.abs(c[0] - c[1]))


def measure(a, b, rate):
    if len(a) != len(b):
        a, b = a.mean(axis=0, keepdims=True), b.mean(axis=0, keepdims=True)
    n = max(a.shape[1], b.shape[1], 1025)  # what reflecting half of 2048 takes
    a, b = (np.pad(x, ((0, 0), (0, n - x.shape[1]))) for x in (a, b))
    return {"mss": mss(a, b, rate), "wmfcc": wmfcc(a, b, rate), "sot": sot(a, b, rate), "rms": rms(a, b, rate),
            "mrstft": mrstft(a, b), "lsd": lsd(a, b)[0], "lsd_frame": lsd(a, b)[1], "mfccd": mfccd(a, b, rate)}


def compare(target, candidate):
    rate, a = read(f"{target}.wav")
    _, b = read(f"{candidate}.wav")
    want, got = measure(a, b, rate), json.load(open(f"{target}-{candidate}.json"))
    off = [k for k in want if not abs(got[k] - want[k]) <= 1e-4 * abs(want[k]) + 1e-5]
    for k in off:
        print(f"# {k}: {got[k]!r}, by the definition {want[k]!r}")
    print(target, candidate, int(bool(off)))


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2])
    else:
        for pair in sys.argv[2:]:
            compare(*pair.split(":"))
