#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# evolve in a loop that jq closes: the fitness is known, so is the answer.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1

cat >p.lua <<'L'
return sine{pitch = open{0, 100, name = "a", value = 50}} * open{0.01, 100, name = "b", log = true} * open{-1, 1, name = "c"}
L
# best at a = 30, b = 1, c = 0.5; some takes fail on the way
cat >judge.jq <<'J'
(.parts[0].patch.params | map({key: .name, value: (.value // 0)}) | from_entries) as $p
| if (.origin.index | tonumber) % 7 == 3 then .error = "made to fail"
  else .fitness = -((($p.a - 30) / 100 | .*.) + ((($p.b | log) / 9) | .*.) + ((($p.c - 0.5) / 2) | .*.))
     | .scores = [{term: "known", value: .fitness, weight: 1}] end
J
judge() {
	assay json | jq -c --unbuffered -f judge.jq | assay json -d -q
}
# search NAME BUDGET OPTIONS...: leaves NAME.takes
search() {
	name=$1
	budget=$2
	shift 2
	rm -f "$name.loop"
	mkfifo "$name.loop"
	assay evolve -q --patch p.lua --budget "$budget" --run "$name" --best "$name.takes" "$@" <"$name.loop" | judge >"$name.loop"
}
best() {
	assay json <"$1.takes" | head -n 1 | jq -c '[.fitness, [.parts[0].patch.params[].value]]'
}
ids() {
	assay json <"$1.takes" | jq -r .id
}
# alike A B: the same takes, and there are some
alike() {
	[ -n "$(ids "$1")" ] && [ "$(ids "$1")" = "$(ids "$2")" ]
}

for algo in cmaes ga random; do
	search "$algo" 200 --algo "$algo" --seed 3
	f=$(assay json <$algo.takes | head -n 1 | jq .fitness)
	[ "$algo" = random ] && limit=-0.05 || limit=-0.01
	[ "$(echo "$f" | jq ". > $limit")" = true ]
	is $? "$algo: best of 200 is $(best $algo)"
	[ "$(ids $algo | wc -l)" = 10 ]
	is $? "$algo: the ten best are kept"
	assay json <$algo.takes | jq -e -s '[.[].fitness] | . == (sort | reverse)' >/dev/null
	is $? "$algo: best first"
	assay json <$algo.takes | jq -e -s 'all(.error == null and .origin.algo == "'$algo'" and (.id | length) == 64 and (.origin.parents | length) == 1)' >/dev/null
	is $? "$algo: with lineage, and no take that failed"
done

search again 200 --algo cmaes --seed 3 --run cmaes
alike again cmaes
is $? "the same seed finds the same takes"
search other 200 --algo cmaes --seed 4 --run cmaes
[ -s other.takes ] && ! alike other cmaes
is $? "another seed finds others"
search narrow 200 --algo cmaes --seed 3 --run cmaes --window 3
alike narrow cmaes
is $? "how many are under way does not matter"

search pop 40 --algo ga --population 4 --window 1 --keep 40 --run ga
assay json <pop.takes | jq -e -s 'all((.origin.index | tonumber) as $i | .origin.generation == 1 + ($i - 1 - ($i - 1) % 4) / 4)' >/dev/null
is $? "takes know their generation"
search first 11 --algo cmaes --population 5 --keep 20
assay json <first.takes | jq -e -s 'all((.origin.index | tonumber) as $i | .origin.generation == 1 + ($i - 1 - ($i - 1) % 5) / 5)' >/dev/null
is $? "those of cmaes too"

# passes lines on, and at the hundredth kills the process whose number is in a file
until_killed() {
	i=0
	while IFS= read -r line; do
		i=$((i + 1))
		[ $i = 100 ] && kill -9 "$(cat "$1")" && return
		printf '%s\n' "$line"
	done
}

# Killed in the middle and started again, it ends the same.
for algo in cmaes ga; do
	name=kill$algo
	mkfifo $name.loop
	# kill -9 from inside the loop, at the hundredth take
	sh -c 'echo $$ >'$name.pid'; exec assay evolve -q --patch p.lua --budget 200 --algo '$algo' --seed 3 --run '$algo' --state '$name.state' --best '$name.takes <$name.loop |
		assay json | until_killed $name.pid |
		jq -c --unbuffered -f judge.jq | assay json -d -q >$name.loop
	[ -s $name.state ] && [ ! -e $name.takes ]
	is $? "$algo: killed at the hundredth take, its state is there"
	rm -f $name.loop
	search $name 200 --algo $algo --seed 3 --run $algo --state $name.state
	alike $name $algo
	is $? "$algo: started again, it ends with the same takes"
done

search more 60 --algo ga --seed 3 --run ga --state more.state
search more 200 --algo ga --seed 3 --run ga --state more.state
alike more ga
is $? "a larger budget goes on where a smaller one ended"
search more 200 --algo ga --seed 3 --run ga --state more.state
[ $? = 0 ] && alike more ga
is $? "a finished run says so at once"
assay evolve -q --patch p.lua --seed 9 --algo ga --state more.state </dev/null >/dev/null 2>err
[ $? = 1 ] && grep -q "another run" err
is $? "the state of another run is refused: $(cat err)"
head -c 300 more.state >cut.state
assay evolve -q --patch p.lua --seed 3 --algo ga --state cut.state </dev/null >/dev/null 2>err
[ $? = 1 ] && grep -q "cut.state" err
is $? "a damaged state is refused: $(cat err)"

search steady 200 --algo cmaes --async
[ "$(assay json <steady.takes | head -n 1 | jq '.fitness > -0.02')" = true ]
is $? "--async gets there too: $(best steady)"

# What goes wrong
assay evolve --patch p.lua </dev/null >/dev/null 2>err
[ $? = 1 ] && grep -q "under way" err
is $? "a loop that ends: $(tail -n 1 err)"
echo 'return sine{}' >pinned.lua
assay evolve --patch pinned.lua </dev/null >/dev/null 2>err
[ $? = 1 ] && grep -q "no open parameter" err
is $? "nothing to search: $(cat err)"
assay evolve --patch p.lua --budget 3 </dev/null 2>/dev/null | assay json -q | jq -c 'del(.error)' | assay json -d -q >unscored.takes
assay evolve --patch p.lua --budget 3 <unscored.takes >/dev/null 2>err
[ $? = 1 ] && grep -q "without a score" err
is $? "takes that nobody scored: $(head -n 1 err)"
assay evolve --patch p.lua --budget 50 </dev/null >/dev/full 2>err
[ $? = 1 ]
is $? "a full disk: $(head -n 1 err)"
assay evolve 2>err
[ $? = 2 ]
is $? "no patch is a usage error"
finish
