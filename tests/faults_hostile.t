#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Peers that nobody wants, beside a run: it comes out as it should, the queue lives, and its memory is bounded.
. "$(dirname "$0")/cluster.sh"
takes "$(dose 400 2000)" >in
assay render -q <in >want
at=$(port)
queue=tcp://127.0.0.1:$at
protoc --proto_path="$here/proto" --python_out=. letter.proto
export PYTHONPATH="$tmp"
start q assay queue --beat 0.2 --memory 64 "$queue"
start w1 assay work --jobs 1 "$queue" -- 'render --threads 1'
start w2 assay work --jobs 1 "$queue" -- 'render --threads 1'
up 2
farm "nobody disturbs" in want

# beside NAME N DEED...: all at once, while a farm runs
beside() {
	beside_name=$1 beside_n=$2
	shift 2
	for deed; do
		timeout 60 "$here/tests/hostile.py" "127.0.0.1:$at" "$deed" "$beside_n" >>deeds 2>>deeds.err &
	done
	farm "$beside_name" in want
	wait_for 60 "hostile" quiet
}
quiet() { [ -z "$(ours_like hostile.py)" ]; }
n=0
while [ $n -lt "$(dose 1 10)" ]; do
	n=$((n + 1))
	beside "beside what are no letters" 40 garbage silent oversize endless
	beside "beside letters that are wrong" 40 hellos sessions names order ranges
	beside "beside those who want too much" 20 greedy giants curious
	beside "beside liars" 500 forger thief hoarder
done
sed 's/^/# /' deeds deeds.err
kill -0 "$q_pid"
is $? "the queue lives"
up 2
is $? "with its workers"
most=$(awk '/VmHWM/ {print int($2 / 1024)}' "/proc/$q_pid/status")
case $build in
*address*) skip "memory" "a sanitizer keeps what was freed" ;;
*)
	[ "$most" -lt 600 ]
	is $? "it never had more than 600 MiB"
	;;
esac
echo "# at most $most MiB; $(status '"\(.bad_letters) letters that were none, \(.refused_peers) peers refused, \(.twice) results twice, \(.alarms) alarms"')"
[ "$(wc -c <q.err)" -lt 1000000 ]
is $? "and what it says is bounded"
finish
