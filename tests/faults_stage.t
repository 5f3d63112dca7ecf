#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Workers that do wrong: hang, dawdle, die, lie, eat memory. Beside each stands one that works, and all comes out
# as it should; where all of them do wrong, only what cannot be worked on comes back with its error.
. "$(dirname "$0")/cluster.sh"
takes "$(dose 60 900)" >in
assay render -q <in >want
which=$(dose hat/57 hat/857)
start q assay queue --beat 0.2 --hedge 0.5 "$queue"
up

# bad NAME OPTIONS... -- PIPELINE: a service with one worker of this kind, and one that works; a farm for it. All at
# once, looked at by `good`.
bads=
bad() {
	bad_name=$1
	shift
	bads="$bads $bad_name"
	start "bad_$bad_name" assay work --service "$bad_name" --jobs 1 "$@"
	start "good_$bad_name" assay work --service "$bad_name" --jobs 1 "$queue" -- 'render --threads 1 | faulty sleep 0.01'
	(
		timeout 60 assay farm --no-queue --service "$bad_name" "$queue" <in 2>"farm_$bad_name.err" |
			faulty clock "farm_$bad_name.clock" >"farm_$bad_name.takes"
		: >"farm_$bad_name.done"
	) &
	cluster_shells="$cluster_shells $!"
}
good() {
	wait_for 60 "the farm" [ -e "farm_$1.done" ]
	cmp "farm_$1.takes" want >err 2>&1
	is $? "$2"
	echo "# $(cat "farm_$1.clock"), by the farm: $(tail -n 1 "farm_$1.err"); by the queue: $(status ".services[] | select(.name == \"$1\") | \"\(.failed) failed, \(.vanished) vanished, \(.hedged) hedged\"")"
}

bad hang --patience 1 "$queue" -- 'render --threads 1 | faulty hang'
bad slow "$queue" -- 'render --threads 1 | faulty sleep 0.5'
bad die "$queue" -- 'render --threads 1 | faulty die'
bad leave "$queue" -- 'render --threads 1 | faulty exit'
bad hog --memory 150 "$queue" -- 'render --threads 1 | faulty hog'
bad lose --patience 1 "$queue" -- 'render --threads 1 | faulty lose'
bad twice "$queue" -- 'render --threads 1 | faulty twice'
bad garbage "$queue" -- 'render --threads 1 | faulty garbage'
bad strip --patience 1 "$queue" -- 'render --threads 1 | faulty strip'
bad noise "$queue" -- 'render --threads 1 | faulty noise'
good hang "one that hangs for ever"
good slow "one that is a hundred times slower"
good die "one that dies at every take"
good leave "one that ends"
good hog "one that eats all the memory it is allowed"
good lose "one that swallows takes"
good twice "one that answers twice"
good garbage "one that answers with garbage"
good strip "one that loses what it does not know"
good noise "one that talks too much"
[ "$(wc -c <bad_noise.err)" -lt 1000000 ]
is $? "and what it says is bounded"
for bad_name in $bads; do
	end "bad_$bad_name" KILL
	end "good_$bad_name" KILL
done

# --- a worker that is stopped, and goes on later ------------------------------------------------
start w1 assay work --service stop --jobs 1 "$queue" -- 'render --threads 1 | faulty sleep 0.03'
start w2 assay work --service stop --jobs 1 "$queue" -- 'render --threads 1 | faulty sleep 0.03'
(
	wait_for 10 "some takes" done_over 5 stop
	kill -STOP "$w1_pid" 2>/dev/null
) &
farm "one that is stopped" in want --service stop
kill -CONT "$w1_pid" 2>/dev/null
end w1 KILL
end w2 KILL

# --- poison: nobody can work on it ----------------------------------------------------------------
start w1 assay work --service poison --jobs 1 "$queue" -- "render --threads 1 | faulty die $which"
start w2 assay work --service poison --jobs 1 "$queue" -- "render --threads 1 | faulty die $which"
timeout 60 assay farm --no-queue --service poison "$queue" <in >out 2>err
is $? "a take that kills every worker does not end the run"
assay json -q <out | jq -c 'select(.error) | [.key, .error]' >errors
same "it comes back with its key" "$(jq -r '.[0]' errors)" "$which"
echo "# and: $(jq -r '.[1]' errors)"
faulty lose "$which" <out >out.others
faulty lose "$which" <want >want.others
cmp out.others want.others >err 2>&1
is $? "all the others come out as they should"
same "after three attempts" "$(jq -r '.[1]' errors | grep -o 'after 3 attempts') $(status '.services[] | select(.name == "poison") | .poisoned')" \
	"after 3 attempts 1"
end w1 KILL
end w2 KILL

# Nor is the worker there to say so, if it takes that down as well.
keep w3 assay work --service murder --jobs 1 "$queue" -- "render --threads 1 | faulty murder $which"
timeout 60 assay farm --no-queue --service murder "$queue" <in >out 2>err
is $? "a take that brings down its worker does not end the run"
same "it comes back with its key" "$(assay json -q <out | jq -r 'select(.error) | .key')" "$which"
faulty lose "$which" <out >out.others
cmp out.others want.others >err 2>&1
is $? "all the others come out as they should"
echo "# $(assay json -q <out | jq -r 'select(.error) | .error')"
end w3 KILL

# --- lies ---------------------------------------------------------------------------------------
start w1 assay work --service lie --jobs 1 "$queue" -- 'render --threads 1 | faulty other'
start w2 assay work --service lie --jobs 1 "$queue" -- 'render --threads 1'
up 2
timeout 60 assay farm -q --no-queue --service lie --audit 1 "$queue" <in >out 2>farm.err
same "all takes come out" "$(assay json -q <out | wc -l)" "$(assay json -q <in | wc -l)"
grep -q "/$w1_pid" farm.err && grep 'differ' farm.err | grep -q "/$w2_pid"
is $? "one that answers with other bytes: the alarm names both, even with -q"
[ "$(status .alarms)" -gt 0 ]
is $? "and the queue counts it"
echo "# $(grep -c differ farm.err) alarms: $(grep -m 1 differ farm.err); by the farm: $(tail -n 1 farm.err)"
finish
