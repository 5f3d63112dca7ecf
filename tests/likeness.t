#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# likeness beside the same definitions in numpy, and what must hold of any likeness.
. "$(dirname "$0")/tap.sh"
reference="/usr/bin/python3 $here/tests/likeness_reference.py"
samples=/usr/share/sonic-pi/samples
dir=$tmp

if ! /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
	echo "1..0 # SKIP python3-numpy is not installed"
	exit 0
fi
$reference make "$dir" || exit 1
for l in loop_amen drum_snare_hard bass_hit_c; do
	flac -s -d -o "$dir/$l.wav" $samples/$l.flac || exit 1
done
cd "$dir" || exit 1

# By the definitions: alike, far apart, of other lengths, levels and rates, stereo, silent, one sample.
pairs="pluck:quiet pluck:higher higher:pluck pluck:short noise:sine stereo:stereo2 stereo:pluck
	silence:silence pluck:silence silence:pluck click:pluck pluck:noisy40 pluck:noisy0 loop_amen:noise
	drum_snare_hard:bass_hit_c silence:noise noise:silence click:click click:silence clicks:click ten:pluck
	pluck:ten ten:ten click:stereo stereo2:short sides:pluck sides:stereo loud:pluck offset:pluck pluck:offset
	low22050:mid22050 mid22050:low22050 low48000:mid48000 low96000:mid96000"
for pair in $pairs; do
	a=${pair%:*} b=${pair#*:}
	assay-likeness $a.wav $b.wav --json >$a-$b.json
done
# shellcheck disable=SC2086
$reference compare $pairs >compared
while read -r a b off; do
	case $a in '#') echo "# $b $off" ;; *) is "$off" "$a and $b: within 1e-4 of the definitions" ;; esac
done <compared
same "all pairs were compared" "$(grep -vc '^#' compared)" "$(echo $pairs | wc -w)"

value() { # A B MEASURE
	assay-likeness "$1.wav" "$2.wav" --json | jq ".$3"
}
check() { # JQ-CONDITION NAME; reads json
	[ "$(jq -s "$1")" = true ]
	is $? "$2"
}
both() { assay-likeness "$1.wav" "$2.wav" --json && assay-likeness "$2.wav" "$1.wav" --json; }

assay-likeness loop_amen.wav loop_amen.wav --json |
	check '.[0] | .mss == 0 and .wmfcc == 0 and .sot == 0 and .mrstft == 0 and .lsd == 0 and .mfccd == 0 and .rms > 0.999999' 'the same sound is the same'
assay-likeness pluck.wav quiet.wav --json |
	check '.[0] | .mss < 1e-4 and .sot < 1e-5 and .rms > 0.99999 and .mrstft > 1 and .lsd > 100 and .mfccd > 1' \
	'level: nothing to MSS, SOT and RMS, something to the others'
both pluck noise | check '(.[0].mss - .[1].mss | fabs) < 1e-6 and (.[0].wmfcc - .[1].wmfcc | fabs) < 1e-6 and
	(.[0].sot - .[1].sot | fabs) < 1e-6 and (.[0].rms - .[1].rms | fabs) < 1e-6' 'symmetric, but for MR-STFT'
for k in 60 40 20 0; do assay-likeness pluck.wav noisy$k.wav --json; done |
	check '[.[].mss] == ([.[].mss] | sort) and [.[].mrstft] == ([.[].mrstft] | sort) and
	[.[].lsd] == ([.[].lsd] | sort) and [.[].mfccd] == ([.[].mfccd] | sort) and
	[.[].sot] == ([.[].sot] | sort) and [.[].wmfcc] == ([.[].wmfcc] | sort) and [.[].rms] == ([.[].rms] | sort | reverse)' \
	'more noise is less alike, by every measure'

# Files of another rate and kind.
assay-likeness $samples/loop_amen.flac loop_amen.wav --json | check '.[0].mss < 0.01' 'FLAC and WAV of one loop'
assay-likeness pluck.wav higher.wav | grep -q '^MSS .*dB'
is $? 'a table for people'
assay-likeness pluck.wav 2>/dev/null
[ $? = 2 ]; is $? 'one file is a usage error'
assay-likeness pluck.wav nothing.wav 2>err
[ $? = 1 ] && grep -q "nothing.wav" err; is $? 'a missing file is named'
head -c 3000 /dev/urandom >junk.wav
assay-likeness pluck.wav junk.wav >out 2>err
[ $? = 1 ] && grep -q "junk.wav" err && [ ! -s out ]; is $? 'what is no sound is refused'
assay-likeness pluck.wav higher.wav >/dev/full 2>/dev/null
[ $? = 1 ]; is $? 'a full disk is noticed'
finish
