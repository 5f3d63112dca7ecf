#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# doc/module.md: its module compiles without a warning at every width, gives the same
# bits at each, and passes the test that stands beside it.

. "$(dirname "$0")/tap.sh"
t() { # name: of the command before
	is $? "$1"
}
root=$(cd "$(dirname "$0")/.." && pwd)
lib=${ASSAY_BUILD:-$root/build}/libassay.a

# code block number $1 of the page
code() {
	awk -v want="$1" '/^```c$/ { k++; on = k == want; next } /^```$/ { on = 0 } on' "$root/doc/module.md"
}
code 1 >"$tmp/wobble.c"
code 2 >"$tmp/mod_wobble.c"
grep -q '^MODULE(wobble)' "$tmp/wobble.c" && grep -q '^main' "$tmp/mod_wobble.c"
t 'the page holds a module and its test'
[ "$(wc -l <"$tmp/wobble.c")" -le 50 ]
t 'the module is short'

# the flags of the Makefile
san=
nm "$lib" 2>/dev/null | grep -q __asan_ && san=-fsanitize=address,undefined
flags="-std=gnu17 -O2 -g -ffp-contract=off -fno-math-errno -fno-trapping-math -D_GNU_SOURCE $san"
warn='-Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wno-psabi -Werror'
isa() { # name, then what the Makefile adds for it
	name=$1
	shift
	gcc $flags $warn -I"$root/lib" -DISA="$name" "$@" -c -o "$tmp/wobble.$name.o" "$tmp/wobble.c"
	t "compiles for $name without a warning"
}
isa scalar -DLANES=1
isa sse -DLANES=4
isa avx2 -DLANES=8 -mavx2
isa avx512 -DLANES=16 -mavx512f -mavx512vl -mavx512dq -mavx512bw -mprefer-vector-width=512

# a registry of this one module, as make would write it
{
	echo '#include "synth/port.h"'
	for i in scalar sse avx2 avx512; do
		echo "extern const struct module module_wobble_$i;"
		echo "const struct module *const modules_$i[] = {&module_wobble_$i, 0};"
	done
} >"$tmp/registry.c"
cat >"$tmp/widths.c" <<'EOT'
#include "tap.h"
#include "module_rig.h"

/* 16 voices that differ in all inputs, in groups of as many lanes as there are. */
static void
voices(const struct drive_isa *isa, float *y)
{
	enum { BLOCKS = 40, FRAMES = BLOCKS * DRIVE_BLOCK };
	const int lanes = isa->lanes;
	float *x = malloc(FRAMES * 16 * sizeof *x), *out = malloc(FRAMES * 16 * sizeof *out);
	float rate[BLOCKS * 16], depth[BLOCKS * 16], zero[16] = {0};
	const uint32_t seed[16] = {0};
	const int32_t off[16] = {0};
	for (int first = 0; first < 16; first += lanes) {
		for (int l = 0; l < lanes; l++) {
			for (int i = 0; i < FRAMES; i++)
				x[i * lanes + l] = (float)sin(i * (first + l + 1) * 0.001);
			for (int i = 0; i < BLOCKS; i++) {
				rate[i * lanes + l] = 0.3f * (float)(first + l + i % 7);
				depth[i * lanes + l] = 0.02f * (float)(first + l + i % 3);
			}
		}
		struct drive d = {.rate = 48000, .seed = seed, .tempo = zero, .pitch = zero, .velocity = zero, .random = zero,
		    .off = off, .fixed = zero, .in = {x, rate, depth}, .stride = {1, 0, 0}, .out = {out}, .blocks = BLOCKS};
		if (isa->drive(&d) < 0)
			exit(1);
		for (int l = 0; l < lanes; l++)
			for (int i = 0; i < FRAMES; i++)
				y[(first + l) * FRAMES + i] = out[i * lanes + l];
	}
	free(x);
	free(out);
}

int
main(void)
{
	static float want[16 * 2560], got[16 * 2560];
	voices(&drive_isas[0], want);
	ok(rig_peak(want, 16 * 2560) > 0.5, "the reference sounds");
	for (int k = 1; k < 4; k++) {
		if (!drive_isa_runs(&drive_isas[k])) {
			skip(drive_isas[k].name, "this machine has it not");
			continue;
		}
		voices(&drive_isas[k], got);
		ok(!memcmp(want, got, sizeof want), "%s gives the same bits as plain C", drive_isas[k].name);
	}
	return done();
}
EOT
for p in mod_wobble widths; do
	gcc $flags -I"$root/lib" -I"$root/tests" -o "$tmp/$p" "$tmp/$p.c" "$tmp/registry.c" "$tmp"/wobble.*.o "$lib" -lm -lpthread &&
		"$tmp/$p" >"$tmp/$p.tap" && grep -q '^ok' "$tmp/$p.tap"
	t "$p passes"
	sed 's/^/# /' "$tmp/$p.tap"
done
finish
