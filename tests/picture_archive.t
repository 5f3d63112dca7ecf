#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# picture archive: the cells of any measures, aspects or learned axes.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
assay patch -q pluck --random 20 | assay render -q | assay features -q | assay score -q --weigh valid=1 --drop-audio >some.takes
pass 'an archive' assay picture archive some.takes -o plain.png
pass 'of one measure' assay picture archive --measures brightness/8 some.takes -o one.png
pass 'of three' assay picture archive --measures brightness/8,punch/8,width/2 some.takes -o three.png
pass 'of learned axes' assay picture archive --measures pc1/8,pc2/8 --axes some.takes some.takes -o axes.png
pass 'of learned axes again' assay picture archive --measures pc1/8,pc2/8 --axes some.takes some.takes -o again.png
same 'are four pictures' "$(cat plain.png one.png three.png axes.png | grep -ac PNG)" 4
same 'the same axes again' "$(cksum <again.png)" "$(cksum <axes.png)"
same 'each another' "$(cksum plain.png one.png three.png axes.png | cut -d ' ' -f 1 | sort -u | wc -l)" 4
# refuses STATUS WORDS OPTIONS...
refuses() {
	want=$1
	words=$2
	shift 2
	assay picture "$@" -o no.png 2>err </dev/null
	[ $? = "$want" ] && grep -qF -- "$words" err && [ ! -e no.png ]
	is $? "refused: $words"
}
refuses 1 "no score, aspect or column of the summary is called 'colour'" archive --measures colour,punch some.takes
refuses 1 "'pc1' is an axis that is learned" archive --measures pc1,pc2 some.takes
refuses 1 "too many to be drawn" archive --measures brightness/5000 some.takes
refuses 1 "axes need three" archive --measures pc1 --axes /dev/null some.takes
refuses 1 "no take with a score" archive
refuses 2 "for an archive" map --measures brightness some.takes
finish
