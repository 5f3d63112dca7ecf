#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# assay json: there and back, with jq in between, and every refusal with its place.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1

# Every kind of field, extremes of floats, integers over 2^53, present and empty
# messages, both members of a choice at their default, unknown fields at two depths.
cat >all.json <<'END'
{"id":"00ff","key":"a\u00e9\ud83d\ude00\u0007\"\\/b","engine":1,"rate":44100,"seed":"18446744073709551615","phrase":{"tempo":0.1,"beats":5e-324,"tail":1.7976931348623157e308,"notes":[{"start":0.30000000000000004,"pitch":0.1,"velocity":1e-45},{}],"arcs":[{"beats":[0,1.5,-0.0,-2],"values":[3.4028234663852886e38,0,-0.0,1.1754944e-38]}],"@unknown":"f8f50401"},"audio":{"rate":44100,"channels":2,"frames":2,"samples":[0.5,-0.25,1e-10,-0.0]},"features":[{"name":"x","channels":1,"frames":1,"columns":2,"hop":0.01,"axis":"mel","labels":["a",""],"data":[1,0.2]}],"scores":[{"term":"like","value":-0.1,"weight":1},{}],"fitness":-1e300,"origin":{"parents":["","0a0b"],"index":9007199254740993,"generation":4294967295},"loop":{},"tags":["","b"],"@unknown":"fa8a3803616263fd8a3801020304"}
{"key":"patch","phrase":{},"parts":[{},{"patch":{"nodes":[{"module":"saw","inputs":[{"port":"a","value":0},{"port":"b","wire":{}},{"port":"c","param":0},{"port":"d"}]}],"params":[{"scale":"LOG","open":true},{"scale":7},{"scale":"CHOICE","choices":["",""]}]}}]}

{}{"error":"bad"}
END
assay json -d -q all.json >all.takes 2>err
is $? "-d reads every kind of field"
same "four takes" "$(assay json all.takes | wc -l)" 4
assay json --data all.takes >1.json
assay json --data all.takes | assay json -d -q >2.takes
cmp -s all.takes 2.takes
is $? "json --data | json -d gives the same bytes"
jq -c . 1.json | assay json -d -q | cmp -s - 2.takes
is $? "and with jq in between, which holds numbers as doubles"
jq . 1.json | assay json -d -q | cmp -s - 2.takes
is $? "and over several lines"

field() { jq -c "$1" 1.json | head -n 1; }
same "a seed over 2^53 is a string" "$(field .seed)" '"18446744073709551615"'
same "a float has the fewest digits" "$(field .phrase.notes[0].pitch)" 0.1
same "a double keeps all of its own" "$(sed -n 's/.*"start":\([^,]*\),.*/\1/p' 1.json | head -n 1)" 0.30000000000000004
same "the largest float" "$(field '.phrase.arcs[0].values[0]')" 3.4028235e+38
same "text comes back" "$(field .key)" "$(head -n 1 all.json | jq -c .key)"
same "a part that is there and empty" "$(field .loop)" '{}'
same "fields at their default have no key" "$(field 'has("error")')" false
same "unknown fields" "$(field '[."@unknown", .phrase."@unknown"]')" '["fa8a3803616263fd8a3801020304","f8f50401"]'
same "a choice at its default is there" "$(jq -c 'select(.key=="patch").parts[1].patch.nodes[0].inputs' 1.json)" \
	'[{"port":"a","value":0},{"port":"b","wire":{}},{"port":"c","param":0},{"port":"d"}]'
same "enums by name, by number where there is none" \
	"$(jq -c 'select(.key=="patch").parts[1].patch.params|map(.scale)' 1.json)" '["LOG",7,"CHOICE"]'

# Without --data: shape and hash, and the hash is that of the bytes.
same "sound is shown by shape and hash" "$(assay json all.takes | head -n 1 | jq -c '.audio|keys')" \
	'["channels","frames","hash","rate"]'
want=$(printf '\000\000\000\077\000\000\200\276\377\346\333\056\000\000\000\200' | b2sum -l 256 | cut -d' ' -f1)
same "the hash is BLAKE2b-256 of the samples" "$(assay json all.takes | head -n 1 | jq -r .audio.hash)" "$want"
same "features too" "$(assay json all.takes | head -n 1 | jq -c '.features[0]|keys_unsorted')" \
	'["name","channels","frames","columns","hop","axis","labels","hash"]'
assay json all.takes | assay json -d 2>err | assay json | jq -c '[.audio.frames,.features]' >got
same "read back, sound is described and features without data are left out" "$(head -n 1 got)" '[2,null]'
grep -q '1 features had no data' err
is $? "which is said"

# Numbers that are not finite: printed as text, refused on the way in.
printf '\011\131\000\000\000\000\000\000\370\177' >nan.take
same "NaN is printed as valid JSON" "$(assay json nan.take | jq -c .fitness)" '"NaN"'
# Text that is not UTF-8
printf '\007\022\005a\377b\302c' >bad.take
same "bytes that are not UTF-8 stand as U+FFFD" "$(assay json bad.take 2>err)" '{"key":"a\ufffdb\ufffdc"}'
grep -q '2 bytes of text were not UTF-8' err
is $? "with a warning"

