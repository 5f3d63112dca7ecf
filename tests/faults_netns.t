#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A cluster of network namespaces, with keys: the head, two workers, a sender, each with a cable to one switch. Cables
# are pulled and put back, the switch goes deaf to one, and one is cut for good.
. "$(dirname "$0")/cluster.sh"
. "$here/tests/netns.sh"
trap 'sweep; net_down; rm -rf "$tmp"' EXIT
if ! net_up head one two from 2>net.err; then
	skip "network namespaces" "not to be had here: $(head -n 1 net.err)"
	finish
fi
takes "$(dose 200 6000)" >in
assay render -q <in >want
queue=tcp://$head_ip:5555

# Everybody has keys, the head lets them in, they know the head.
for host in head one two from stranger; do
	assay key new -q --keys "$host.keys" --name "$host" >/dev/null
done
for host in one two from; do
	assay key allow -q --keys head.keys "$host.keys/key.pub"
done
for host in one two from stranger; do
	assay key trust -q --keys "$host.keys" "$queue" head.keys/key.pub
done

start q ip netns exec "$net.head" assay queue --keys head.keys --beat 0.2 "$queue"
for host in one two; do
	start "$host" ip netns exec "$net.$host" assay work --keys "$host.keys" --jobs 1 "$queue" -- 'render --threads 1 | faulty sleep 0.005'
done
# where the sender is
there="ip netns exec $net.from"
export ASSAY_KEYS="$tmp/from.keys"
up 2
is $? "two workers on machines of their own, with keys"
farm "all is well" in want

# --- cables -----------------------------------------------------------------------------------------
# while_running MS COMMAND... MS COMMAND...: beside the next farm
later() {
	(
		wait_for 10 "some takes" done_over "$done_before"
		while [ $# -gt 0 ]; do
			sleep "$1"
			eval "$2"
			shift 2
		done
	) &
	cluster_shells="$cluster_shells $!"
	later_pid=$!
}
done_before=0
with() {
	with_name=$1
	shift
	done_before=$(status '.services[0].done')
	later "$@"
	farm "$with_name" in want --window 8
	wait $later_pid
}
with "a worker's cable is out" 0.1 'unplug one' "$(dose 0.5 3)" 'plug one'
with "the head's is" 0.1 'unplug head' "$(dose 0.5 3)" 'plug head'
with "the switch forgets the sender, and nobody notices" 0.1 'lose from' "$(dose 0.5 8)" 'regain from'
n=0
while [ $n -lt "$(dose 0 10)" ]; do
	n=$((n + 1))
	with "the sender's cable" 0.3 'unplug from' 1 'plug from' 1 'unplug from' 6 'plug from'
	with "the switch and a worker" 0.3 'lose one' 2 'regain one' 1 'lose one' 8 'regain one'
	with "all of them" 0.3 'lose one' 0.3 'unplug two' 0.3 'lose head' 1 'plug two' 1 'unplug from' 1 'regain head' 1 \
		'plug from; regain one'
done
up 2
is $? "both workers are there again"
with "a worker's cable is cut for good" 0.3 'lose two'
alone() { [ "$(status '.workers | length')" -eq 1 ]; }
wait_for 10 "the queue" alone
is $? "the queue knows"

# --- strangers ----------------------------------------------------------------------------------------
timeout 3 $there assay top --once --json --keys stranger.keys "$queue" >out 2>err
[ $? -ne 0 ] && [ ! -s out ]
is $? "a key that is not in the list is not let in"
grep -q stranger q.err || grep -q "$(cut -d' ' -f1 stranger.keys/key.pub)" q.err
is $? "and the queue says whose"
timeout 3 $there assay top --once --json --insecure --keys none "$queue" >out 2>err
[ $? -ne 0 ] && [ ! -s out ]
is $? "nor who comes without keys"
echo "# the queue counted $(status '"\(.twice) results twice, \(.alarms) alarms, \([.services[].vanished] | add) leases vanished"')"
finish
