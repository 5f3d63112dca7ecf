#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Pitch of melodies that the engine plays: all frames in which a note sounds, its ends included.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
# these play the notes as written, the flute an octave higher (a bowed string takes a tenth of a second to have a pitch)
set -- clarinet brass pluck string keys lead tines clav flute
for p in "$@"; do
	assay patch -q "$here/patches/$p.lua" | assay json |
		jq -c '.key = "'"$p"'" | .phrase.beats = 16 | .phrase.tempo = 120 | .phrase.arcs = [] | .phrase.notes =
			([62,65,67,69,72,69,67,60,57,64,74,76,79,81,53,48] | to_entries |
			map({start: .key, length: 0.8, pitch: .value, velocity: 0.8}))'
done | assay json -q -d 2>err | assay render -q | assay features -q --only f0 --npy f0.npy -o f0.takes
is $? "melodies are rendered and heard"
rate=$(assay json f0.takes | jq -s '.[0].audio.rate')
/usr/bin/python3 - "$rate" "$@" >report <<'END'
import numpy as np, sys
a = np.load('f0.npy')
t = np.arange(a.shape[2]) * 512 / float(sys.argv[1])
notes = [62, 65, 67, 69, 72, 69, 67, 60, 57, 64, 74, 76, 79, 81, 53, 48]
right = frames = 0
for take, name in zip(a, sys.argv[2:]):
    good = all_ = 0
    octave = {'flute': 12}.get(name, 0)
    for i, p in enumerate(notes):
        f = take[0, (t >= i / 2) & (t < i / 2 + 0.4), 0]
        good += (abs(1200 * np.log2(np.maximum(f, 1) / 440) - 100 * (p + octave - 69)) < 50).sum()
        all_ += len(f)
    print('# %s: %.3f of %d frames within 50 cents' % (name, good / all_, all_))
    right, frames = right + good, frames + all_
print('# all: %.3f' % (right / frames))
raise SystemExit(not (frames > 3000 and right >= 0.96 * frames))
END
is $? "0.96 of the frames of nine melodies are right"
cat report
finish
