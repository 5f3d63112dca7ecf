#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A real Slurm of four virtual nodes on this machine (slurmctld, slurmd -N n1 ... n4, munged
# with a key and a socket of its own), pilots on it, and a node that dies.
. "$(dirname "$0")/cluster.sh"
unset ASSAY_BANK ASSAY_KEYS ASSAY_INSECURE

# --- the job as text ----------------------------------------------------------------
pipe='render | features'
assay cluster-slurm --submit no --workers 3 --cpus 2 --time 1:00:00 --service "it's" tcp://head:5555 -- "$pipe" >job 2>err
is $? "--submit no shows the job"
head -n 1 job | grep -qE '^sbatch .*--array 1-3 .*--cpus-per-task 2 --time 1:00:00 --requeue --signal B:TERM@60 '
is $? "an array of pilots that come back, with a sign before their end"
sed 1d job | sh -n 2>err
is $? "which is a shell script"
# What the script would run, with stand-ins for the worker and for Slurm.
mkdir stub
printf '#!/bin/sh\nfor word; do echo "$word"; done >args\nexit ${STATUS:-0}\n' >stub/assay
printf '#!/bin/sh\necho "$*" >requeued\n' >stub/scontrol
chmod +x stub/*
sed "1d; s|'[^']*/assay' work|'$tmp/stub/assay' work|" job >pilot.sh
# pilot STATUS RESTARTS: as if the worker ended so
pilot() {
	rm -f requeued
	PATH=$tmp/stub:$PATH STATUS=$1 SLURM_RESTART_COUNT=$2 SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=2 sh pilot.sh 2>err
}
pilot 0 0
same "quotes and pipes arrive as they are" "$(tail -n 8 args | tr '\n' '~')" \
	"work~--service~it's~--jobs~2~tcp://head:5555~--~$pipe~"
pilot 137 0
same "a worker that was killed is queued again" "$(cat requeued)" "requeue 7_2"
pilot 137 10
[ ! -e requeued ]
is $? "not for ever"
for status in 0 1 2 130 143; do
	pilot $status 0
	[ $? -eq $status ] && [ ! -e requeued ] || echo "after $status"
done >err
[ ! -s err ]
is $? "one that ended is not"
for wrong in 'ipc://here -- x' 'tcp://head:5555 x y' 'tcp://head:5555 --' '--workers 0 tcp://head:5555 -- x'; do
	assay cluster-slurm --submit no $wrong >out 2>err
	[ $? -eq 2 ] && [ -s err ] || echo "$wrong"
done >bad
[ ! -s bad ]
is $? "wrong usage is told: $(tr '\n' ';' <bad)"

# --- a cluster -------------------------------------------------------------------------
PATH=$PATH:/usr/sbin
for need in slurmctld slurmd munged sbatch srun perl; do
	if ! command -v $need >/dev/null; then
		skip "a real Slurm" "no $need: apt-get install slurmctld slurmd slurm-client munge"
		finish
	fi
done
if [ -z "$(ls -A /sys/fs/cgroup 2>/dev/null)" ]; then
	skip "a real Slurm" "slurmd does not start without cgroups, and /sys/fs/cgroup is empty (a chroot?)"
	finish
fi

# What is started for the cluster has this in its environment, jobs and Slurm's own steps
# included: so it can be found, and nothing of it is left, however this ends.
slurm() { SLURM_CONF=$tmp/slurm.conf "$@"; }
processes() {
	grep -lsF "SLURM_CONF=$tmp/slurm.conf" /proc/[0-9]*/environ | cut -d/ -f3
}
# on NODE: its slurmd and its jobs, which know the name, and their steps, which do not
on() {
	for p in $(processes); do
		grep -qsF "SLURMD_NODENAME=$1" "/proc/$p/environ" || continue
		echo "$p"
		up=$(sed -n 's/^PPid:\t//p' "/proc/$p/status" 2>/dev/null)
		grep -qs slurmstepd "/proc/$up/comm" && echo "$up"
	done | sort -u
}
# Everything at once, as when the power goes: a step that is told of its task's death would report it.
power_off() {
	kill -STOP $1
	kill -KILL $1
} 2>/dev/null
down() {
	tries=100
	while left=$(processes) && [ -n "$left" ] && [ $tries -gt 0 ]; do
		power_off "$left"
		tries=$((tries - 1))
	done
	sweep
	wait
	rm -rf "$tmp"
}
trap down EXIT

