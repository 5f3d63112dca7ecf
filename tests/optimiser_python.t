#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# doc/optimiser.py stands in a loop where evolve stands: finds the answer, whatever comes back in whatever order, and goes
# on where it was killed.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
[ "$(wc -l <"$here/doc/optimiser.py")" -le 160 ]
is $? "it has no more than 160 lines"

cat >p.lua <<'L'
return sine{pitch = open{0, 100, name = "a", value = 50}} * open{0.01, 100, name = "b", log = true, value = 20} *
	open{-1, 1, name = "c"} * noise{colour = open{"white", "pink", name = "d"}}
L
assay patch ./p.lua 2>err | assay json >p.json
# best at a = 30, b = 1, c = 0.5, d = pink; some fail
cat >judge.jq <<'J'
(.parts[0].patch.params | map({key: .name, value: (.value // 0)}) | from_entries) as $p
| if (.origin.index | tonumber) % 7 == 3 then .error = "made to fail"
  elif (.origin.index | tonumber) % 50 == 9 then .fitness = "NaN" | .scores = [{term: "known", value: "NaN", weight: 1}]
  else .fitness = -((($p.a - 30) / 100 | .*.) + ((($p.b | log) / 9) | .*.) + ((($p.c - 0.5) / 2) | .*.) + 1 - $p.d)
     | .scores = [{term: "known", value: .fitness, weight: 1}] end
J
judge() {
	jq -c --unbuffered -f judge.jq
}
# search NAME FILTER OPTIONS...: FILTER stands at the end of the loop
search() {
	name=$1
	filter=$2
	shift 2
	rm -f "$name.loop"
	mkfifo "$name.loop"
	/usr/bin/python3 "$here/doc/optimiser.py" p.json --best "$name.json" "$@" <"$name.loop" 2>"$name.err" | tee "$name.asked" |
		judge | $filter >"$name.loop"
	sed 's/.*: //' "$name.err" >err
}

search plain cat --budget 400
jq -e '.fitness > -0.02' plain.json >/dev/null
is $? "it finds the answer: $(jq -c '[.fitness, [.parts[0].patch.params[].value]]' plain.json)"
same "400 proposals, numbered in order" "$(jq .origin.index plain.asked)" "$(seq 400)"
assay json -d -q <plain.asked | assay json | jq -e -s 'length == 400 and all(.error == null and (.id | length) == 64)' >/dev/null
is $? "all are valid takes"
jq -s -e 'all(.parts[0].patch.params[3].value as $d | $d == 0 or $d == 1) and ([.[].parts[0].patch.params[3].value] | unique | length == 2)' plain.asked >/dev/null
is $? "a choice is one of them"
search again cat --budget 400
cmp -s plain.asked again.asked
is $? "the same seed asks the same"
search other cat --budget 50 --seed 2
[ "$(tail -n 1 other.asked)" != "$(sed -n 50p plain.asked)" ]
is $? "another seed asks otherwise"

jq -c '.phrase.arcs = [{param: 1, beats: [0, 1], values: [20, 30]}]' p.json >curved.json
mv p.json p.kept && mv curved.json p.json
search curved cat --budget 30
jq -s -e 'length == 30 and all(.parts[0].patch.params[1].value == 20) and any(.parts[0].patch.params[0].value != 50)' curved.asked >/dev/null
is $? "what a curve stands in for is left alone"

jq -c '.parts[0].patch.params[0].step = 40' p.kept >p.json
search stepped cat --budget 60
mv p.kept p.json
same "what goes in steps keeps to them" "$(jq '.parts[0].patch.params[0].value // 0' stepped.asked | sort -n | uniq | paste -sd ' ' -)" "0 40 80"

# What is heard only with a choice, or a whole number that itself is heard only with one: where it is not heard it stays
# as it is. y = 0.7, n = 3, b is the best.
jq -c '.parts[0].patch.params = [
	{name: "y", value: 0.25, open: true, min: 0, max: 1}, {name: "n", value: 1, open: true, min: 1, max: 4, step: 1},
	{name: "kind", open: true, max: 2, scale: "CHOICE", choices: ["a", "b", "c"]}, {name: "pinned", value: 3},
	{name: "z", value: 0.5, open: true, min: 0, max: 1}]' p.json >w.json
cat >w.params <<'J'
{"name": "y", "where": {"name": "n", "is": [2, 3], "param": 1, "values": [2.0, 3.0]}}
{"name": "n", "where": {"name": "kind", "is": ["b"], "param": 2, "values": [1.0]}}
{"name": "kind"}
{"name": "pinned"}
{"name": "z", "where": {"name": "kind", "is": ["a", "c"], "param": 2, "values": [0.0, 2.0]}}
J
cat >where.py <<'P'
import json, sys
had = {}  # by place in the population, which is 20: what each parameter was
for line in sys.stdin:
    take = json.loads(line)
    y, n, kind, _, z = [p.get("value", 0) for p in take["parts"][0]["patch"]["params"]]
    number = take["origin"]["index"]
    heard = {"y": kind == 1 and n in (2, 3), "n": kind == 1, "z": kind != 1}
    for name, now in (("y", y), ("n", n), ("z", z)):
        before = had.setdefault((name, number % 20), set())
        if number > 20 and not heard[name] and now not in before:
            sys.exit(f"{number}: {name} is of no effect and became {now}")
        before.add(now)
print(number)
P
choose() {
	mkfifo w.loop
	/usr/bin/python3 "$here/doc/optimiser.py" w.json --window 10 --budget 600 --best w.best "$@" <w.loop 2>err | tee w.asked |
		jq -c --unbuffered '(.parts[0].patch.params | map(.value // 0)) as [$y, $n, $k, $p, $z] | .scores = [{term: "known"}] |
			.fitness = if $k == 1 then (if $n == 3 then -($y - 0.7 | fabs) else -1 end) else -1.5 - $z end' >w.loop
	rm w.loop
}
choose --params w.params
same "what has no effect stays as it is" "$(/usr/bin/python3 where.py <w.asked 2>&1)" 600
jq -e '.fitness > -0.02' w.best >/dev/null
is $? "and the best is found where it has one: $(jq -c '[.fitness, [.parts[0].patch.params[].value]]' w.best)"
choose
/usr/bin/python3 where.py <w.asked >out 2>&1
[ $? = 1 ] && grep -q 'no effect' out
is $? "without being told it cannot know: $(cat out)"
assay patch -q chameleon | assay json >w.json && assay patch -q chameleon --params --json >w.params && grep -q '"where"' w.params
choose --params w.params
same "a patch of the library with conditions" "$(wc -l <w.asked)" 600

# out of order, twice, of another run
cat >muddle.py <<'P'
import json, sys
held = []
for line in iter(sys.stdin.readline, ""):
    take = json.loads(line)
    take["origin"]["run"] = "another"
    held.append(line)
    if len(held) == 5 or take["origin"]["index"] == 300:
        sys.stdout.write(json.dumps(take) + "\n" + "".join(held[::-1]) + held[0])
        sys.stdout.flush()
        held = []
P
search muddled "/usr/bin/python3 muddle.py" --budget 300 --state muddled.state
same "in any order, twice, and strangers: 300 are heard" "$(wc -l <muddled.state)" 300
jq -e '.fitness > -0.02' muddled.json >/dev/null
is $? "it finds it none the less: $(jq .fitness muddled.json)"

# the loop ends; a line that was cut short
search part "head -n 130" --budget 400 --state part.state
grep -q 'the loop ended with .* under way' part.err
is $? "a loop that ends: $(cat part.err)"
printf '200 -0.0' >>part.state
cp part.asked first.asked
search part cat --budget 400 --state part.state
cmp -s plain.json part.json
is $? "gone on with, it ends with the same best take"
tail -n "$(wc -l <part.asked)" plain.asked | cmp -s - part.asked
is $? "after the same proposals"
same "each heard once" "$(cut -d ' ' -f 1 part.state | sort -n | uniq | wc -l)" 400

# with sounds and scores
if [ -x "$build/bin/assay-score" ]; then
	assay patch pluck --beats 1 | assay json >p.json
	mkfifo real.loop
	/usr/bin/python3 "$here/doc/optimiser.py" p.json --budget 24 --best real.json <real.loop 2>err | assay json -d -q |
		assay render -q | assay score -q --weigh valid=1 --drop-audio | assay json >real.loop
	grep -q '24 takes' err
	is $? "in a real loop: $(cat err)"
	same "its best take sounds, with its id and its origin" "$(assay json -d -q <real.json | assay render -q | assay json |
		jq -c '[.audio.frames > 0, .origin.run, .origin.algo, (.origin.parents | length)]')" '[true,"mine","evolution",1]'
fi
finish
