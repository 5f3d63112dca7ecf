#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Workers started by GNU parallel over ssh: two real sshd on this machine stand for two hosts,
# with keys, configuration and ports of their own, and a third host is not there.
. "$(dirname "$0")/cluster.sh"
unset ASSAY_BANK ASSAY_KEYS ASSAY_INSECURE
export TMPDIR="$tmp"
pipe='render | features'

for wrong in 'tcp://head:5555 -- x' '--hosts a ipc://here -- x' '--hosts a tcp://head:5555 x' '--hosts a tcp://head:5555'; do
	assay cluster-ssh $wrong >out 2>err
	[ $? -eq 2 ] && [ -s err ] || echo "$wrong"
done >bad
[ ! -s bad ]
is $? "wrong usage is told: $(tr '\n' ';' <bad)"
PATH=$PATH:/usr/sbin
for need in parallel ssh sshd perl jq; do
	if ! command -v $need >/dev/null; then
		skip "workers over ssh" "no $need: apt-get install parallel openssh-client openssh-server"
		finish
	fi
done

workers() { [ "$(status '.workers | length')" -eq "$1" ]; }

# A stand-in for ssh: what would be run there, and whether it arrives as it was meant.
mkdir stub there
printf '#!/bin/sh\nshift\nhost=$1\nshift\nPATH=%s:$PATH exec sh -c "$*"\n' "$tmp/there" >stub/ssh
printf '#!/bin/sh\n[ "$1" = work ] && for word; do echo "$word"; done >words\n' >there/assay
chmod +x stub/ssh there/assay
assay cluster-ssh --hosts one --ssh "$tmp/stub/ssh" --service "it's {}" --jobs 3 tcp://h:1 -- "$pipe {} {.} \$HOME \"x\"" >out 2>err
is $? "a worker that ends well"
same "quotes, pipes and braces arrive as they are" "$(tr '\n' '~' <words)" \
	"work~--service~it's {}~--jobs~3~tcp://h:1~--~$pipe {} {.} \$HOME \"x\"~"
printf '#!/bin/sh\nexit 3\n' >there/assay
assay cluster-ssh --hosts one,two --ssh "$tmp/stub/ssh" tcp://h:1 -- x >out 2>err
same "one that does not" "$? $(cat err)" "1 assay cluster-ssh: error: not all of 2 hosts worked to the end"

# --- two hosts --------------------------------------------------------------------------------
made=
down() {
	kill $(cat ./*.pid 2>/dev/null) 2>/dev/null
	sweep
	wait
	[ -z "$made" ] || rmdir /run/sshd
	rm -rf "$tmp"
}
trap down EXIT
if [ "$(id -u)" = 0 ] && [ ! -d /run/sshd ]; then
	mkdir /run/sshd # where sshd locks itself up, before it knows who comes
	made=yes
fi
set -- $(port) $(port) $(port) $(port)
queue=tcp://127.0.0.1:$3
ssh-keygen -q -t ed25519 -N '' -f key && cp key.pub authorized
# Its client's key may work, and a shell that knows nothing of this one: HOME as it is there.
for host in anna:$1 bert:$2; do
	name=${host%:*}
	ssh-keygen -q -t ed25519 -N '' -f "host-$name"
	cat >"sshd-$name" <<END
Port ${host#*:}
ListenAddress 127.0.0.1
HostKey $tmp/host-$name
AuthorizedKeysFile $tmp/authorized
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
END
	sed "s/^/[127.0.0.1]:${host#*:} /" "host-$name.pub" >>known
	printf 'Host %s\n\tPort %s\n' "$name" "${host#*:}" >>config
	start "$name" "$(command -v sshd)" -D -e -f "$tmp/sshd-$name"
done
cat >>config <<END
Host gone
	Port $4
Host *
	HostName 127.0.0.1
	IdentityFile $tmp/key
	IdentitiesOnly yes
	IdentityAgent none
	UserKnownHostsFile $tmp/known
	GlobalKnownHostsFile none
	BatchMode yes
END
up() { ssh -F "$tmp/config" anna true && ssh -F "$tmp/config" bert true; }
soon "two sshd let us in" up || finish

start queue assay queue --beat 0.5 "$queue"
printf 'anna # the first\n\n  bert\ngone\n' >hosts
# A shell's background jobs do not hear ^C; a person's foreground does.
foreground() { exec perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$@"; }
foreground assay cluster-ssh --hosts hosts --path "$build/bin" --jobs 1 --ssh "ssh -F $tmp/config" "$queue" -- "$pipe" >out 2>workers.log &
starter=$!
soon "two workers come" workers 2
soon "the host that cannot be reached is named, with the reason" grep -q "^gone	.*[Rr]efused" workers.log

# One of them goes in the middle, and its takes to the other.
assay patch pluck --random 80 --beats 1 >takes 2>err
assay render -q <takes | assay features -q >want
mkfifo in
timeout 60 assay farm "$queue" <in >got 2>farm.err &
farm=$!
exec 3>in
head -c $(($(wc -c <takes) / 2)) takes >&3
soon "takes come back" test -s got
# children PID: all below it
children() {
	for p in $(ps -o pid= --ppid "$1"); do
		echo "$p"
		children "$p"
	done
}
kill -9 $(children $anna_pid) 2>/dev/null
tail -c +$(($(wc -c <takes) / 2 + 1)) takes >&3
exec 3>&-
wait $farm
is $? "one host is cut off, and the farm ends well"
cmp got want >err
is $? "all takes are there, and the same bytes as from the plain pipe"
soon "one worker is left" workers 1

# --- the end ------------------------------------------------------------------------------------
kill -INT $starter
wait $starter
same "^C ends them" $? 130
soon "none is left" workers 0
[ -z "$(children $bert_pid)" ]
is $? "nor anything else there"

# Through the tunnel of the man page: nothing but this machine's own door is open.
set -- $(port)
assay cluster-ssh --hosts bert --path "$build/bin" --ssh "ssh -F $tmp/config -R $1:${queue#tcp://}" "tcp://127.0.0.1:$1" -- "$pipe" \
	>out 2>workers.log &
starter=$!
soon "a worker comes through a tunnel" workers 1
timeout 60 assay farm -q "$queue" <takes 2>err | cmp - want
is $? "and works"
kill -TERM $starter
wait $starter
same "SIGTERM ends it, too" $? 130
soon "and ends" workers 0
finish
