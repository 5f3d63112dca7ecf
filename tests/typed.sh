# SPDX-License-Identifier: GPL-3.0-or-later
# Pages as they are typed: . "$here/tests/typed.sh" after tap.sh, then
#
#	typed PAGE NAMES	each ```sh block of the page runs in $tmp/typed, one after the
#				other, and has to print what the ```text block below it says,
#				where ... stands for anything and white space for white space.
#
# NAMES (a|b|c): variables besides PATH that the next block knows. What a block leaves
# running in the background is ended when the page is.
typed() {
	rm -rf "$tmp/blocks" "$tmp/typed"
	mkdir "$tmp/blocks" "$tmp/typed"
	# NN-title.sh and NN-title.text
	awk -v to="$tmp/blocks" '
		/^## / { title = $0; sub(/^## /, "", title); gsub(/[^A-Za-z0-9.]+/, "_", title) }
		/^```sh$/ { name = sprintf("%s/%02d-%s", to, ++n, title); file = name ".sh"; next }
		/^```text$/ { file = name ".text"; next }
		/^```/ { file = ""; next }
		file { print >file }' "$1"
	(cd "$tmp/typed" && typed_blocks "$2")
}
typed_blocks() {
	export -p >"$tmp/env"
	export tmp
	TYPED=$tmp
	export TYPED
	for block in "$tmp"/blocks/*.sh; do
		name=$(basename "$block" .sh | tr _ ' ')
		{
			cat "$tmp/env" && echo 'set -e' && cat "$block"
			echo "(set; export -p) | grep -E '^(export )?(PATH|$1)=' >>\"\$tmp/env\""
		} >"$tmp/run"
		timeout --foreground 100 sh "$tmp/run" >"$tmp/out" 2>"$tmp/err" </dev/null
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
	# what was left running knows whose it is
	grep -alszxF "TYPED=$tmp" /proc/[0-9]*/environ | cut -d/ -f3 | grep -vx $$ | xargs -r kill -9 2>/dev/null
	:
}
