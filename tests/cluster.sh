# SPDX-License-Identifier: GPL-3.0-or-later
# A cluster for the length of a test: . "$(dirname "$0")/cluster.sh", which reads tap.sh.
#
#   start NAME COMMAND...   runs it in the background, its talk in NAME.err; $NAME_pid is its process
#   keep NAME COMMAND...    the same, and again whenever it ends
#   end NAME [SIGNAL]       ends either, by TERM if no signal is given, and waits for it
#   kill_every SECONDS NAME...   kills them with -9 in turn, until `calm`; the names are from keep
#   wait_for SECONDS WHAT COMMAND...   until the command succeeds
#   soon WHAT COMMAND...    a check that it does, within 30 s
#   takes N PATCH [OPTIONS] > FILE
#
# All that was started is ended at the test's end, with what it started itself.
#
# FAULTS=long makes the doses many times larger: `dose SHORT LONG` prints one of them.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
export CLUSTER_MARK="$tmp" # by which all our processes are known, to the children of their children
trap 'sweep; rm -rf "$tmp"' EXIT
mkdir bin
ln -s "$here/tests/faulty.py" bin/assay-faulty
PATH=$tmp/bin:$PATH
queue=ipc://$tmp/queue # where the queue is, unless a test says otherwise

dose() {
	if [ "${FAULTS:-short}" = long ]; then echo "$2"; else echo "$1"; fi
}

# pids of all that this test started and that is alive, this shell and its own aside
ours() {
	grep -alsxzF "CLUSTER_MARK=$tmp" /proc/[0-9]*/environ | cut -d/ -f3 | grep -vx $$
}
# those whose command line has a text in it
ours_like() {
	for ours_pid in $(ours); do
		tr '\0' ' ' 2>/dev/null <"/proc/$ours_pid/cmdline" | grep -q "$1" && echo "$ours_pid"
	done 2>/dev/null
}
sweep() {
	exec 2>/dev/null
	kill -9 $cluster_shells 2>/dev/null
	for sweep_i in 1 2 3; do
		ours | xargs -r kill -9 2>/dev/null
	done
	for sweep_mount in $cluster_mounts; do
		umount -l "$sweep_mount"
	done
}
cluster_mounts= cluster_shells=
there= # what comes before commands that are run where the sender is

start() {
	start_name=$1
	shift
	"$@" >"$start_name.out" 2>>"$start_name.err" </dev/null &
	echo $! >"$start_name.pid"
	eval "${start_name}_pid=$!"
}
keep() {
	keep_name=$1
	shift
	(
		while [ ! -e "$keep_name.over" ]; do
			"$@" >>"$keep_name.out" 2>>"$keep_name.err" </dev/null &
			echo $! >"$keep_name.new" && mv "$keep_name.new" "$keep_name.pid"
			wait $!
		done
	) 2>/dev/null &
	cluster_shells="$cluster_shells $!"
	eval "${keep_name}_keeper=$!"
	wait_for 5 "$keep_name" [ -e "$keep_name.pid" ]
}
end() {
	: >"$1.over"
	eval "end_pid=\${$1_keeper:-\$$1_pid}"
	end_last=
	while kill -0 $end_pid 2>/dev/null; do
		end_now=$(cat "$1.pid")
		[ "$end_now" = "$end_last" ] || kill -"${2:-TERM}" "$end_now" 2>/dev/null
		end_last=$end_now
		sleep 0.02
	done
	wait $end_pid 2>/dev/null
}

# Kills come at even times, but each only when the farm has put out a 48th more (FAULTS=long: a 600th) of
# `want` since the one before: on a machine so slow that nobody would live to finish a take, takes would rightly be given
# up. How many kills there were is left in `kills`.
kill_every() {
	every=$1
	shift
	rm -f calm farm.takes
	(
		n=0
		step=$(($(wc -c <want) / $(dose 48 600)))
		next=$step
		while :; do
			for kill_name; do
				sleep "$every"
				until [ -e calm ] || [ "$(wc -c <farm.takes)" -ge $next ]; do
					sleep 0.02
				done 2>/dev/null
				[ ! -e calm ] || break 2
				next=$(($(wc -c <farm.takes) + step))
				kill -9 "$(cat "$kill_name.pid")" 2>/dev/null && n=$((n + 1))
				echo $n >kills
			done
		done
	) &
	killer=$!
	cluster_shells="$cluster_shells $!"
}
calm() {
	: >calm
	wait $killer
}

