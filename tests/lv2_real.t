#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Other people's LV2 plug-ins: what is installed gives sound, silence or an error, and some are held to what they are
# for. Of more than a hundred, about sixty, evenly spread; all with FAULTS=long. tests/lv2.t has one of our own
# that misbehaves.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
export ASSAY_GUEST_PATIENCE=60
assay patch --list --json 2>err | jq -c 'select(.group == "lv2")' >all
has() { grep -qF "\"lv2:$1\"" all || { skip "$2" "there is no <$1>"; return 1; }; }
numbers() { assay json --data | jq -r '.error // (.audio.samples[])'; }
loudest() { numbers | awk '/[a-df-z]/ { print; exit 1 } { x = $1 < 0 ? -$1 : $1 } x > m { m = x } END { printf "%.4f\n", m }'; }
# level HZ: of a steady tone of that frequency at 48 kHz, mono, in dB
level() { numbers | awk -v f="$1" '
	NR > 9600 { w = 2 * atan2(0, -1) * f / 48000 * NR; c += $1 * cos(w); s += $1 * sin(w); n++ }
	END { printf "%.2f\n", 10 * log(4 * (c * c + s * s) / (n * n) + 1e-20) / log(10) }'; }

# --- all of them ---
step=1
[ "${FAULTS:-short}" = long ] || [ "$(wc -l <all)" -le 100 ] || step=$(($(wc -l <all) / 60))
awk -v step=$step 'NR % step == 0' all >some
jq -c --slurp '.[] | [.inputs[] | select(.rate == "audio" and .default == 0) | .name] as $in | .outputs[0].name as $out
	| any(.inputs[]; .from == "note.pitch") as $played | .name as $name
	| (if any(.outputs[]; .name == "right") then ["left", "right"] else [$out] end) as $ends
	| {key: $name, engine: 2, rate: 48000, seed: 1, phrase: {tempo: 120, beats: 0.6, tail: 0.1, notes: [{length: 0.4, pitch: 57, velocity: 0.8}]},
	   parts: [{gain: 1, patch: (if $played then
	    {nodes: [{module: "note"}, {module: $name, inputs: [{port: "pitch", wire: {node: 0, port: "pitch"}}]},
	             {module: "voices", inputs: [{port: "left", wire: {node: 1, port: $ends[0]}}]}],
	     outputs: [{node: 2, port: "left"}]}
	   else
	    {nodes: [{module: "note"}, {module: "saw", inputs: [{port: "pitch", wire: {node: 0, port: "pitch"}}]},
	             {module: "voices", inputs: [{port: "left", wire: {node: 1, port: "out"}}]},
	             {module: $name, inputs: [$in[] | {port: ., wire: {node: 2, port: "left"}}]},
	             {module: "add", inputs: [{port: "a", wire: {node: 3, port: $ends[0]}}, {port: "b", wire: {node: 2, port: "left"}}]}],
	     outputs: [{node: (if $in == [] then 4 else 3 end), port: (if $in == [] then "out" else $ends[0] end)}]} end)}]}' \
	some >some.json
assay json -d some.json >some.takes 2>err
is $? "a plug-in that is listed makes a take"
n=$(wc -l <some)
assay render -i some.takes -o some.out 2>err
[ $? -le 1 ] && [ "$(assay json some.out | wc -l)" = "$n" ]
is $? "and comes back from its process"
assay json --data some.out | jq -r 'if .error then "error" elif ([.audio.samples[] | fabs] | max) > 0.0001 then "sound" else "silence" end
	+ "\t" + .key + "\t" + (.error // "")' >verdicts
echo "# $n plug-ins of $(wc -l <all): $(cut -f 1 verdicts | sort | uniq -c | tr -s ' \n' ' ')"
grep -v '^sound' verdicts | sed 's/^/# /'
[ "$n" -eq 0 ] || [ "$(grep -c '^sound' verdicts)" -gt $((n / 2)) ]
is $? "most of them sound"

# --- some ---
mda=http://drobilla.net/plugins/mda calf=http://calf.sourceforge.net/plugins x42=http://gareus.org/oss/lv2
make() { assay patch --rate 48000 --beats 1 --length 1 --tail 0 "$@" - | assay render 2>>err; }
if has $mda/EPiano "a piano is in tune"; then
	echo "local p = lv2{\"$mda/EPiano\", stereo_width = 0, overdrive = 0} return p.left >> voices()" | make --note 69 --length 2 >a.takes
	up=$(level 440 <a.takes) off=$(level 466.16 <a.takes)
	[ "$(echo "$up - $off > 20" | bc 2>/dev/null || awk "BEGIN { print ($up - $off > 20) }")" = 1 ]
	is $? "a piano is in tune: A is $up dB, the key above it $off dB"
fi
if has $x42/fil4#mono "an equaliser"; then
	tone() { echo "return sine{pitch = 69} >> voices() >> lv2{\"$x42/fil4#mono\"$1}" | make | level 440; }
	flat=$(tone "") raised=$(tone ', freq1 = 440, gain1 = 12')
	[ "$(awk "BEGIN { d = $raised - $flat; print (d > 11.8 && d < 12.2) }")" = 1 ]
	is $? "an equaliser raises what it is told to: $flat dB, $raised dB"
fi
if has $x42/dpl#mono "a limiter"; then
	limited="lv2{\"$x42/dpl#mono\", gain = 12, threshold = -6}"
	peak=$(echo "return saw{} * adsr{} >> voices() >> $limited" | make | loudest)
	[ "$(awk "BEGIN { print ($peak > 0.4 && $peak <= 0.5025) }")" = 1 ]
	is $? "a limiter limits: $peak at -6 dB"
	through="lv2{\"$x42/dpl#mono\", gain = 0, threshold = 0}"
	same "and is waited for: the same beside it takes it away" \
		"$(echo "local x = sine{pitch = 69} * adsr{} * 0.1 >> voices() return x - (x >> $through)" | make | loudest | cut -c 1-5)" 0.000
fi
if has $calf/Filter "a filter"; then
	tone() { echo "local x = sine{pitch = 93} >> voices() local f = lv2{\"$calf/Filter\", left = x, right = x, mode = \"$1\", freq = 440, res = 0.707} return f.left" | make | level 1760; }
	low=$(tone "12dB/oct Lowpass") high=$(tone "12dB/oct Highpass")
	[ "$(awk "BEGIN { d = $high - $low; print (d > 22 && d < 26) }")" = 1 ]
	is $? "a filter lets through what it is for: $low dB two octaves up, $high dB the other way"
fi
if has http://synthv1.sourceforge.net/lv2 "synthv1"; then
	peak=$(echo 'return lv2{"http://synthv1.sourceforge.net/lv2"} >> voices()' | make | loudest)
	[ "$(awk "BEGIN { print ($peak > 0.01) }")" = 1 ]
	is $? "synthv1 plays: $peak"
fi
if has http://padthv1.sourceforge.net/lv2 "padthv1"; then
	echo 'return lv2{"http://padthv1.sourceforge.net/lv2", DCA1_VOLUME = open{0, 1}} >> voices()' >pad.lua
	assay patch pad.lua --random 6 --beats 0.5 --tail 0.1 | assay render 2>err | assay json | jq -r '.error // "sound"' >out
	[ "$(grep -cE '^sound$|not (a )?finite|lv2:http://padthv1.*: (crashed|did not|ended)' out)" = 6 ]
	is $? "padthv1 ends in sound or in an error: $(sed 's/^node.*/NaN/; s/.*: //' out | sort | uniq -c | tr -s ' \n' ' ')"
fi

# --- a search ---
if has $mda/DX10 "evolve turns the knobs of a plug-in"; then
	cat >dx.lua <<-END
		return lv2{"$mda/DX10", attack = open{0, 1}, decay = open{0, 1}, coarse = open{0, 1}, fine = open{0, 1},
			mod_init = open{0, 1}, mod_dec = open{0, 1}} >> voices()
	END
	assay patch dx.lua --seed 5 --random 1 --beats 2 | assay render --wav goal.wav 2>err
	mkfifo loop
	assay evolve -q --patch dx.lua --budget 96 --population 16 --algo cmaes --seed 1 --run dx --best best.takes <loop |
		assay render -q | assay score -q --like goal.wav | tee heard.takes >loop
	assay json heard.takes | jq -s '[.[] | .fitness // 0] | [(.[:16] | add), (.[80:] | add)] | map(. / 16)' | tr -d '\n' >out
	[ "$(jq '.[1] > .[0] + 0.02' out)" = true ] && [ "$(assay json best.takes | jq -c .audio.inexact | sort -u)" = true ]
	is $? "evolve turns the knobs of a plug-in: mean of the first generation and the sixth: $(cat out)"
fi
finish
