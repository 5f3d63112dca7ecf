#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The systemd units as they are installed: systemd-analyze reads them, and their very command
# lines do their work, the queue with systemd's own way to say that it is ready.
. "$(dirname "$0")/cluster.sh"
unset ASSAY_BANK ASSAY_KEYS ASSAY_INSECURE MAKEFLAGS MFLAGS BUILD
make -s -C "$here" -o all BUILD="$build" install PREFIX="$tmp/usr" >out 2>err
is $? "make install"
units=$tmp/usr/share/systemd/user
same "brings the units" "$(ls "$units" | tr '\n' ' ')" "assay-queue.service assay-work@.service "
same "which start what was installed" "$(sed -n 's/^ExecStart=\([^ ]*\) .*/\1/p' "$units"/* | sort -u)" "$tmp/usr/bin/assay"

# --- as systemd reads them -------------------------------------------------------------
if command -v systemd-analyze >/dev/null; then
	mkdir -m 700 run
	verify() { XDG_RUNTIME_DIR=$tmp/run systemd-analyze verify --user --man=no "$@" >out 2>&1; }
	for unit in assay-queue.service assay-work@main.service; do
		verify "$units/$unit"
		status=$?
		cp out err
		[ $status -eq 0 ] && [ ! -s err ]
		is $? "$unit: systemd-analyze verify has nothing to say"
	done
	mkdir bad
	for line in 'Frobnicate=yes' 'Restart=sometimes' 'SystemCallFilter=@no-such-set' 'ExecStart=/nowhere/assay'; do
		sed "s|^Type=.*|&\n$line|" "$units/assay-queue.service" >bad/assay-queue.service
		verify "$tmp/bad/assay-queue.service"
		[ $? -ne 0 ] || [ -s out ] || echo "$line"
	done >err
	[ ! -s err ]
	is $? "and would not have kept quiet"
	# 10 is a service with no hardening at all; what a user's own manager cannot do counts against it, too
	for unit in assay-queue.service assay-work@.service; do
		XDG_RUNTIME_DIR=$tmp/run systemd-analyze security --offline=true --user --no-pager --threshold=75 "$units/$unit" >out 2>err
		is $? "$unit: its exposure is under 7.5"
	done
else
	skip "systemd reads the units" "no systemd-analyze: apt-get install systemd"
fi

# --- what they run ----------------------------------------------------------------------------
# line UNIT INSTANCE: its command as systemd would run it: $OPTIONS split into words, ${...} one word each
line() {
	sed -n "s/^ExecStart=//p" "$units/$1" | sed "s/%i/$2/g; s/\${\([A-Z]*\)}/\"\$\1\"/g"
}
# settings UNIT: what the unit itself sets
settings() {
	sed -n 's/^Environment=//p' "$units/$1" | grep -oE '"[A-Z]*=[^"]*"|[A-Z]*=[^ ]*' | sed 's/^"\(.*\)"$/\1/; s/=\(.*\)/="\1"/'
}
eval "$(settings assay-queue.service)"
same "the queue listens to this machine unless told" "$ENDPOINT" tcp://127.0.0.1:5555
eval "$(settings assay-work@.service)"
same "a worker works" "$ENDPOINT $PIPELINE" "tcp://127.0.0.1:5555 render | features"

# confined UNIT COMMAND...: under the unit's filter of system calls, as systemd would load it
cat >confined <<'END'
import errno, os, re, subprocess, sys
import seccomp
text = subprocess.run(['systemd-analyze', 'syscall-filter', '--no-pager'], capture_output=True, text=True).stdout
sets, name = {}, None
for line in text.splitlines():
    if line.startswith('@'):
        name = line.strip()
        sets[name] = []
    elif name and re.fullmatch(r'    [@a-z_0-9-]+', line):
        sets[name].append(line.strip())

def calls(of):
    return {c for s in sets[of] for c in calls(s)} if of in sets else {of}

allowed = calls('@default')
for line in open(sys.argv[1]):
    if line.startswith('SystemCallFilter='):
        value = line.strip().split('=', 1)[1]
        named = {c for s in value.lstrip('~').split() for c in calls(s)}
        allowed = allowed - named if value[0] == '~' else allowed | named
f = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
for c in allowed:
    try:
        f.add_rule(seccomp.ALLOW, c)
    except RuntimeError:
        pass  # of another architecture
f.load()
os.execvp(sys.argv[2], sys.argv[2:])
END
confined() {
	unit=$1
	shift
	if [ "$filters" = yes ]; then
		exec /usr/bin/python3 "$tmp/confined" "$units/$unit" "$@"
	fi
	exec "$@"
}
filters=no
command -v systemd-analyze >/dev/null && /usr/bin/python3 -c 'import seccomp' 2>/dev/null && filters=yes
[ $filters = yes ] || skip "under the units' filters of system calls" "apt-get install systemd python3-seccomp"
# the leak checker asks for more than any service
if ldd "$build/bin/assay-queue" | grep -q libasan; then filters=no; fi

ENDPOINT=ipc://$tmp/q/queue
OPTIONS='--memory 64 --beat 0.2'
export NOTIFY_SOCKET="$tmp/notify"
perl -MIO::Socket::UNIX -e 'my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die;
	print "listening\n"; close STDOUT; alarm 20; $s->recv(my $said, 4096); print STDERR $said' "$NOTIFY_SOCKET" >listening 2>said &
notified=$!
soon "somebody listens, as systemd does" test -s listening
eval "confined assay-queue.service $(line assay-queue.service)" 2>queue.log &
queue_pid=$!
wait $notified
is $? "the queue says something"
grep -qx 'READY=1' said
is $? "that it is ready"
unset NOTIFY_SOCKET
OPTIONS='--jobs 1'
eval "confined assay-work@.service $(line assay-work@.service main)" 2>work.log &
worker=$!
assay patch pluck --random 20 --beats 1 >takes 2>err
timeout 30 assay farm -q "$ENDPOINT" <takes >got 2>err
is $? "takes go to the worker"
assay render -q <takes | assay features -q | cmp - got
is $? "and come back as from the plain pipe"
grep -q '^KillSignal=SIGTERM$' "$units/assay-work@.service" && kill -TERM $worker
wait $worker
status=$?
grep -q "^SuccessExitStatus=.*\b$status\b" "$units/assay-work@.service" || [ $status -eq 0 ]
is $? "the worker ends in a way that the unit calls well ($status)"
kill -TERM $queue_pid
wait $queue_pid
status=$?
grep -q "^SuccessExitStatus=.*\b$status\b" "$units/assay-queue.service" || [ $status -eq 0 ]
is $? "and so does the queue ($status)"
finish
