#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# assay work with the real queue and farm: any pipeline, whatever its stages do.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
if [ ! -x "$build/bin/assay-farm" ] || [ ! -x "$build/bin/assay-queue" ]; then
	skip "assay work" "no farm or queue yet"
	finish
fi
end="ipc://$tmp/queue"
queue= workers=
over() {
	# shellcheck disable=SC2086
	[ -z "$workers$queue" ] || kill -9 $workers $queue 2>/dev/null
	rm -rf "$tmp"
}
trap over EXIT

# A queue of its own for each subject.
new_queue() {
	# shellcheck disable=SC2086
	[ -z "$workers$queue" ] || { kill -9 $workers $queue; wait $workers $queue; } 2>/dev/null
	workers=
	assay queue -q --beat 0.1 "$end" 2>>queue.err &
	queue=$!
}
# worker OPTIONS... -- PIPELINE
worker() {
	assay work --jobs 1 "$end" "$@" 2>work.err &
	worker=$!
	workers="$workers $worker"
}
# farm FILE: through the cluster, to out.takes
farm() {
	timeout 60 assay farm --no-queue "$end" <"$1" >out.takes 2>farm.err
}
keys() { assay json "$1" | jq -r .key | tr '\n' ' '; }
# what failed, and all else as it was
survived() {
	assay json out.takes >out.json
	same "$1: the others come out right" "$(jq -c 'select(.error == null)' out.json)" "$(assay json few.takes | grep -vE 'poison|bad')"
}
error_of() { jq -r 'select(.error) | .key + ": " + .error' out.json; }

i=0
while [ $i -lt 12 ]; do
	case $i in 5) key=poison ;; *) key=take$i ;; esac
	echo "{\"key\":\"$key\",\"seed\":\"$i\",\"@unknown\":\"fa8a3803616263\"}"
	i=$((i + 1))
done | assay json -d >few.takes

# stage.py WHAT: passes takes on as bytes; does WHAT to one that has "poison" in it.
cat >stage.py <<'END'
import os, signal, sys, time
def read():
    s = sys.stdin.buffer
    while byte := s.read(1):
        n, shift = byte[0] & 127, 7
        while byte[0] & 128:
            byte = s.read(1)
            n, shift = n | (byte[0] & 127) << shift, shift + 7
        yield s.read(n)
def write(take):
    head, n = b"", len(take)
    while n > 127:
        head, n = head + bytes([n & 127 | 128]), n >> 7
    sys.stdout.buffer.write(head + bytes([n]) + take)
    sys.stdout.buffer.flush()
what = sys.argv[1]
held = []
for take in read():
    if b"poison" in take:
        if what == "crash": os.kill(os.getpid(), signal.SIGSEGV)
        if what == "exit": sys.exit("it tastes bad")
        if what == "hang": time.sleep(1000)
        if what == "eat": held = bytes(1 << 30)
        if what == "lose": take = take[:-10]
        if what == "babble": sys.stdout.buffer.write(b"\xff" * 100); sys.stdout.buffer.flush(); time.sleep(1000)
        if what == "prose": write(b"this is no take"); continue
        if what == "twice": write(take)
        if what == "close": sys.exit(0)
        if what == "shut": sys.stdout.flush(); os.close(1); time.sleep(1000)
        if what == "flood":
            while True: write(b"\x12\x01a")
    if what == "slow": time.sleep(0.002)
    if what == "backwards":
        held.append(take)
        if len(held) == 3:
            for take in reversed(held): write(take)
            held = []
        continue
    write(take)
END
python="/usr/bin/python3 $tmp/stage.py"

