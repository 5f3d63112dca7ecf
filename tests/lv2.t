#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# LV2 plug-ins: what their files say becomes ports, and what they do to their process costs their take
# alone. tests/nasty.lv2 is ours; tests/lv2_real.t plays real ones.
. "$(dirname "$0")/tap.sh"
mkdir "$tmp/lv2" && cp -r "$here/tests/nasty.lv2" "$tmp/lv2"
if ! ${CC:-gcc} -shared -fPIC -O1 -w $(pkg-config --cflags lv2) -o "$tmp/lv2/nasty.lv2/nasty.so" "$tmp/lv2/nasty.lv2/nasty.c" 2>"$tmp/err"; then
	is 1 "the plug-in for this test is built"
	finish
fi
export LV2_PATH="$tmp/lv2" ASSAY_GUEST_PATIENCE=60 ASSAY_GUEST_MEMORY=400
# a crash is the kernel's to tell of, not the sanitizer's
export ASAN_OPTIONS="handle_segv=0:handle_abort=0:$ASAN_OPTIONS"
cd "$tmp" || exit 1
u=urn:assay:nasty

# --- ports ---
assay patch --list "lv2:$u#odd" --json >odd 2>err
port() { jq -c ".inputs[] | select(.name == \"$1\") | [.min, .max, .default, .scale, .unit]" odd; }
same "a port without numbers" "$(port nothing)" '[0,1,0,"linear",null]'
same "a range upside down" "$(port upside)" '[-5,5,1,"linear",null]'
same "a default beyond the range, a name as Lua has one" "$(port end)" '[0,1,1,"linear",null]'
same "numbers without bound" "$(port same_name)" '[-1000000,1000000,2,"linear",null]'
same "two names that are one; a logarithmic port and its unit" "$(port same_name_2)" '[20,20000,440,"log","Hz"]'
same "a logarithm from 0 on is none" "$(port log)" '[0,10,1,"linear",null]'
same "parts of the sample rate" "$(port pitch_)" '[0,22050,0.25,"linear","Hz"]'
same "a name that sound has" "$(jq -c '[.inputs[].name]' odd)" \
	'["in","nothing","upside","end","same_name","same_name_2","out_","_7th","pitch_","log","twins"]'
