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
# The README: its first pipeline, with fewer takes, and what it points to.
if [ -r /usr/share/sonic-pi/samples/bd_haus.flac ]; then
	mkdir "$tmp/readme" && cd "$tmp/readme" || exit 1
	cp /usr/share/sonic-pi/samples/bd_haus.flac my-kick.wav
	awk '/^```/ && on { exit } on; /^```sh$/ { on = 1 }' "$here/README.md" | sed 's/--budget 1000/--budget 60/' >"$tmp/run"
	ASSAY_BANK=bank.db timeout 100 sh -e "$tmp/run" >"$tmp/out" 2>"$tmp/err" </dev/null
	is $? "the README's first pipeline"
	same "sixty takes are in the bank" "$(assay bank find --bank bank.db --limit 0 --json | wc -l)" 60
fi
cd "$here" || exit 1
for page in README.md doc/*.md; do
	grep -oE '\]\([^):]+\)' "$here/$page" | sed 's/^](//; s/[#)].*//' | while read -r to; do
		[ -e "$here/$(dirname "$page")/$to" ] || echo "$page: $to"
	done
done >"$tmp/err"
[ ! -s "$tmp/err" ]
is $? "pages point to what is there"
[ "$(ls "$tmp/blocks" | wc -l)" -gt 15 ]
is $? "there were blocks"
finish
