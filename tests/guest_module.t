#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Modules of the user's own: from the template to a search, versions that stay, and
# everything that can be wrong with one.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
unset ASSAY_MODULES CC
M=$tmp/data/assay/modules
# refused NAME STATUS WORDS COMMAND...: its status, and what it says on stderr
refused() {
	name=$1 want=$2 words=$3
	shift 3
	"$@" >out 2>err
	status=$?
	[ $status -eq "$want" ] && grep -qF -- "$words" err
	is $? "$name"
}
hash_of() { # of the sound of a patch
	assay patch "$1" | assay render 2>err | assay json | jq -r '.audio.hash // .error'
}
# source NAME SED...: a module made from the template, with something wrong in it
source() {
	name=$1
	shift
	rm -f "$name.c"
	assay module -q new "./$name.c" >out && sed -i "$@" "$name.c"
}

# --- from the template to a sound ----------------------------------------------------------
same "where they are looked for" "$(assay module path)" "$M"
same "with a path" "$(ASSAY_MODULES=/a:/b assay module path | tr '\n' ' ')" "/a /b $M "
same "new says which file it made" "$(assay module -q new wob)" "$M/wob.c"
awk '/^```c$/ { k++; on = k == 1; next } /^```$/ { on = 0 } on' "$here/doc/module.md" | sed 's/wobble/wob/g' | cmp -s - "$M/wob.c"
is $? "it is the module that doc/module.md explains"
refused "new does not overwrite" 1 "is there already" assay module new wob
refused "nor does a patch find what is not built" 1 "'wob' has not been built: assay module build wob" \
	sh -c 'echo "return saw{} >> wob{}" | assay patch -'
assay module -q build >out 2>err
is $? "build"
[ ! -s err ]
is $? "without a word from the compiler"
first=$(cat out)
same "it says which version" "${first%@*}" wob
cat >w.lua <<'L'
return saw{} * adsr{} >> voices() >> wob{rate = open{4, 16, value = 8}, depth = open{0, 1, name = "depth", value = 1}}
L
same "--list shows it" "$(assay patch --list | sed -n 's/^  wob  *//p')" "a level that swings"
same "and its ports" "$(assay patch --list wob | awk '$1 == "in" { print $2 }' | tr '\n' ' ')" "in rate depth "
same "the recipe names the version" "$(assay patch w.lua | assay json | jq -r '.parts[0].patch.nodes[-1].module')" "$first"
# its peaks at full level, half a swing (1/16 s) later, and a swing later
same "it sounds as its rate says" "$(assay patch w.lua --length 2 | assay render 2>err | assay json --data | jq -c '
	.audio as $a | def peak(s): [$a.samples[((s * 48000 - 400 | floor) * $a.channels):(s * 48000 * $a.channels)][] | fabs] | max;
	peak(0.5) as $full | [peak(0.5625 + 0.004) < 0.05 * $full, peak(0.625) / $full * 10 + 0.5 | if type == "number" then floor else . end]')" '[true,10]'
for isa in scalar sse avx2 avx512; do
	assay patch w.lua | assay render --isa $isa 2>/dev/null | assay json | jq -r '.audio.hash // empty'
done | sort -u >hashes
same "the same bytes at every width" "$(wc -l <hashes)" 1
assay patch w.lua >w.takes
assay patch --lua <w.takes >again.lua
grep -q "guest(\"$first\"){" again.lua
is $? "written back it is guest(\"NAME@HASH\")"
same "which reads in to the same take" "$(assay patch again.lua | assay json | jq -r .id)" "$(assay json <w.takes | jq -r .id)"

# --- a search over it ----------------------------------------------------------------------
mkfifo loop
assay evolve -q --patch w.lua --algo random --budget 24 --seed 5 --best best.takes <loop | assay render -q | assay features |
	assay score --weigh valid=1 2>err >loop
same "evolve turns its knobs" "$(assay json <best.takes | jq -r '[.parts[0].patch.params[] | select(.name == "depth") | .value] | first' | sort -u | wc -l)" \
	"$(assay json <best.takes | wc -l)"
