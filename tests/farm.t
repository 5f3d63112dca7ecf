#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A farm in a pipe does what the stages in its place would do, to the bit.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
for t in queue work; do
	[ -x "$build/bin/assay-$t" ] || { skip "farm" "there is no assay $t"; finish; }
done
Q=ipc://$tmp/run/queue
jobs=
trap 'kill $jobs 2>/dev/null; wait; rm -rf "$tmp"' EXIT

# start NAME COMMAND...: in the background, its talk in NAME.err
start() {
	log=$1.err
	shift
	"$@" </dev/null >/dev/null 2>"$log" &
	jobs="$jobs $!"
	last=$!
}
# farm ARGS: bounded in time
farm() {
	timeout 60 assay farm "$@"
}
# until COMMAND...: tries it for ten seconds
until_true() {
	i=0
	until "$@"; do
		i=$((i + 1))
		[ $i -lt 200 ] || return 1
		sleep 0.05
	done
}

# --- without anybody ---------------------------------------------------------------
: | farm "$Q" >out 2>err
same "no takes: exit 0" "$?.$(wc -c <out)" 0.0
[ ! -e run/queue ]
is $? "and no queue is started for them"
assay patch hit --random 3 --beats 1 >three.takes
timeout 60 assay farm --no-queue "$Q" <three.takes >out 2>err &
pid=$!
until_true grep -q "no queue answers at $Q; start one with: assay queue" err
is $? "where no queue answers it says so, and how to start one"
kill -INT "$(pgrep -P $pid)" && wait $pid
same "an interrupt ends it with 130" $? 130
grep -q '3 takes were still out' err
is $? "and says what was out"
farm nonsense <three.takes >out 2>err
same "no endpoint: exit 1" $? 1

# --- the same bytes -----------------------------------------------------------------------
assay patch hit --random 200 --beats 1 >in.takes
assay render -q <in.takes | assay features -q >want.takes
start work assay work --jobs 2 "$Q" -- 'render | features'
farm -v "$Q" <in.takes >got.takes 2>err
same "it starts a queue where there is none: exit 0" $? 0
cmp -s got.takes want.takes
is $? "200 takes: the bytes of render | features"
grep -q 'farmed 200 of 200 takes' err
is $? "and the count"
! /usr/bin/python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])' run/queue 2>err
is $? "its queue ends with it"

start queue assay queue "$Q"
queue=$last
until_true grep -q ready queue.err
farm --unordered "$Q" <in.takes 2>err | assay json | sort >got.json
assay json want.takes | sort >want.json
cmp -s got.json want.json
is $? "--unordered: the same takes"
farm --audit 1 -v "$Q" <three.takes 2>err >out
same "--audit: exit 0" $? 0
grep -q '3 results were had a second time' err && ! grep -q differ err
is $? "each is done a second time, and is the same"
farm "$Q" <in.takes >one.takes 2>err1 &
first=$!
farm --priority 9 --window 1 "$Q" <want.takes >two.takes 2>err2
same "two farms at once: one" "$?.$(cmp two.takes want.takes 2>&1)" 0.
wait $first
same "and the other" "$?.$(cmp one.takes want.takes 2>&1)" 0.

# --- takes that fail ----------------------------------------------------------------------
assay json three.takes >three.json
{
	sed -n 1p three.json
	sed -n 2p three.json | jq -c '.error = "it was bad before"'
	echo '{"key": "nothing"}'
	sed -n 1p three.json
} | assay json -q -d >mixed.takes
assay render -q <mixed.takes 2>err | assay features -q >want.takes 2>err
farm "$Q" <mixed.takes >got.takes 2>err
same "takes with an error: exit 0" $? 0
cmp -s got.takes want.takes
is $? "they stand where the pipe has them"
grep -q 'farmed 2 of 4 takes, 2 failed' err && grep -q 'it was bad before' err && grep -q 'nothing: ' err
is $? "and are counted, and said"
farm --strict "$Q" <mixed.takes >got.takes 2>err
same "--strict: exit 1, with what came until then" "$?.$(assay json -q got.takes | wc -l)" 1.2
{ cat three.takes; head -c 100 three.takes; } >cut.takes
farm "$Q" <cut.takes >got.takes 2>err
same "a stream that is cut: exit 1" $? 1
grep -q "byte $(wc -c <three.takes) is truncated" err
is $? "it names the place"
same "and what stood before comes out" "$(assay json -q got.takes | wc -l)" 3
head -c 3000 /dev/zero | tr '\0' '\377' | farm "$Q" >got.takes 2>err
same "garbage: exit 1" $? 1
start broken assay work --service broken --jobs 1 "$Q" -- "/usr/bin/python3 '$here/tests/faulty.py' die hit/2"
farm --service broken "$Q" <three.takes >got.takes 2>err
same "a take that its pipeline falls over: exit 0" $? 0
same "it comes back as it was" "$(assay json -q got.takes | jq -c 'del(.error)')" "$(cat three.json)"
same "with the reason" "$(assay json -q got.takes | jq -r '.error // "-"' |
	sed -E 's/^given up after 3 attempts: .+ \(worker .+\/[0-9]+\)$/given up/' | tr '\n' ' ')" "- given up - "
