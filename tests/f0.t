#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Pitch of melodies that the engine plays: all frames in which a note sounds, its ends included.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
melody() { # PATCH KEEP: the notes of which KEEP is true
	assay patch -q "$here/patches/$1.lua" | assay json |
		jq -c '.key = "'"$1"'" | .phrase.beats = 16 | .phrase.tempo = 120 | .phrase.arcs = [] | .phrase.notes =
			([62,65,67,69,72,69,67,60,57,64,74,76,79,81,53,48] | to_entries | map(select('"$2"')) |
			map({start: .key, length: 0.8, pitch: .value, velocity: 0.8}))'
}
hear() { assay json -q -d 2>err | assay render -q | assay features -q --only f0,loudness --npy "$1.npy" -o "$1.takes"; }
# those that play one note after the other and stop when told to; the basses two octaves lower, down to 32 Hz
set -- clarinet brass pluck string keys lead tines clav flute suitcase tone organ anthem acid fmbass reese sub
for p in "$@"; do melody "$p" true; done | hear all
is $? "melodies are rendered and heard"
# a bowed string takes a tenth of a second to speak, while the one before rings on: every second note alone
# says which of the two is louder
for keep in true '.key % 2 == 0' '.key % 2 == 1'; do melody cello "$keep"; done | hear cello
is $? "so is a cello, and every second of its notes alone"
rate=$(assay json all.takes | jq -s '.[0].audio.rate')
cat >judge.py <<'END'
import numpy as np, sys
notes = [62, 65, 67, 69, 72, 69, 67, 60, 57, 64, 74, 76, 79, 81, 53, 48]
octaves = {'flute': 12, 'organ': -12, 'anthem': -12, 'cello, the louder note': -12, 'acid': -24, 'fmbass': -24, 'reese': -24, 'sub': -24}
def judge(take, name, rate, clear=lambda i, sel: True):
    t = np.arange(take.shape[1]) * 512 / rate
    right = frames = 0
    for i, p in enumerate(notes):
        sel = (t >= i / 2) & (t < i / 2 + 0.4)
        cents = 1200 * np.log2(np.maximum(take[0, sel, 0], 1) / 440) - 100 * (p + octaves.get(name, 0) - 69)
        judged = clear(i, sel) & np.ones(len(cents), bool)
        right, frames = right + ((abs(cents) < 50) & judged).sum(), frames + judged.sum()
    print('# %s: %.3f of %d frames within 50 cents' % (name, right / frames, frames))
    return np.array([right, frames])
rate = float(sys.argv[2])
if sys.argv[1] == 'cello':
    take, even, odd = np.load('cello.npy')
    level = [even[0, :, 3], odd[0, :, 3]]
    right, frames = judge(take, 'cello, the louder note', rate, lambda i, sel: level[i % 2][sel] > level[1 - i % 2][sel])
    raise SystemExit(not (frames > 500 and right >= 0.9 * frames))
each = [judge(take, name, rate) for take, name in zip(np.load('all.npy'), sys.argv[3:])]
right, frames = sum(each)
print('# all: %.3f' % (right / frames))
raise SystemExit(not (frames > 9000 and right >= 0.98 * frames and all(r >= 0.93 * n for r, n in each)))
END
/usr/bin/python3 judge.py all "$rate" "$@" >report
is $? "0.98 of the frames of seventeen melodies are right, and 0.93 of each"
cat report
/usr/bin/python3 judge.py cello "$rate" >report
is $? "0.9 of the cello's frames in which the note is louder than what rings on"
cat report
finish