same "and all of it renders" "$(assay json <best.takes | jq -c 'select(.error or (.fitness | not))' | wc -l)" 0

# --- versions -----------------------------------------------------------------------------
old=$(hash_of w.lua)
sed -i 's/0\.5f - 0\.5f/0.4f - 0.4f/' "$M/wob.c"
same "a source that was edited" "$(assay module list --json | jq -c '[.name, .changed, .versions, .wrong]')" '["wob",true,1,null]'
same "is not what sounds before it is built" "$(hash_of w.lua)" "$old"
assay module -q build wob >out 2>err
is $? "build it again"
second=$(cat out)
new=$(hash_of w.lua)
[ "$new" != "$old" ] && [ "$second" != "$first" ]
is $? "now it sounds otherwise"
same "the old recipe does not" "$(assay render <w.takes 2>err | assay json | jq -r '.audio.hash // .error')" "$old"
same "nor what was written back" "$(hash_of again.lua)" "$old"
same "both are kept" "$(assay module list --json | jq -c '[.name, .changed, .versions]')" '["wob",false,2]'
sed -i 's/0\.4f - 0\.4f/0.5f - 0.5f/' "$M/wob.c"
same "a source that is again what it was is the version that it was" "$(assay module -q build wob)" "$first"
assay patch w.lua | assay json | jq -c ".parts[0].patch.nodes[-1].module = \"$second\" | del(.id)" | assay json -d >lost.takes
mv "$M/versions/$second.so" kept.so
refused "a version whose library is lost" 1 "is kept in '$M', but not built: assay module build" assay patch --list "$second"
same "is built again from what is kept" "$(assay module -q build)" "$second"
same "and sounds as it did" "$(assay render <lost.takes 2>err | assay json | jq -r '.audio.hash // .error')" "$new"
rm "$M/versions/$second".*
assay render <lost.takes 2>err | assay json | jq -r .error >out
grep -q "module '$second': this version is in no folder" out
is $? "without its source there is an error that says so: $(cut -c1-60 out)"

ASSAY_CONFINE=1 assay render <w.takes 2>err | assay json | jq -r '.error // .audio.hash' >out
if ASSAY_CONFINE=1 assay render -v <w.takes 2>&1 >/dev/null | grep -q "cannot be confined"; then
	skip "a confined process" "this build or kernel has no filters"
else
	grep -q "module '$first' is not built in, and a confined process loads nothing" out
	is $? "a confined process loads nothing, and says so"
fi

# --- ABI ----------------------------------------------------------------------------------
cp "$M/versions/$first.so" other.so # what is open somewhere is not written to
for isa in scalar sse avx2 avx512; do # constants lie in the file where they lie in memory
	printf '\143' | dd of=other.so bs=1 conv=notrunc seek=$((0x$(nm -D other.so | awk "\$3 == \"module_abi_$isa\" { print \$1 }"))) 2>err
done
mv other.so "$M/versions/$first.so"
refused "a library of another ABI" 1 "it was built for ABI 99, and this is ABI 2: build it again with 'assay module build'" \
	assay patch w.lua
assay module list | grep -q "ABI 99"
is $? "list says so"
assay patch --list svf >out 2>err && assay patch --list 2>err | grep -q '^  svf '
is $? "other modules are not in its way"
assay module -q build >out 2>err
is $? "build without a name does what it says"
same "and the moment sounds as it did" "$(assay render <w.takes 2>err | assay json | jq -r '.audio.hash // .error')" "$old"