# --- what it is for ------------------------------------------------------------------------
{
	assay patch "$here/patches/pluck.lua" --random 20 --beats 1 --seed 1
	assay patch "$here/patches/kick.lua" --random 10 --beats 1 --seed 2
} >sound.takes
assay render <sound.takes | assay features >want.takes
new_queue
assay work --jobs 2 "$end" -- 'render | features' 2>work.err &
worker=$!
workers=$worker
farm sound.takes
cmp out.takes want.takes 2>"$tmp/err"
is $? "render | features: the same bytes as in a plain pipe"
# each stage with its parent, and what it may do
alive() { [ -d "/proc/$1" ] && ! grep -q '^State:	[ZX]' "/proc/$1/status"; }
stages() { cat /proc/"$1"/task/*/children 2>/dev/null; }
set -- $(stages $worker)
same "two copies of two stages" $# 4
for pid in "$@"; do
	tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q render && break
done
grep -q '^NoNewPrivs:	1' "/proc/$pid/status"
is $? "stages can gain no privileges"
if [ -n "${ASSAY_BUILD##*address*}" ] && grep -q '^Seccomp:	[0-9]' "/proc/$pid/status"; then
	same "and render is under a filter" "$(sed -n 's/^Seccomp:	//p' "/proc/$pid/status")" 2
	grep -q '^Max data size  *4294967296' "/proc/$pid/limits" && grep -q '^Max core file size  *0 ' "/proc/$pid/limits"
	is $? "with limits"
else
	skip "the filter" "not in this kernel, or not in a build with sanitizers"
fi
kill -TERM $worker
wait $worker
same "asked to stop: exit 0" $? 0
grep -q '30 takes done$' work.err
is $? "with the count"
left=
for pid in "$@"; do
	alive "$pid" && left="$left $pid"
done
same "and no stage is left" "$left" ""

# --- anything that reads and writes takes --------------------------------------------------
new_queue
worker -- "$python pass | cat | $python backwards" --credits 3
farm few.takes
cmp out.takes few.takes 2>"$tmp/err"
is $? "stages in any language, and results in any order"

protoc --proto_path="$here/proto" --python_out=. "$here/proto/take.proto" 2>"$tmp/err"
new_queue
mkdir -p bin && cp "$here/doc/stage.py" bin/assay-bright
PATH=$tmp/bin:$PATH PYTHONPATH=$tmp worker -- 'render | bright'
assay patch "$here/patches/pluck.lua" --random 3 --beats 1 >three.takes
farm three.takes
assay render <three.takes | PYTHONPATH=$tmp /usr/bin/python3 "$here/doc/stage.py" >want.takes
cmp out.takes want.takes 2>"$tmp/err"
is $? "a stage of one's own, as a tool"
new_queue
# shellcheck disable=SC2016
worker --credits 7 -- '(cat; exit 0) | LIMIT=$(ulimit -c) sh -c '"'"'echo "threads=$ASSAY_THREADS core=$LIMIT" >&2; exec cat'"'"
farm few.takes
cmp out.takes few.takes 2>"$tmp/err" && grep -q '^threads=[1-9][0-9]* core=0$' work.err
is $? "groups, assignments and quotes mean what they mean in a shell; what stages say is passed on"
printf '{"key":"bad","parts":[{"patch":{"nodes":[{"module":"nonsense"}]}}]}\n{"key":"empty"}\n' | assay json -d 2>err >bad.takes
new_queue
worker -- render
farm bad.takes
assay render <bad.takes 2>/dev/null >want.takes
cmp out.takes want.takes 2>"$tmp/err" && [ "$(assay json out.takes | jq -r .error | grep -c .)" = 2 ]
is $? "a take that a stage could not work on is a result like others"

# --- what cannot run ---------------------------------------------------------------------------
new_queue
for pipeline in 'rennder | features' 'render --no-such-option' 'cat | /no/such/program' 'cat | false' 'cat (' 'nonsense && cat'; do
	timeout 20 assay work --jobs 1 "$end" -- "$pipeline" 2>err
	[ $? -eq 1 ] && grep -q 'error: the pipeline does not run: ' err
	is $? "'$pipeline' ends with a reason"
done
grep -q "nonsense.*not found" err
is $? "which is the shell's"
for pipeline in '' 'cat | ' '| cat'; do
	assay work "$end" -- "$pipeline" 2>err
	same "'$pipeline' is wrong usage" $? 2
done
# no queue yet
new_queue
kill -9 "$queue"
wait "$queue" 2>/dev/null
rm -f queue
worker -- cat
assay queue -q --beat 0.1 "$end" 2>>queue.err &
queue=$!
farm few.takes
cmp out.takes few.takes 2>"$tmp/err"
is $? "a worker waits for its queue"

# --- one bad take -----------------------------------------------------------------------------
# poison NAME REASON WHAT [OPTIONS]: one take does WHAT to a stage in the middle
poison() {
	name=$1 reason=$2 what=$3
	shift 3
	new_queue
	worker "$@" -- "cat | $python $what | cat"
	farm few.takes
	survived "$name"
	error_of | grep -qE "^poison: .*$reason" && [ "$(error_of | wc -l)" = 1 ]
	is $? "$name: the bad one comes back with the reason"
	[ -z "$(error_of | grep -vE "$reason")" ] || error_of | sed 's/^/# /'
	kill -0 "$worker"
	is $? "$name: the worker goes on"
}
poison "a stage that crashes" 'python3 was killed by signal 11' crash
poison "that ends" 'python3 ended with status 1: it tastes bad' exit
poison "that hangs" 'gave nothing for 1 s' hang --patience 1
poison "that eats memory" 'python3 ended with status 1: MemoryError' eat --memory 512
poison "that loses what it does not know" 'loses fields of a take that it does not know' lose
poison "that writes rubbish" 'wrote what is no stream of takes' babble
poison "that writes something else" 'wrote what is no take' prose
poison "that stops early" 'python3 ended before its input did' close
poison "that floods" 'loses fields' flood
new_queue
worker --patience 1 -- "$python shut"
farm few.takes
survived "that closes its output"
error_of | grep -q '^poison: .*closed its output'
is $? "that closes its output: said"
new_queue
worker -- "$python twice"
farm few.takes
cmp out.takes few.takes 2>"$tmp/err" && grep -q 'wrote a take too many' work.err
is $? "that writes a take twice: said, and all come out right"

# --- kill -9 --------------------------------------------------------------------------------------
i=0
while [ $i -lt 25 ]; do
	cat few.takes
	i=$((i + 1))
done >many.takes
# under way FILE: farms it, and waits until something has come back
under_way() {
	: >out.takes
	farm "$1" &
	farming=$!
	i=0
	while [ ! -s out.takes ] && [ $i -lt 200 ]; do
		sleep 0.02
		i=$((i + 1))
	done
}
new_queue
worker --credits 4 -- "$python slow | $python pass"
under_way many.takes
killed=0
for i in 1 2 3; do
	for pid in $(stages "$worker" | tr ' ' '\n' | grep . | tail -n 1); do
		kill -9 "$pid" 2>/dev/null && killed=$((killed + 1))
	done
	sleep 0.1
done
wait $farming
cmp out.takes many.takes 2>"$tmp/err" && [ $killed -gt 0 ]
is $? "stages killed ($killed): all takes come out right"
new_queue
worker -- "$python slow"
first=$worker
worker -- "$python slow"
under_way many.takes
set -- $(stages "$first")
alive "$1"
is $? "a worker with a stage"
kill -9 "$first"
wait $farming
cmp out.takes many.takes 2>"$tmp/err"
is $? "is killed: the other does its takes"
for i in 1 2 3 4 5 6 7 8 9 10; do
	alive "$1" && sleep 0.1
done
! alive "$1"
is $? "and its stage dies with it"
new_queue
worker -- "$python slow"
first=$worker
under_way many.takes
# as a scheduler does it: all processes of the job at once
# shellcheck disable=SC2046
kill -TERM $(stages "$first") "$first"
wait "$first"
status=$?
grep -q 'takes done$' work.err && ! grep -q failed work.err
is $? "a worker and its stages are told to stop: what is in hand is finished"
worker -- "$python slow"
wait $farming
cmp out.takes many.takes 2>"$tmp/err" && [ $status -eq 0 ]
is $? "a worker is stopped: what it gives back is done by the next"
finish
