#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A run that is killed, its shell, evolve, farm and score, and started again by the same command until it is done, finds
# what an undisturbed run finds.
. "$(dirname "$0")/cluster.sh"
budget=$(dose 150 6000)
assay patch hat --beats 0.1 --note 70 | assay render -q >level.takes

# The loop of the pipelines: breed.sh NAME STAGE..., its best takes are left in NAME.best when it is done.
cat >breed.sh <<'END2'
name=$1
shift
rm -f "$name.loop"
mkfifo "$name.loop"
{
	assay evolve -q --patch hat --level level.takes --algo cmaes --population 12 --budget "$budget" --seed 7 --run r \
		--state "$name.state" --best "$name.best" || rm -f "$name.best" # the best so far
} <"$name.loop" | "$@" | assay score -q --like level.takes --drop-audio >"$name.loop"
END2
export budget
sh breed.sh plain assay render -q 2>err
[ -s plain.best ]
is $? "an undisturbed run, without a cluster"

start q assay queue --beat 0.2 "$queue"
start w assay work --jobs 2 "$queue" -- 'render --threads 1 | faulty sleep 0.002'
up 1
begun=$(date +%s%N)
sh breed.sh once assay farm -q --no-queue "$queue" 2>err
cmp plain.best once.best >err 2>&1
is $? "over the cluster: the same best takes"
echo "# in $((($(date +%s%N) - begun) / 1000000)) ms"

# again NAME WHOM: until it is done; WHOM is killed after 0.3, 0.35 ... seconds
again() {
	n=0 delay=20
	begun=$(date +%s%N)
	while [ ! -s "$1.best" ] && [ $n -lt 200 ]; do
		setsid sh breed.sh "$1" assay farm -q --no-queue "$queue" 2>>breed.err &
		run=$!
		[ $n -lt "$(dose 3 60)" ] && (
			sleep $((delay / 100)).$(printf %02d $((delay % 100)))
			case $2 in
			all) kill -9 -$run ;;
			*) ours_like "^$2 \|assay-$2 " | xargs -r kill -9 ;;
			esac
		)
		wait $run 2>/dev/null
		n=$((n + 1)) delay=$((delay + 5))
	done
	cmp plain.best "$1.best" >err 2>&1
	is $? "started $n times, with kill -9 of $2: the same best takes"
	echo "# in $((($(date +%s%N) - begun) / 1000000)) ms"
}
again killed all
again farmless farm
idle() { [ "$(status '.senders | length')" = 0 ]; }
wait_for 10 "the queue" idle
is $? "the queue has forgotten those that were killed"
finish
