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
for a in timbre rhythm envelope harmony brightness; do
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

same 'why it is found' "$(assay-bank find --samples set --words 'dark vinyl' --json | jq -r 'select(.file == "set/vinyl-5.flac").why' |
	sed 's/[0-9.]*,/X,/')" 'dark X, vinyl in the name'

# what has been heard is not heard again, and what has changed is
[ -s cache/assay/samples ]
is $? 'what was heard is kept'
cp cache/assay/samples before
first --words kick >found
cmp -s cache/assay/samples before
is $? 'a second search hears nothing'
cp $samples/bd_haus.flac set/6.flac
first --words kick >found
[ "$(wc -c <cache/assay/samples)" -gt "$(wc -c <before)" ]
is $? 'a new file is heard'
cp $samples/vinyl_hiss.flac set/6.flac
same 'and a file that has become another' "$(first --like $samples/vinyl_hiss.flac)" set/6.flac
echo rubbish >cache/assay/samples
same 'a broken cache is none' "$(first --like $samples/vinyl_hiss.flac)" set/6.flac
printf '\377\377\377\377' >ff
cat ff ff >ffff
dd if=ffff of=cache/assay/samples bs=1 seek=$((64 + 32)) conv=notrunc 2>dd # no number
same 'nor is what is no number believed' "$(first --like $samples/vinyl_hiss.flac)" set/6.flac
mkdir wall && echo >wall/assay
same 'nor is one that cannot be written' "$(XDG_CACHE_HOME=$tmp/wall first --like $samples/vinyl_hiss.flac)" set/6.flac

# key and tempo: of the name, or as they are heard
cp $samples/loop_amen.flac "set/loop 90bpm.flac"
cp $samples/ambi_piano.flac "set/keys F#m.flac"
same 'a tempo that a name states' "$(first --words '90 bpm loop')" 'set/loop 90bpm.flac'
same 'a key that a name states' "$(first --words 'pad in F#m')" 'set/keys F#m.flac'
rm set/loop* && cp $samples/loop_amen.flac set/7.flac
same 'a tempo that is heard' "$(first --words '137 bpm')" set/7.flac
rm set/7.flac set/keys*

# harmony is about pitch alone: a chord as organ and as plucked strings, and another chord as organ
/usr/bin/python3 - <<-'END'
	import math, struct, wave
	def chord(name, roots, harmonics, fade):
	    w = wave.open(name, "w")
	    w.setparams((1, 2, 44100, 0, "NONE", ""))
	    w.writeframes(b"".join(struct.pack("<h", int(3000 * math.exp(-fade * i / 44100) * sum(
	        math.sin(2 * math.pi * f * k * i / 44100) / k for f in roots for k in harmonics))) for i in range(33075)))
	a, b = (220, 277.18, 329.63), (246.94, 311.13, 369.99)
	chord("a_organ.wav", a, (1, 2), 0)
	chord("a_pluck.wav", a, (1, 2, 3, 4, 5), 9)
	chord("b_organ.wav", b, (1, 2), 0)
END
mkdir chords && mv a_pluck.wav b_organ.wav chords
nearest() { assay-bank find --samples chords --like a_organ.wav --json "$@" | head -1 | jq -r .file; }
same 'in harmony the same chord is nearest' "$(nearest --aspect harmony)" chords/a_pluck.wav
same 'in timbre the same organ' "$(nearest --aspect timbre)" chords/b_organ.wav
same 'in envelope too' "$(nearest --aspect envelope)" chords/b_organ.wav

# whitened by a set, what varies much there counts less
assay-features $samples/drum_*.flac $samples/bd_*.flac $samples/elec_*.flac -o drums.takes 2>/dev/null
same 'whitened by a set a sound is nearest to itself' "$(first --like $samples/bd_808.flac --whiten drums.takes)" set/1.flac
[ "$(assay-bank find --json --like $samples/bd_808.flac --whiten drums.takes | jq -s 'length == 5 and .[0].distance < 1e-6 and .[4].distance > 3')" = true ]
is $? 'and over the bank'

# a bank of an older version
assay-features $samples/bd_808.flac | assay-json --data | jq -c '.features[0].name = "summary"' | assay-json -d |
	ASSAY_BANK=$tmp/old.db assay-bank add 2>/dev/null
ASSAY_BANK=$tmp/old.db assay-bank find --words kick 2>err
[ $? = 1 ] && grep -q "1 takes of the bank have only an older summary.*assay features" err
is $? 'a bank of older summaries says how to hear it anew'
ASSAY_BANK=$tmp/old.db assay-bank find --like $samples/bd_808.flac 2>err
[ $? = 1 ] && grep -q "older summary" err
is $? 'also when it is held against a file'
ASSAY_BANK=$tmp/old.db assay-bank find --limit 0 --takes 2>/dev/null | assay-features 2>/dev/null | ASSAY_BANK=$tmp/old.db assay-bank add 2>/dev/null
same 'and then is found' "$(ASSAY_BANK=$tmp/old.db assay-bank find --words kick --json | jq -s length)" 1

assay-features $samples/bd_808.flac -o one.takes 2>/dev/null
flac -s -d -o x.wav $samples/bd_808.flac
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
fails 2 'how --like compares' 'whitening of what' --whiten drums.takes --words dark
fails 1 'no distribution' 'one sound is no set' --whiten one.takes --like x.wav --samples set
fails 2 'needs it' 'an aspect of what' --aspect timbre
fails 2 'timbre, rhythm, harmony' 'an unknown aspect' --like x --aspect colour
fails 2 'no takes' 'files have no tags' --samples set --words dark --tag x
finish
