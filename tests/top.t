#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# assay top: a table on a terminal, plain elsewhere, JSON; the terminal is given back as it was.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
unset ASSAY_INSECURE ASSAY_KEYS NO_COLOR
soon() {
	soon_n=0
	until "$@" >/dev/null 2>&1; do
		soon_n=$((soon_n + 1))
		[ $soon_n -lt 500 ] || return 1
		sleep 0.02
	done
}

# Nobody there takes five seconds to find out: meanwhile the rest.
(
	timeout 20 assay top --once --json "ipc://$tmp/nobody" >none.out 2>none.err
	echo $? >none
) &
q=ipc://$tmp/q
assay queue "$q" 2>log &
queue=$!
trap 'kill $queue 2>/dev/null; rm -rf "$tmp"' EXIT
soon grep -q ready log

timeout 20 assay top 2>err
same "which queue?" $? 2
timeout 20 assay top tcp://192.0.2.1:5 --once 2>err
[ $? -eq 1 ] && grep -q 'error: ' err
is $? "beyond this machine without keys"
timeout 20 assay top --once --json "$q" >json 2>err && [ "$(wc -l <json)" -eq 1 ]
is $? "--once --json: one line"
same "with the schema's names" "$(jq -r 'keys_unsorted | join(" ")' json)" \
	"$(sed -n '/^message Status/,/^}/s/^  .*  *\([a-z_]*\) = [0-9]*;.*/\1/p' "$here/proto/letter.proto" | tr '\n' ' ' | sed 's/ $//')"
same "--json, again and again" "$(timeout 20 assay top --json --every 0.05 "$q" 2>err | head -n 3 | jq -r .epoch | sort -u)" "$(jq -r .epoch json)"
timeout 20 assay top --once "$q" >plain 2>err
same "--once prints a table" "$? $(grep -c '^SERVICE  *WORKERS  *WAITING ' plain)" "0 1"
! grep -q "$(printf '\033')" plain
is $? "as plain text where there is no terminal"
timeout 20 assay top --once "$q" >/dev/full 2>err
[ $? -eq 1 ] && grep -q 'No space left' err
is $? "a full disk: exit 1"
timeout 20 assay top --once --json "$q" 2>err >&-
same "no standard output: exit 1" $? 1

# A terminal of 100 by 20. Keys are sent when the screen shows what is waited for.
cat >terminal.py <<'END'
import fcntl, os, pty, re, select, signal, struct, sys, termios, time
def size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
master, slave = pty.openpty()
size(master, 20, 100)
before = termios.tcgetattr(slave)
told, tell = os.pipe()
if not os.fork(): # a shell with job control: it starts the program and tells what becomes of it
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    pid = os.fork()
    if not pid:
        os.setpgid(0, 0)
        os.tcsetpgrp(slave, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        for fd in 0, 1:
            os.dup2(slave, fd)
        os.execvp(sys.argv[2], sys.argv[2:])
    os.write(tell, b"%d\n" % pid)
    while True:
        status = os.waitpid(pid, os.WUNTRACED)[1]
        os.write(tell, b"%d\n" % status)
        if not os.WIFSTOPPED(status):
            os._exit(0)
tellings = os.fdopen(told)
pid = int(tellings.readline())
seen, end = b"", time.monotonic() + 20
def wait_for(what, start=0):
    global seen
    while not re.search(what, seen[start:], re.S):
        if not select.select([master], [], [], max(0, end - time.monotonic()))[0]:
            raise SystemExit("never saw %r in %r" % (what, seen[-2000:]))
        seen += os.read(master, 65536)
    return len(seen)
wait_for(rb"\x1b\[\?1049h.*SERVICE .*SENDERS")
raw = termios.tcgetattr(slave)
assert not raw[3] & (termios.ECHO | termios.ICANON), "keys are echoed"
painted = b"\x1b[1m" in seen
at = len(seen)
size(master, 20, 40)
os.kill(pid, signal.SIGWINCH)
at = wait_for(rb"SERVICE[^\n]*LEASED\x1b", at)     # 40 columns end there
key = sys.argv[1]
if key == "stop":
    os.write(master, b"\x1a")
    wait_for(rb"\x1b\[\?1049l", at)
    assert os.WIFSTOPPED(int(tellings.readline())), "it did not stop"
    assert termios.tcgetattr(slave) == before, "stopped: the terminal is not as it was"
    os.kill(pid, signal.SIGCONT)
    at = wait_for(rb"\x1b\[\?1049h.*SERVICE", len(seen))
    key = "q"
os.write(master, {"q": b"q", "int": b"\x03"}[key])
wait_for(rb"\x1b\[\?25h.*\x1b\[\?1049l", at)
status = int(tellings.readline())
same = termios.tcgetattr(slave) == before
print(os.waitstatus_to_exitcode(status), "as it was" if same else "changed", "painted" if painted else "plain")
END
terminal() {
	timeout 30 /usr/bin/python3 terminal.py "$@" 2>err
}
export TERM=xterm
same "a terminal: fits the window, q leaves" "$(terminal q assay top --every 0.1 "$q")" "0 as it was painted"
same "NO_COLOR" "$(NO_COLOR=1 terminal q assay top "$q")" "0 as it was plain"
same "^C leaves too" "$(terminal int assay top "$q")" "130 as it was painted"
same "^Z stops, and fg draws it again" "$(terminal stop assay-top "$q")" "0 as it was painted"
TERM=dumb script -qefc "timeout 20 assay top --every 0.05 $q | head -n 2 >piped" /dev/null >out 2>err
! grep -q "$(printf '\033')" piped && [ -s piped ]
is $? "a pipe at a terminal is no terminal"

soon test -s none
same "nobody there: exit 1" "$(cat none)" 1
grep -q "error: no queue answers at 'ipc://$tmp/nobody'" none.err && [ ! -s none.out ]
is $? "and why"
finish