# --- what can be wrong --------------------------------------------------------------------
refused "no such name" 1 "there is no 'nothing.c' in a folder of 'assay module path'" assay module build nothing
refused "no such file" 1 "cannot open './nothing.c'" assay module build ./nothing.c
refused "a name that is built in" 1 "'svf' is the name of a module that is built in" assay module new svf
refused "a name of Lua's" 1 "'select' is a word of the patch language" assay module new select
refused "a keyword of Lua's" 1 "'end' is a word of the patch language" assay module new end
refused "a word of the patch language" 1 "'kit' is a word of the patch language" assay module new kit
refused "no name at all" 1 "'a-b' cannot be a module's name" assay module new a-b
refused "a file that is no C" 2 "a file is called NAME.c" assay module new ./x.txt
source slip 's/vf phase;/vf phase =;/'
refused "the compiler's words" 1 "slip.c:19:" assay module build ./slip.c
grep -q "error:" err
is $? "all of them"
source other 's/MODULE(other)/MODULE(another)/'
refused "a module of another name" 1 "it has no MODULE(other)" assay module build ./other.c
source named 's/\.name = "named"/.name = "else"/'
refused "a .name of another name" 1 ".name is 'else', and has to be 'named'" assay module build ./named.c
source bare 's/\.ports = ports, //'
refused "no ports" 1 "module 'bare': .ports is missing" assay module build ./bare.c
source huge 's/sizeof(struct state)/(size_t)1 << 40/'
refused "an absurd state" 1 "module 'huge': .state is 1099511627776 bytes" assay module build ./huge.c
source opened '/{PORT_END},/d'
refused "a table without an end" 1 "module 'opened': " assay module build ./opened.c
source range 's/5, 0\.1f, 20/50, 0.1f, 20/'
refused "a default out of its range" 1 "port 'rate': the default 50 is not within 0.1 to 20" assay module build ./range.c
source feeds 's/SCALE_LOG, NULL, "Hz", NULL/SCALE_LOG, NULL, "Hz", "note.pich"/'
refused "fed by what is not there" 1 "port 'rate': nothing is called 'note.pich'" assay module build ./feeds.c
source crash 's/struct state \*s = state;/struct state *s = state; *(volatile int *)0 = 0;/'
refused "one that crashes" 1 "module 'crash' crashes when it is tried (Segmentation fault)" assay module build ./crash.c
source lanes 's/\* swing);/* swing) + 1e-3f * LANES;/'
refused "lanes that know of each other" 1 "has other bits in 4 lanes than in one" assay module build ./lanes.c
source nan 's/\* swing);/* swing) \/ (at(b->in[DEPTH], 0) * 0.0f);/'
refused "no number" 1 "output 'out' is not a finite number 0.0000 s after the start" assay module build ./nan.c
source two 's/#include "synth\/module.h"/#include "synth\/module.h"\n#include "mine.h"/'
echo >mine.h
refused "a header of its own" 1 "mine.h: No such file" assay module build ./two.c
source libm 's/const vf swing/extern float nowhere(float); s->phase = s->phase + nowhere(1); const vf swing/'
refused "something that is nowhere" 1 "nowhere" assay module build ./libm.c
refused "no compiler" 1 "there is no C compiler 'nocc' here: apt-get install gcc libc6-dev" env CC=nocc assay module build ./crash.c
same "nothing of all that is left behind" "$(ls -A "$M" "$M/versions" | grep -v '^wob\|:$\|^$\|^versions$')" ""
same "not even in TMPDIR" "$(mkdir -p t && TMPDIR=$tmp/t assay module build ./crash.c 2>err; ls t)" ""
source glides 's/#include "synth\/module.h"/#include "synth\/mod\/glide.h"\n#include "base\/fmath.h"/; s/run(void \*state/init_(void);\nvoid init_(void) { (void)fm_sin(1); }\nstatic void\nrun(void *state/'
pass "headers that modules share may be used" assay module build ./glides.c

# --- where assay is installed, and moved ------------------------------------------------------
make -s -C "$here" -o all BUILD="$build" install DESTDIR="$tmp/root" PREFIX=/usr >out 2>err
mv root/usr moved
i="env -i PATH=/usr/bin:/bin HOME=$tmp $tmp/moved/bin/assay"
$i module -q new far >out 2>err && $i module -q build far >out 2>err && $i patch --list far >out 2>err
is $? "an installed tree that was moved: new, build, list"
same "in the home folder" "$(ls .local/share/assay/modules)" "far.c
far.so
versions"
finish
