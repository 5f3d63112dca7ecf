#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# golden on real loops (Debian's sonic-pi-samples, CC0), and on what is no loop.
dir=/usr/share/sonic-pi/samples
. "$(dirname "$0")/tap.sh"
# equal GOT WANT NAME
equal() {
	same "$3" "$1" "$2"
}
if [ ! -r $dir/loop_amen.flac ]; then
	echo "1..0 # SKIP no sonic-pi-samples"
	exit 0
fi

# Tempo: what the makers of the loops say.
cat >"$tmp/bpm" <<-END
	loop_amen 136.884
	loop_amen_full 140
	loop_breakbeat 126
	loop_compus 148
	loop_electric 96.999
	loop_garzul 120
	loop_industrial 135.786
	loop_mehackit1 96.999
	loop_mehackit2 96.999
	loop_mika 120
	loop_perc1 96.999
	loop_perc2 96.999
	loop_safari 119.924
	loop_weirdo 97
	loop_drone_g_97 97
END
mkdir "$tmp/blind" # under names that state nothing
n=10
while read -r name bpm; do
	cp "$dir/$name.flac" "$tmp/blind/$((n = n + 1)).flac"
done <"$tmp/bpm"
assay golden -o "$tmp/blind.takes" "$tmp/blind"
is $? "fifteen loops are imported"
assay json "$tmp/blind.takes" | jq -r '"\(.key) \(.loop.tempo) \(.loop.stated_tempo)"' >"$tmp/got"
wrong=$(paste -d' ' "$tmp/bpm" "$tmp/got" | awk '$5 != "null" || ($2 - $4) ^ 2 > 0.01 {print $1 ": " $4 ", not " $2}')
equal "$wrong" "" "all fifteen tempi are right within 0.1 BPM, without their names"

assay golden -o "$tmp/all.takes" $(sed "s|\(.*\) .*|$dir/\1.flac|" "$tmp/bpm")
is $? "and again under their own names"
assay json "$tmp/all.takes" | jq -r '"\(.key) \(.loop.tempo)"' >"$tmp/got"
wrong=$(paste -d' ' "$tmp/bpm" "$tmp/got" | awk '$1 != $3 || ($2 - $4) ^ 2 > 0.01 {print $1 ": " $4 ", not " $2}')
equal "$wrong" "" "and with them"

# loudness, against the feature of R 128 (its first column)
lufs=$(assay features --only r128 <"$tmp/all.takes" | assay json --data | jq -c '(.loop.loudness - (.features[] | select(.name == "r128") | .data[0])) | fabs < 0.001' | sort -u)
equal "$lufs" true "their loudness is that of R 128"
assay json "$tmp/all.takes" | head -1 >"$tmp/amen.json"
equal "$(jq -c '[.audio.rate, .audio.channels, .audio.frames, .loop.beats]' "$tmp/amen.json")" "[44100,2,77321,4]" "loop_amen is four beats"
# kicks, snares and hats of the amen break by the sixteenth (twelve pieces; by ear)
equal "$(jq -c '[.loop.slices[] | (.start // 0) / 77321 * 16 | round]' "$tmp/amen.json")" "[0,2,4,6,7,8,9,10,11,12,14,15]" \
	"its pieces start on the sixteenths where it is struck"
equal "$(jq -c '[.loop.slices[] | .kind // 0] | [.[0] == .[1], .[0] == .[7], .[2] == .[9], .[0] != .[2], .[3] != .[0], .[3] != .[2]]' "$tmp/amen.json")" \
	"[true,true,true,true,true,true]" "its kicks are one kind, its snares another, its hats neither"
equal "$(jq '[.loop.slices[].length] | add' "$tmp/amen.json")" 77321 "the pieces cover the loop"
equal "$(jq '[.loop.slices[] | select(.exemplar)] | length' "$tmp/amen.json")" \
	"$(jq '[.loop.slices[].kind // 0] | max + 1' "$tmp/amen.json")" "every kind has one exemplar"

assay golden --slices --kinds 3 $dir/loop_amen.flac -o "$tmp/kinds.takes"
equal "$(assay json "$tmp/kinds.takes" | jq -c '.loop.slices[0].kind // 0' | tr '\n' ' ')" "0 1 2 " "exemplars come in the order of their kinds"
id=$(jq -r .id "$tmp/amen.json")
equal "$(assay json "$tmp/kinds.takes" | jq -r '.origin.parents[0]' | sort -u)" "$id" "and name their loop as parent"
equal "$(assay json --data "$tmp/kinds.takes" | jq -c '[.audio.samples[-2:][] | . == 0]' | sort -u)" "[true,true]" "and end in silence"
assay json "$tmp/kinds.takes" | jq -e '.key | test("^loop_amen#[0-9]+$")' >"$tmp/keys"
equal "$(sort -u "$tmp/keys")" true "and are called after it"
assay golden --slices --all $dir/loop_amen.flac | assay json | jq -s length >"$tmp/count"
equal "$(cat "$tmp/count")" 12 "--all writes all slices"
equal "$(assay golden $dir/loop_amen.flac | cksum)" "$(assay golden $dir/loop_amen.flac | cksum)" "twice the same bytes"

