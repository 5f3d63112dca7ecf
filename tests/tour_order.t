#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# tour: the way through takes by their summaries, and what is heard on it.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1

# takes KEY:PLACE:FITNESS ...: somewhere on a line, with two frames of sound, the first of which is PLACE / 10
takes() {
	for t; do
		echo "$t" | awk -F : '{
			printf "{\"key\":\"%s\",\"fitness\":%s,\"scores\":[{\"term\":\"x\",\"value\":1,\"weight\":1}],", $1, $3
			printf "\"features\":[{\"name\":\"summary.2\",\"channels\":1,\"frames\":1,\"columns\":85,\"data\":[%s", $2
			for (i = 1; i < 85; i++) printf ",0"
			print "]}]}"
		}'
	done | assay json -d -q
}
keys() {
	assay json -q | jq -r .key | tr '\n' ' '
}

got=$(takes a:5:0 b:1:0 c:4:0 d:2:0 e:3:0 | assay tour -q | keys)
[ "$got" = 'b d e c a ' ] || [ "$got" = 'a c e d b ' ]
is $? "the way along a line is the line: $got"
same 'as it comes' "$(takes a:5:0 b:1:0 c:4:0 | assay tour -q --as-is | keys)" 'a b c '
got=$(takes a:4.5:0 b:1:0 c:3.5:0 d:0:2 e:3:0 f:9:0 | assay tour -q -n 3 | keys)
[ "$got" = 'd a f ' ] || [ "$got" = 'f a d ' ]
is $? "of more, the fittest and those that are farthest apart: $got"
same 'none of none' "$(: | assay tour -q | keys)" ''
same 'one of one' "$(takes a:1:1 | assay tour -q | keys)" 'a '
echo '{"key":"a"}' | assay json -d -q | assay tour -q 2>err >out
[ $? = 1 ] && assay json -q <out | jq -r .error | grep -q "no 'summary.2'"
is $? 'without a summary there is no order'
echo '{"key":"a"}' | assay json -d -q | assay tour -q --as-is -w no.wav 2>err >out
[ $? = 1 ] && grep -q 'a has no sound' err && [ ! -e no.wav ]
is $? 'without sound there is none to join'
takes a:1:1 | assay tour -q -l list 2>err
same 'a list of no sound' $? 2

assay patch -q pluck --random 4 | assay render -q | assay features -q >four.takes
pass 'four plucks as one' assay tour -i four.takes -o way.takes -w way.wav -l way.txt --gap 0.5
seconds=$(assay json <four.takes | jq -s 'map(.audio.frames / .audio.rate) | add + 1.5')
same 'as long as they are with their gaps' "$(assay features -q way.wav | assay json | jq "(.audio.frames / .audio.rate - $seconds) | fabs < 1e-6")" true
same 'the list follows the takes' "$(awk -F '\t' 'NR > 1 {print $3}' way.txt | cut -c 1-12)" "$(assay json way.takes | jq -r '.id[0:12]')"
same 'each when the one before has ended' \
	"$(awk -F '\t' 'NR > 2 && ($1 - at - 0.5) ^ 2 > 1e-5 {print} {at = $1 + $2}' way.txt)" ''
assay tour -q -i four.takes -o again.takes -w again.wav --gap 0.5
assay tour -q -i four.takes -o again2.takes -w loud.wav --gap 0.5 --peak -6
same 'all brought to one peak' "$(assay features -q loud.wav | assay score -q --weigh valid=1 --explain | assay json | jq -r '.scores[0].why | .[0:20]')" 'sound: peak -6.0 dBF'
same 'the same again' "$(cksum <again.wav)" "$(cksum <way.wav)"
finish
