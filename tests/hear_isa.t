#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What is heard is the same bytes with every instruction set, and so what it is worth.
. "$(dirname "$0")/tap.sh"
samples=/usr/share/sonic-pi/samples
patch() { assay patch "$here/patches/pluck.lua" --random 6 --seed 3 | assay render 2>"$tmp/err"; }
patch >"$tmp/takes"
[ -s "$tmp/takes" ]
is $? "there are takes to hear"

hear() {
	assay features --quiet --all --npy "$tmp/array.npy" <"$tmp/takes" >"$tmp/heard" &&
		assay score --quiet --explain --like "$samples/drum_snare_hard.flac" --weigh like=1,novel=0.3,valid=0.2 \
			<"$tmp/takes" >"$tmp/scored" 2>"$tmp/why" &&
		assay likeness --json "$samples/drum_snare_hard.flac" "$samples/drum_bass_hard.flac" >"$tmp/likeness" &&
		assay golden --quiet "$samples/loop_amen.flac" >"$tmp/golden" || return
	for f in array.npy heard scored why likeness golden; do
		sha256sum <"$tmp/$f" | sed "s/-/$f/"
	done
}
ASSAY_ISA=scalar hear >"$tmp/want" 2>"$tmp/err"
is $? "features, scores, likeness and onsets of plain C"
for isa in sse avx2 avx512; do
	if ! assay render --isa "$isa" <"$tmp/takes" >/dev/null 2>&1; then
		skip "$isa" "this machine has it not"
		continue
	fi
	ASSAY_ISA=$isa hear >"$tmp/got" 2>"$tmp/err"
	diff "$tmp/want" "$tmp/got" >"$tmp/err"
	is $? "$isa hears the same bytes"
done
vectors() { assay doctor 2>/dev/null | grep vectors; }
same "ASSAY_ISA chooses" "$(ASSAY_ISA=scalar vectors | grep -c 'scalar is used')" 1
same "what is no set does not" "$(ASSAY_ISA=mmx vectors)" "$(vectors)"
finish