# Names that state tempo and key: honoured as far as the sound allows, the rest reported.
mkdir "$tmp/named"
cp $dir/loop_amen.flac "$tmp/named/amen_137bpm.flac"
cp $dir/loop_garzul.flac "$tmp/named/garzul 60 bpm.flac"
cp $dir/loop_breakbeat.flac "$tmp/named/break_170bpm.flac"
cp $dir/loop_drone_g_97.flac "$tmp/named/drone F#m.flac"
cp $dir/loop_drone_g_97.flac "$tmp/named/g-97.flac"
assay golden "$tmp/named" -o "$tmp/named.takes" 2>"$tmp/err"
is $? "loops whose names state something are imported"
equal "$(assay json "$tmp/named.takes" | jq -c '[.loop.stated_tempo, .loop.stated_key // "", (.loop.tempo * 100 | round)]' | tr '\n' ' ')" \
	'[137,"",13688] [170,"",12600] [null,"F# minor",9700] [97,"G",9700] [60,"",6000] ' \
	"a name decides between 60 and 120 BPM; it does not make 126 BPM 170, and 137 is 136.88"
grep -q "break_170bpm.flac': the name says 170 BPM, but 126.00 is heard" "$tmp/err" &&
	grep -q "drone F#m.flac': the name says F# minor, but G ma*i*[a-z]*r is heard" "$tmp/err"
is $? "a name that is wrong is a warning that names both"
equal "$(grep -c warning "$tmp/err")" 2 "and a name that is right is none"

# The set at a glance: the same sound under two names, nearly the same, and what is like no other.
mkdir "$tmp/twice"
cp $dir/bd_*.flac $dir/sn_*.flac $dir/drum_*.flac "$tmp/twice"
cp $dir/bd_haus.flac "$tmp/twice/zz_copy.flac"
flac -s -d -o "$tmp/snare.wav" $dir/drum_snare_hard.flac
# 0.9 times as loud, 2 ms later, 16 bits
python3 - "$tmp/snare.wav" "$tmp/twice/zz_near.wav" <<-'END'
	import struct, sys, wave
	r = wave.open(sys.argv[1]); w = wave.open(sys.argv[2], "w")
	channels, width, n = r.getnchannels(), r.getsampwidth(), r.getnframes()
	raw = r.readframes(n)
	x = [int.from_bytes(raw[i:i + width], "little", signed=True) >> 8 * (width - 2) for i in range(0, len(raw), width)]
	x = [0] * (88 * channels) + [int(0.9 * v) for v in x]
	w.setparams((channels, 2, r.getframerate(), 0, "NONE", "")); w.writeframes(struct.pack("<%dh" % len(x), *x))
END
cp $dir/ambi_glass_rub.flac "$tmp/twice/rubbed.flac"
assay golden --json "$tmp/twice" >"$tmp/report.json"
is $? "a set is reported"
equal "$(jq -c '[.loops[] | select(.same) | [.name, .same]]' "$tmp/report.json")" '[["zz_copy","bd_haus"]]' "a copy under another name is found"
equal "$(jq -c '[.loops[] | select(.twin) | [.name, .nearest]]' "$tmp/report.json")" \
	'[["drum_snare_hard","zz_near"],["zz_near","drum_snare_hard"]]' "and what is nearly the same, and nothing else"
equal "$(jq -c '[.loops[] | select(.outlier) | .name]' "$tmp/report.json")" '["drum_cowbell","rubbed"]' "and those that ring, unlike the drums"
equal "$(jq -c '[.coverage[].counts | add] | unique' "$tmp/report.json")" "[$(($(ls "$tmp/twice" | wc -l) - 2))]" "every sound is covered once"
assay golden --report "$tmp/twice" >"$tmp/report"
is $? "and as text"
grep -q "zz_copy.* same as bd_haus$" "$tmp/report" && grep -q "zz_near.* copy of drum_snare_hard$" "$tmp/report" &&
	grep -q "rubbed.* like no other, nearest " "$tmp/report"
is $? "with remarks"
equal "$(assay golden --json "$tmp/twice" | cksum)" "$(cksum <"$tmp/report.json")" "twice the same report"
assay golden --report -o "$tmp/x" "$tmp/twice" 2>/dev/null
equal $? 2 "it writes no takes"
assay golden --report $dir/loop_industrial.flac >/dev/full 2>/dev/null
equal $? 1 "a report to a full disk is a failure"

# Folders, other rates, and files that are no sound.
mkdir -p "$tmp/set/b/c"
cp $dir/loop_industrial.flac "$tmp/set/b/c/z.ogg"
cp $dir/bd_haus.flac "$tmp/set/a.flac"
echo "not sound" >"$tmp/set/readme.txt"
: >"$tmp/set/empty.wav"
assay golden "$tmp/set" -o "$tmp/set.takes" 2>"$tmp/err"
equal $? 0 "a folder with files that are no sound is imported"
equal "$(assay json "$tmp/set.takes" | jq -r .key | tr '\n' ' ')" "a z " "the sounds in the order of their names, whatever their suffix"
grep -q "empty.wav.*empty" "$tmp/err" && grep -q "readme.txt" "$tmp/err" && grep -q "2 of 4" "$tmp/err"
is $? "the others are named"
assay golden --rate 8000 $dir/loop_industrial.flac | assay json | jq -c '[.audio.rate, (.loop.tempo * 10 | round)]' >"$tmp/rate"
equal "$(cat "$tmp/rate")" "[8000,1358]" "resampled to 8 kHz it has the same tempo"

assay golden "$tmp/set/readme.txt" 2>/dev/null >&2
equal $? 1 "no sound at all is a failure"
assay golden "$tmp/none" 2>/dev/null >&2
equal $? 1 "so is a file that is not there"
assay golden 2>/dev/null
equal $? 2 "no operand is a usage error"
assay golden $dir/loop_industrial.flac >/dev/full 2>"$tmp/err"
equal $? 1 "a full disk is noticed"
assay golden $dir/loop_*.flac 2>"$tmp/err" | head -c 1000 >/dev/null
is $? "a closed pipe ends the run"
finish
