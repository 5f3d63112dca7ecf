#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The render tool: from takes to takes with sound, and to sound files.
. "$(dirname "$0")/tap.sh"
T=$tmp
# equal GOT WANT NAME
equal() {
	same "$3" "$1" "$2"
}
cd "$T" || exit 1

# A saw through an envelope, as JSON; $1: key, $2: pitch, $3: more fields.
take() {
	printf '{"key":"%s","engine":2,"rate":44100,"seed":7%s,"parts":[{"gain":0.5,"patch":{"nodes":[
	{"module":"note"},
	{"module":"saw","inputs":[{"port":"pitch","wire":{"port":"pitch"}}]},
	{"module":"adsr","inputs":[{"port":"gate","wire":{"port":"gate"}}]},
	{"module":"mul","inputs":[{"port":"a","wire":{"node":1,"port":"out"}},{"port":"b","wire":{"node":2,"port":"out"}}]},
	{"module":"voices","inputs":[{"port":"left","wire":{"node":3,"port":"out"}}]}],
	"outputs":[{"node":4,"port":"left"}]}}],
	"phrase":{"tempo":120,"beats":1,"notes":[{"start":0,"length":0.5,"pitch":%s,"velocity":0.8}]}}' "$1" "$3" "$2" | tr -d '\n\t'
	echo
}
hashes() { assay json | sed 's/.*"hash":"\([0-9a-f]*\)".*/\1/'; }
field() { sed -n "s/.*\"$1\":\"*\([^\",}]*\).*/\1/p"; }

{ take one 60; take two 64; take three 67; } >three.json
assay json -d <three.json >three.takes

assay render <three.takes >sound.takes
is $? "renders a stream"
equal "$(assay json <sound.takes | field key | tr '\n' ' ')" "one two three " "in its order"
equal "$(assay json <sound.takes | field frames | sort -u)" 22050 "of the length of the phrase"
equal "$(hashes <sound.takes | sort -u | wc -l)" 3 "each with its own sound"

# The same bytes again, at every width and thread count, alone and over again.
hashes <sound.takes >want
for isa in scalar sse avx2 avx512; do
	if assay render --isa $isa </dev/null 2>/dev/null; then
		assay render --isa $isa --threads 2 <three.takes | hashes >got
		cmp -s want got
		is $? "--isa $isa gives the same bytes"
	else
		skip "--isa $isa" "this machine has it not"
	fi
done
take two 64 | assay json -d | assay render -j1 | hashes >got
equal "$(cat got)" "$(sed -n 2p want)" "alone as in company"
assay render <sound.takes | hashes >got
cmp -s want got
is $? "a take that has sound is rendered again to the same"

# Changes to the recipe.
id=$(assay json <three.takes | field id | head -1)
equal "$(assay json <sound.takes | field id | head -1)" "$id" "the id stays"
take one 60 | assay json -d | assay render --rate 22050 | assay json >out
equal "$(field frames <out)" 11025 "--rate changes the rate"
[ "$(field id <out)" != "$id" ]
is $? "and the id"
printf 'MThd\0\0\0\6\0\0\0\1\0\140MTrk\0\0\0\13\0\220\74\177\140\74\0\140\377\57\0' >a.mid
take one 1 | assay json -d | assay render --midi a.mid | assay json >out
equal "$(field beats <out) $(field pitch <out) $(field frames <out)" "2 60 44100" "--midi plays the file"
take one 1 | assay json -d | assay render --midi a.mid --tune bohlen-pierce | assay json >out
equal "$(field beats <out) $(field pitch <out)" "2 60" "--tune plays it in a tuning, which begins at middle C"
take one 1 | assay json -d | assay render --tune just >out 2>err
equal "$? $(grep -c 'goes with --midi' err)" "2 1" "--tune goes with --midi"
printf 'MThd\0\0\0\6\0\0\0\1\0\140MTrk\0\0\1\0' >bad.mid
take one 1 | assay json -d | assay render --midi bad.mid >out 2>err
equal $? 1 "a broken MIDI file fails"
grep -q 'bad.mid: at byte 14' err
is $? "and names the byte"
take one 60 ',"scores":[{"term":"like","value":1}],"fitness":1' | assay json -d >scored.takes
assay render <scored.takes | assay json | grep -q '"term":"like"'
is $? "scores stay with the recipe they are of"
assay render --rate 22050 <scored.takes | assay json | grep -q '"term":"like"'
equal $? 1 "and go with it"

