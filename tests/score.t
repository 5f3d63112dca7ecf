#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# score as a stage: golden sounds from everywhere, fitness, errors, determinism.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
check() { # JQ-CONDITION NAME; reads JSON Lines
	[ "$(jq -s "$1")" = true ]
	is $? "$2"
}
fails() { # STATUS PATTERN NAME COMMAND...
	want=$1 pattern=$2 name=$3
	shift 3
	"$@" >out 2>err </dev/null
	[ $? = "$want" ] && grep -q -- "$pattern" err
	is $? "$name"
}

# Takes of a pluck and its neighbours.
/usr/bin/python3 - <<'PY'
import json, math
def take(key, hz, decay, gain=0.5, rate=22050, seconds=0.2, **more):
    x = [gain * (2 * (hz * i / rate % 1) - 1) * math.exp(-i / rate / decay) for i in range(int(rate * seconds))]
    return {"key": key, "audio": {"rate": rate, "channels": 1, "frames": len(x), "samples": x}, **more}
def write(name, takes):
    with open(name, "w") as f:
        f.writelines(json.dumps(t) + "\n" for t in takes)
write("golden.json", [take("golden", 220, .1)])
write("takes.json", [take("same", 220, .1), take("near", 225, .09), take("far", 880, .02, .1),
    {"key": "mute", "engine": 1}, take("wrong rate", 220, .1, rate=11025),
    {"key": "broken", "error": "the wire broke"}, take("silent", 220, .1, 0)])
write("search.json", [take(f"{g}.{i}", 100 * g + 30 * i, .02 * i, origin={"generation": g, "index": i})
    for g in (1, 2, 3) for i in range(1, 6)])
PY
for f in golden takes search; do assay-json -d <$f.json >$f.takes || exit 1; done

assay-score --like golden.takes <takes.takes >scored.takes 2>talk
is $? 'takes are scored'
grep -q '4 of 7 takes, 3 failed' talk
is $? 'the closing line counts what failed'
assay-json <scored.takes >scored.json
check 'length == 7 and ([.[].key] == ["same","near","far","mute","wrong rate","broken","silent"])' 'every take comes out, in order' <scored.json
check '.[0].scores[0].value == 1 and (.[0].fitness - 1.2 | fabs) < 1e-9' 'the golden sound itself is 1 in all terms' <scored.json
check '.[0].fitness > .[1].fitness and .[1].fitness > .[2].fitness and .[2].fitness > .[6].fitness' 'near ranks above far, far above silence' <scored.json
check '.[3].error and .[4].error and .[5].error == "the wire broke" and (.[3] | has("fitness") | not)' 'errors stay errors, and have no fitness' <scored.json
check '.[4].error | test("11025")' 'another rate is refused, with both rates' <scored.json
check '.[0].scores[0] | has("why") | not' 'no reasons unless asked for' <scored.json
assay-score --like golden.takes <takes.takes 2>/dev/null | cmp -s - scored.takes
is $? 'the same takes get the same bytes'

assay-score --like golden.takes --weigh like=2,valid=-0.5 --explain <takes.takes 2>talk | assay-json >explained.json
check '.[0].scores[0].why | test("MSS 0.0 dB from golden")' 'reasons stand in the take' <explained.json
check '.[0].fitness == 1.5' 'fitness is the weighted sum, weights may be negative' <explained.json
grep -q 'far: like .* brighter by' talk
is $? 'and on stderr, in words'
grep -q 'near: brightness 0\.[0-9]*, warmth 0\.[0-9]*, punch' talk
is $? 'and how it sounds'
check '.[6].scores[1].why | test("silent")' 'silence is called silence' <explained.json

assay-score --like golden.takes --drop-audio <takes.takes 2>/dev/null | assay-json --data >dropped.json
check '.[0].audio | (has("samples") | not) and .frames == 4410 and .rate == 22050 and (.hash | length) == 64' 'audio can be dropped, its description stays' <dropped.json
[ "$(jq .fitness dropped.json)" = "$(jq .fitness scored.json)" ]
is $? 'the scores are the same without it'

# Golden sounds as a file, a folder, takes; of another rate.
samples=/usr/share/sonic-pi/samples
if [ -d $samples ]; then
	mkdir loops && cp $samples/bd_haus.flac $samples/bd_tek.flac loops && echo notes >loops/README
	assay-score --like loops --explain <takes.takes 2>&1 >folder.takes | grep -q 'from bd_'
	is $? 'a folder, resampled, whatever else is in it'
	assay-score --like $samples/bd_haus.flac <takes.takes 2>/dev/null | assay-json | check '.[0].scores[0].value < 1' 'an audio file'
	assay-score --like loops --like golden.takes <takes.takes 2>/dev/null | assay-json |
		check '.[0].scores[0].value == 1' 'the nearest of several counts'
