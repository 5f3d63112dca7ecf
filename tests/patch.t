#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# assay patch by its command line.
n=0
ok() { # ok WHAT COMMAND...: passes if the command does
	n=$((n + 1)); what=$1; shift
	if "$@" >"$tmp/out" 2>&1; then echo "ok $n - $what"; else echo "not ok $n - $what"; sed 's/^/# /' "$tmp/out"; fi
}
says() { # says STATUS TEXT COMMAND...: ends so and says it on stderr
	status=$1 text=$2; shift 2
	"$@" >/dev/null 2>"$tmp/err"; got=$?
	[ $got = "$status" ] && grep -qF -- "$text" "$tmp/err" || { echo "status $got"; cat "$tmp/err"; return 1; }
}
same() { [ -n "$1" ] && [ "$1" = "$2" ] || { echo "'$1' is not '$2'"; return 1; }; }
differ() { [ -n "$1" ] && [ -n "$2" ] && [ "$1" != "$2" ] || { echo "'$1' and '$2'"; return 1; }; }
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

patch() { assay patch "$@"; }
ids() { assay json | jq -r .id; }
id() { patch "$@" | ids; }
cat >"$tmp/a.lua" <<'LUA'
return svf{saw{detune = open{-50, 50, name = "detune"}}, cutoff = open{100, 1000, name = "cutoff"},
	resonance = pin(0.25, {0, 1, name = "resonance"})} * adsr{} >> shaper{shape = open{"soft", "hard", "fold", name = "shape"}}
LUA
a=$tmp/a.lua

ok "a file gives one take" same "$(patch "$a" | assay json | wc -l)" 1
ok "it has an id, a key, its file and its command" sh -c "assay patch '$a' | assay json |
	jq -e '(.id | length) == 64 and .key == \"a\" and .origin.file == \"$a\" and (.origin.command | startswith(\"assay patch \"))'"
ok "the library is found by name" same "$(patch kick | assay json | jq -r .key)" kick
ok "standard input is a file" same "$(patch - <"$a" | ids)" "$(id "$a")"

ok "--set changes the sound" differ "$(id "$a" --set cutoff=500)" "$(id "$a")"
ok "--set takes a choice by name" same "$(patch "$a" --set shape=fold --params --json | jq -r 'select(.name == "shape").value')" fold
ok "--set and a value in the text are the same" same "$(id "$a" --set cutoff=500)" \
	"$(sed 's/cutoff = open{[^}]*}/cutoff = 500/' "$a" | patch - | ids)"
ok "--pin changes no id" same "$(id "$a" --pin cutoff --pin 'd*')" "$(id "$a")"
ok "--pin closes" same "$(patch "$a" --pin '*' --params --json | jq -s 'map(select(.open)) | length')" 0
ok "--pin takes a value" same "$(id "$a" --pin cutoff=500)" "$(id "$a" --set cutoff=500)"
ok "--open changes no id" same "$(id "$a" --open resonance)" "$(id "$a")"
ok "--open takes a range" same \
	"$(patch "$a" --open cutoff=50,5000 --params --json | jq -c 'select(.name == "cutoff") | [.min, .max]')" "[50,5000]"
ok "what is pinned stays at random" same \
	"$(patch "$a" --pin cutoff=500 -n 5 | assay json | jq -c '.parts[0].patch.params[] | select(.name == "cutoff").value' | sort -u)" 500

cat >"$tmp/b.lua" <<'LUA'
local kind = open{"none", "band", "hard", name = "kind"}
return choose{saw{pitch = note.pitch + open{-24, 12, step = 12, name = "octave"}}, svf{saw{}, cutoff = open{100, 1000, name = "cutoff"}}.band,
	shaper{saw{}, drive = open{0, 12, name = "drive"}}, index = kind}, nil, {rate = 8000}
LUA
b=$tmp/b.lua
ok "--params says where a parameter is heard" same \
	"$(patch "$b" --params | sed -n 's/ .*where /: /p' | tr '\n' ' ')" "octave: kind is none cutoff: kind is band drive: kind is hard "
