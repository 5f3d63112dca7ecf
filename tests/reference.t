#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The reference of all modules: a manual page without faults, from which every example is a patch.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
assay patch --list --man >assay-modules.7 2>err
is $? "assay patch --list --man"
mandoc -Tlint -W warning assay-modules.7 >lint 2>&1
[ ! -s lint ]
is $? "mandoc finds nothing wrong"
head lint | sed 's/^/# /'
mandoc -Tutf8 assay-modules.7 | col -bx >text
ls "$here"/lib/synth/mod/*.c | sed 's@.*/@@; s@\.c$@@' | while read -r m; do
	grep -qx "\.Ss $m" assay-modules.7 || echo "$m"
done >missing
[ ! -s missing ]
is $? "every module has its entry"
same "as many examples as modules" "$(grep -c '^ *return ' text)" "$(ls "$here"/lib/synth/mod/*.c | wc -l)"
# As a reader would type them.
awk '/^ *return / { n++; f = sprintf("example-%03d.lua", n); sub(/^ */, "") } f && /^ *$/ { f = "" } f { print >f }' text
for f in example-*.lua; do
	assay patch "$f" >"$f.take" 2>>err || echo "$f: $(cat "$f")"
done >bad
[ ! -s bad ]
is $? "every example on the page is a patch"
sed 's/^/# /' bad err
assay patch --list --man svf 2>err
is $((2 - $?)) "--man with a module's name is refused"
assay patch --man 2>err
is $((2 - $?)) "--man without --list is refused"
finish
