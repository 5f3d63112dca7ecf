#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# bank find by ear: words and aspects, over the bank and over folders.
. "$(dirname "$0")/tap.sh"
samples=/usr/share/sonic-pi/samples
[ -d $samples ] || { echo '1..0 # SKIP sonic-pi-samples is not installed'; exit 0; }
cd "$tmp" || exit 1
ASSAY_BANK=$tmp/bank.db
export ASSAY_BANK
mkdir -p set/deep
n=0
for f in bd_808 drum_snare_hard drum_cymbal_closed ambi_drone bass_hit_c; do
	n=$((n + 1))
	cp $samples/$f.flac set/$n.flac # names that say nothing
done
mv set/3.flac set/deep
echo notes >set/README
assay-features set/[1245].flac set/deep/3.flac 2>/dev/null | assay-bank add 2>/dev/null
is $? 'five sounds go into the bank'

first() { # ARGS: the file that comes first
	assay-bank find --samples set --json "$@" | head -1 | jq -r .file
}
same 'kick' "$(first --words kick)" set/1.flac
same 'snare' "$(first --words 'noisy snare')" set/2.flac
same 'hat, in a folder below' "$(first --words hihat)" set/deep/3.flac
same 'a pad is long' "$(first --words 'dark pad')" set/4.flac
mv set/5.flac set/vinyl-5.flac
same 'a name that has the word' "$(first --words vinyl)" set/vinyl-5.flac
same 'like a file' "$(first --like $samples/bd_808.flac)" set/1.flac
for a in timbre rhythm envelope; do
	same "like a file in $a" "$(first --like $samples/drum_cymbal_closed.flac --aspect $a)" set/deep/3.flac
done
assay-bank find --samples set --words dark --json >all
[ "$(jq -s '([.[].distance] | . == sort) and length == 5 and all(.[]; .brightness >= 0 and .brightness <= 1)' all)" = true ]
is $? 'all files, nearest first, with their aspects'
same 'so many' "$(assay-bank find --samples set --words dark -n 2 --json | wc -l)" 2

top() { assay-bank find --json -n 1 "$@" | jq -r .seconds; }
long=$(assay-bank find --json | jq -s 'max_by(.seconds).seconds')
same 'words over the bank' "$(top --words 'long pad')" "$long"
same 'an aspect over the bank' "$(top --like $samples/ambi_drone.flac --aspect timbre)" "$long"
same 'the distance to itself is 0' "$(assay-bank find --json -n 1 --like $samples/ambi_drone.flac --aspect envelope | jq .distance)" 0
assay-bank find --words dark --tag nothing --json >none && [ ! -s none ]
is $? 'filters hold'

fails() { # STATUS PATTERN NAME ARGS
	want=$1 pattern=$2 name=$3
	shift 3
	assay-bank find "$@" >out 2>err
	[ $? = "$want" ] && grep -q -- "$pattern" err
	is $? "$name"
}
fails 1 "'xyzzy' says nothing" 'an unknown word' --words 'dark xyzzy'
fails 1 'nowhere' 'no folder' --samples nowhere --words dark
mkdir empty
fails 1 "no sound in folder 'empty'" 'an empty folder' --samples empty --words dark
fails 1 'no sound file' 'like nothing' --samples set --like nowhere
fails 2 'not both' 'words and a sound' --words dark --like x
fails 2 'needs it' 'an aspect of what' --aspect timbre
fails 2 'timbre, rhythm or envelope' 'an unknown aspect' --like x --aspect colour
fails 2 'no takes' 'files have no tags' --samples set --words dark --tag x
finish