same "a switch is a choice" "$(jq -c '.inputs[] | select(.name == "_7th") | [.choices, .default]' odd)" '[["off","on"],1]'
same "choices of one name" "$(jq -c '.inputs[] | select(.name == "twins") | [.choices, .default]' odd)" '[["a (1)","a (3)"],1]'
fails() { # NAME PATTERN COMMAND...
	name=$1 pattern=$2
	shift 2
	if "$@" >out 2>err; then is 1 "$name"; else grep -q -- "$pattern" err; is $? "$name"; fi
}
fails "what a plug-in requires is named" 'requires <urn:assay:nasty#tea>' assay patch --list "lv2:$u#demanding"
fails "and a port that nobody knows" "port 'smell'" assay patch --list "lv2:$u#unknown"
fails "one that is not there" "there is no LV2 plug-in 'urn:nobody'" assay patch --list lv2:urn:nobody
assay patch --list >out 2>err
[ "$(grep -c "lv2:$u#" out)" = 7 ]
is $? "all that can be played are listed"

# --- numbers arrive ---
cat >odd.lua <<END
return sine{} >> voices() >> lv2{"$u#odd", nothing = 0.5, upside = -5, ["end"] = 0.25, same_name = 3, same_name_2 = 100,
	out_ = 3.4, _7th = "on", pitch_ = 1000, log = 2, twins = "a (3)"}
END
peak() { assay json --data | jq -r 'if .error then .error else (.audio.samples | max * 1000 | round) end'; }
same "as the plug-in wants them: whole, switched, chosen" "$(assay patch odd.lua --tail 0 --beats 0.1 | assay render | peak)" 1107750
assay patch odd.lua >first.takes && assay patch --lua -i first.takes >again.lua 2>err && assay patch again.lua >second.takes 2>err
same "a patch is written back" "$(assay json second.takes 2>err | jq -r .id)" "$(assay json first.takes | jq -r .id)"

# --- notes ---
play() { # PATCH OPTIONS...: the samples, one a line
	printf 'return lv2{"%s"} >> voices()\n' "$1" >note.lua
	[ -z "$2" ] || printf '%s\n' "$2" >note.lua
	assay patch note.lua --rate 48000 --tempo 120 --beats 0.2 --length 0.1 --tail 0 --note "${3:-60}" --velocity 0.5 |
		assay render | assay json --data | jq -r '.error // (.audio.samples[])' 2>>err
}
held() { awk '$1 > 0.4 { if (!n++) first = NR - 1; last = NR - 1 } END { print first + 0, last + 1, n + 0 }'; }
chain() { printf 'local p = lv2{"%s"%s}\nreturn p.%s >> voices()\n' "$1" "$3" "$2"; }
out() { assay patch --list "lv2:$u#gate" --json | jq -r ".outputs[$1].name"; }
gate=$(out 0) key=$(out 1) tempo=$(out 2)
same "a note is held from its frame to its frame" "$(play x "$(chain $u#gate "$gate")" | held)" "0 2400 2400"
same "one that is late is run ahead" "$(play x "$(chain $u#lategate "$gate")" | held)" "0 2400 2400"
same "velocity" "$(play x "$(chain $u#gate "$gate")" | head -n 1 | cut -c 1-6)" 0.5039
same "the nearest key" "$(play x "$(chain $u#gate "$key")" 61 | head -n 1)" 61
same "and the rest by pitch bend" "$(play x "$(chain $u#gate "$key")" 60.25 | head -n 1)" 60.25
same "a key of the patch's own" "$(play x "$(chain $u#gate "$key" ", pitch = note.pitch + 12")" 60 | head -n 1)" 72
same "tempo" "$(play x "$(chain $u#gate "$tempo")" | head -n 1)" 120

# --- late ---
# what is beside it waits: the sum is silent where it is inverted
cat >late.lua <<END
local x = saw{} * adsr{} >> voices()
return x - (x >> lv2{"$u#late"})
END
cat >early.lua <<END
return saw{} * adsr{} >> voices() >> lv2{"$u#late"}
END
loudest() { assay render 2>err | assay json --data | jq -r '.error // (.audio.samples | map(fabs) | max)'; }
same "an effect that is late is waited for" "$(assay patch late.lua --beats 0.2 --tail 0 | loudest)" 0
assay patch early.lua --beats 0.2 --tail 0 | assay render | assay json --data | jq -c .audio.samples >got
printf 'return saw{} * adsr{} >> voices()\n' >dry.lua
assay patch dry.lua --beats 0.2 --tail 0 | assay render | assay json --data | jq -c .audio.samples >want
cmp got want >err 2>&1
is $? "and comes in time"

# --- deeds ---
deed() { printf 'return saw{} * adsr{} >> voices() >> lv2{"%s#%s", deed = "%s"}\n' $u "${2:-deed}" "$1" >deed.lua; assay patch deed.lua --beats 0.5 --tail 0; }
said() { deed "$@" | assay render 2>>err | assay json | jq -r '.error // "sound"'; }
same "a crash is an error" "$(said crash)" "module lv2:$u#deed: crashed (SIGSEGV)"
same "a hang is an error" "$(ASSAY_GUEST_PATIENCE=5 said hang)" "module lv2:$u#deed: did not answer for 5 s"
same "so is an end of its own" "$(said exit)" "module lv2:$u#deed: ended its process with status 3"
same "and an abort" "$(said abort)" "module lv2:$u#deed: crashed (SIGABRT)"
case $build in
*address*) skip "memory without end is an error" "sanitizers cannot be limited" ;;
*) said eat | grep -qE '^module lv2:.*#deed: (crashed|ended)'; is $? "memory without end is an error" ;;
esac
said nan | grep -qx 'node [0-9]* (lv2:urn:assay:nasty#deed): output is not a finite number at 0.00[0-9] s'
is $? "a number that is none is an error with its place"
said once | grep -q 'is when it is rendered again'
is $? "one that is none only once is said to be that"
same "a plug-in that does not start" "$(said none stillborn)" "module lv2:$u#stillborn: the plug-in does not start at 48000 Hz"
same "or dies while it is made" "$(said none miscarried)" "module lv2:$u#miscarried: crashed (SIGABRT)"
same "what it prints is not in the stream" "$(said print)" sound
same "rounding is put back" "$(said round)" sound

# one guilty take among many, at both ends and in the middle
for i in 1 2 3 4 5 6 7 8 9; do
	case $i in 3) d=crash ;; 6) d=hang ;; 9) d=exit ;; *) d=none ;; esac
	deed $d
done >many.takes
ASSAY_GUEST_PATIENCE=5 assay render -i many.takes -o many.out 2>err
same "only the guilty fail" "$(assay json many.out | jq -r 'if .error then "x" else "-" end' | tr -d '\n')" "--x--x--x"
same "the others say that guests played" "$(assay json many.out | jq -c 'select(.error | not) | .audio.inexact' | sort | uniq -c | tr -s ' ')" " 6 true"
same "and takes without guests do not" "$(assay patch "$here/patches/pluck.lua" --beats 1 | assay render | assay json | jq -c .audio.inexact)" null

# --- the process ---
deed hang >hang.takes
assay render -i hang.takes -o /dev/null 2>/dev/null &
parent=$!
child=
while [ -z "$child" ] && kill -0 $parent 2>/dev/null; do child=$(cat "/proc/$parent/task/$parent/children" 2>/dev/null | tr -d ' '); done
kill -9 $parent
wait $parent 2>/dev/null
n=0
while kill -0 "$child" 2>/dev/null && ! grep -q '^State:.*[ZX]' "/proc/$child/status" 2>/dev/null && [ $n -lt 200000 ]; do n=$((n + 1)); done
[ -n "$child" ] && { ! kill -0 "$child" 2>/dev/null || grep -q '^State:.*[ZX]' "/proc/$child/status"; }
is $? "it ends when its parent is killed"
deed crash >crash.takes
assay render --guests-here -i crash.takes -o /dev/null 2>err
[ $? -gt 128 ]
is $? "--guests-here is here"
same "what is printed there is not in the stream either" "$(deed print | assay render --guests-here 2>/dev/null | assay json | jq -r '.error // "sound"')" sound

# --- the bank and play ---
deed none | assay render >one.takes
assay bank add -i one.takes 2>err
id=$(assay json one.takes | jq -r .id)
same "the bank keeps its sound" "$(assay bank recall "$id" | assay json | jq -r '.audio | [.inexact, .hash] | tostring')" \
	"$(assay json one.takes | jq -r '.audio | [.inexact, .hash] | tostring')"
assay bank verify "$id" >out 2>err
[ $? -eq 0 ] && grep -q 'guests play in it' out
is $? "verify says so"
deed crash | assay bank add 2>err
crash=$(deed crash | assay json | jq -r .id)
assay bank verify "$crash" >out 2>err
[ $? -eq 1 ] && grep -q 'crashed (SIGSEGV)' out
is $? "and outlives a crash"
deed none | assay play -o play.wav 2>err && [ "$(wc -c <play.wav)" -gt 20000 ]
is $? "play plays it"
finish