# Refusals: text, in which @ stands for a backslash, and what the message must hold.
refuse() {
	printf '%s' "$1" | tr '@' '\\' >in.json
	assay json -d in.json >out 2>err
	[ $? -eq 1 ] && [ ! -s out ] && grep -qF "$2" err
	is $? "refused: $1"
}
refuse '{"nodez":1}' "line 1, column 2 (byte 1): Take has no field 'nodez'"
printf '{"key":"\303\251","phrase":\n {"tempoo":1}}' >in.json
assay json -d in.json 2>err
grep -qF "line 2, column 3 (byte 24): Phrase has no field 'tempoo'" err
is $? "refused: an unknown field on the second line, columns in characters, offsets in bytes"
refuse '{"phrase":{"tempo":"x"}}' "column 20 (byte 19): 'tempo' is a number, not a string"
refuse '{"rate":-1}' "'rate' is a whole number from 0 to 4294967295, not -1"
refuse '{"rate":1.5}' "not 1.5"
refuse '{"rate":4294967296}' "not 4294967296"
refuse '{"rate":"1"}' "'rate' is a number, not a string"
refuse '{"seed":18446744073709551616}' "not 18446744073709551616"
refuse '{"seed":"-1"}' "not -1"
refuse '{"fitness":NaN}' "'fitness' is a number, and this is none"
refuse '{"fitness":"NaN"}' "'fitness' is NaN, not a finite number"
refuse '{"fitness":1e999}' "'fitness' cannot be as large as 1e999"
refuse '{"parts":[{"gain":1e39}]}' "'gain' cannot be as large as 1e39"
refuse '{"rate":01}' "'01' is no number"
refuse '{"rate":1.}' "'1.' is no number"
refuse '{"rate":1,"rate":1}' "column 11 (byte 10): 'rate' is given twice"
refuse '{"parts":[{"patch":{"nodes":[{"inputs":[{"value":1,"param":2}]}]}}]}' "'value' and 'param' exclude each other"
refuse '{"parts":[{"patch":{"params":[{"scale":"LOGG"}]}}]}' "'LOGG' is no Scale"
refuse '{"parts":[{"patch":{"params":[{"open":1}]}}]}' "'open' is true or false"
refuse '{"parts":[{"patch":{"params":[{"open":trux}]}}]}' "no value of JSON"
refuse '{"parts":{}}' "'parts' is an array"
refuse '{"phrase":[]}' "Phrase is an object"
refuse '[]' "Take is an object"
refuse 'x {}' "column 1 (byte 0): Take is an object"
refuse '{' "the text ends where a string should stand"
refuse '{"key":"a' "the text ends within a string"
refuse '{"key":"a","rate"' "the text ends where ':' should stand"
refuse '{"key":"a";}' "';' where ',' or '}' should stand"
refuse '{"key":"@u0000"}' "a string cannot hold a NUL"
refuse '{"key":"@ud800"}' "half of a surrogate pair"
refuse '{"key":"@udc00"}' "half of a surrogate pair"
refuse '{"key":"@x"}' "no such escape"
refuse '{"key":"	"}' "a control character in a string"
refuse '{"id":"abc"}' "pairs of hexadecimal digits"
refuse '{"id":"zz"}' "pairs of hexadecimal digits"
printf '{"@unknown":"0a00"}' >in.json
assay json -d in.json 2>err
grep -qF "@unknown: field 1 of Take is known" err
is $? "refused: a known field among the unknown"
printf '{"@unknown":"fa8a3805"}' >in.json
assay json -d in.json 2>err
grep -qF "@unknown: the field at its byte 0 is cut short" err
is $? "refused: an unknown field that is cut short"
printf '{"key":"\303("}' >in.json
assay json -d in.json 2>err
grep -qF "column 9 (byte 8): a string that is not UTF-8" err
is $? "refused: text that is not UTF-8"

same "what stands before an error is written" \
	"$(printf '{"key":"a"}{"key":"b"}{"kez":1}' | assay json -d 2>/dev/null | assay json | wc -l)" 2
same "null counts as absent" "$(echo '{"key":null,"phrase":null,"rate":8000}' | assay json -d | assay json)" '{"rate":8000}'

assay json --data all.takes >/dev/full 2>err
[ $? -eq 1 ] && grep -q 'No space left' err
is $? "a full disk is an error"
assay json -d all.json -q >/dev/full 2>err
[ $? -eq 1 ] && grep -q 'No space left' err
is $? "for takes too"
cp all.takes t.takes
assay json t.takes -o t.takes 2>err
[ $? -eq 1 ] && cmp -s t.takes all.takes
is $? "a file is not read and overwritten at once"

# The id follows the recipe.
if [ -x "$build/bin/assay-patch" ] && [ -f "$here/patches/pluck.lua" ]; then
	assay patch "$here/patches/pluck.lua" >p.takes
	id=$(assay json p.takes | jq -r .id)
	same "a recipe that is not changed keeps its id" "$(assay json p.takes | assay json -d | assay json | jq -r .id)" "$id"
	same "so does one whose id was taken away" \
		"$(assay json p.takes | jq -c 'del(.id)' | assay json -d | assay json | jq -r .id)" "$id"
	assay json p.takes | jq -c '.seed = 77 | .fitness = 3 | .scores = [{term:"like"}] | .audio = {rate:1}' |
		assay json -d 2>err | assay json >got
	[ "$(jq -r .id got)" != "$id" ] && [ "$(jq -c '[.fitness,.scores,.audio]' got)" = '[null,null,null]' ]
	is $? "an edited recipe gets a new id and loses the old sound and scores"
	grep -q '1 recipes were changed' err
	is $? "which is said"
	same "an edit that is not valid sets the error" \
		"$(assay json p.takes | jq -c '.rate = 3' | assay json -d -q | assay json | jq -r .error)" \
		"the rate is 3 Hz, not within 8000 to 384000"
else
	skip "the id follows the recipe" "no assay patch yet"
fi
finish
