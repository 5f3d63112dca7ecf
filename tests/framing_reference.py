# SPDX-License-Identifier: GPL-3.0-or-later
"""Features at any framing, from their definitions, in double precision and with nothing of ours.

framing_reference.py SOUND.wav ARRAY.npy N_FFT HOP MELS slaney|htk FMIN FMAX FEATURE,...

The array is what `assay features --only FEATURE,... --npy` wrote of the mono sound. A value may be off by 1e-4 of
what it should be, or 3e-6 of the feature's largest: what single precision leaves of a sum of large terms. The
definitions are librosa's (0.11), written again.
"""
import sys
import wave

import numpy as np

with wave.open(sys.argv[1]) as w:
    sr = w.getframerate()
    y = np.frombuffer(w.readframes(w.getnframes()), "<i2") / 32768.0
got = np.load(sys.argv[2])[0, 0].astype(float)
n_fft, hop, n_mels = (int(v) for v in sys.argv[3:6])
htk = sys.argv[6] == "htk"
fmin, fmax = float(sys.argv[7]), float(sys.argv[8]) or sr / 2
names = sys.argv[9].split(",")


def frames(mode):
    padded = np.pad(y, n_fft // 2, mode=mode)
    count = 1 + (len(padded) - n_fft) // hop
    return np.stack([padded[t * hop : t * hop + n_fft] for t in range(count)])


hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
S = np.abs(np.fft.rfft(frames("constant") * hann))
freq = np.arange(S.shape[1]) * sr / n_fft


def to_mel(f):
    if htk:
        return 2595 * np.log10(1 + f / 700)
    return f / (200 / 3) if f < 1000 else 15 + np.log(f / 1000) * 27 / np.log(6.4)


def to_hz(m):
    if htk:
        return 700 * (10 ** (m / 2595) - 1)
    return m * 200 / 3 if m < 15 else 1000 * np.exp((m - 15) * np.log(6.4) / 27)


def mel():
    edge = [to_hz(m) for m in np.linspace(to_mel(fmin), to_mel(fmax), n_mels + 2)]
    bank = np.zeros((n_mels, len(freq)))
    for b in range(n_mels):
        up, down = (freq - edge[b]) / (edge[b + 1] - edge[b]), (edge[b + 2] - freq) / (edge[b + 2] - edge[b + 1])
        bank[b] = np.maximum(0, np.minimum(up, down)) * 2 / (edge[b + 2] - edge[b])
    return S**2 @ bank.T


def logmel():
    db = 10 * np.log10(np.maximum(mel(), 1e-10))
    return np.maximum(db, db.max() - 80)


def mfcc():
    db, out = logmel(), np.zeros((S.shape[0], 20))
    for k in range(min(20, n_mels)):
        basis = np.cos(np.pi * k * (2 * np.arange(n_mels) + 1) / (2 * n_mels))
        out[:, k] = db @ basis * np.sqrt((2 if k else 1) / n_mels)
    return out


def delta():
    m, out = mfcc(), []
    t = np.arange(-4, 5)
    for order in (1, 2):
        fit = np.array([np.polyfit(t, m[i - 4 : i + 5], 2 if order == 2 else 1)[-1 - order] * order for i in range(4, len(m) - 4)])
        out.append(np.concatenate([np.repeat(fit[:1], 4, 0), fit, np.repeat(fit[-1:], 4, 0)]))
    return np.hstack(out)


def shape():
    p = S / np.maximum(S.sum(1, keepdims=True), 1e-300)
    centroid = p @ freq
    bandwidth = np.sqrt(((freq[None] - centroid[:, None]) ** 2 * p).sum(1))
    sums = np.cumsum(S, 1)
    rolloff = freq[np.argmax(sums >= 0.85 * sums[:, -1:], 1)]
    low = np.maximum(S**2, 1e-10)
    flatness = np.exp(np.log(low).mean(1)) / low.mean(1)
    sign = np.signbit(np.where(np.abs(frames("edge")) <= 1e-10, 0, frames("edge")))
    zcr = (sign[:, 1:] != sign[:, :-1]).sum(1) / n_fft
    before = np.vstack([S[:1], S[:-1]])
    flux = np.sqrt((np.maximum(0, S - before) ** 2).sum(1) / np.maximum((S**2).sum(1), 1e-300))
    return np.stack([centroid, bandwidth, rolloff, flatness, zcr, flux], 1)


def chroma():
    at = 12 * np.log2(np.arange(1, n_fft) * sr / n_fft / 27.5)
    at = np.concatenate([[at[0] - 18], at])
    width = np.concatenate([np.maximum(np.diff(at), 1), [1]])
    away = np.remainder(at[None] - np.arange(12)[:, None] + 6 + 120, 12) - 6
    weight = np.exp(-0.5 * (2 * away / width) ** 2)
    weight /= np.sqrt((weight**2).sum(0))
    weight *= np.exp(-0.5 * ((at / 12 - 5) / 2) ** 2)
    weight = np.roll(weight, -3, 0)[:, : len(freq)]
    c = S**2 @ weight.T
    return c / np.maximum(c.max(1, keepdims=True), 1e-300)


def tonnetz():
    c = chroma()
    c = c / np.maximum(c.sum(1, keepdims=True), 1e-300)
    turn, radius = np.repeat([7 / 6, 3 / 2, 2 / 3], 2), np.repeat([1, 1, 0.5], 2)
    angle = np.pi * (turn[:, None] * np.arange(12) - np.array([0.5, 0] * 3)[:, None])
    return c @ (radius[:, None] * np.cos(angle)).T


def contrast():
    edges = np.concatenate([[0], 200 * 2.0 ** np.arange(7)])
    peak, valley = np.zeros((2, len(S), 7))
    for k in range(7):
        band = (freq >= edges[k]) & (freq <= edges[k + 1])
        at = np.flatnonzero(band)
        if k > 0:
            band[at[0] - 1] = True
        if k == 6:
            band[at[-1] + 1 :] = True
        sub = S[:, band][:, : None if k == 6 else -1]
        count = int(max(1, np.rint(0.02 * band.sum())))
        s = np.sort(sub, 1)
        valley[:, k], peak[:, k] = s[:, :count].mean(1), s[:, -count:].mean(1)
    db = [10 * np.log10(np.maximum(v, 1e-10)) for v in (peak, valley)]
    return np.maximum(db[0], db[0].max() - 80) - np.maximum(db[1], db[1].max() - 80)


def onset():
    db = logmel()
    rise = np.maximum(0, db[1:] - db[:-1]).mean(1)
    return np.concatenate([np.zeros(1 + n_fft // (2 * hop)), rise])[: len(S), None]


def loudness():
    rms = np.sqrt((frames("constant") ** 2).mean(1))
    return 20 * np.log10(np.maximum(rms, 1e-5))[:, None]


width = {"logmel": n_mels, "mfcc": 20, "delta": 40, "shape": 6, "chroma": 12, "tonnetz": 6, "contrast": 7, "onset": 1, "loudness": 2}
at = bad = 0
for name in names:
    want, have = globals()[name](), got[:, at : at + width[name]]
    at += width[name]
    have = have[:, : want.shape[1]]
    assert have.shape == want.shape, (name, have.shape, want.shape)
    most = np.abs(want).max(0) if name in ("shape", "mfcc") else np.abs(want).max()
    off = (np.abs(have - want) / (1e-4 * np.abs(want) + 3e-6 * most + 1e-12)).max()
    print("# %s: %d values, worst %.3g of the limit" % (name, want.size, off))
    bad += not off <= 1
assert at == got.shape[1]
sys.exit(bad)
