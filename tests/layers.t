#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The source against its own rules: who may include whom, what every file carries.
. "$(dirname "$0")/tap.sh"
cd "$here" || exit 1

# layer: the layers it may include besides itself
rules() {
	cat <<-'END'
	base
	stream base
	dsp base
	audio base dsp
	synth base dsp
	feature base dsp
	score base dsp audio synth feature
	queue base stream
	opt base
	nn base
	wire base dsp audio synth feature score opt stream
	bank base dsp audio synth feature stream wire
	END
}

# Lines "file included" for every include of one of our own headers.
grep -rHoE '^#include "[a-z_]+/[a-z_/0-9.-]+\.h"' lib --include='*.[ch]' | sed 's/:#include "/ /; s/"$//' >"$tmp/includes"
rules | while read -r layer may; do
	awk -v layer="$layer" -v may=" $layer $may " '{
		split($1, f, "/"); split($2, h, "/")
		if (f[2] == layer && index(may, " " h[1] " ") == 0) print $1 " includes " $2
	}' "$tmp/includes"
done >"$tmp/err"
[ ! -s "$tmp/err" ]
is $? "each layer includes only those below it"
for d in lib/*/; do
	rules | cut -d' ' -f1 | grep -qx "$(basename "$d")" || echo "$d has no rule here"
done >"$tmp/err"
[ ! -s "$tmp/err" ]
is $? "each layer has a rule"

# only PATTERN WHERE...: no file under lib, tools or tests but these includes it
only() {
	pattern=$1
	shift
	grep -rlE "^#include [<\"]$pattern" lib tools tests bench --include='*.[ch]' 2>/dev/null | grep -vE "^($1)" >"$tmp/err"
	[ ! -s "$tmp/err" ]
	is $? "$2"
}
only 'take\.pb-c\.h' 'lib/wire/|lib/bank/|tools/|tests/' "only wire, bank and tools see the generated protobuf header"
only 'letter\.pb-c\.h' 'lib/queue/|tools/queue/|tools/top/|tests/' "only the queue, its tool and top see its generated header"
only 'zmq\.h' 'lib/stream/|tests/' "only stream sees zmq.h"
only '(libpq|postgresql|sqlite3)' 'lib/bank/' "only bank sees the databases"
only 'fftw3\.h' 'tests/' "only tests see FFTW"
only '(sndfile|soxr)\.h' 'lib/audio/|tests/|bench/' "only audio sees libsndfile and soxr"
only 'lua' 'lib/patch/|lib/synth/|tools/patch/|tests/' "only the patch reader sees Lua"
only '(lilv|lv2)/' 'lib/synth/lv2/|tests/' "only synth/lv2 sees lilv"
only 'ebur128\.h' 'lib/feature/|lib/dsp/|tests/' "only features see ebur128"
only 'alsa/' 'tools/play/|lib/audio/' "only play sees ALSA"

# glibc's transcendental functions differ with and without FMA.
# code FOLDER...: the C of these folders without comments and strings, as file:line:text
code() {
	find "$@" -name '*.[ch]' 2>/dev/null | sort | xargs perl -0777 -ne '
		s{/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"}{ my $c = $&; $c =~ s/[^\n]//g; $c }gse;
		my $n = 0;
		print "$ARGV:", ++$n, ":$_\n" for split /\n/;
		'
}
code lib/synth lib/dsp lib/opt lib/feature lib/score lib/audio lib/nn |
	grep -E '(^|[^a-zA-Z0-9_>.])(sin|cos|tan|exp|exp2|log|log2|log10|pow|tanh|sinh|cosh|atan|atan2|asin|acos|cbrt|hypot|expm1|log1p)[fl]?[[:space:]]*\(' >"$tmp/err"
[ ! -s "$tmp/err" ]
is $? "no transcendental function of libm in what reaches sound, features or proposals"
code lib | grep -E '(^|[^a-zA-Z_])((rand|srand|random|drand48)[[:space:]]*\(|(time|clock_gettime|gettimeofday)[[:space:]]*\()' |
	grep -vE '^lib/(bank/|base/talk|queue/line)' >"$tmp/err"
[ ! -s "$tmp/err" ]
is $? "no rand() and no clock"
grep -nE 'EXACT *=.*-ffp-contract=off' Makefile >/dev/null && ! grep -nE 'fast-math' Makefile | grep -vE '^[0-9]+:#' >"$tmp/err"
is $? "no fast-math, no contraction"

git ls-files 2>/dev/null >"$tmp/files" || true
[ -s "$tmp/files" ] || find . -path './build*' -prune -o -path ./.git -prune -o -type f -print | sed 's@^\./@@' >"$tmp/files"
grep -E '(\.([ch1]|py|lua|t|sh|proto|mk)|^Makefile|^pipelines/[^.]*|^\.ci/run)$' "$tmp/files" | grep -v '^tests/corpus/' | while read -r f; do
	[ -f "$f" ] && ! head -n 5 "$f" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' && echo "$f"
done >"$tmp/err"
[ ! -s "$tmp/err" ]
is $? "every source file states its licence"
grep -E '\.([ch]|py|lua|t)$' "$tmp/files" | grep -vE '^tests/(corpus|reference)/' | while read -r f; do
	[ -f "$f" ] && [ "$(wc -l <"$f")" -gt 600 ] && echo "$f: $(wc -l <"$f") lines"
done >"$tmp/err"
[ ! -s "$tmp/err" ]
is $? "no file over 600 lines"

# Every header compiles alone. Lane headers need a width.
status=0
: >"$tmp/err"
find lib -name '*.h' | sort >"$tmp/headers"
while read -r h; do
	echo "#include \"${h#lib/}\""
done <"$tmp/headers" >"$tmp/all.c"
flags="-std=gnu17 -D_GNU_SOURCE -DLANES=4 -DISA=sse -Wno-psabi -Ilib -I$build/gen -isystem $build/gen/proto $(pkg-config --cflags $(sed -n 's/^PKGS *= *//p' Makefile) 2>/dev/null)"
while read -r line; do
	# shellcheck disable=SC2086
	printf '%s\n' "$line" | gcc $flags -fsyntax-only -x c - 2>>"$tmp/err" || { status=1; echo "$line" >>"$tmp/err"; }
done <"$tmp/all.c"
is $status "every header compiles alone"

# The workplace is no part of the project.
# (spelled in pieces, so that this line is not found)
grep -rnlE "(^|[^a-z.])/(wor""k)/[a-z]|/tmp/(w""t|l""and)" --exclude=.git . --exclude-dir=.git --exclude-dir='build*' 2>/dev/null >"$tmp/err"
[ ! -s "$tmp/err" ]
is $? "no path of anybody's own machine"
finish
