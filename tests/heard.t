#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Novelty against what a bank holds: bank find --takes | score --heard -.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
novel() { assay score -q --weigh novel "$@" | assay json | jq -s -c 'map(.fitness * 1e6 | round)'; }
# of_run RUN GENERATION: takes as a search would have proposed them
of_run() { assay json --data | jq -c --arg r "$1" --argjson g "$2" '.origin += {run: $r, generation: $g}' | assay json -d; }

assay patch "$here/patches/kick.lua" --random 30 --seed 5 --length 0.1 --tail 0.1 --rate 8000 | assay render -q | assay features -q >all.takes
assay json --data all.takes >all.json
head -n 24 all.json | assay json -d | of_run old 7 | assay bank add -q
is $? "a bank with the takes of a run"
sed -n '20,30p' all.json | assay json -d | of_run new 1 >new.takes
assay bank find --takes >heard.takes
same "what comes out of it has summaries and no sound" \
	"$(assay json --data heard.takes | jq -s -c '[length, all(.features[0].data | length > 10), any(.audio.samples)]')" '[24,true,false]'

alone=$(novel --in new.takes)
heard=$(assay bank find --takes | novel --in new.takes --heard -)
same "the first generation is wholly novel alone" "$(echo "$alone" | jq -c unique)" '[1000000]'
same "but not to the bank" "$(echo "$heard" | jq -c 'all(. > 0 and . < 1000000)')" true
# by arithmetic of its own
/usr/bin/python3 - "$heard" <<'PY' >out 2>err
import json, sys
rows = [json.loads(line)["features"][0]["data"] for line in open("all.json")]
distance = lambda a, b: sum((x - y) ** 2 for x, y in zip(a, b)) ** .5
want = []
for new in rows[19:]:
    mean = sum(sorted(distance(new, old) for old in rows[:24])[:5]) / 5
    want.append(mean / (mean + 3))
got = [g / 1e6 for g in json.loads(sys.argv[1])]
assert len(got) == 11 and all(abs(a - b) < 2e-6 for a, b in zip(got, want)), (got, want)
PY
is $? "a take is worth the mean distance to the five nearest in the bank"
same "takes of the bank are less novel than others, on average" \
	"$(echo "$heard" | jq -c '(.[:5] | add / 5) < (.[5:] | add / 6)')" true
same "from a file, the same" "$(novel --in new.takes --heard heard.takes)" "$heard"
same "of this run, only earlier generations count" "$(of_run old 7 <new.takes | novel --heard heard.takes)" "$alone"
same "and they do" "$(of_run old 8 <new.takes | novel --heard heard.takes)" "$heard"
assay json all.takes | jq -c 'del(.features)' | assay json -d >bare.takes
assay score --weigh novel --in new.takes --heard bare.takes 2>&1 >out | grep -q '30 takes have no summary'
is $? "takes without a summary are said not to count"
finish