wait_for() {
	wait_end=$(($(date +%s) + $1))
	wait_what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		if [ "$(date +%s)" -gt $wait_end ]; then
			echo "# $wait_what: not within time"
			return 1
		fi
		sleep 0.03
	done
}

soon() {
	soon_what=$1
	shift
	wait_for 30 "$soon_what" "$@"
	soon_status=$?
	is $soon_status "$soon_what"
	[ $soon_status -eq 0 ] || tail -n 4 ./*.err ./*.log 2>/dev/null | sed 's/^/# /'
	return $soon_status
}

# status FILTER: of what the queue says of itself
status() {
	timeout 5 $there assay top --once --json "${status_of:-$queue}" 2>top.err | jq -r "$1"
}
# The queue has done more than N takes (of SERVICE).
done_over() {
	[ "$(status "[.services[] | select(.name == \"${2:-main}\") | .done] | add // 0")" -gt "$1" ]
}
workers_up() {
	[ "$(status '.workers | length')" -ge "$1" ]
}
up() {
	wait_for 20 "the queue with ${1:-0} workers" workers_up "${1:-0}"
}

# A free TCP port of this machine, below those that the kernel hands out by itself.
port() {
	/usr/bin/python3 -SE -c '
import os, random, socket
r = random.Random(os.urandom(8))
while True:
    s, p = socket.socket(), r.randrange(15000, 32000)
    try:
        s.bind(("127.0.0.1", p))
    except OSError:
        continue
    print(p)
    break'
}

# lossy NAME FROM-PORT TO-PORT OPTIONS...: the bad network between two ports; what it did is in NAME.out
lossy() {
	lossy_name=$1 lossy_from=$2 lossy_to=$3
	shift 3
	start "$lossy_name" "$here/tests/lossy.py" "$@" "127.0.0.1:$lossy_from" "127.0.0.1:$lossy_to"
	wait_for 10 "lossy" [ -s "$lossy_name.out" ]
}

# farm NAME IN WANT OPTIONS...: the takes of IN come out as those of WANT, to the bit and in order. Says how long it
# took, the longest pause and what the farm counted.
farm() {
	farm_name=$1 farm_in=$2 farm_want=$3
	shift 3
	rm -f farm.clock
	timeout "${farm_time:-$(dose 120 1200)}" $there assay farm --no-queue "$@" "$queue" <"$farm_in" 2>farm.err | faulty clock farm.clock >farm.takes
	cmp farm.takes "$farm_want" >err 2>&1
	is $? "$farm_name: the same bytes in the same order"
	echo "# $farm_name: $(cat farm.clock), by the farm: $(tail -n 1 farm.err)"
}
# through NAME OPTIONS...: the takes of `in` over the same bad network twice, from the farm to the queue at port $at
# and from there to a worker
through() {
	through_name=$1
	shift
	a=$(port) b=$(port)
	lossy farms "$a" "$at" "$@"
	lossy works "$b" "$at" "$@"
	start w assay work --jobs 2 "tcp://127.0.0.1:$b" -- 'render --threads 1'
	up 1
	queue=tcp://127.0.0.1:$a
	farm "$through_name" in want
	end w KILL
	end farms
	end works
	echo "# between farm and queue: $(tail -n 1 farms.out); between queue and worker: $(tail -n 1 works.out)"
}
faulty() {
	"$here/tests/faulty.py" "$@"
}

# takes N OPTIONS...: small ones, that take two milliseconds to render
takes() {
	takes_n=$1
	shift
	assay patch hat --random "$takes_n" --beats 0.1 "$@"
}
