#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Memory of farm, queue and work has a bound, however much waits and whoever does not
# keep up: no worker there, a reader that stands still, a sender that is stopped. Many
# times more passes through than any of them may hold. ASSAY_TEST_TAKES=100000 is the long run.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
takes=${ASSAY_TEST_TAKES:-400}
kib=256
limit=16  # MiB that farm and queue are told to keep to
slack=24  # MiB for a program itself, and what is on its way in sockets and pipes
at=ipc://$tmp/q/queue

peak() { awk '/VmHWM/ { printf "%d", $2 / 1024 }' "/proc/$1/status"; }
# waits until nothing moves any more: the queue's counts, twice the same
still() {
	last=
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		now=$(assay top --once --json "$at" 2>/dev/null | jq -c '[.services[]? | .waiting, .leased, .done]')
		[ -n "$now" ] && [ "$now" != '[]' ] && [ "$now" != '[0,0,0]' ] && [ "$now" = "$last" ] && break
		last=$now
		sleep 0.1
	done
	echo "# $1: waiting, leased, done $now"
}
# waits until takes are done that were not
moves() {
	then=$(done_now)
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ "$(done_now)" = "$then" ] || break
		sleep 0.05
	done
}
done_now() { assay top --once --json "$at" 2>/dev/null | jq '[.services[]?.done] | add'; }
# bound NAME PID MIB
bound() {
	got=$(peak "$2")
	echo "# $1: peak ${got:-?} MiB, promised $3"
	case $build in *address*) skip "$1 is bounded" "a sanitizer's memory is its own"; return ;; esac
	[ -n "$got" ] && [ "$got" -le "$3" ]
	is $? "$1 is bounded"
}

mkfifo in out
trap 'kill -CONT $farm $sink 2>/dev/null; kill $queue $farm $work $sink $make 2>/dev/null; wait; rm -rf "$tmp"' EXIT
assay queue -q --memory $limit "$at" 2>queue.err &
queue=$!
# The FIFO stays open behind the takes, so that farm is still there to be looked at.
{
	/usr/bin/python3 "$here/tests/takes_of.py" make "$takes" $kib
	touch made
	while [ ! -e looked ]; do sleep 0.05; done
} >in 2>/dev/null &
make=$!
assay farm -q --no-queue --window $limit "$at" <in >out 2>farm.err &
farm=$!
/usr/bin/python3 "$here/tests/takes_of.py" check "$takes" $kib <out >good 2>&1 &
sink=$!

still "no worker"
[ ! -e made ]
is $? "a sender whose window is full waits"
assay work -q --jobs 1 --credits 8 "$at" -- cat 2>work.err &
work=$!
kill -STOP $sink
still "a reader that stands still"
kill -CONT $sink
moves
kill -STOP $farm
still "a sender that is stopped"
kill -CONT $farm
while [ ! -e made ] && kill -0 $farm 2>/dev/null; do sleep 0.05; done
still "all sent"
bound farm $farm $((limit + slack))
bound queue $queue $((2 * limit + slack))
bound work $work $((limit + slack))
touch looked
wait $farm
is $? "farm ends well"
wait $sink
same "every take came back, in order, to the bit" "$(cat good)" "$takes good"
cat queue.err farm.err work.err | head -5 | sed 's/^/# /'
finish
