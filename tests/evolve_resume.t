#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A run that is ended anywhere, by anything, and started again ends as one that ran through: the same proposals, best
# takes, elites, front, progress, and what it says. States that are not what was saved are refused. tests/rerun.py is
# the rest of the loop.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1

cat >p.lua <<'L'
return sine{pitch = open{0, 1, name = "a", value = 0.5}} * open{0, 1, name = "b"} * open{0.01, 1, name = "c", log = true}
	+ noise{colour = open{"white", "pink", name = "d"}} * open{0, 1, name = "e"}
L
rerun() {
	/usr/bin/python3 -SE "$here/tests/rerun.py" "$@"
}
# run NAME ENDS OPTIONS...
run() {
	name=$1
	how=$2
	shift 2
	rerun "$name" $how -- assay evolve --patch p.lua --run r --plot --measures m=0..2/8 --objectives o,p --best "$name.takes" \
		--elites "$name.elites" --front "$name.front" --json "$name.json" "$@"
	sed 's/"seconds":[^,]*,//' "$name.json" >"$name.lines"
	sed -i '/going on from/d' "$name.err"
}
# alike A B: in all that they leave
alike() {
	for what in asked takes elites front lines err; do
		[ -s "$1.$what" ] && cmp "$1.$what" "$2.$what" || return 1
	done
}

# Every algorithm; the ends and where they come differ.
k=0
for algo in $(assay evolve --list | awk -F '\t' '$1 { print $1 }'); do
	case $((k % 5)) in
	0) ends="full:0 eof:7 mute:5 kill:20" want="1 1 1 -9 0" ;;
	1) ends="term:13 kill:2 shut:17" want="130 -9 1 0" ;;
	2) ends="eof:1 int:28 full:1" want="1 130 1 0" ;;
	3) ends="mute:30 kill:0 eof:3" want="1 -9 1 0" ;;
	4) ends="int:0 shut:9 term:22" want="130 1 130 0" ;;
	esac
	k=$((k + 1))
	run whole "" --algo "$algo" --budget 70 >/dev/null
	same "$algo: ended by $ends" "$(run "$algo" "$ends" --algo "$algo" --budget 70 --state "$algo.state")" "$want"
	alike whole "$algo"
	is $? "$algo: it leaves the same as if it had run through"
done

# More than was planned: the plan stays, so that where it was ended does not count.
run more "" --algo anneal --budget 40 --state more.state >/dev/null
cp more.state again.state
cp more.json again.json
run more "" --algo anneal --budget 90 --state more.state >/dev/null
mv more.asked all.asked
run again "kill:3 eof:20" --algo anneal --budget 90 --state again.state >/dev/null
cmp -s more.takes again.takes && cmp -s more.elites again.elites
is $? "a larger budget, and ended within it: the same takes"
same "one line a step, none twice" "$(jq -c 'select(.told) | .told' again.json | sort -n | uniq -d | wc -l; grep -c importance again.json)" "0
1"

# Killed while it saves its state: there is always a whole one, that of before or the new one.
cat >torn.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
at(const char *what)
{
	const char *torn = getenv("TORN");
	return torn && !strcmp(torn, what);
}

int
fdatasync(int fd)
{
	struct stat st;
	if (at("torn") && fstat(fd, &st) == 0 && ftruncate(fd, st.st_size / 2) == 0)
		raise(SIGKILL);
	return fsync(fd);
}

int
rename(const char *from, const char *to)
{
	int (*own)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
	if (at("unmoved"))
		raise(SIGKILL);
	const int status = own(from, to);
	if (at("moved"))
		raise(SIGKILL);
	return status;
}
C
gcc -shared -fPIC -o torn.so torn.c -ldl 2>err
is $? "what ends it while it saves is compiled"
save() {
	rerun "$@" -- assay evolve --patch p.lua --run r --algo cmaes --budget 90 --best torn.takes --state torn.state
}
save torn >/dev/null
mv torn.takes through.takes
mv torn.asked through.asked
rm torn.state
same "it is killed while it saves" "$(save torn unmoved:0 term:5 torn:20 moved:20 torn:20 unmoved:9 moved:9)" "-9 130 -9 -9 -9 -9 -9 0"
[ -z "$(ls | grep '^torn.state.')" ]
is $? "nothing is left beside it"
cmp torn.takes through.takes && cmp torn.asked through.asked
is $? "and it goes on to the same takes"

