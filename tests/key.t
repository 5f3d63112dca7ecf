#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Keys: what is made, who may read it, whom it lets in.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
unset ASSAY_KEYS
umask 022
home=$XDG_CONFIG_HOME/assay/keys

# refused STATUS TEXT NAME COMMAND...: fails so, and says so
refused() {
	want=$1 text=$2 label=$3
	shift 3
	"$@" >out 2>err
	[ $? -eq "$want" ] && [ ! -s out ] && grep -qF -- "$text" err
	is $? "$label"
}

refused 1 'assay key new' "no key yet: it says how to make one" assay key show
assay key new >new.pub 2>err
is $? "new"
grep -Eq '^[A-Za-z0-9.:+=/@%-]{40} [^ ]+@[^ ]+$' new.pub
is $? "a line that needs no quotes, named user@host"
same "which show prints, too" "$(assay key show)" "$(cat new.pub)"
same "and key.pub has" "$(cat "$home/key.pub")" "$(cat new.pub)"
same "the folder is its owner's alone" "$(stat -c %a "$home")" 700
same "and so is the secret" "$(stat -c %a "$home/key")" 600
[ "$(wc -c <"$home/key")" -eq 41 ] && ! grep -qF "$(cat "$home/key")" new.pub err
is $? "which is told nobody"
refused 1 '--again' "a pair is not replaced" assay key new
same "and is the same still" "$(assay key show)" "$(cat new.pub)"
assay key new --again --name 'second one' >again.pub 2>err
[ "$(cut -d' ' -f2- again.pub)" = 'second one' ] && ! cmp -s new.pub again.pub && [ "$(assay key show)" = "$(cat again.pub)" ]
is $? "unless --again says so; its name is the one that was given"
same "the secret is a secret still" "$(stat -c %a "$home/key")" 600
refused 1 'is no name' "a name that steers a terminal is none" assay key new --keys other --name "$(printf 'a\033[2J')"
refused 2 'takes nothing' "new takes no name without --name" assay key new something
refused 2 'what to do' "no verb: usage" assay key
refused 2 'unknown verb' "another verb: usage" assay key make

# Others may not read it.
chmod 644 "$home/key"
refused 1 "chmod 600 '$home/key'" "a secret that others may read is refused, with what to do" assay key show
chmod 600 "$home/key"
chmod 755 "$home"
refused 1 "chmod 700 '$home'" "and so is a folder" assay key show
refused 1 "chmod 700 '$home'" "which takes no key either" assay key allow new.pub
chmod 700 "$home"
cp "$home/key.pub" saved
cp new.pub "$home/key.pub"
refused 1 'does not belong' "a public key of another pair is noticed" assay key show
cp saved "$home/key.pub"
echo garbage >"$home/key"
refused 1 'no secret key' "a secret that is none" assay key show
assay key new --again -q >own.pub

