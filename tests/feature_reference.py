#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The features of doc/features.md that librosa has, written a second time, slowly, in
numpy and double precision, from the definitions alone.

usage: feature_reference.py make DIR SAMPLES.wav...   sounds of many kinds into DIR
       feature_reference.py names                     the features, as for features --only
       feature_reference.py compare FILE.npy SOUND.wav...
       feature_reference.py librosa FOLDER            this against librosa's own numbers
compare prints the worst value of each feature and fails where one is off by more than one
part in ten thousand of itself, or FLOOR of the largest of its kind in the sound, or of the terms
that it is a sum of (what single precision leaves of it), whichever is more.
"""
import sys

import numpy as np

from likeness_reference import hann, mel_filters, read, write

FFT, HOP = 2048, 512
FLOOR = 3e-6
NAMES = ["logmel", "mfcc", "delta", "shape", "contrast", "chroma", "tonnetz", "onset", "loudness", "f0"]


# --- definitions: [frame, column] each ----------------------------------------------
def framed(x, pad):
    """Frames of 2048 samples, 512 apart, the first centred on sample 0."""
    x = np.pad(x, FFT // 2, mode=pad)
    return np.lib.stride_tricks.sliding_window_view(x, FFT)[::HOP]


def magnitudes(x):
    return np.abs(np.fft.rfft(framed(x, "constant") * hann(FFT)))


def decibels(power, amin=1e-10, top=80):
    d = 10 * np.log10(np.maximum(power, amin))
    return np.maximum(d, d.max() - top)


def to_mel(f):
    """O'Shaughnessy's scale, as HTK has it."""
    return 2595 * np.log10(1 + f / 700)


def mel_filters_htk(rate, n_fft, n):
    edges = 700 * (10 ** (np.linspace(0, to_mel(rate / 2), n + 2) / 2595) - 1)
    bins = np.arange(n_fft // 2 + 1) * rate / n_fft
    up = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    down = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    return np.maximum(0, np.minimum(up, down)) * (2 / (edges[2:] - edges[:-2]))[:, None]


def logmel(s, rate):
    return decibels(s ** 2 @ mel_filters(rate, FFT, 128).T)


def dct(n, of):
    k, i = np.arange(n)[:, None], np.arange(of)
    m = np.cos(np.pi * k * (2 * i + 1) / (2 * of)) * np.sqrt(2 / of)
    m[0] /= np.sqrt(2)
    return m


def delta(v, order, width=9):
    """Derivative of the polynomial through nine frames; at the ends, of the first and last nine, there."""
    frames, at = len(v), np.arange(width) - width // 2
    if frames < width:
        return None  # librosa refuses
    fit = np.linalg.pinv(at[:, None] ** np.arange(order + 1.))[order] * (1, 1, 2)[order]
    out = np.empty_like(v)
    for t in range(frames):
        first = min(max(t - width // 2, 0), frames - width)
        out[t] = fit @ v[first:first + width]
    return out


def moments(s, rate):
    f = np.arange(FFT // 2 + 1) * rate / FFT
    p = s / np.maximum(s.sum(axis=1, keepdims=True), 1e-300)
    centroid = p @ f
    return centroid, np.sqrt(np.sum(p * (f - centroid[:, None]) ** 2, axis=1))


def rolloff(s, rate):
    total = np.cumsum(s, axis=1)
    return np.argmax(total >= 0.85 * total[:, -1:], axis=1) * rate / FFT


def rolloff_sure(s):
    """False where the sum is at 85 % to what single precision leaves of it."""
    total = np.cumsum(s, axis=1)
    return np.abs(total - 0.85 * total[:, -1:]).min(axis=1) >= 1e-6 * total[:, -1]


def flatness(s):
    p = np.maximum(s ** 2, 1e-10)
    return np.exp(np.mean(np.log(p), axis=1)) / np.mean(p, axis=1)


def crossings(x):
    f = framed(x, "edge")
    negative = f < -1e-10
    return np.sum(negative[:, 1:] != negative[:, :-1], axis=1) / FFT


def flux(s):
    up = np.maximum(0, np.diff(s, axis=0))
    energy = np.sum(s ** 2, axis=1)
    out = np.zeros(len(s))
    out[1:] = np.sqrt(np.sum(up ** 2, axis=1) / np.where(energy[1:] > 0, energy[1:], np.inf))
    return out


def contrast(s, rate):
    """None where a band lies beyond half the rate: librosa refuses."""
    f = np.arange(FFT // 2 + 1) * rate / FFT
    edges = np.concatenate([[0], 200 * 2. ** np.arange(7)])
    if edges[-2] >= rate / 2:
        return None
    peak, valley = np.empty((2, len(s), 7))
    for k in range(7):
        inside = np.flatnonzero((f >= edges[k]) & (f <= edges[k + 1]))
        first, end = inside[0] - (k > 0), len(f) if k == 6 else inside[-1] + 1
        count = max(1, int(np.rint(0.02 * (end - first))))
        band = np.sort(s[:, first:end - (k < 6)], axis=1)
        valley[:, k] = band[:, :count].mean(axis=1)
        peak[:, k] = band[:, -count:].mean(axis=1)
    return decibels(peak) - decibels(valley)


def chroma_filters(rate):
    """[12, bins] from C on: Gaussian bumps in semitones, and octaves about the fifth of A."""
    at = 12 * np.log2(np.arange(1, FFT) * rate / FFT / 27.5)
    at = np.concatenate([[at[0] - 18], at])
    width = np.concatenate([np.maximum(np.diff(at), 1), [1]])
    d = (at - np.arange(12)[:, None] + 126) % 12 - 6
    w = np.exp(-0.5 * (2 * d / width) ** 2)
    w /= np.sqrt(np.sum(w ** 2, axis=0))
    w *= np.exp(-0.5 * ((at / 12 - 5) / 2) ** 2)
    return np.roll(w, -3, axis=0)[:, :FFT // 2 + 1]


def chroma(s, rate):
    c = s ** 2 @ chroma_filters(rate).T
    most = c.max(axis=1, keepdims=True)
    return c / np.where(most > 0, most, 1)


def tonnetz(c):
    total = c.sum(axis=1, keepdims=True)
    turn = np.outer(np.repeat([7 / 6, 3 / 2, 2 / 3], 2), np.arange(12))
    turn[::2] -= 0.5
    return c / np.where(total > 0, total, 1) @ (np.array([1, 1, 1, 1, .5, .5])[:, None] * np.cos(np.pi * turn)).T


def onset(db):
    """Half a transform later, which is two frames."""
    rise = np.maximum(0, np.diff(db, axis=0)).mean(axis=1)
    return np.concatenate([np.zeros(3), rise])[:len(db)]


def yin(x, rate, lowest=65.40639132514966, highest=2093.004522404789):
    """(Hz, whether rounding cannot have decided it) of each frame."""
    f = framed(x, "constant")
    low, high = int(rate / highest), min(int(np.ceil(rate / lowest)), FFT - 1)
    r = np.fft.irfft(np.abs(np.fft.rfft(f, 2 * FFT)) ** 2)[:, :high + 1]
    k = np.arange(1, high + 1)
    head = np.cumsum(f ** 2, axis=1)[:, :high]

    def hertz(r):
        d = 2 * (r[:, :1] - r[:, 1:]) - head
        v = (d / (np.cumsum(d, axis=1) / k + 1e-300))[:, low - 1:]
        trough = np.zeros(v.shape, bool)
        trough[:, 1:-1] = (v[:, 1:-1] < v[:, :-2]) & (v[:, 1:-1] <= v[:, 2:])
        trough[:, 0], trough[:, -1] = v[:, 0] < v[:, 1], v[:, -1] < v[:, -2]
        trough &= v < 0.1
        at = np.where(trough.any(axis=1), np.argmax(trough, axis=1), np.argmin(v, axis=1))
        t, i = np.arange(len(v)), np.clip(at, 1, v.shape[1] - 2)
        curve, slope = v[t, i + 1] + v[t, i - 1] - 2 * v[t, i], (v[t, i + 1] - v[t, i - 1]) / 2
        inside = (i == at) & (np.abs(slope) < np.abs(curve))
        return rate / (low + at - np.where(inside, slope / np.where(inside, curve, 1), 0))

    want, rng = hertz(r), np.random.default_rng(0)
    # correlations in single precision are some 1e-7 of the energy off: does that change the choice?
    shaken = [hertz(r + rng.normal(0, 3e-7, r.shape) * r[:, :1]) for _ in range(8)]
    return want, np.all([np.abs(v / want - 1) < 1e-3 for v in shaken], axis=0)


def features(x, rate):
    """{name: ([frame, column] wanted, same shape of bool: whether it counts)} of one channel."""
    s = magnitudes(x)
    db = logmel(s, rate)
    mfcc = db @ dct(20, 128).T
    c = chroma(s, rate)
    slope, curve = delta(mfcc, 1), delta(mfcc, 2)
    hz, sure = yin(x, rate)
    out = {"logmel": db, "mfcc": mfcc, "contrast": contrast(s, rate), "chroma": c, "tonnetz": tonnetz(c),
           "delta": None if slope is None else np.hstack([slope, curve]), "onset": onset(db)[:, None],
           "centroid": moments(s, rate)[0][:, None], "bandwidth": moments(s, rate)[1][:, None],
           "rolloff": rolloff(s, rate)[:, None], "flatness": flatness(s)[:, None], "zcr": crossings(x)[:, None],
           "flux": flux(s)[:, None], "rms": np.sqrt(np.mean(framed(x, "constant") ** 2, axis=1))[:, None],
           "yin": hz[:, None]}
    counts = {k: np.ones(v.shape, bool) for k, v in out.items() if v is not None}
    counts["yin"][:, 0] = sure
    counts["rolloff"][:, 0] = rolloff_sure(s)
    # nothing is under -100 dB, and what both of them square is lost to floats 200 dB down
    counts["rms"] = (out["rms"] == 0) | (out["rms"] > 1.001e-5)
    power = np.sum(s ** 2, axis=1)
    counts["yin"][:, 0] &= (power == 0) | (power > 1e-20)
    counts["flux"][:, 0] = (power == 0) | (power > 1e-20)
    return out, counts


# --- beside what was heard ---------------------------------------------------------
WIDTHS = {"logmel": 128, "mfcc": 20, "delta": 40, "shape": 6, "contrast": 7, "chroma": 12, "tonnetz": 6, "onset": 1,
          "loudness": 2, "f0": 3}
INSIDE = {"shape": ["centroid", "bandwidth", "rolloff", "flatness", "zcr", "flux"], "loudness": ["rms", None],
          "f0": [None, None, "yin"]}


def heard(row):
    """{name: [frame, column]} of one row of the array [frame, feature]."""
    out, at = {}, 0
    for name in NAMES:
        v = row[:, at:at + WIDTHS[name]].astype(float)
        at += WIDTHS[name]
        for i, column in enumerate(INSIDE.get(name, [])):
            if column:
                out[column] = v[:, i:i + 1]
        if name not in INSIDE:
            out[name] = v
    out["rms"] = np.where(out["rms"] > -100, 10 ** (out["rms"] / 20), 0)
    assert at == row.shape[1], row.shape
    return out


class Tally:
    """The worst difference of each feature, over its limit."""

    def __init__(self):
        self.worst = {}

    def add(self, name, got, want, counts, where, large=None):
        w = self.worst.setdefault(name, [0, 0, 0., "", 0., 0.])
        w[0] += counts.size
        w[1] += int(counts.sum())
        if not counts.any():
            return
        most = np.abs(want).max() if large is None else large
        off = np.abs(got - want)[counts]
        over = off / np.maximum(1e-4 * np.abs(want[counts]), FLOOR * most + 1e-12)
        over = np.where(np.isfinite(over), over, np.inf)
        i = int(np.argmax(over))
        if over[i] >= w[2]:
            w[2:] = [over[i], where, want[counts][i], got[counts][i]]

    def tell(self):
        bad = 0
        for name, (n, counted, over, where, want, got) in self.worst.items():
            print(f"# {name:10} {counted:7} of {n:7} values, worst {over * 1e-4:8.2e} ({where}: {got:.9g}, by the definition {want:.9g})")
            # what rounding may decide must stay the exception
            bad += not over <= 1 or counted < 0.9 * n
        return bool(bad)


def compare(array, sounds):
    rows, tally = np.load(array), Tally()
    for take, path in enumerate(sounds):
        rate, x = read(path)
        for c, channel in enumerate(x):
            want, counts = features(channel, rate)
            frames = 1 + len(channel) // HOP
            if not np.isfinite(rows[take, c, :frames]).all() or not np.isnan(rows[take, c, frames:]).all():
                sys.exit(f"{path}: not {frames} frames")
            got = heard(rows[take, c, :frames])
            for name in got:
                if want[name] is not None:
                    # these are sums, or differences, of terms that may be far larger than they are
                    large = {"tonnetz": 1, "onset": np.abs(want["logmel"]).max(), "flux": 1,
                             "delta": np.abs(want["mfcc"]).max()}
                    tally.add(name, got[name], want[name], counts[name], f"{path.split('/')[-1]}[{c}]", large.get(name))
    return tally.tell()


def librosa(folder):
    """This beside librosa's numbers: how far the definitions here are from its."""
    tally = Tally()
    for sound in ("chirpclick", "tone220", "lcgnoise"):
        rate, x = read(f"{folder}/{sound}.wav")
        x = x[0]
        want, counts = features(x, rate)
        names = {k: k for k in ("centroid", "bandwidth", "flatness", "zcr", "rms", "tonnetz", "yin", "onset")}
        names |= {"mfcc": "mfcc20", "logmel": "logmel_top80", "contrast": "contrast7", "chroma": "chroma_tuning0",
                  "rolloff": "rolloff85", "onset": "onset_strength"}
        arrays = {csv: (want[k], counts[k]) for k, csv in names.items()}
        arrays["mfcc20_delta"] = want["delta"][:, :20], counts["delta"][:, :20]
        s = magnitudes(x)
        arrays["stftmag"] = s, np.ones(s.shape, bool)
        mel = s ** 2 @ mel_filters(rate, FFT, 128).T
        arrays["melpow"] = mel, np.ones(mel.shape, bool)
        for csv, (v, count) in arrays.items():
            theirs = np.loadtxt(f"{folder}/{sound}_{csv}.csv", delimiter=",", ndmin=2)
            tally.add(csv, v, theirs.reshape(v.shape), count, sound)
    return tally.tell()