# A real loop, in which a stage dies
if [ -x "$build/bin/assay-score" ]; then
	assay patch -q pluck --beats 1 >pluck.takes
	assay patch -q pluck --beats 1 --random 1 | assay render -q >like.takes
	# sounds NAME STAGE...: a loop with one more stage in it
	sounds() {
		name=$1
		shift
		rm -f loop
		mkfifo loop
		assay evolve -q --patch pluck.takes --budget 40 --run r --state "$name.state" --best "$name.takes" <loop 2>"$name.err" |
			assay render -q 2>/dev/null | "$@" 2>/dev/null | assay score -q --like like.takes --drop-audio >loop
	}
	sounds through cat
	sounds broken /usr/bin/python3 -SE "$here/tests/faulty.py" die r/23
	grep -q 'the loop ended with [0-9]* takes under way' broken.err
	is $? "a stage that dies: $(cat broken.err)"
	sounds broken cat
	[ -s through.takes ] && cmp through.takes broken.takes
	is $? "a loop of render and score goes on to the same takes"
fi

# What it is worth where it is no number, told twice, or a stranger's
same "strangers, repetitions, NaN and infinity are heard out" "$(run odd odd:200 --algo cmaes --budget 200)" 0
same "each take once" "$(jq -s 'map(select(.told)) | last | .told' odd.json)" 200
assay json odd.takes | jq -e -s 'length == 10 and all(.fitness < 0)' >/dev/null
is $? "and what is no number is never the best"

# --keep
for keep in 2 9; do
	rerun k -- assay evolve --patch p.lua --algo random --budget $((10 * keep)) --keep $keep --state k.state --best k.takes >/dev/null
done
grep -q 'the best 2 are known' k.err && [ "$(assay json k.takes | wc -l)" = 9 ]
is $? "more are kept than before: it says what it cannot know"

# --time is the run's, not the process's
rerun t -- assay evolve --patch p.lua --algo random --budget 0 --time 0.1 --state t.state >/dev/null
rerun t -- assay evolve --patch p.lua --algo random --budget 0 --time 0.1 --state t.state --json t.json >/dev/null
same "a time that is over stays over" "$(grep -c told t.json)" 0

# One run at a time
mkfifo in out
assay evolve -q --patch p.lua --state one.state <in >out 2>one.err &
exec 3>in 4<out
head -c 1 <&4 >/dev/null
assay evolve -q --patch p.lua --state one.state </dev/null >/dev/null 2>err
[ $? = 1 ] && grep -q 'another run is at work' err
is $? "two runs on one state: $(cat err)"
exec 3>&- 4<&-
wait
assay evolve -q --patch p.lua --state one.state </dev/null >/dev/null 2>err
[ $? = 1 ] && grep -q 'under way' err
is $? "once it has ended it can be gone on with"
assay evolve -q --patch p.lua --state in </dev/null >/dev/null 2>err
[ $? = 1 ] && grep -q 'no plain file' err
is $? "a state is a file: $(cat err)"

# Cut and spoilt states; and such as have been sealed again, which only a person does.
cat >spoil.py <<'P'
import hashlib, random, subprocess, sys
whole = open("cmaes.state", "rb").read()
random.seed(1)
seal = lambda b: b + hashlib.blake2b(b, digest_size=32).digest()
said = {}
def attempt(kind, data):
    open("bad.state", "wb").write(data)
    got = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
    words = got.stderr.decode()
    refused = "cannot go on from 'bad.state'" in words
    if got.returncode != 1 or not (refused or kind == "sealed" and "loop ended" in words):
        sys.exit(f"{kind}: {got.returncode} {words}")
    said[kind] = said.get(kind, 0) + refused
for n in [1, 15, 16, 47, 48, 100, len(whole) // 2, len(whole) - 1]:
    attempt("cut", whole[:n])
for _ in range(6):
    b = bytearray(whole)
    b[random.randrange(len(b))] ^= 1 << random.randrange(8)
    attempt("spoilt", bytes(b))
attempt("longer", whole + b"x")
attempt("cut and sealed", seal(whole[:-40]))
attempt("longer and sealed", seal(whole[:-32] + b"x"))
version = whole[24:40]
attempt("of another version", seal(whole[:24] + bytes([whole[24] ^ 1]) + whole[25:-32]))
for _ in range(10):
    b = bytearray(whole[:-32])
    at = random.randrange(16, len(b) - 8)
    b[at:at + 8] = random.choice([b"\xff" * 8, bytes(8), b"\xff\xff\xff\x7f" + bytes(4), random.randbytes(8)])
    attempt("sealed", seal(bytes(b)))
print(said)
P
/usr/bin/python3 -SE spoil.py assay evolve -q --patch p.lua --run r --algo cmaes --measures m=0..2/8 --objectives o,p --budget 200 \
	--state bad.state >said 2>err
is $? "states that were not saved so are refused, or do no harm: $(cat said)"
finish
