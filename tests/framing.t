#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Features at framings that are not the usual one, against their definitions computed by NumPy.
. "$(dirname "$0")/tap.sh"
py=/usr/bin/python3

# A chirp, decaying noise and a click, in 16 bits.
$py - "$tmp/mix.wav" <<'END'
import sys, wave
import numpy as np
r = np.random.RandomState(7)
t = np.arange(33000) / 44100
x = 0.3 * np.sin(2 * np.pi * (150 * t + 2000 * t * t)) + 0.4 * np.exp(-9 * (t % 0.3)) * r.uniform(-1, 1, len(t)) + 0.01 * r.uniform(-1, 1, len(t))
x[20000] = 0.9
w = wave.open(sys.argv[1], 'wb')
w.setparams((1, 2, 44100, 0, 'NONE', ''))
w.writeframes((x * 32767).astype('<i2').tobytes())
END
is $? "a sound of chirp, noise and click"

# check FFT HOP MELS SCALE FMIN FMAX FEATURES
check() {
	set -- "$@" "$([ "$4" = htk ] && echo --htk)"
	assay features --quiet --fft "$1" --hop "$2" --mels "$3" $8 --fmin "$5" --fmax "$6" --only "$7" --npy "$tmp/a.npy" \
		-o /dev/null "$tmp/mix.wav" &&
		$py "$here/tests/framing_reference.py" "$tmp/mix.wav" "$tmp/a.npy" "$1" "$2" "$3" "$4" "$5" "$6" "$7"
	is $? "$1 samples $2 apart, $3 mel bands ($4, $5 to $6 Hz): $7"
}
some=logmel,mfcc,delta,shape,chroma,tonnetz,contrast,onset,loudness
check 2048 512 128 slaney 0 0 $some
check 1024 256 80 htk 0 0 $some
check 4096 1000 128 slaney 0 0 $some
check 1500 375 64 slaney 60 8000 $some # 3 5^3 4
check 1511 500 40 htk 20 16000 $some # a prime, odd
check 16384 1024 256 slaney 0 0 $some
check 32 32 8 htk 0 0 logmel,mfcc,loudness
check 65536 4000 128 slaney 0 0 logmel,shape,chroma,contrast

refused() {
	want=$1
	shift
	assay features "$@" "$tmp/mix.wav" >/dev/null 2>"$tmp/err"
	same "$(head -1 "$tmp/err")" "$?" "$want"
}
refused 2 --fft 31 --only shape
refused 2 --hop 0 --only shape
refused 2 --fft 1024
refused 2 --fft 1024 --only shape --summary
refused 2 --htk --only summary
refused 2 --fmin 9000 --fmax 80 --only logmel
refused 1 --fmin 30000 --only logmel
name=$(assay features --fft 1024 --htk --only logmel "$tmp/mix.wav" | assay json | jq -r '.features[].name')
same "the tensor's name says so" "$name" "logmel.fft1024.htk"
assay features --quiet --all --fft 777 --hop 100 --mels 20 --htk "$tmp/mix.wav" >"$tmp/best"
ASSAY_ISA=scalar assay features --quiet --all --fft 777 --hop 100 --mels 20 --htk "$tmp/mix.wav" | cmp -s - "$tmp/best"
is $? "the same bytes of plain C"
finish
