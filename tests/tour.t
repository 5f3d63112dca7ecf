#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The tour, typed: each ```sh block of doc/tour.md runs in one folder after the
# other, and has to print what the ```text block below it says, where ... stands
# for anything and white space for white space.
. "$(dirname "$0")/tap.sh"
mkdir "$tmp/blocks" "$tmp/tour"
ASSAY=$here
export ASSAY
# NN-title.sh and NN-title.text
awk -v to="$tmp/blocks" '
	/^## / { title = $0; sub(/^## /, "", title); gsub(/[^A-Za-z0-9.]+/, "_", title) }
	/^```sh$/ { name = sprintf("%s/%02d-%s", to, ++n, title); file = name ".sh"; next }
	/^```text$/ { file = name ".text"; next }
	/^```/ { file = ""; next }
	file { print >file }' "$here/doc/tour.md"
cd "$tmp/tour" || exit 1
unset ASSAY_BANK
export -p >"$tmp/env"
export tmp

for block in "$tmp"/blocks/*.sh; do
	name=$(basename "$block" .sh | tr _ ' ')
	# what a block exports or sets, the next one knows
	{ cat "$tmp/env" && echo 'set -e' && cat "$block" && echo '(set; export -p) | grep -E "^(export )?(PATH|ASSAY_BANK|id)=" >>"$tmp/env"'; } >"$tmp/run"
	timeout 100 sh "$tmp/run" >"$tmp/out" 2>"$tmp/err" </dev/null
	is $? "$name: runs"
	text=${block%.sh}.text
	[ -f "$text" ] || continue
	perl -0777 -e '
		my ($want, $got) = map { open my $f, "<", $_ or die; my $t = <$f>; $t =~ s/[ \t]+/ /g; $t =~ s/ $//mg; $t } @ARGV;
		$want = quotemeta $want;
		$want =~ s/^\\\.\\\.\\\.\\\n/(?:.*\n)*?/mg;
		$want =~ s/\\\.\\\.\\\./.*/g;
		exit($got !~ /\A$want\z/)' "$text" "$tmp/out"
	told=$?
	: >"$tmp/err"
	is $told "$name: prints what it says"
	[ $told -eq 0 ] || sed 's/^/# /' "$tmp/out"
done
[ "$(ls "$tmp/blocks" | wc -l)" -gt 15 ]
is $? "there were blocks"
finish