grep -q 'hit/2: given up after' err && grep -q 'farmed 2 of 3 takes, 1 failed' err
is $? "and is counted"

# --- an interrupt ---------------------------------------------------------------------------
for n in 1 2; do
	start slow$n assay work --service slow --jobs 1 --credits 1 "$Q" -- "/usr/bin/python3 '$here/tests/faulty.py' sleep 30 hit/1"
done
slow() {
	assay top --json --once "$Q" | jq -e ".services[] | select(.name == \"slow\") | $1" >/dev/null
}
until_true slow '.workers == 2'
timeout 60 assay farm --service slow "$Q" <three.takes >got.takes 2>err &
pid=$!
# the other worker does two, and then the first once more, for it is late
until_true slow '.done == 2'
kill -INT "$(pgrep -P $pid)"
wait $pid
same "interrupted: exit 130" $? 130
same "what is done is passed on" "$(assay json -q got.takes | jq -r .key | tr '\n' ' ')" "hit/2 hit/3 "
grep -q '1 take was still out' err
is $? "and what is not is counted"

# --- what it writes to and reads from ------------------------------------------------------
farm "$Q" <in.takes >/dev/full 2>err
same "a full disk: exit 1" $? 1
grep -q 'No space left' err
is $? "and the reason"
{ farm -q "$Q" <in.takes 2>err; echo $? >status; } | head -c 1 >out
same "a closed pipe: exit 1" "$(cat status)" 1
mkfifo in out.fifo
farm -q "$Q" <in >out.fifo 2>err &
pid=$!
exec 3>in 4<out.fifo
assay patch hit >&3
timeout 20 head -c 4 <&4 | wc -c >n
same "one take is not held back" "$(cat n)" 4
exec 3>&- 4<&-
wait $pid
farm -q -i "ipc://$tmp/in.socket" -o "ipc://$tmp/out.socket" "$Q" 2>err &
pid=$!
timeout 20 assay json -i "ipc://$tmp/out.socket" >got.json 2>err2 &
json=$!
assay json -q -d -o "ipc://$tmp/in.socket" three.json
wait $pid $json
assay render -q <three.takes | assay features -q | assay json >want.json
cmp -s got.json want.json
is $? "from endpoint to endpoint"

# --- in the loop of a search --------------------------------------------------------------------
L=/usr/share/sonic-pi/samples/drum_heavy_kick.flac
breed() {
	rm -f loop
	mkfifo loop
	timeout 60 assay evolve -q --patch kick --level $L --budget 60 --best "$1" <loop | eval "$2" |
		assay score -q --like $L --drop-audio >loop
}
breed plain.takes 'assay render -q | assay features -q'
breed farmed.takes 'farm -q "$Q"'
[ -s plain.takes ] && cmp -s plain.takes farmed.takes
is $? "evolve finds the same"

# --- with keys --------------------------------------------------------------------------------------
S=ipc://$tmp/secure/queue
{
	assay key new -q --keys keys >key.pub && assay key allow -q --keys keys key.pub && assay key trust -q --keys keys "$S" key.pub
	assay key new -q --keys other >other.pub && assay key trust -q --keys other "$S" key.pub
} 2>err
is $? "a pair of keys, and one that nobody allows"
start secure assay work --jobs 1 --secure --keys keys "$S" -- 'render | features'
assay render -q <three.takes | assay features -q >want.takes
mkfifo keyed
timeout 60 assay farm --secure --keys keys "$S" <keyed >got.takes 2>err &
pid=$!
exec 3>keyed
cat three.takes >&3
until_true cmp -s got.takes want.takes
is $? "it starts a queue with keys, and works through it"
timeout 60 assay farm --secure --keys other "$S" <three.takes >out 2>err2 &
other=$!
until_true grep -q 'does not let this machine in' err2
is $? "who is not allowed is told so"
kill -INT "$(pgrep -P $other)"
wait $other
grep -q 'no queue answers' err2
[ $? -eq 1 ] && [ ! -s out ]
is $? "and nothing else"
exec 3>&-
wait $pid
same "the first ends well" $? 0

# --- a queue that is killed -----------------------------------------------------------------------
kill $queue
wait $queue 2>/dev/null
assay render -q <in.takes | assay features -q >want.takes
mkfifo fifo
timeout 60 assay farm "$Q" <fifo >got.takes 2>err &
pid=$!
exec 3>fifo
cat in.takes >&3
until_true test -s got.takes
kill -9 "$(pgrep -P "$(pgrep -P $pid)")"
is $? "it has a queue of its own"
cat in.takes >&3
exec 3>&-
cat want.takes want.takes >twice.takes
wait $pid
same "its own queue is killed: exit 0" $? 0
cmp -s got.takes twice.takes
is $? "another takes its place, and nothing is missing"
finish
