#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# picture map: takes where they are alike, or on axes that have names.
. "$(dirname "$0")/tap.sh"
samples=/usr/share/sonic-pi/samples
[ -d $samples ] || { echo '1..0 # SKIP sonic-pi-samples is not installed'; exit 0; }
cd "$tmp" || exit 1
assay features -q $samples/bd_haus.flac $samples/drum_cymbal_closed.flac $samples/elec_bell.flac -o three.takes
pass 'a map of what is alike' assay picture map three.takes -o alike.png
pass 'by brightness and punch' assay picture map --x brightness --y punch three.takes -o aspects.png
pass 'by columns of the summary' assay picture map --x duration --y centroid_mean three.takes -o columns.png
same 'are three pictures' "$(head -qc 4 ./*.png | tr -cd 'PNG')" PNGPNGPNG
[ "$(cksum <alike.png)" != "$(cksum <aspects.png)" ] && [ "$(cksum <aspects.png)" != "$(cksum <columns.png)" ]
is $? 'which differ'
assay picture map --x brightness --y punch three.takes -o again.png
same 'the same again' "$(cksum <again.png)" "$(cksum <aspects.png)"
assay picture map --x colour --y punch three.takes -o no.png 2>err
[ $? = 1 ] && grep -q "bd_haus: no score, aspect or column of the summary is called 'colour'" err && [ ! -e no.png ]
is $? 'what nobody measures is no axis'
assay picture map --x punch three.takes -o no.png 2>err
same 'one axis is none' $? 2
assay picture progress --x punch --y punch three.takes -o no.png 2>err
same 'only maps have them' $? 2
finish
