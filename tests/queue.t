#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# assay queue from outside: how it starts and ends, its doors, strangers, numbers for Prometheus.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
unset ASSAY_INSECURE ASSAY_KEYS NOTIFY_SOCKET

# soon COMMAND...: whether it succeeds within ten seconds
soon() {
	soon_n=0
	until "$@" >/dev/null 2>&1; do
		soon_n=$((soon_n + 1))
		[ $soon_n -lt 500 ] || return 1
		sleep 0.02
	done
}
# start LOG ARGS...: a queue in the background that has said all it says at the start; its process in $queue
start() {
	start_log=$1
	shift
	: >"$start_log"
	assay-queue "$@" 2>"$start_log" &
	queue=$!
	soon grep -q 'ready\|error' "$start_log"
}
# stop SIGNAL: its exit status
stop() {
	kill -s "$1" $queue
	wait $queue
}
# status ENDPOINT FILTER
status() {
	timeout 20 assay top --once --json "$1" 2>err | jq -r "$2"
}
queue=
trap 'kill $queue 2>/dev/null; rm -rf "$tmp"' EXIT

# --- usage -----------------------------------------------------------------------------------
for args in '' '--silence 2 ipc://q' '--beat 0 ipc://q' '--memory 0 ipc://q' '--metrics ipc://q'; do
	# shellcheck disable=SC2086
	timeout 20 assay queue $args >out 2>err
	same "assay queue $args: exit 2" $? 2
done
for args in 'ipc://' 'udp://127.0.0.1:5' 'tcp://127.0.0.1:70000' 'tcp://192.0.2.1:* --insecure' '--metrics x ipc://q' \
	'--metrics 127.0.0.1:99999 ipc://q' 'ipc:///dev/null/q'; do
	# shellcheck disable=SC2086
	timeout 20 assay queue $args >out 2>err
	[ $? -eq 1 ] && grep -q 'error: ' err
	is $? "assay queue $args: exit 1, and why"
done
timeout 20 assay queue 'tcp://0.0.0.0:*' --keys "$tmp/none" 2>err
[ $? -eq 1 ] && grep -q 'key' err
is $? "beyond this machine without keys: refused"
# --- start, doors, end -----------------------------------------------------------------------
cat >notified.py <<'END'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(60)
print("open", flush=True)
for _ in range(2):
    print(s.recv(100).decode(), flush=True)
END
/usr/bin/python3 notified.py notify.socket >notified 2>err &
soon grep -q open notified
NOTIFY_SOCKET=$tmp/notify.socket start log "ipc://$tmp/folder/q" 'tcp://127.0.0.1:*' --metrics 127.0.0.1:0
soon grep -q READY=1 notified
is $? "systemd hears that it is ready"
tcp=$(sed -n 's/.*listens on \(tcp:[^,]*\),.*/\1/p' log)
http=$(sed -n 's/.*metrics at \(http[^ ]*\)\/metrics.*/\1/p' log)
door=ipc://$tmp/folder/q
[ -n "$tcp" ] && [ -n "$http" ] && grep -q "listens on $door, without keys" log
is $? "it says where it listens, and how: $tcp, $http"
same "a socket's folder is its owner's" "$(stat -c %a folder)" 700
one=$(status "$door" .epoch)
[ -n "$one" ] && [ "$one" != 0 ] && [ "$one" = "$(status "$tcp" .epoch)" ]
is $? "both doors lead to one queue"
for e in "$door" "$tcp"; do
	timeout 20 assay queue "$e" >out 2>err
	[ $? -eq 1 ] && grep -q "error: .*$e" err
	is $? "a second one at $e: exit 1"
done
same "the first is not disturbed" "$(status "$door" .epoch)" "$one"

# --- Prometheus ------------------------------------------------------------------------------
cat >exposition.py <<'END'
"""The text format 0.0.4, strictly: HELP and TYPE before the samples of a name, each name in one
piece, no sample twice, counters that end in _total, escapes as they must be."""
import re, sys
text = sys.stdin.buffer.read().decode("utf-8")
assert text.endswith("\n"), "the last line is not ended"
label = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
sample = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(%s(?:,%s)*)\})? (\S+)' % (label, label))
helped, typed, seen, now = set(), {}, set(), None
for line in text.split("\n")[:-1]:
    if line.startswith("# HELP "):
        now = line.split(" ")[2]
        assert now not in helped, "HELP twice: " + now
        helped.add(now)
    elif line.startswith("# TYPE "):
        _, _, name, kind = line.split(" ")
        assert name == now and name not in typed and kind in ("counter", "gauge"), line
        assert (kind == "counter") == name.endswith("_total"), line
        typed[name] = kind
    else:
        m = sample.fullmatch(line)
        assert m, "no sample: " + line
        assert m[1] == now and now in typed, "no TYPE before " + line
        assert (m[1], m[2]) not in seen, "twice: " + line
        assert float(m[3]) >= 0, line
        seen.add((m[1], m[2]))
print(len(typed))
END
curl -sSi --max-time 10 "$http/metrics" >page 2>err
head -n 1 page | grep -q ' 200 ' && grep -qi '^content-type: text/plain; version=0.0.4' page
is $? "/metrics: the content type of Prometheus"
tr -d '\r' <page | sed '1,/^$/d' >metrics
n=$(/usr/bin/python3 exposition.py <metrics 2>err)
[ "${n:-0}" -ge 19 ]
is $? "and its format: ${n:-0} names"
printf '# HELP a A.\n# TYPE a gauge\na{x="\\q"} 1\n' | /usr/bin/python3 exposition.py >out 2>&1
[ $? -ne 0 ]
is $? "the check finds a wrong escape"
code() { curl -s --max-time 10 -o out -w '%{http_code}' "$@" 2>err; }
same "/healthz" "$(code "$http/healthz")" 200
same "anything else" "$(code "$http/")$(code "$http/metrics/x")$(code "$http/..%2f")" 404404404
same "POST" "$(code -d x "$http/metrics")" 405
same "HEAD has no body" "$(code -I "$http/metrics") $(grep -c assay_queue out)" "200 0"