ok "and in JSON" same "$(patch "$b" --params --json | jq -c 'select(.name == "drive").where')" \
	'{"name":"kind","is":["hard"],"param":0,"values":[2]}'
ok "--set keeps to steps" sh -c "! assay patch -q '$b' --set octave=5 2>/dev/null && assay patch -q '$b' --set octave=-12 >/dev/null"
ok "names of numbers and steps come back from --lua" same \
	"$(patch "$b" --set kind=hard | patch --lua | patch - --params)" "$(patch "$b" --set kind=hard --params)"
ok "--random keeps to steps" same "$(patch "$b" -n 40 | assay json | jq '.parts[0].patch.params[] | select(.name == "octave") | .value // 0' | sort -n | uniq | tr '\n' ' ')" \
	"-24 -12 0 12 "

ok "--random writes so many" same "$(patch "$a" --random 25 | assay json | wc -l)" 25
ok "--random with a seed is the same every time" same "$(id "$a" -n 5 -s 3)" "$(id "$a" -n 5 -s 3)"
ok "and another with another" differ "$(id "$a" -n 5 -s 3)" "$(id "$a" -n 5 -s 4)"
ok "more takes begin with the same" same "$(id "$a" -n 9 -s 3 | head -n 5)" "$(id "$a" -n 5 -s 3)"
ok "all differ" same "$(id "$a" -n 50 | sort -u | wc -l)" 50
ok "all have the sound's seed" same "$(patch "$a" -n 5 -s 3 | assay json | jq -r .seed | sort -u)" 3
ok "values are within their ranges" sh -c "assay patch '$a' -n 50 | assay json |
	jq -es 'all(.[].parts[0].patch.params[] | select(.open); .value >= .min and .value <= .max)'"
ok "half of a logarithmic range is its geometric middle" sh -c "assay patch '$a' -n 400 | assay json |
	jq -es '[.[].parts[0].patch.params[] | select(.name == \"cutoff\" and .value < 316.23)] | length | . > 160 and . < 240'"