fi

# Novelty: summaries, the order within a generation, and what was heard before.
assay-score --weigh novel <search.takes >novel.takes 2>/dev/null
assay-json --data <novel.takes >novel.json
check '([.[0:5][].fitness] | unique) == [1]' 'the first generation is novel' <novel.json
check '[.[5:][].fitness] | all(. > 0 and . < 1)' 'later ones are held against it' <novel.json
jq -s -c 'reverse | sort_by(.origin.generation) | .[]' search.json | assay-json -d | assay-score --weigh novel 2>/dev/null |
	assay-json | jq -s -c 'sort_by(.key)[] | .fitness' >back
jq -s -c 'sort_by(.key)[] | .fitness' novel.json | cmp -s - back
is $? 'the order within a generation does not matter'
jq -c 'select(.origin.generation < 3) | del(.audio)' novel.json | assay-json -d >heard.takes
jq -c 'select(.origin.generation == 3)' search.json | assay-json -d | assay-score --weigh novel --heard heard.takes 2>/dev/null |
	assay-json | jq .fitness >resumed
jq 'select(.origin.generation == 3).fitness' novel.json | cmp -s - resumed
is $? '--heard goes on where a run was killed'

assay-score --weigh novel --like golden.takes <takes.takes 2>/dev/null | assay-json --data >made.json
check '.[0].scores[0].value < 1e-6 and .[2].scores[0].value > 0.1 and (.[0].features[0].data | length) > 10' \
	'a summary that is missing is made' <made.json


# Takes are heard side by side, and scored in their order.
all=like=1,timbre=1,rhythm=1,mss=1,novel=1,valid=1
for takes in takes search; do
	ASSAY_THREADS=1 assay-score --like golden.takes --weigh $all <$takes.takes >alone.takes 2>alone.talk
	assay-score -j 3 --like golden.takes --weigh $all <$takes.takes 2>beside.talk | cmp -s - alone.takes &&
		cmp -s alone.talk beside.talk
	is $? "$takes: the same bytes and words with any number of threads"
done
[ "$(assay-score -j 3 --strict --like golden.takes <takes.takes 2>talk | assay-json | wc -l)" = 4 ]
is $? '--strict stops at the first that fails, however many are heard'

# Numbers that cannot be squared.
jq -c '.audio.samples[7] = 1e30 | .key = "huge"' golden.json | assay-json -d >huge.takes
assay-score --weigh valid <huge.takes 2>talk | assay-json | check '.[0].error | test("frame 7 of the sound is 1e.30")' 'a huge sample is refused'
fails 1 'huge: frame 7' 'a huge golden sound too' sh -c 'assay-score --like huge.takes <takes.takes'

fails 2 "'taste2'" 'an unknown term' assay-score --weigh taste2
fails 2 "weight of 'like'" 'a weight that is no number' assay-score --like golden.takes --weigh like=x
fails 2 'twice' 'a term twice' assay-score --weigh valid,valid
assay-score --like golden.takes --weigh timbre=1,rhythm=0.5,harmony,envelope,complement,mss,wmfcc,sot,rms,mrstft,lsd,mfccd \
	--explain <takes.takes 2>/dev/null | assay-json >aspects.json
check '.[0].scores | length == 12 and ([.[] | select(.term != "complement") | .value] | all(. > 0.999))' 'every aspect and measure of the golden sound itself is 1' <aspects.json
check '.[6].scores | length == 12 and (map(.value // 0) | add == 0)' 'and 0 of silence' <aspects.json
check '[.[0:3][].scores[0].value] | . == (sort | reverse)' 'near ranks above far in timbre' <aspects.json
fails 1 'two at least' 'one golden sound is no set to belong to' sh -c 'assay-score --like golden.takes --weigh belong <takes.takes'
fails 2 "'timbre' needs --like" 'an aspect of what' assay-score --weigh timbre
fails 2 'needs --like' 'like without golden sounds' assay-score --weigh like
fails 2 'standard input' 'golden sounds and takes both on standard input' assay-score --like -
fails 1 'nowhere' 'golden sounds that are not there' assay-score --like nowhere
mkdir empty
fails 1 'empty' 'an empty folder' assay-score --like empty
head -c 999 /dev/urandom >junk
fails 1 'junk' 'a golden file that is none' assay-score --like junk
assay-score --list | grep -q '^novel '
is $? '--list names the terms'
assay-score --weigh valid <takes.takes >/dev/full 2>/dev/null
[ $? = 1 ]; is $? 'a full disk is noticed'
assay-score --weigh valid </dev/null >nothing && [ ! -s nothing ]
is $? 'no takes in, no takes out'
finish