# allow, deny
pass "allow a file" assay key allow new.pub
same "one line" "$(cat "$home/allowed")" "$(cat new.pub)"
same "which is private" "$(stat -c %a "$home/allowed")" 600
assay key allow "$(cat new.pub)" 2>err
same "once" "$?:$(wc -l <"$home/allowed")" 0:1
grep -q already err
is $? "which it says"
# shellcheck disable=SC2046 # the words of the line
pass "allow a line without its quotes" assay key allow $(cat again.pub)
assay key show | assay key allow - 2>err
same "and from a pipe" "$?:$(tail -n 1 "$home/allowed")" "0:$(cat own.pub)"
{
	echo '# friends'
	echo
	i=0
	while [ $i -lt 40 ]; do
		printf '%039d%d   friend %d  \r\n' 7 $((i % 10)) $i
		i=$((i + 1))
	done
} >friends
pass "a file of many, with comments" assay key allow friends
same "each key once" "$(assay key list | grep -c friend)" 10
same "list has the others" "$(assay key list | grep -c '^allowed')" 13
assay key list --json >json
same "as JSON" "$(jq -rs 'length, .[0].what, .[0].public, .[1].name' json | tr '\n' ,)" "13,allowed,$(cut -d' ' -f1 new.pub),second one,"
pass "deny by name" assay key deny 'second one'
pass "and by key" assay key deny "$(cut -d' ' -f1 new.pub)"
same "both are gone, the others are not" "$(assay key list | grep -c '^allowed'):$(assay key list | grep -c 'second one')" 11:0
refused 1 'not among' "who is not allowed cannot be denied" assay key deny 'second one'
printf '%s\n# a comment of mine\nno newline at the end' "$(cat "$home/allowed")" >"$home/allowed"
assay key list >out 2>err
[ $? -eq 1 ] && grep -q "line 13 is neither a key nor a comment" err
is $? "list names a line that is none"
sed -i '$d' "$home/allowed"
pass "allow once more" assay key allow new.pub
grep -q 'a comment of mine' "$home/allowed"
is $? "comments are kept"
refused 1 'neither a public key nor a file' "what is no key is not allowed" assay key allow 'abc def'
echo '# nobody' >nobody
refused 1 'there is no key' "nor a file without one" assay key allow nobody
head -c 100000 /dev/urandom >noise
assay key allow noise 2>err
same "nor noise" $? 1
printf '%s \033[2Jname\n' "$(cut -d' ' -f1 again.pub)" >steer
refused 1 'no plain text' "nor a name that steers a terminal" assay key allow steer
refused 2 'allow whom' "allow nobody: usage" assay key allow
refused 2 'deny whom' "deny nobody: usage" assay key deny
# Many at once: none is lost.
i=0
while [ $i -lt 8 ]; do
	assay key allow "$(printf '%038d%d0 rush %d' 9 $i $i)" 2>/dev/null &
	i=$((i + 1))
done
wait
same "eight at once: none is lost" "$(assay key list | grep -c rush)" 8

# trust
pass "trust an address" assay key trust tcp://head:5555 new.pub
same "its line" "$(cat "$home/queues")" "tcp://head:5555 $(cat new.pub)"
pass "trust another key for it" assay key trust tcp://head:5555 "$(cat again.pub)"
same "which replaces the first" "$(cat "$home/queues")" "tcp://head:5555 $(cat again.pub)"
pass "another address" assay key trust ipc:///run/q "$(cat again.pub)"
same "both are listed" "$(assay key list --json | jq -r 'select(.what == "queue").address' | tr '\n' ' ')" "tcp://head:5555 ipc:///run/q "
refused 1 'is no address' "no address" assay key trust head:5555 new.pub
refused 1 'more than one key' "a queue has one key" assay key trust tcp://head:1 friends
refused 2 'trust whom' "trust without a key: usage" assay key trust tcp://head:5555

# Where the folder is.
assay key --keys a/b/c new -q >c.pub
same "--keys, made if it is not there" "$(stat -c %a a/b/c)" 700
same "ASSAY_KEYS" "$(ASSAY_KEYS=a/b/c assay key show)" "$(cat c.pub)"
same "HOME" "$(env -u XDG_CONFIG_HOME HOME="$tmp/me" assay key new -q >/dev/null; ls "$tmp/me/.config/assay/keys" | tr '\n' ' ')" "key key.pub "
env -u XDG_CONFIG_HOME -u HOME "$build/bin/assay-key" list 2>err
[ $? -eq 1 ] && grep -q 'set ASSAY_KEYS' err
is $? "no place for keys"
assay key show --json | jq -e --arg l "$(assay key show)" '.public + " " + .name == $l' >/dev/null
is $? "show --json"
assay key show >/dev/full 2>err
[ $? -eq 1 ] && grep -q 'No space left' err
is $? "show on a full disk"
# A full disk keeps what was there. (A folder is a file system of its own only for root.)
if mkdir small && mount -t tmpfs -o size=16k,mode=700 none small 2>/dev/null; then
	assay key --keys small new -q >small.pub
	assay key --keys small allow small.pub -q
	head -c 100000 /dev/zero >small/fill 2>/dev/null
	assay key --keys small allow friends 2>err
	[ $? -eq 1 ] && grep -q 'No space left' err && [ "$(head -n 1 small/allowed)" = "$(cat small.pub)" ]
	is $? "a full disk is told, and what was allowed is allowed"
	umount small
else
	skip "a full disk" "no tmpfs may be mounted here"
fi
finish
