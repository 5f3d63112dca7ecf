#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A bad network between farm and queue, and between queue and workers: slow, cut, garbled.
. "$(dirname "$0")/cluster.sh"
takes "$(dose 60 2000)" >in
assay render -q <in >want
at=$(port)
status_of=tcp://127.0.0.1:$at
start q assay queue --beat 0.2 "$status_of"

n=0
while [ $n -lt "$(dose 1 5)" ]; do
	n=$((n + 1))
	through "nothing wrong" --seed $n
	through "30 ms away, or 60" --seed $n --delay 30 --jitter 30
	through "16 MB a second" --seed $n --rate 16e6
	through "connections that are cut" --seed $n --cut 2e6 --by rst,fin
	through "stalls" --seed $n --stall 5e6 --still "$(dose 0.2 1.5)"
	through "bits that flip" --seed $n --garble 1e6
	through "bits that flip in the handshake, too" --seed $n --garble 3e5 --clean 0
done
echo "# the queue counted $(status '"\(.bad_letters) letters that were none, \(.twice) results twice, \(.alarms) alarms, \([.services[].vanished] | add) leases vanished"')"
same "and no alarm" "$(status .alarms)" 0
finish
