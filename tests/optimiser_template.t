#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# doc/optimiser.md: its algorithm is found by make, compiles without a warning, holds what all algorithms have to hold,
# passes the test that stands beside it, and breeds, ended and gone on with, as --algo hike, and where it lies as --algo ./hike.c.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
lib=$build/libassay.a

# code block number $1 of the page
code() {
	awk -v want="$1" '/^```c$/ { k++; on = k == want; next } /^```$/ { on = 0 } on' "$here/doc/optimiser.md"
}
code 1 >hike.c
code 2 >opt_hike.c
grep -q '^const struct algo algo_hike' hike.c && grep -q '^main' opt_hike.c
is $? "the page holds an algorithm and its test"
[ "$(wc -l <hike.c)" -le 200 ]
is $? "it is short"

# the registry as make writes it when the file is there
mkdir tree && cp -rs "$here/lib" "$here/proto" "$here/Makefile" tree && cp hike.c tree/lib/opt/algo
make -s -C tree BUILD=b b/gen/registry_algo.c >err 2>&1
grep -q 'algo_hike' tree/b/gen/registry_algo.c && grep -q 'algo_cmaes' tree/b/gen/registry_algo.c
is $? "make finds it"

# the flags of the Makefile
san=
nm "$lib" 2>/dev/null | grep -q __asan_ && san=-fsanitize=address,undefined
flags="-std=gnu17 -O2 -g -ffp-contract=off -fno-math-errno -fno-trapping-math -D_GNU_SOURCE $san"
warn='-Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wno-psabi -Werror'
pass "it compiles without a warning" gcc $flags $warn -I"$here/lib" -c hike.c
pass "so does its test" gcc $flags $warn -I"$here/lib" -I"$here/tests" -c opt_hike.c
pass "and the list" gcc $flags -I"$here/lib" -c tree/b/gen/registry_algo.c

# linked before the library, this list of algorithms stands in for its own
libs="$build/gen/liblua.a $(pkg-config --libs $(sed -n 's/^PKGS = //p' "$here/Makefile") | sed 's/-llua5.4//') -lpthread -lm"
link() {
	gcc $san -Wl,--as-needed -o "$@" hike.o registry_algo.o "$lib" $libs 2>err
}
for test in algos opt_state opt_hike; do
	from=$build/tests/$test.o
	[ $test = opt_hike ] && from=opt_hike.o
	link $test "$from" && ./$test hike >$test.tap 2>err && grep -q '^ok' $test.tap && ! grep -q '^not' $test.tap
	is $? "$test passes: $(grep -c '^ok' $test.tap) checks"
	grep '^not' $test.tap | sed 's/^/# /'
done

mkdir bin && link bin/assay-evolve "$build"/tools/evolve/*.o
is $? "evolve links with it"
PATH=$tmp/bin:$PATH
assay-evolve --list | grep -q '^hike	climbs a hill'
is $? "evolve --list shows it"
cat >p.lua <<'L'
return sine{pitch = open{0, 1, name = "a", value = 0.9}} * open{0, 1, name = "b"} * noise{colour = open{"white", "pink", name = "c"}}
L
algo=hike
run() {
	name=$1
	shift
	/usr/bin/python3 -SE "$here/tests/rerun.py" "$name" "$@" -- assay-evolve --patch p.lua --algo $algo --set lambda=6 --run r \
		--budget 150 --best "$name.takes" --state "$name.state"
}
same "it breeds" "$(run whole)" 0
same "and goes on where it was ended" "$(run part kill:9 eof:50 term:20)" "-9 1 130 0"
cmp whole.takes part.takes && cmp whole.asked part.asked
is $? "to the same takes"
# 0.3, 0.35, and the first choice, which costs 0.16
assay json <whole.takes | jq -s -c '.[0] | [.fitness, [.parts[0].patch.params[].value // 0]]' >found
[ "$(jq '.[0] > -0.165' found)" = true ]
is $? "which are the best there are: $(cat found)"

# as a file of one's own, with the evolve that is there
rm bin/assay-evolve
same "from its file it is listed with what can be set" "$(assay evolve --algo ./hike.c --list | head -n 2 | cut -f 1,2 | tr '\n\t' ' /')" \
	"hike/climbs a hill, then another: (1 + lambda) evolution strategy with restarts /lambda "
algo=./hike.c
same "it breeds" "$(run own kill:31)" "-9 0"
cmp whole.takes own.takes && cmp whole.asked own.asked
is $? "to the same takes"
evolve() {
	assay evolve --patch p.lua --run r --budget 5 "$@" </dev/null >out 2>err
}
cp hike.c kept.c && sed -i 's/1\.6 :/1.5 :/' hike.c
evolve --algo ./hike.c --set lambda=6 --state own.state
[ $? = 1 ] && grep -q 'hike.c of ' err
is $? "edited, it does not go on from the state of before: $(cat err)"
# refused NAME WORDS SED...: what sed makes of it, as other.c, ends with these words
refused() {
	what=$1
	words=$2
	shift 2
	sed "$@" -e 's/algo_hike/algo_other/; s/= "hike"/= "other"/' kept.c >other.c
	evolve --algo ./other.c
	[ $? = 1 ] && grep -q "error: './other.c': .*$words" err
	is $? "$what: $(tail -n 1 err)"
}
refused "one that does not compile" "error" -e 's/^save(/save /'
refused "one that calls what is not there" "undefined symbol: nothing_such" \
	-e 's/^generation(const/nothing_such(void);\nstatic uint64_t\n&/; s/^static uint64_t$/uint64_t/; s/return h->batch.generation;/return nothing_such();/'
refused "one of another name" "has to be 'other'" -e 's/\.name = "hike"/.name = "ga"/'
refused "one that lacks a function" "missing" -e '/\.load = load/d'
refused "a knob out of its range" "knob 'sigma'" -e 's/0\.2, 0\.001, 1, NULL/2, 0.001, 1, NULL/'
for name in ./nowhere.c p.lua 1.c .; do
	evolve --algo "$name"
	[ $? = 1 ] || echo "$name"
done >bad
[ ! -s bad ]
is $? "what is no such file is an error: $(cat err)"
evolve --algo hikes
[ $? = 2 ] && grep -q 'not one of: .*cmaes' err
is $? "a name that is not known is wrong usage"
mv kept.c hike.c
cp "$here/lib/opt/algo/random.c" . && [ "$(assay evolve --algo ./random.c --list | grep -c '^random')" = 2 ]
is $? "one may have the name of one that is there"
if [ -x "$build/bin/assay-score" ]; then
	pass "compare sets it beside others" assay compare --algos "./hike.c:lambda=4 random" --patch kick --hidden 1 --budget 6
	same "in one table" "$(cut -f 4 compare/results.tsv | LC_ALL=C sort | tr '\n' ' ')" "./hike.c:lambda=4 algo random "
fi
finish
