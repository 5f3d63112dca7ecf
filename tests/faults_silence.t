#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A bad network between farm and queue, and between queue and workers: connections that fall silent without
# being cut, and everything at once.
. "$(dirname "$0")/cluster.sh"
takes "$(dose 60 2000)" >in
assay render -q <in >want
at=$(port)
status_of=tcp://127.0.0.1:$at
start q assay queue --beat 0.5 "$status_of"

# Takes and results that need longer to cross the line (5 s) than anybody may be silent (five beats).
assay patch pluck --random 2 --seed 3 --beats 16 >long.in
assay render -q <long.in >long.want
a=$(port)
lossy line "$a" "$at" --rate 2.5e6
start w assay work --jobs 1 "tcp://127.0.0.1:$a" -- cat
up 1
queue=tcp://127.0.0.1:$a
farm "a slow line, there and back" long.want long.want
same "and done once each" "$(status '.services[0] | "\(.done) \(.vanished // 0)"')" "2 0"
end w KILL
end line
end q

start q assay queue --beat 0.2 "$status_of"
n=0
while [ $n -lt "$(dose 1 5)" ]; do
	n=$((n + 1))
	through "connections that stand still" --seed $n --cut 5e6 --by hole
	through "connections where all vanishes" --seed $n --cut 5e6 --by drop
	through "everything at once" --seed $n --delay 5 --jitter 5 --garble 3e6 --cut 6e6 --by rst,fin,hole,drop --stall 5e6 --still 0.2
done
echo "# the queue counted $(status '"\(.bad_letters) letters that were none, \(.twice) results twice, \(.alarms) alarms, \([.services[].vanished] | add) leases vanished"')"
same "and no alarm" "$(status .alarms)" 0
finish