# Sound files.
assay render --wav a.wav <three.takes >out
is $? "--wav writes files"
equal "$(wc -c <out)" 0 "and no takes"
equal "$(echo *.wav)" "a-2.wav a-3.wav a.wav" "one a take"
grep -aq "$id" a.wav && grep -aq 'seed=7 engine=2' a.wav && grep -aq one a.wav
is $? "with provenance in their tags"
assay render --wav n%d.flac -o both.takes <three.takes
equal "$(echo n*.flac)" "n1.flac n2.flac n3.flac" "%d is a number"
equal "$(hashes <both.takes | cat)" "$(cat want)" "--wav and -o: both"
take one 60 | assay json -d | assay render --wav - | head -c 4 >out
equal "$(cat out)" RIFF "--wav - is WAV on standard output"
assay render --wav - <three.takes 2>err >/dev/null
equal $? 1 "for one take"
assay render --wav - -o - <three.takes 2>/dev/null >/dev/null
equal $? 2 "and not beside takes"
assay render --wav nowhere/a.wav <three.takes 2>err
equal $? 1 "a file that cannot be written fails"
equal "$(grep -c nowhere err)" 1 "and is said once"

# What is passed on.
{ take good 60; echo '{"key":"bare","phrase":{"tempo":120,"beats":4}}'; take was 60 ',"error":"broken before"'; } |
	assay json -d 2>/dev/null | assay render 2>err | assay json >out
equal "$(field error <out | sort | tr '\n' ';')" "a take with neither patch nor sound has no id;broken before;" "takes that cannot be rendered say why"
equal "$(grep -c '"audio"' out)" 1 "the others are"
grep -q '1 of 3 takes, 2 failed' err
is $? "and are counted"
echo '{"key":"loop","audio":{"rate":8000,"channels":1,"frames":"4","samples":[0,1,0,-1]}}' | assay json -d >loop.takes
assay render <loop.takes | cmp -s - loop.takes
is $? "sound without a patch goes through as it is"
take one 60 ',"@unknown":"f2071178797a"' | assay json -d 2>/dev/null | assay render --rate 22050 2>/dev/null | assay json >out
if take one 60 ',"@unknown":"ea3e0378797a"' | assay json -d >/dev/null 2>&1; then
	take one 60 ',"@unknown":"ea3e0378797a"' | assay json -d | assay render --rate 22050 | assay json | grep -q ea3e0378797a
	is $? "fields it does not know go through a change of recipe"
fi

# Ends of streams.
assay render </dev/null >out
equal "$?/$(wc -c <out)" 0/0 "no takes are no error"
head -c 1000 /dev/zero | tr '\0' '\377' | assay render >out 2>err
equal $? 1 "garbage fails"
grep -q byte err
is $? "and names the byte"
{ cat three.takes; head -c 100 three.takes; } | assay render 2>/dev/null >out
equal "$?/$(assay json <out | wc -l)" 1/3 "what came before a cut is rendered"
assay render <three.takes 2>err >/dev/full
equal $? 1 "a full disk fails"
{ assay render <three.takes 2>/dev/null; echo $? >status; } | true
equal "$(cat status)" 1 "so does a closed pipe"
assay render --isa mmx </dev/null 2>/dev/null
equal $? 2 "an unknown instruction set is wrong usage"
assay render surplus </dev/null 2>/dev/null
equal $? 2 "so is an argument"
finish
