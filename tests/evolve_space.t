#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What evolve searches, from a patch: choices, steps, what is heard only sometimes, curves. jq closes the loop.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1

cat >p.lua <<'L'
local low, high = open{100, 1000, name = "low"}, open{100, 1000, name = "high"}
local kind = open{"none", "low", "high", name = "kind"}
return choose{saw{pitch = note.pitch + open{-24, 24, step = 12, name = "octave", value = 0}}, svf{saw{}, cutoff = low}.low, svf{saw{}, cutoff = high}.high, index = kind},
	phrase{tempo = 120, notes = {{0, 1, 60, 1}}}
L
# best: high at 400; low and octave would be worth something, but are heard only elsewhere
cat >judge.jq <<'J'
(.parts[0].patch.params | map({key: .name, value: (.value // 0)}) | from_entries) as $p
| .fitness = (if $p.kind == 2 then 1 - (($p.high - 400) / 900 | .*.) elif $p.kind == 1 then 0.3 - (($p.low - 900) / 900 | .*.) else -$p.octave / 100 end)
| .scores = [{term: "known", value: .fitness, weight: 1}]
J
search() { # NAME BUDGET PATCH OPTIONS...
	name=$1
	budget=$2
	patch=$3
	shift 3
	rm -f loop
	mkfifo loop
	assay evolve -q --patch "$patch" --budget "$budget" --run "$name" --best "$name.takes" --keep 500 "$@" <loop 2>"$name.err" |
		tee "$name.all" | assay json | jq -c --unbuffered -f judge.jq | assay json -d -q >loop
}
param() { # NAME PARAM: its values among all takes
	assay json <"$1.all" | jq --arg n "$2" '.parts[0].patch.params[] | select(.name == $n) | .value // 0' | sort -n | uniq | tr '\n' ' '
}

for algo in cmaes ga tpe; do
	search $algo 120 p.lua --algo $algo --seed 5
	assay json <$algo.all | jq -s -e 'map(.parts[0].patch.params | map({key: .name, value: (.value // 0)}) | from_entries)
		| (map(.kind) | unique) == [0, 1, 2] and (map(.octave) | unique | length > 1 and all(. % 12 == 0 and . >= -24 and . <= 24))' >/dev/null
	is $? "$algo: octaves go in steps, and all choices are tried"
	assay json <$algo.takes | head -n 1 | jq -e '.fitness > 0.95' >/dev/null
	is $? "$algo: what is heard under the best choice is found"
done
search even 400 p.lua --algo sobol --seed 5 --json even.json # evenly, so that no algorithm's ways count
tail -n 1 even.json | jq -e '.importance | .kind > 0.2 and .high > 0.2 and (.low // 0) < 0.05 and (.octave // 0) < 0.05' >/dev/null
is $? "the choice and its own setting mattered: $(tail -n 1 even.json | jq -c .importance)"

search whole 20 p.lua --algo ga --seed 5 --state whole.state
sed 's/index = kind/index = kind, mode = "fade"/' p.lua >fades.lua
sed 's/step = 12/step = 24/' p.lua >wide.lua
sed 's/{saw{pitch/{svf{saw{}, cutoff = high}.low + saw{pitch/' p.lua >both.lua
for other in fades wide both; do
	assay evolve -q --patch $other.lua --budget 20 --run whole --algo ga --seed 5 --state whole.state </dev/null >/dev/null 2>err
	[ $? -eq 1 ] && grep -q "whole.state" err
	is $? "a state is not of the space of $other.lua: $(head -n 1 err | cut -c1-90)"
done

# a choice is known by its name, not by its number
sed 's/"none", "low", "high"/"low", "high"/; s/choose{saw{[^}]*}}, /choose{/; s/name = "octave", value = 0}/&/' p.lua >fewer.lua
search fewer 1 fewer.lua --algo ga --from whole.takes
grep -q . fewer.err
same "of a choice that is no longer there nothing is known" \
	"$(assay evolve -v --patch fewer.lua --budget 1 --algo random --from whole.takes </dev/null 2>&1 >/dev/null | grep -o 'beginning with [0-9]*')" \
	"beginning with $(assay json <whole.takes | jq -s '[.[] | select((.parts[0].patch.params[] | select(.name == "kind").value // 0) > 0)] | length')"

# a curve stands in for one parameter; the others are still where they were
sed 's/{{0, 1, 60, 1}}}/{{0, 1, 60, 1}}, arcs = {low = {{0, 100}, {1, 900}}}}/' p.lua >curve.lua
search curve 60 curve.lua --algo ga --seed 2
same "a parameter with a curve is left alone, and moves no other" "$(param curve low)|$(param curve kind)|$(param curve octave)" "316.22775 |0 1 2 |-24 -12 0 12 24 "
finish
