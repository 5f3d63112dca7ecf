#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Sound files of every kind, good and broken, through every tool that reads one: what is in it, or an error that names
# the file and the place. Never a crash, a hang, or memory that a header claims.
. "$(dirname "$0")/tap.sh"
odd="/usr/bin/python3 $here/tests/odd_sounds.py"
if ! /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
	echo "1..0 # SKIP python3-numpy is not installed"
	exit 0
fi
cd "$tmp" || exit 1
$odd make . || exit 1
n_good=$(ls good | wc -l) n_bad=$(ls bad | wc -l)
# bounded COMMAND...: ends by itself, and not by a signal; its status otherwise
bounded() {
	timeout 60 "$@" </dev/null
	bounded_status=$?
	[ $bounded_status -lt 124 ] || echo "ended by $bounded_status" >>err
	return $bounded_status
}
# fails FILE TEXT COMMAND...: with 1, and says where
fails() {
	fails_file=$1 fails_text=$2
	shift 2
	bounded "$@" >out 2>err
	[ $? -eq 1 ] && grep -q "$fails_file.*$fails_text" err && ! grep -qE 'Sanitizer|runtime error' err
	is $? "$2: $fails_file: $fails_text"
}

# --- features: what is in the file ---------------------------------------------------------
bounded assay features -q good/* -o good.takes 2>err && assay json --data good.takes | $odd check .
is $? "$n_good files of all kinds: the samples that were put in"
same "and finite summaries" "$(assay json --data good.takes | jq -c '.features[0].data | length > 50 and all(. > -1e6 and . < 1e6)' | sort | uniq -c | tr -s ' ')" " $n_good true"
bounded assay features --all good/sample.wav good/samples.wav good/silence.wav good/channels8.wav good/loud.wav good/rate192000.wav \
	-o all.takes 2>err && [ "$(assay json --data all.takes | grep -ci 'nan\|infinity')" = 0 ]
is $? "all features of one sample, two, silence, eight channels, 40 dB too loud, 192 kHz"
bounded assay features bad/* -o bad.takes 2>err
same "none of the broken ones is heard" "$?.$(assay json bad.takes 2>/dev/null | jq -r '.error' | grep -c "cannot read 'bad/.*': .")" "1.$n_bad"
! grep -qE 'Sanitizer|runtime error' err
is $? "without harm"
cat >places <<-'END'
	nan.wav frame 500, channel 1 is -*nan
	inf.wav frame 37, channel 0 is -inf
	huge.wav frame 0, channel 0 is .*e+
	frames0.wav 0 frames
	frames0.aif 0 frames
	channels9.wav 9 channels
	rate1m.wav 1000000 Hz
	channels65535.wav not a sound file
	nodata.wav not a sound file .*data
	text.wav not a sound file
	empty.wav empty
END
while read -r file text; do
	grep -q "'bad/$file': .*$text" err || echo "$file: no '$text'"
done <places >missing
[ ! -s missing ]
is $? "and each is told why, and where"
sed 's/^/# /' missing

# --- the other tools ----------------------------------------------------------------------------
bounded assay golden -q --no-cache good -o golden.takes 2>err
same "golden takes them all" "$?.$(assay json golden.takes | jq -c '(.error // "") == ""' | sort | uniq -c | tr -s ' ')" "0. $n_good true"
bounded assay golden --no-cache bad -o none.takes 2>err
[ $? -eq 1 ] && [ "$(grep -c "cannot read 'bad/" err)" -ge "$n_bad" ]
is $? "and names each that is broken"
for b in sample samples silence channels8 rate192000 rate44056 loud mp3; do
	bounded assay likeness --json good/s16.wav good/$b.wav >out 2>err && bounded assay likeness --json good/$b.wav good/s16.wav >>out 2>>err
	[ $? -eq 0 ] && jq -e 'del(.target, .candidate) | [.. | numbers] | length >= 8 and all(. >= 0 and . < 1e9)' out >/dev/null
	is $? "likeness to $b.wav, and of it"
done
assay patch hit --beats 0.2 | assay render -q | assay features -q >hit.takes
bounded assay score -q --like good --weigh like=1,valid=1 -i hit.takes -o scored.takes 2>err &&
	[ "$(assay json scored.takes | jq '.fitness > 0 and .fitness < 2')" = true ]
is $? "score: the nearest of them"
mkdir short
cp good/sample.wav good/silence.wav good/channels8.wav good/rate8000.wav short
bounded assay score -q --like short --weigh like=1,timbre=1,rhythm=1,harmony=1,envelope=1,belong=1,novel=1,complement=1 -i hit.takes -o scored.takes 2>err &&
	[ "$(assay json scored.takes | jq '[.scores[] | .value // 0] | length == 8 and all(. >= 0 and . <= 1)')" = true ]
is $? "score: every aspect of one sample, silence, eight channels, 8 kHz"
assay bank add -q --bank b.db <hit.takes
bounded assay bank find --bank b.db --samples good --like good/u8.wav --limit 0 --json >out 2>err
same "bank find --samples --like" "$?.$(grep -c . out)" "0.$n_good"
bounded assay bank find -v --bank b.db --samples bad --words dark >out 2>err
[ $? -le 1 ] && [ "$(grep -c "cannot read 'bad/" err)" -ge 1 ] && ! grep -qE 'Sanitizer|runtime error' err
is $? "bank find --samples names what it cannot hear"
for b in nan.wav:500 text.wav:sound channels65535.wav:sound; do
	file=bad/${b%:*} text=${b#*:}
	fails "$file" "$text" assay likeness good/s16.wav "$file"
	fails "$file" "$text" assay score --like "$file" -i hit.takes
	fails "$file" "$text" assay evolve --patch hit --level "$file" --budget 8
	fails "$file" "$text" assay bank find --bank b.db --like "$file"
done

# --- ten minutes ----------------------------------------------------------------------------------
ASSAY_HERE=$here /usr/bin/python3 - <<-'END'
	import sys
	sys.path.insert(0, __import__("os").environ["ASSAY_HERE"] + "/tests")
	import numpy as np, odd_sounds
	second = np.random.default_rng(1).uniform(-0.5, 0.5, (8000, 1))
	open("long.wav", "wb").write(odd_sounds.wav(8000, np.tile(second, (600, 1))))
END
most=200
[ "${build%address*}" = "$build" ] || most=1000
$odd memory $most timeout 60 assay features -q long.wav -o long.takes 2>err
is $? "ten minutes are heard in bounded memory:$(tail -n 1 err | tr -d '#')"
same "and are there" "$(assay json long.takes | jq -c '[.audio.rate, .audio.frames]')" '[8000,4800000]'
finish