# --- sounds -------------------------------------------------------------------------
def make(folder, loops):
    rng = np.random.default_rng(5)

    def keep(name, rate, x):
        write(f"{folder}/{name}.wav", rate, x)
        print(f"{folder}/{name}.wav")

    # slices of real loops, at their own rate and as if they were of others
    for i, path in enumerate(loops):
        rate, x = read(path)
        rate = (rate, 48000, 22050, 96000)[i % 4]
        n = min(x.shape[1], 24000 + 1111 * i)
        at = int(rng.integers(0, x.shape[1] - n + 1))
        keep(f"slice{i}_{rate}", rate, x[:, at:at + n])
    for rate in (22050, 44100, 48000, 96000):
        t = np.arange(20000) / rate
        hz = 330 * (1 + 0.01 * np.sin(2 * np.pi * 5 * t))
        tone = sum(np.sin(2 * np.pi * k * np.cumsum(hz) / rate) / k for k in range(1, 12))
        keep(f"vibrato_{rate}", rate, 0.2 * tone * np.exp(-2 * t))
        keep(f"sweep_{rate}", rate, 0.5 * np.sin(2 * np.pi * (40 * t + 0.2 * rate * t ** 2 / (2 * t[-1]))))
    t = np.arange(15000) / 44100
    noise = rng.uniform(-1, 1, len(t))
    keep("burst", 44100, noise * (np.abs(t - 0.1) < 0.02))          # true silence before and after
    keep("faint", 44100, noise * 1e-4)
    keep("beyond", 44100, noise * 40)                               # far over full scale
    keep("offset", 44100, 0.3 + 0.1 * np.sin(2 * np.pi * 100 * t))
    keep("high", 44100, 0.5 * np.sin(2 * np.pi * 20000 * t))
    keep("pure", 44100, 0.5 * np.sin(2 * np.pi * 1000 * t))
    n = 6000
    t, noise = t[:n], noise[:n]
    for hz, db in ((21900, -80), (21900, -120), (10000, -100), (18000, -80)):  # rounding drowns valleys and low bands
        keep(f"tone{hz}_{-db}", 44100, 0.5 * np.sin(2 * np.pi * hz * t) + 10 ** (db / 20) * noise)
    keep("square", 44100, np.where(np.arange(n) // 8 % 2, 0.5, -0.5))  # most bins are truly nothing
    keep("alternating", 44100, 0.5 * np.cos(np.pi * np.arange(n)))
    keep("still", 44100, t * 0 + 0.5)
    keep("dark", 44100, np.convolve(noise, np.hanning(200) / 100, "same"))
    keep("denormal", 44100, np.sin(2 * np.pi * 440 * t) * np.exp(-t * 900))
    keep("sides", 48000, np.stack([noise * np.exp(-20 * t), np.sin(2 * np.pi * 440 * t)]))
    keep("short", 44100, noise[:3000])                              # fewer frames than a delta needs
    keep("shorter", 44100, noise[:700])
    keep("click", 44100, np.array([0.7]))
    keep("silence", 44100, t * 0)


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], sys.argv[3:])
    elif sys.argv[1] == "names":
        print(",".join(NAMES))
    elif sys.argv[1] == "librosa":
        sys.exit(librosa(sys.argv[2]))
    else:
        sys.exit(compare(sys.argv[2], sys.argv[3:]))
