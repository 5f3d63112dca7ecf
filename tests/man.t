#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The man pages: clean, complete against the option tables, and their examples run.
. "$(dirname "$0")/tap.sh"
cd "$here" || exit 1

# section PAGE NAME: the text of one section as a reader sees it
section() {
	mandoc -T ascii "$1" 2>/dev/null | col -b | awk -v want="$2" '/^[A-Z]/ { on = $0 == want } on'
}

# The displays in EXAMPLES as a script: what stands between .Bd and .Ed, .nf and
# .fi or .EX and .EE, and .Dl lines, without prompts and roff's escapes.
examples() {
	awk '/^\.S[hH]/ { on = /EXAMPLES/; next }
		!on { next }
		/^\.(Bd|nf|EX)/ { show = 1; next }
		/^\.(Ed|fi|EE)/ { show = 0; next }
		/^\.Dl / { sub(/^\.Dl /, ""); print; next }
		show && !/^\./ { sub(/^\$ /, ""); print }' "$1" |
		sed -e 's/\\-/-/g; s/\\(aq/'"'"'/g; s/\\(dq/"/g; s/\\&//g; s/\\e/\\/g; s/\\(rs/\\/g; s/\\(ti/~/g; s/\\(ha/^/g; s/\\(ga/`/g'
}

for page in tools/*/*.1 pipelines/*.1; do
	[ -f "$page" ] || continue
	name=$(basename "$page" .1)
	program=$build/bin/assay-$name
	[ "$name" = assay ] && program=$build/bin/assay

	mandoc -Tlint -W warning "$page" >"$tmp/err" 2>&1
	is $? "$name.1: mandoc has nothing to say"
	for s in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
		grep -qiE "^\.S[hH] \"?$s\"?\$" "$page" || echo "no section $s"
	done >"$tmp/err"
	[ ! -s "$tmp/err" ]
	is $? "$name.1: has every section"

	if [ -x "$program" ] && ! head -c 2 "$program" | grep -q '#!'; then
		"$program" --options </dev/null | grep '^--' | cut -f1 | sort >"$tmp/has"
		mandoc -T ascii "$page" 2>/dev/null | col -b | grep -oE -- '--[a-z][a-z0-9-]*' | sort -u >"$tmp/named"
		comm -23 "$tmp/has" "$tmp/named" >"$tmp/err"
		[ ! -s "$tmp/err" ]
		is $? "$name.1: names every option"
		section "$page" OPTIONS | grep -oE '^ +(-[A-Za-z0-9], )?--[a-z][a-z0-9-]*' | grep -oE -- '--[a-z0-9-]+' |
			sort -u | comm -13 "$tmp/has" - >"$tmp/err"
		[ ! -s "$tmp/err" ]
		is $? "$name.1: and none that is not there"
		"$program" --options </dev/null | sed -n 's/^verbs	//p' | tr ' ' '\n' | while read -r verb; do
			mandoc -T ascii "$page" | col -b | grep -qw -- "$verb" || echo "verb $verb"
		done >"$tmp/err"
		[ ! -s "$tmp/err" ]
		is $? "$name.1: names every verb"
	fi

	# Examples run in a folder of their own that has the patches in it, one page
	# after the next; an example that waits for a person or a server says so with #.
	examples "$page" >"$tmp/examples.sh"
	if [ ! -s "$tmp/examples.sh" ]; then
		is 1 "$name.1: has examples"
		continue
	fi
	mkdir "$tmp/$name"
	for d in patches pipelines proto doc tests; do
		[ -d "$d" ] && ln -s "$here/$d" "$tmp/$name/$d"
	done
	(cd "$tmp/$name" && ASSAY_BANK="$tmp/$name/bank.db" timeout 300 sh -e "$tmp/examples.sh" </dev/null >out 2>"$tmp/err")
	is $? "$name.1: its examples run"
done

for d in tools/*/; do
	[ -f "$d$(basename "$d").1" ] || echo "$d has no page"
done >"$tmp/err"
[ ! -s "$tmp/err" ]
is $? "every tool has a page"
finish
