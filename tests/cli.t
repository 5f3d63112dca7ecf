#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The manners that all tools share, for every program the build made.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
: >empty
printf '\003\022\001a' >one.takes # a take with a key
i=0
while [ $i -lt 2000 ]; do
	printf '\003\022\001a'
	i=$((i + 1))
done >many.takes
printf 'RIFF\044\000\000\000WAVEfmt \020\000\000\000' >garbage

# run STATUS-FILE ARGS: bounded in time, status in $status
run() {
	timeout 20 "$@" >out 2>err
	status=$?
}

for p in "$build"/bin/*; do
	tool=$(basename "$p")
	say=$(echo "$tool" | tr - ' ')
	run "$p" --help <empty
	[ $status -eq 0 ] && [ ! -s err ] && grep -n '^usage:' out | head -n 1 | cut -d: -f1 >u && grep -qi '^example' out
	is $? "$tool --help: on stdout, with an example, exit 0"
	e=$(grep -nim 1 '^example' out | cut -d: -f1)
	u=$(cat u)
	[ "${e:-0}" -gt 0 ] && [ "${e:-0}" -lt "${u:-0}" ]
	is $? "$tool --help: the example stands before the usage"
	run "$p" --no-such-option <empty
	[ $status -eq 2 ] && [ ! -s out ] && grep -q "no-such-option" err
	is $? "$tool --no-such-option: exit 2, on stderr"

	# Pipelines are scripts: what follows is about programs with an option table.
	if head -c 2 "$p" | grep -q '#!'; then
		continue
	fi
	run "$p" --version <empty
	[ $status -eq 0 ] && [ "$(wc -l <out)" -eq 1 ] && grep -q "^$say " out
	is $? "$tool --version: one line"
	run "$p" --options <empty
	cp out options
	[ $status -eq 0 ] && grep -q "^summary	" options && grep -q "^--help	-h	" options
	is $? "$tool --options: a table"
	for option in --help --version --options; do
		timeout 20 "$p" $option >/dev/full 2>err <empty
		[ $? -eq 1 ] && grep -q 'No space left' err
		is $? "$tool $option on a full disk: exit 1 and a message"
	done

	# A stage reads --in and works without operands. Those that need some (evolve
	# a patch, score what to compare with) say so with exit 2 and are tested where
	# they are built.
	grep -q '^--in	' options || continue
	run "$p" <empty
	if [ $status -eq 2 ]; then
		skip "$tool as a stage" "it needs operands: $(head -n 1 err)"
		continue
	fi
	[ $status -eq 0 ]
	is $? "$tool of no takes: exit 0 ($status)"
	run "$p" <garbage
	[ $status -eq 1 ] && grep -qE 'byte [0-9]+' err
	is $? "$tool of garbage: exit 1, and the byte ($status)"
	run "$p" <one.takes
	[ $status -le 1 ] && { [ $status -eq 0 ] || [ -s err ]; }
	is $? "$tool of a take with nothing in it: a result or a reason ($status)"
	if grep -q '^--out	' options; then
		if [ -s out ]; then
			timeout 20 "$p" <one.takes >/dev/full 2>err
			[ $? -eq 1 ] && grep -q 'No space left' err
			is $? "$tool on a full disk: exit 1 and a message"
		else
			skip "$tool on a full disk" "it writes nothing for such a take"
		fi
		timeout 20 "$p" -q <many.takes 2>err | head -c 1 >/dev/null
		timeout 20 "$p" -q <many.takes 2>err >&-
		[ $? -eq 1 ]
		is $? "$tool with its output closed: exit 1, no hang"
		cp one.takes same.takes
		run "$p" -i same.takes -o same.takes
		[ $status -eq 1 ] && cmp -s one.takes same.takes
		is $? "$tool does not overwrite what it reads"
	fi
done

# The option table itself, through json and its own kinds.
j=$build/bin/assay-json
"$j" --in=one.takes --out=out && grep -q '"key":"a"' out
is $? "--name=value"
"$j" -ione.takes -o out && grep -q '"key":"a"' out
is $? "-xVALUE"
"$j" -d --data=3 </dev/null 2>err
[ $? -eq 2 ] && grep -q "takes no value" err
is $? "a flag takes no value"
"$j" --in 2>err
[ $? -eq 2 ] && grep -q "needs a value: WHERE" err
is $? "a value that is missing is named"
cp one.takes -- -d
"$j" -- -d | grep -q '"key":"a"'
is $? "-- ends the options"
# A stage that waits is stopped by the first interrupt, however it falls. The take
# on its way out says that the signal is caught from here on.
mkfifo in out.fifo
"$j" -d <in >out.fifo 2>err &
exec 3>in 4<out.fifo
echo '{"key":"a"}' >&3
timeout 20 head -c 4 <&4 >first
kill -INT $!
wait $!
same "an interrupt while it waits: exit 130" $? 130
same "after what it had done was written" "$("$j" first)" '{"key":"a"}'
exec 3>&- 4<&-
mkfifo in2 out2.fifo
"$j" -i in2 >out2.fifo 2>err &
exec 4<out2.fifo 3>in2
cat one.takes >&3
timeout 20 head -n 1 <&4 >first
kill -TERM $!
wait $!
same "and on a stream of takes" $? 130
exec 3>&- 4<&-
printf '{"key":"\\u001b[31mred\\u0007","error":"\\u001b]0;title\\u0007"}' | "$j" -d 2>err >red.takes
! grep -q "$(printf '\033')" err
is $? "text from a take does not steer the terminal"
finish