# --- strangers at the doors --------------------------------------------------------------------
cat >strangers.py <<'END'
import os, socket, sys
host, port = sys.argv[1].split("//")[1].split(":")
greeting = b"\xff" + bytes(8) + b"\x7f\x03\x00NULL" + bytes(16) + bytes(32)
ready = b"\x04\x19\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER"
ready = b"\x04" + bytes([len(ready) - 2]) + ready[2:]
mine = b"\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER\x08Identity\x00\x00\x00\x04self"
what = [b"", b"GET / HTTP/1.0\r\n\r\n", bytes(1000), b"\xff" * 1000, os.urandom(5000), greeting[:20], greeting,
        greeting + ready, greeting + ready + b"\x02\xff" + b"\x7f" + b"\xff" * 7 + bytes(1000),
        greeting + ready + b"\x00\x00", greeting + ready + b"\x00\x05hello", greeting + ready + b"\x01\x00" * 3000 + b"\x00\x00",
        greeting + ready + b"\x02" + (100000).to_bytes(8, "big") + os.urandom(100000),
        greeting + b"\x04" + bytes([len(mine)]) + mine + b"\x00\x05hello"]
held = []
for k in range(40):
    for bytes_sent in what:
        s = socket.create_connection((host, int(port)), timeout=10)
        try:
            s.sendall(bytes_sent)
        except OSError:
            pass
        held.append(s)
        if k % 2:
            held.pop().close()
print(len(held))
END
same "strangers send garbage, and some stay" "$(/usr/bin/python3 strangers.py "$tcp" 2>err)" 280
/usr/bin/python3 -c '
import socket, sys
host, port = sys.argv[1].split("//")[1].split(":")
held = [socket.create_connection((host, int(port)), timeout=10) for _ in range(50)]
for s in held[:20]:
    s.send(b"GET /met")
' "$http" 2>err
same "the queue still answers" "$(status "$door" .epoch)" "$one"
same "and its numbers" "$(code --retry 5 --retry-all-errors "$http/healthz")" 200
[ "$(status "$door" .bad_letters)" -gt 0 ]
is $? "letters that are none are counted: $(status "$door" .bad_letters)"
rss=$(sed -n 's/VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$queue/status")
case $build in
*sanitize* | *address*) skip "memory" "sanitizers take theirs" ;;
*)
	[ "$rss" -lt 60000 ]
	is $? "and cost no memory: $((rss / 1024)) MiB"
	;;
esac
stop TERM
same "ended: exit 130" $? 130
soon grep -q STOPPING=1 notified
is $? "and systemd knows"

# --- again -------------------------------------------------------------------------------------
start log "$door"
two=$(status "$door" .epoch)
[ -n "$two" ] && [ "$two" != "$one" ]
is $? "started anew it has another epoch"
kill -9 $queue
wait $queue 2>/dev/null
start log "$door"
three=$(status "$door" .epoch)
[ -n "$three" ] && [ "$three" != "$two" ]
is $? "also where the last one was killed and left its socket"
stop INT
same "interrupted: exit 130" $? 130
start log 'tcp://0.0.0.0:*' --insecure
grep -q 'listens on tcp://0.0.0.0:[0-9]*, without keys' log
is $? "--insecure listens beyond this machine"
stop INT
ASSAY_INSECURE=1
export ASSAY_INSECURE
start log 'tcp://0.0.0.0:*'
unset ASSAY_INSECURE
grep -q 'listens on tcp://0.0.0.0' log
is $? "so does ASSAY_INSECURE=1"
stop INT

# --- keys --------------------------------------------------------------------------------------
assay key new --keys head --name head >/dev/null 2>err && assay key new --keys guest --name guest >/dev/null 2>err
is $? "keys"
start log "ipc://$tmp/q" 'tcp://0.0.0.0:*' --keys head
port=$(sed -n 's/.*listens on tcp:.*:\([0-9]*\), with keys.*/\1/p' log)
[ -n "$port" ] && grep -qF "assay key trust tcp://$(hostname):$port '$(assay key show --keys head)'" log
is $? "the log has the command by which others know this queue's key"
door=tcp://127.0.0.1:$port
assay key trust --keys guest "$door" "$(assay key show --keys head)" 2>err
(timeout 20 assay top --once --json --keys guest "$door" >out 2>refused; echo $? >status) &
guest=$(assay key show --keys guest | cut -d' ' -f1)
soon grep -qF "$guest" log
is $? "who is not in the list of allowed keys is named in the log"
wait $!
same "and not let in" "$(cat status) $(wc -c <out)" "1 0"
[ "$(status "ipc://$tmp/q" .refused_peers)" -ge 1 ]
is $? "and counted: $(status "ipc://$tmp/q" '.log[-1]')"
assay key allow --keys head "$(assay key show --keys guest)" 2>err
[ "$(timeout 20 assay top --once --json --keys guest "$door" 2>err | jq -r .epoch)" = "$(status "ipc://$tmp/q" .epoch)" ]
is $? "once allowed it is let in, without a restart"
stop INT
finish
