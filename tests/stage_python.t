#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A stage in another language stands in a real pipe: doc/stage.py.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
[ "$(wc -l <"$here/doc/stage.py")" -le 30 ]
is $? "it has no more than thirty lines"
pass "protoc reads the schema" protoc --proto_path="$here/proto" --python_out=. "$here/proto/take.proto"
export PYTHONPATH="$tmp"
stage() { /usr/bin/python3 "$here/doc/stage.py"; }

# The left channel changes sign at three of its seven steps.
cat >in.json <<'END'
{"key":"square","audio":{"rate":8000,"channels":2,"frames":8,"samples":[1,1,1,-1,-1,1,-1,-1,1,1,1,-1,-1,1,-1,-1]},"fitness":1,"@unknown":"fa8a3803616263"}
{"key":"bad","origin":{"run":"r","@unknown":"f8f50405"},"error":"it is bad"}
{"key":"no sound"}
END
assay json -d in.json | stage 2>err | assay json >out.json
is $? "takes go in and come out"
same "the score" "$(head -n 1 out.json | jq -c '.scores[0].term, (.scores[0].value * 7 + 0.5 | floor), (.fitness * 7 + 0.5 | floor)' | tr '\n' ' ')" '"bright" 3 10 '
same "unknown fields are carried" "$(jq -c '."@unknown" // .origin."@unknown" // null' out.json | tr '\n' ' ')" \
	'"fa8a3803616263" "f8f50405" null '
same "what cannot be worked on goes on as it is" "$(sed -n 2p out.json)" "$(sed -n 2p in.json)"
same "and what has no sound" "$(sed -n 3p out.json)" "$(sed -n 3p in.json)"
same "no takes give none" "$(stage </dev/null | wc -c)" 0

if [ -x "$build/bin/assay-render" ]; then
	assay patch "$here/patches/pluck.lua" --random 3 --beats 1 | assay render >rendered.takes
	stage <rendered.takes | assay json >out.json 2>err
	same "in a pipe: three takes with a score each" "$(jq -c '.scores | map(.term)' out.json | tr '\n' ' ')" '["bright"] ["bright"] ["bright"] '
	same "and nothing else changed" "$(jq -c 'del(.scores, .fitness)' out.json)" "$(assay json rendered.takes)"
	same "assay best goes by it" "$(stage <rendered.takes | assay best | assay json | jq .fitness)" \
		"$(jq -s 'map(.fitness) | max' out.json)"
	# As a tool of the user's own.
	mkdir bin && cp "$here/doc/stage.py" bin/assay-bright
	same "as assay bright" "$(PATH=$tmp/bin:$PATH assay bright <rendered.takes | assay json | jq -s 'map(.fitness) | max')" \
		"$(jq -s 'map(.fitness) | max' out.json)"
fi
finish