ok "--lua reads in again to the same id" same "$(patch hit -n 1 -s 9 | patch --lua | patch - | ids)" "$(id hit -n 1 -s 9)"
ok "--note, --tempo, --beats, --length, --tail, --velocity, --rate" sh -c "assay patch '$a' --note 40 --tempo 90 --beats 8 \
	--length 3 --tail 0 --velocity 0.5 --rate 44100 | assay json | jq -e '.rate == 44100 and .phrase.tempo == 90 and .phrase.beats == 8
	and (.phrase.tail // 0) == 0 and (.phrase.notes[0] | .pitch == 40 and .length == 3 and .velocity == 0.5)'"
ok "--list names every module once" same "$(patch --list --json | jq -r .name | sort | uniq -d | wc -l)" 0
ok "--list knows a module's ports" sh -c "assay patch --list svf | grep -q 'cutoff .*10 to 20000 .*Hz .*log .*\[1000\]'"

mkdir "$tmp/b"
printf 'local x\nreturn svf{saw{}, cutof = 1}' >"$tmp/b/a.lua"
ok "an error names file and line" says 1 "a.lua:2: " assay patch "$tmp/b/a.lua"
long=$tmp/a-folder-with-a-long-name/and-another-one-within-it-longer-than-sixty-letters
mkdir -p "$long"; cp "$tmp/b/a.lua" "$long"
ok "a long path is named in full" says 1 "$long/a.lua:2: " assay patch "$long/a.lua"
ok "no file" says 1 "cannot open '$tmp/none.lua'" assay patch "$tmp/none.lua"
ok "a folder" says 1 "it is a folder" assay patch "$tmp/"
ok "no such name" says 1 "there is no patch 'nonesuch' in the library" assay patch nonesuch
ok "no such module" says 1 "there is no module 'nonesuch'" assay patch --list nonesuch
ok "no such parameter" says 1 "the patch has no parameter 'x'" assay patch "$a" --set x=1
ok "out of its range" says 1 "--set cutoff=5000: 5000 is not within 100 to 1000" assay patch "$a" --set cutoff=5000
ok "out of the port's range" says 1 "the range of port 'cutoff' of svf" assay patch "$a" --open cutoff=1,5000
ok "no number" says 1 "'loud' is not a number" assay patch "$a" --set cutoff=loud
ok "not a number" says 1 "'nan' is not a number" assay patch "$a" --set cutoff=nan
ok "no choice" says 1 "'loud' is not one of the choices" assay patch "$a" --set shape=loud
ok "no value" says 1 "needs a value: cutoff=VALUE" assay patch "$a" --set cutoff
ok "no file given" says 2 "takes one patch file" assay patch
ok "two files given" says 2 "takes one patch file" assay patch "$a" "$a"
ok "a bad seed" says 2 "not a whole number" assay patch "$a" --seed x
ok "takes that are none" says 1 "" sh -c "echo garbage | assay patch --lua"
ok "a full disk" says 1 "cannot write" sh -c "assay patch '$a' >/dev/full"
ok "a full disk for --list" says 1 "cannot write" sh -c "assay patch --list >/dev/full"
ok "a full disk for --lua" says 1 "cannot write" sh -c "assay patch '$a' | assay patch --lua -o /dev/full"

mkdir -p "$tmp/lib" "$tmp/p/sub"
echo 'return {f = function(x) return x * 0.5 end}' >"$tmp/p/sub/half.lua"
echo 'return use("sub.half").f(saw{})' >"$tmp/p/a.lua"
echo 'return use "me"' >"$tmp/p/me.lua"
printf 'return 1 +' >"$tmp/p/broken.lua"
echo 'return use "broken"' >"$tmp/p/b.lua"
echo 'return saw{} * 0.5' >"$tmp/lib/own.lua"
ok "use finds a technique beside the file" same "$(id "$tmp/p/a.lua")" "$(echo 'return saw{} * 0.5' | patch - | ids)"
ok "a file that uses itself" says 1 "me.lua:1: use: 'me' uses itself" assay patch "$tmp/p/me.lua"
ok "a broken technique is named itself" says 1 "p/broken.lua:1: " assay patch "$tmp/p/b.lua"
echo 'function hold(x) return mix{x, sine{}, t = 0.25} end return {f = hold}' >"$tmp/p/mixes.lua"
echo 'mix, note = 1, nil local f = use("mixes").f function sine() return 0 end return f(saw{} * mix) + hold{sine{}}' >"$tmp/p/names.lua"
echo 'return mix{saw{} * 1, sine{}, t = 0.25} + hold{0}' >"$tmp/p/plain.lua"
ok "a patch's own names hide modules from itself alone" same "$(id "$tmp/p/names.lua")" "$(id "$tmp/p/plain.lua")"
ok "ASSAY_PATCHES is the library" same "$(ASSAY_PATCHES=$tmp/lib patch own | ids)" "$(id "$tmp/p/a.lua")"

# tunings: keys become pitches as the take is made
just=$(echo 'return saw{}, phrase{notes = {{0, 1, 64}}}' | patch - --tune just | assay patch --lua)
ok "a just third is 13.7 cents low" same "$(echo "$just" | grep -c '{0, 1, 63.8631363, 1, 1},')" 1
ok "the patch may say so itself" same "$(echo 'return saw{}, phrase{notes = {{0, 1, 64}}, tuning = tuning{scl = "just.scl"}}' | patch - | ids)" \
	"$(echo 'return saw{}, phrase{notes = {{0, 1, 64}}}' | patch - --tune just | ids)"
ok "a tuning that is not there" says 1 "no tuning 'jist' in the library" assay patch --tune jist "$tmp/p/a.lua"
printf 'x\n2\n3/2\n' >"$tmp/short.scl"
ok "a tuning that ends too early" says 1 "short.scl:3: the file ends after 1 of 2 notes" assay patch --tune "$tmp/short.scl" "$tmp/p/a.lua"
echo 'return saw{}, phrase{notes = {{0, 1, 61}}, tuning = tuning{scl = "ptolemy.scl", kbm = "white.kbm"}}' >"$tmp/black.lua"
ok "a key that is not mapped" says 1 "black.lua:1: phrase: note 1: key 61 is not mapped by the tuning" assay patch "$tmp/black.lua"
echo "1..$n"
