#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What evolve is told besides the algorithm: when to end, where to begin, what to keep apart. The loop is closed by jq.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1

cat >p.lua <<'L'
return sine{pitch = open{0, 100, name = "a", value = 50}} * open{0, 1, name = "b"} * open{0, 1, name = "c"}
L
# worth 1 - |a - 0.3|; b and c are measures too
cat >judge.jq <<'J'
(.parts[0].patch.params | map({key: .name, value: (.value // 0)}) | from_entries) as $p
| .fitness = 1 - (($p.a / 100 - 0.3) | fabs)
| .scores = [{term: "b", value: $p.b}, {term: "c", value: $p.c}, {term: "known", value: .fitness, weight: 1}]
J
judge() {
	assay json | jq -c --unbuffered -f judge.jq | assay json -d -q
}
search() {
	name=$1
	shift
	rm -f "$name.loop"
	mkfifo "$name.loop"
	assay evolve --patch p.lua --run "$name" --best "$name.takes" "$@" <"$name.loop" 2>"$name.err" | judge >"$name.loop"
}
# fails STATUS NAME COMMAND...: it ends with that status and says why
fails() {
	want=$1
	what=$2
	shift 2
	"$@" </dev/null >out 2>err
	[ $? = "$want" ] && [ -s err ]
	is $? "$what is refused: $(head -n 1 err)"
}
fitness() {
	assay json <"$1.takes" | jq -s 'max_by(.fitness).fitness'
}

search target --budget 5000 --target 0.95 --algo random
[ "$(fitness target | jq '. >= 0.95')" = true ] && grep -Eq ' [0-9]{1,3} takes heard' target.err
is $? "--target ends the run early: $(grep heard target.err)"
search timed --budget 0 --time 1 --algo ga
[ "$(fitness timed | jq '. > 0.5')" = true ]
is $? "--time ends one without a budget: $(grep heard timed.err)"
fails 2 "a run without an end" assay evolve --patch p.lua --budget 0

search first --budget 100 --algo ga --set population=10
search second --budget 10 --algo ga --set population=10 --from first.takes
[ "$(jq -n "$(fitness second) >= $(fitness first)")" = true ] && grep -q 'beginning with 10 takes' second.err
is $? "--from begins where another run ended"
assay patch -q pluck >other.takes
fails 1 "takes of another patch" assay evolve --patch p.lua --from other.takes
fails 1 "no file of takes" assay evolve --patch p.lua --from nowhere.takes

search apart --budget 400 --algo random --measures b/4,c=0..1/5 --elites apart.elites --json apart.json
assay json <apart.elites | jq -e -s 'length == 20 and ([.[].id] | unique | length == 20)' >/dev/null
is $? "--measures: 400 random takes leave an elite in each of 20 cells"
assay json <apart.elites | jq -e -s 'all((.scores | map({key: .term, value: .value}) | from_entries) as $s
	| (.parts[0].patch.params | map({key: .name, value: (.value // 0)}) | from_entries) as $p
	| ($s.b - $p.b | fabs) < 1e-6 and ($s.c - $p.c | fabs) < 1e-6 and ((1 - (($p.a / 100 - 0.3) | fabs)) - .fitness | fabs) < 1e-6)' >/dev/null
is $? "they are the takes that were heard"
jq -e -s 'last.importance.a > 0.9 and (map(select(.told)) | last | .filled == 20 and .told == 400 and .cells == 20)' <apart.json >/dev/null
is $? "--json: the cells fill, and of the parameters the first mattered: $(tail -n 1 apart.json)"
grep -q 'what mattered' apart.err && grep -Eq '9[0-9.]+ %  a' apart.err
is $? "it says so too"
search plotted --budget 50 --plot
grep -q '50 takes' plotted.err && grep -q '⠉\|⠒\|⠤\|⣀' plotted.err
is $? "--plot draws the best over the takes"

# the same in two parts, with all of it
search whole --budget 300 --algo ga --measures b/4,c/5 --objectives b,c --elites whole.elites
search part --budget 120 --run whole --algo ga --measures b/4,c/5 --objectives b,c --state part.state
search part --budget 300 --run whole --algo ga --measures b/4,c/5 --objectives b,c --state part.state --elites part.elites
cmp -s whole.elites part.elites && [ -s whole.elites ]
is $? "a run that was ended goes on to the same elites"
fails 1 "the state of other measures" assay evolve --patch p.lua --run whole --algo ga --measures b/4 --state part.state

fails 1 "a setting that there is not" assay evolve --patch p.lua --algo ga --set colour=red
grep -q "it has population" err
is $? "and what there is, is said"
fails 1 "no such choice" assay evolve --patch p.lua --algo cmaes --set model=round
grep -q "one of .*vkd" err
is $? "and the choices"
for option in best elites front json; do
	assay evolve --patch p.lua --algo nsga --measures b --objectives b,c --$option nowhere/x.takes </dev/null >out 2>err
	[ $? = 1 ] && [ ! -s out ] && grep -q "cannot write 'nowhere/x.takes'" err || echo "$option: $(cat err)"
done >late
[ ! -s late ]
is $? "what cannot be written in the end is said before the first take"
fails 1 "a folder for a file" assay evolve --patch p.lua --best .
fails 1 "a setting out of range" assay evolve --patch p.lua --algo ga --set population=-3
fails 1 "a column without a range" assay evolve --patch p.lua --measures centroid_mean
fails 1 "no range" assay evolve --patch p.lua --measures b=1
fails 2 "elites of nothing" assay evolve --patch p.lua --elites x.takes
assay evolve --list | grep -q population
is $? "--list shows what can be set"

# measures that are learned: the loop needs summaries
assay patch -q pluck --random 12 --seed 3 | assay render -q | assay features -q --out twelve.takes
mkfifo axes.loop
assay evolve -q --patch pluck --budget 30 --algo mapelites --set first=8,batch=8 --measures pc1/4,pc2/4 --axes twelve.takes \
	--elites axes.elites <axes.loop 2>err | assay render -q | assay features -q | assay score -q --weigh valid=1 --drop-audio >axes.loop
is $? "--axes: a search over learned axes"
assay json <axes.elites | jq -e -s 'length > 3 and all(any(.scores[]; .term == "pc1") and any(.scores[]; .term == "pc2"))' >/dev/null
is $? "whose elites say where they lie on them"
fails 1 "a learned axis without takes" assay evolve --patch pluck --algo mapelites --measures pc1,pc2
fails 1 "axes of takes without summaries" assay evolve --patch pluck --algo mapelites --measures pc1 --axes other.takes
finish
