#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Where results go: a full disk, a closed pipe, a sink that is killed. The farm says so and ends with 1, the queue
# forgets its takes, and the same command again does it all.
. "$(dirname "$0")/cluster.sh"
takes "$(dose 100 2000)" >in
assay render -q <in >want

# --- nothing is there yet ---------------------------------------------------------------------------
start w assay work --jobs 2 "$queue" -- 'render --threads 1'
(
	wait_for 10 "the farm" grep -q . farm.err
	sleep 0.3
	exec assay queue --beat 0.2 "$queue" >/dev/null 2>q.err
) &
cluster_shells="$cluster_shells $!"
farm "a queue that is started after farm and worker" in want
up 1

# --- sinks ---------------------------------------------------------------------------------------------
idle() { [ "$(status '(.senders | length) + ([.services[] | .waiting + .leased] | add)')" = 0 ]; }
# ends NAME STATUS: the farm ended with 1 and a reason, and the queue is rid of its takes
ends() {
	same "$1: exit 1 and a reason" "$2 $(grep -c . farm.err | sed 's/[1-9][0-9]*/some/')" "1 some"
	echo "# $(grep -m 1 error farm.err)"
	wait_for 10 "the queue" idle
	is $? "$1: the queue forgets it"
}
timeout 30 assay farm --no-queue "$queue" <in >/dev/full 2>farm.err
ends "a full disk" $?
mkdir small
if mount -t tmpfs -o size=1m none small 2>/dev/null; then
	cluster_mounts="$tmp/small"
	timeout 30 assay farm --no-queue "$queue" <in -o small/takes 2>farm.err
	ends "a disk that fills up" $?
	mount -o remount,size=1g small
	timeout 30 assay farm --no-queue "$queue" <in -o small/takes 2>farm.err
	cmp small/takes want >err 2>&1
	is $? "and the same command once there is room"
	umount small
else
	skip "a disk that fills up" "nothing can be mounted here"
fi
(
	ulimit -f 200
	trap '' XFSZ
	timeout 30 assay farm --no-queue "$queue" <in >limited 2>farm.err
)
ends "a file that may not grow" $?
{
	timeout 30 assay farm --no-queue "$queue" <in 2>farm.err
	echo $? >farm.status
} | head -c 100000 >/dev/null
ends "a pipe that is closed" "$(cat farm.status)"
done_before=$(status '.services[0].done')
mkfifo pipe
(
	cat <pipe >/dev/null &
	echo $! >sink.pid
	wait
) &
(
	timeout 30 assay farm --no-queue "$queue" <in >pipe 2>farm.err
	echo $? >farm.status
) &
wait_for 10 "results" done_over "$done_before"
kill -9 "$(cat sink.pid)"
wait_for 10 "the farm" [ -s farm.status ]
is $? "a sink that is killed: the farm ends"

# A sink that is slow: what waits is bounded, and nothing is lost.
timeout 60 assay farm --no-queue --window 8 "$queue" <in 2>farm.err | faulty slow 0.5 | cmp - want >err 2>&1
is $? "a sink that is slow, and a window of 8 MiB: the same bytes"
farm "and after all this" in want
finish
