#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# best: order, number, and takes that have to stand apart.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1

# takes KEY:FITNESS:X,Y ...; no fitness is no score, no place is no summary
takes() {
	for t; do
		key=${t%%:*} rest=${t#*:}
		f=${rest%%:*} at=${rest#*:}
		printf '{"key":"%s"' "$key"
		[ -z "$at" ] || printf ',"features":[{"name":"summary.2","channels":1,"frames":1,"columns":2,"data":[%s]}]' "$at"
		[ -z "$f" ] || printf ',"scores":[{"term":"x","value":%s,"weight":1}],"fitness":%s' "$f" "$f"
		echo '}'
	done | assay json -d -q
}
keys() {
	assay json -q | jq -r .key | tr '\n' ' '
}

same 'best first' "$(takes a:1: b:3: c:2: | assay best -q -n 3 | keys)" 'b c a '
same 'one, unless told' "$(takes a:1: b:3: c:2: | assay best -q | keys)" 'b '
same 'of equals the earlier' "$(takes a:1: b:1: c:1: | assay best -q -n 2 | keys)" 'a b '
same 'without a score, last' "$(takes a:: b:-5: | assay best -q -n 2 | keys)" 'b a '
same 'fewer than asked for' "$(takes a:1: | assay best -q -n 5 | keys)" 'a '
same 'none of none' "$(: | assay best -q -n 5 | keys)" ''
same 'a failed take comes last' "$({ takes a:1: | assay json | jq -c '.error = "broken"' | assay json -d -q; takes b:0:; } | assay best -q -n 2 | keys)" 'b a '
same 'or not at all' "$({ takes a:1: | assay json | jq -c '.error = "broken"' | assay json -d -q; takes b:0:; } | assay best -q --drop-failed -n 2 | keys)" 'b '
# 600 takes, more than are held at a time
seq 600 | awk '{printf "{\"key\":\"%d\",\"scores\":[{\"term\":\"x\",\"value\":1,\"weight\":1}],\"fitness\":%d}\n", $1, ($1 * 7919) % 601}' | assay json -d -q >many.takes
same 'the best of many' "$(assay best -q -n 3 <many.takes | assay json -q | jq .fitness | tr '\n' ' ')" '600 599 598 '

set -- a:5:0,0 b:4:0.5,0 c:3:3,0 d:2:3,0.9 e:1:0,4
same 'apart' "$(takes "$@" | assay best -q -n 9 --apart 1 | keys)" 'a c e '
same 'apart, and no more than asked for' "$(takes "$@" | assay best -q -n 2 --apart 1 | keys)" 'a c '
same 'at a smaller distance' "$(takes "$@" | assay best -q -n 9 --apart 0.6 | keys)" 'a c d e '
takes a:1:0,0 b:2: | assay best -n 9 --apart 1 2>err >out.takes
grep -q 'no summary' err && [ "$(assay json -q <out.takes | jq -r 'select(.error | not).key')" = a ]
is $? 'a take without a summary says so'

# what is kept apart may be a score
cells() {
	for t; do
		echo "$t" | awk -F : '{printf "{\"key\":\"%s\",\"fitness\":%s,\"scores\":[{\"term\":\"x\",\"value\":%s,\"weight\":1}]}\n", $1, $2, $3}'
	done | assay json -d -q
}
set -- a:1:0.1 b:3:0.15 c:2:0.9 d:2:0.95 e:0:0.6 f:9:7
same 'the best of each cell' "$(cells "$@" | assay best -q --cells x/4 | keys)" 'f b e '
same 'over a range that is said' "$(cells "$@" | assay best -q --cells x=0..8/8 | keys)" 'f b '
same 'no more than asked for' "$(cells "$@" | assay best -q --cells x/4 -n 2 | keys)" 'f b '
cells "$@" | assay best -q --cells pc1 >out 2>err
[ $? = 1 ] && grep -q "'pc1' is an axis that is learned" err
is $? 'an axis has to be learned from something'
finish
