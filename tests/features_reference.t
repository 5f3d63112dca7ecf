#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# features beside the same definitions in numpy, on slices of real loops and sounds made for it, at four rates.
. "$(dirname "$0")/tap.sh"
reference="/usr/bin/python3 $here/tests/feature_reference.py"
samples=/usr/share/sonic-pi/samples
if ! /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
	echo "1..0 # SKIP python3-numpy is not installed"
	exit 0
fi
cd "$tmp" || exit 1
for l in ambi_piano bass_voxy_c drum_cymbal_open guit_e_slide loop_amen loop_garzul loop_tabla vinyl_hiss; do
	[ -r $samples/$l.flac ] || { skip "slices of real loops" "no loops: apt-get install sonic-pi-samples"; break; }
	flac -s -d -o "loop_$l.wav" $samples/$l.flac || exit 1
done
mkdir sounds
# shellcheck disable=SC2046
$reference make sounds $(ls loop_*.wav 2>/dev/null) >list
is $? "sounds are made: $(wc -l <list)"
# shellcheck disable=SC2046
pass "they are heard" assay features -q --only "$($reference names)" --npy heard.npy -o /dev/null $(cat list)
# shellcheck disable=SC2046
$reference compare heard.npy $(cat list) >table 2>err
is $? "every feature is within 1e-4 of its definition"
cat table
finish