running() { [ "$(slurm squeue -h -t R 2>/dev/null | wc -l)" -eq "$1" ]; }
workers() { [ "$(status '.workers | length')" -eq "$1" ]; }
idle() { slurm sinfo -h -o '%t %D' | grep -qx "idle $1"; }
restarts() { slurm scontrol show job "$1" | sed -n 's/.*Restarts=\([0-9]*\).*/\1/p'; }
restarted() { [ "$(restarts "$1")" = 1 ]; }

set -- $(port) $(port) $(port) $(port) $(port) $(port)
me=$(id -un)
queue=tcp://127.0.0.1:$6
cat >slurm.conf <<END
ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=$1
SlurmUser=$me
SlurmdUser=$me
AuthType=auth/munge
AuthInfo=socket=$tmp/munge.socket,cred_expire=5
StateSaveLocation=$tmp/state
SlurmdSpoolDir=$tmp/spool-%n
SlurmctldPidFile=$tmp/slurmctld.pid
SlurmdPidFile=$tmp/%n.pid
SlurmctldLogFile=$tmp/slurmctld.log
SlurmdLogFile=$tmp/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
SlurmdParameters=config_overrides
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0
KillWait=5
NodeName=n1 NodeHostname=localhost NodeAddr=127.0.0.1 CPUs=1 Port=$2
NodeName=n2 NodeHostname=localhost NodeAddr=127.0.0.1 CPUs=1 Port=$3
NodeName=n3 NodeHostname=localhost NodeAddr=127.0.0.1 CPUs=1 Port=$4
NodeName=n4 NodeHostname=localhost NodeAddr=127.0.0.1 CPUs=1 Port=$5
PartitionName=all Nodes=n[1-4] Default=YES
END
chmod 711 . # munged wants everybody to reach its socket
mkdir state
(umask 077 && head -c 1024 /dev/urandom >munge.key)
start munge munged -F --key-file="$tmp/munge.key" --socket="$tmp/munge.socket" --pid-file="$tmp/munged.pid" \
	--log-file="$tmp/munged.log" --seed-file="$tmp/munge.seed"
soon "munged is there" test -S munge.socket
slurm slurmctld -D >ctld.out 2>&1 &
for node in n1 n2 n3 n4; do
	mkdir spool-$node
	SLURMD_NODENAME=$node slurm slurmd -D -N $node >$node.out 2>&1 &
done
soon "four nodes" idle 4 || finish

# --- pilots on three of them -----------------------------------------------------------------
start queue assay queue --beat 0.5 "$queue"
slurm assay cluster-slurm --workers 3 "$queue" -- "$pipe" >said 2>err
is $? "assay cluster-slurm"
job=$(sed -n 's/^job \([0-9]*\): 3 workers .*/\1/p' said)
[ -n "$job" ] && grep -q "scancel $job " said && grep -q "assay top $queue " said
is $? "says which job it is, and what to do with it"
soon "three pilots run" running 3 || finish
soon "three workers are with the queue" workers 3

# --- a node dies with work on it ---------------------------------------------------------------
# The first takes go in, some come out, the node goes, the rest follow.
assay patch pluck --random 80 --beats 1 >takes 2>err
assay render -q <takes | assay features -q >want
mkfifo in
timeout 60 assay farm "$queue" <in >got 2>farm.err &
farm=$!
exec 3>in
head -c $(($(wc -c <takes) / 2)) takes >&3
soon "takes come back" test -s got
victim=$(slurm squeue -h -o %i -w n2)
power_off "$(on n2)"
slurm scontrol update nodename=n2 state=down reason=killed
tail -c +$(($(wc -c <takes) / 2 + 1)) takes >&3
exec 3>&-
wait $farm
is $? "a node is killed, and the farm ends well"
cmp got want >err
is $? "all takes are there, and the same bytes as from the plain pipe"
same "its pilot waits for another node" "$(slurm squeue -h -o '%T' -j "$victim") $(restarts "$victim")" "PENDING 1"

# --- a worker is killed -----------------------------------------------------------------------
other=$(slurm squeue -h -o %i -w n1)
kill -9 $(for p in $(on n1); do grep -lsx assay-work "/proc/$p/comm"; done | cut -d/ -f3) 2>err
soon "a worker is killed: its pilot queues itself again" restarted "$other"
soon "both come back" running 3
same "elsewhere" "$(slurm squeue -h -o %N -w n2 | wc -l)" 0
soon "and work" workers 3

# --- the end -----------------------------------------------------------------------------------
slurm scancel --batch --signal TERM "$job" 2>err
is $? "scancel tells the pilots"
soon "they end" running 0
soon "and the queue knows" workers 0
same "each of the three left its log" "$(ls assay-work-"$job"_*.log | wc -l)" 3
same "which ends with what it did" "$(tail -q -n 1 assay-work-"$job"_*.log | grep -c 'takes done$')" 3
finish
