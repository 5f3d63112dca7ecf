#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The bank, in SQLite; bank_postgres.t runs the same with BANK_SERVER naming the
# socket folder of a PostgreSQL of its own. build/tests/bank makes the takes.

n=0
t() { # name: of the command before
	if [ $? = 0 ]; then r=ok; else r='not ok'; fi
	n=$((n + 1))
	echo "$r $n - $1"
	[ "$r" = ok ] || sed 's/^/# /' "$tmp/err" 2>/dev/null | head -5
}
skip() { n=$((n + 1)); echo "ok $n # SKIP $1: $2"; }

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
chmod 755 "$tmp"
make="$ASSAY_BUILD/tests/bank"
[ -x "$make" ] || { echo "1..0 # SKIP $make is not built"; exit 0; }

fresh() { # name: an empty bank
	if [ -n "$BANK_SERVER" ]; then
		ASSAY_BANK="postgresql://postgres@/postgres?host=$BANK_SERVER&options=-csearch_path%3D$1"
		raw "CREATE SCHEMA $1" >"$tmp/err" 2>&1
	else
		ASSAY_BANK=$tmp/$1.db
	fi
	export ASSAY_BANK
}
raw() { # SQL, by the database's own shell
	if [ -n "$BANK_SERVER" ]; then psql -q -v ON_ERROR_STOP=1 "$ASSAY_BANK" -c "$1"; else sqlite3 "$ASSAY_BANK" "$1"; fi
}
bank() { assay bank "$@" 2>"$tmp/err"; }
value() { bank sql "SELECT $1" | sed -n '2s/^ *//p'; }
is() { [ "$(value "$1")" = "$2" ] || { echo "# $1: $(value "$1"), not $2"; return 1; }; }
ids() { bank find --json "$@" | jq -r .id; }
fails() { # status, text: the command after fails with it and says so
	status=$1 text=$2
	shift 2
	"$@" >"$tmp/out" 2>"$tmp/err"
	got=$?
	[ $got = "$status" ] && grep -q -- "$text" "$tmp/err" || { echo "# status $got"; return 1; }
}

# --- adding ----------------------------------------------------------------------------------
fresh first
fails 1 'assay bank add' assay bank find; t 'an empty place is no bank, and says what makes one'
: | bank add; t 'no takes are no error'
is 'count(*) FROM take' 0 && [ -z "$(ids)" ]; t 'and leave an empty bank'
"$make" 0 20 render score summary parent >"$tmp/a"
bank add <"$tmp/a"; t 'twenty takes are added'
is 'count(*) FROM take' 20 && is 'count(*) FROM score' 60 && is 'count(*) FROM summary' 20 && is 'count(*) FROM parent' 19
t 'with their scores, summaries and parents'
bank add <"$tmp/a" && cat "$tmp/a" "$tmp/a" | bank add
is 'count(*) FROM take' 20 && is 'count(*) FROM score' 60 && is 'count(*) FROM fitness' 20 && is 'count(*) FROM origin' 20 &&
	is 'count(*) FROM sound' 20
t 'adding them again, and twice at once, changes nothing'
"$make" 0 20 render score=0.5 | bank add
is 'count(*) FROM take' 20 && is 'count(*) FROM score' 120 && is "fitness FROM takes WHERE key = 'take 3'" 11.018
t 'other scores of the same takes are appended, and the last ones count'
"$make" 0 20 render score run=dusk | bank add
is 'count(*) FROM take' 20 && is "count(*) FROM origin WHERE run = 'dusk'" 20 && is 'count(DISTINCT run) FROM best' 2
t 'the same takes in another run are met a second time, not stored a second time'
"$make" 0 2 sound loop run=loops >"$tmp/loops"
bank add <"$tmp/loops" && is 'count(*) FROM levels' 2 && is 'count(*) FROM audio' 2 && is "tempo FROM levels WHERE key = 'take 1'" 121
t 'loops are levels, and keep their samples'

"$make" 100 5 liar | fails 1 "its id is not that of its recipe" assay bank add && is 'count(*) FROM take' 22
t 'a take whose id is not its own is refused'
"$make" 100 2 naked | fails 1 "neither patch nor sound" assay bank add && is 'count(*) FROM take' 22
t 'a take of nothing is refused'
{ "$make" 100 2; "$make" 100 1 naked; "$make" 102 2; } | bank add && grep -q '4 of 5 takes, 1 failed' "$tmp/err" && is 'count(*) FROM take' 26
t 'a bad take among good ones does not hold them up'
{ "$make" 104 3; head -c 100 /dev/urandom | tr '\0-\177' '\200-\377'; } | fails 1 'at byte\|byte' assay bank add &&
	is "count(*) FROM takes WHERE key IN ('take 104', 'take 105', 'take 106')" 3
t 'what came before garbage is kept, and the status says that there was some'
"$make" 107 3 | head -c -7 | fails 1 'truncated' assay bank add && is "count(*) FROM takes WHERE key IN ('take 107', 'take 108', 'take 109')" 2
t 'a stream that was cut off is kept up to there'

# --- passing on ------------------------------------------------------------------------------
"$make" 200 30 score >"$tmp/b"
bank add --pass <"$tmp/b" | cmp -s - "$tmp/b" && is "count(*) FROM takes WHERE generation >= 20" 30
t '--pass writes on the bytes that came in'
"$make" 200 3 | fails 1 'cannot write' assay bank add -o /dev/full; t 'a full disk behind --out is said'

# --- finding ---------------------------------------------------------------------------------
[ "$(ids --best 1 --run dusk)" = "$(value "lower(hex(take)) FROM best WHERE run = 'dusk' AND place = 1")" ] &&
	[ "$(bank find --best 3 --run dusk --json | jq -r .key | tr '\n' ,)" = 'take 19,take 18,take 17,' ]
t 'the best of a run come best first'
[ "$(ids --run dusk | wc -l)" = 20 ] && [ "$(ids --run 'du%' | wc -l)" = 20 ] && [ -z "$(ids --run 'd_sk')" ] && [ -z "$(ids --run 'DU%')" ]
t 'runs are found by name, or with %'
[ "$(ids --run dusk --algo ga | wc -l)" = 10 ] && [ "$(ids --run dusk --min-fitness 9.6 | wc -l)" = 3 ]
t 'by algorithm, by fitness'
[ "$(ids -n 7 | wc -l)" = 7 ] && [ "$(assay bank find | wc -l)" = 21 ] && [ "$(assay bank find --limit 0 | wc -l)" -gt 50 ]
t 'a table has a page, or as many as were asked for'
three=$(value "lower(hex(take)) FROM takes WHERE key = 'take 3'")
[ "$(bank find --like "$three" -n 2 --json | head -1 | jq -r '"\(.id) \(.distance)"')" = "$three 0" ]
t 'the nearest to a take is itself'
"$make" 7 1 render summary >"$tmp/seven"
bank find --like "$tmp/seven" --json | jq -rs '([.[].distance] | . == sort), .[0].key, length' | tr '\n' ' ' | grep -qx 'true take 7 20 '
t '--like reads a file of takes, and all come nearest first'
[ "$(bank find --like "$tmp/seven" --run dusk --algo random -n 5 --json | jq -r .algo | sort -u)" = random ]
t 'the nearest among those that pass the other filters'
"$make" 7 1 >"$tmp/bare"
fails 1 'has no summary' assay bank find --like "$tmp/bare"; t 'a take without a summary is like nothing'
bank find --best 5 --takes | assay json | jq -r .fitness | head -1 | grep -q . && [ "$(bank find --best 5 --takes | assay json | wc -l)" = 5 ]
t '--takes writes takes'

# --- ids -------------------------------------------------------------------------------------
fails 1 'is no id' assay bank show abc; t 'three digits are too few'
fails 1 'is no id' assay bank show "'; DROP TABLE take"; t 'what is not hexadecimal is no id'
fails 1 'has no take' assay bank show 00000000000000; t 'an unknown id'
for k in 4 5 12 64; do [ "$(bank recall "$(echo "$three" | cut -c 1-$k)" | assay json | jq -r .id)" = "$three" ] || break; done
t 'any beginning of an id will do'

# --- show, tag, vote -------------------------------------------------------------------------
bank vote "$three" yes && bank vote "$three" no && bank vote "$three" YES && is "yes FROM takes WHERE key = 'take 3'" 2
t 'votes are counted'
fails 2 'yes or no' assay bank vote "$three" maybe; t 'maybe is no vote'
bank tag "$three" bass 'très profond' && bank tag "$three" bass && [ "$(value "tags FROM moments WHERE id = '$(echo "$three" | cut -c 1-12)'")" = 'bass très profond' ]
t 'tags make a moment'
is 'count(*) FROM audio' 3; t 'and a moment keeps its sound'
[ "$(ids --tag bass)" = "$three" ] && bank tag --remove "$three" bass && [ -z "$(ids --tag bass)" ] && is "count(*) FROM tag WHERE tag = 'bass'" 3
t 'a tag that is taken away is still on record'
bank show "$three" --json | jq -e '.take.key == "take 3" and (.scores | length == 9) and .votes[0].vote == "yes" and (.parents | length == 1) and (.children | length == 1) and (.origins | length == 2)' >/dev/null
t 'show --json has it all'
bank show "$three" >"$tmp/out" && grep -q '^key *take 3$' "$tmp/out" && grep -q '^scores$' "$tmp/out"; t 'show for people'

# --- recall, export, verify ------------------------------------------------------------------
hash() { assay json | jq -r .audio.hash; }
"$make" 3 1 render | hash >"$tmp/x"
bank recall "$three" | assay render 2>/dev/null | hash | cmp -s - "$tmp/x"; t 'a recalled take renders to the bytes it had'
loop=$(value "lower(hex(take)) FROM levels WHERE key = 'take 1'")
bank recall "$loop" >"$tmp/y" && "$make" 1 1 sound loop run=loops | cmp -s - "$tmp/y"; t 'a loop comes back with its samples, bit for bit'
"$make" 300 1 unknown score hostile=error >"$tmp/x"
bank add <"$tmp/x"
bank recall "$(ids -n 1)" | cmp -s - "$tmp/x"; t 'fields of a later schema and bytes that are no text come back as they were'
bank verify --all >"$tmp/out" && [ "$(wc -l <"$tmp/out")" = 1 ]; t 'all takes sound the same'
bank verify "$three" "$loop" --json | jq -r .verdict | tr '\n' ' ' | grep -qx 'same same '; t 'verify names its verdicts'
"$make" 301 1 render misheard | bank add
fails 1 'of .* takes sound the same' assay bank verify --all && grep -q differs "$tmp/out"; t 'a sound that is not what was recorded is found'
"$make" 301 1 render | bank add
is 'count(*) FROM alarms' 2; t 'two sounds of one take are an alarm'
bank export --wav --flac --takes --lua -o "$tmp/ex" "$three" && [ "$(ls "$tmp/ex" | wc -l)" = 4 ]; t 'export writes files named after the id'
assay bank export --wav -o - "$three" 2>/dev/null | cmp -s - "$tmp/ex/$(echo "$three" | cut -c 1-12).wav"; t 'or to standard output'
grep -q "assay id=$three engine=2 rate=8000 seed=3" "$tmp/ex/$(echo "$three" | cut -c 1-12).wav"; t 'with where they are from'
bank export --takes -o "$tmp/one.takes" "$three" && [ "$(assay json <"$tmp/one.takes" | jq -r .id)" = "$three" ]; t 'or to the file that is named'
fails 2 'one take in one format' assay bank export --takes -o "$tmp/two.takes" "$three" "$loop"; t 'one file holds one take'
[ "$(assay patch "$tmp/ex/$(echo "$three" | cut -c 1-12).lua" 2>"$tmp/err" | assay json | jq -r .id)" = "$three" ]; t 'patch text reads in to the same id'

# --- runs -------------------------------------------------------------------------------------
bank run begin --name dusk --command "assay evolve 'x'" --seed 18446744073709551615 --level "$loop" && bank run begin --name dusk --command other &&
	bank run end --name dusk --status 3
bank sql --json "SELECT * FROM runs WHERE run = 'dusk'" | jq -e '.command == "assay evolve '"'x'"'" and .seed == "18446744073709551615" and .times == 2 and .status == 3 and .takes == 20 and .ended != null' >/dev/null
t 'a run has its command line, and how often it began'
is "runs FROM levels WHERE key = 'take 1'" 1; t 'a level knows its runs'
fails 2 'needs a --name' assay bank run begin; t 'a run needs a name'

# --- append-only ------------------------------------------------------------------------------
bad=
for table in take origin parent fitness score tag vote feature summary sound audio loop run; do
	case $table in take) column=id ;; feature | run) column=name ;; *) column=take ;; esac
	raw "UPDATE $table SET $column = $column" 2>&1 | grep -q 'append-only' || bad="$bad update $table"
	raw "DELETE FROM $table" 2>&1 | grep -q 'append-only' || bad="$bad delete $table"
done
[ -z "$bad" ]; t "no table can be changed${bad:+: but$bad}"

# --- sql --------------------------------------------------------------------------------------
for s in "INSERT INTO vote (take, vote, who, added) SELECT id, 'no', '', '' FROM take" 'DROP TABLE tag' "CREATE TABLE x (y TEXT)"; do
	fails 1 'read-\?only' assay bank sql "$s" || break
done
t 'sql does not write'
fails 1 . assay bank sql 'SELECT 1; SELECT 2'; t 'one statement at a time'
fails 1 . assay bank sql 'SELEC 1'; t 'a mistake is said'
[ "$(assay bank sql 'SELECT 1 AS a, NULL AS b' | tr '\n' '|')" = 'a  b|1  |' ]; t 'a table'
for view in takes best moments lineage runs levels tags votes alarms; do bank sql "SELECT * FROM $view" >/dev/null || break; done
t 'every view answers'
# the ten queries of doc/bank.md: comments begin them, semicolons end them
sed -n '/^```sql/,/^```$/p' "$(dirname "$0")/../doc/bank.md" | grep -v '^```\|^--' >"$tmp/queries"
asked=0 query=
while IFS= read -r line; do
	query="$query $line"
	case $line in *\;) bank sql "$query" >/dev/null || break; asked=$((asked + 1)) query= ;; esac
done <"$tmp/queries"
[ $asked = 10 ]; t 'the ten queries of the manual answer'

# --- hostile text -----------------------------------------------------------------------------
fresh hostile
"$make" 0 3 hostile score tag="it's; --" >"$tmp/x"
bank add <"$tmp/x" && is 'count(*) FROM take' 3 && [ "$(ids --tag "it's; --" | wc -l)" = 3 ]; t 'quotes, bytes that are no UTF-8 and control characters are only text'
! assay bank find | LC_ALL=C grep -q "$(printf '\033')"; t 'and the terminal does not obey them'
bank find --json | jq -e . >/dev/null; t 'and JSON is JSON'
"$make" 3 2 huge score | bank add && is 'max(length(key)) FROM origin' 511; t 'names longer than an index takes are cut in the column'

# --- many -------------------------------------------------------------------------------------
fresh many
"$make" 0 10000 score summary >"$tmp/many"
bank add <"$tmp/many" && is 'count(*) FROM take' 10000 && is 'count(*) FROM score' 30000; t 'ten thousand takes'
bank add <"$tmp/many" && is 'count(*) FROM take' 10000; t 'and again'
[ "$(ids --best 10 | wc -l)" = 10 ] && [ "$(bank find --like "$tmp/seven" -n 1 --json | jq -r .key)" = 'take 7' ]; t 'are searched'
two=$(value "lower(substr(hex(id), 1, 4)) FROM take GROUP BY lower(substr(hex(id), 1, 4)) HAVING count(*) > 1 LIMIT 1")
fails 1 "beginning of several ids: $two.*, $two" assay bank show "$two"; t 'a beginning that several have is answered with a list'

# --- together, and killed ----------------------------------------------------------------------
fresh together
"$make" 0 400 score summary parent tag=x >"$tmp/w1"
"$make" 300 400 score summary parent tag=x >"$tmp/w2"
for w in 1 2 1 2; do
	assay bank add --batch 70 <"$tmp/w$w" 2>>"$tmp/failed" &
done
wait
cp "$tmp/failed" "$tmp/err"
[ ! -s "$tmp/failed" ] && is 'count(*) FROM take' 700 && is 'count(*) FROM score' 2100 && is 'count(*) FROM parent' 699 && is 'count(*) FROM summary' 700
t 'four writers of overlapping takes make each row once, in a bank that they made together'

fresh killed
total=$(wc -c <"$tmp/w1")
mkfifo "$tmp/in" "$tmp/out2"
ok=0
for part in 1 3 7 20 50 90; do
	exec 8<>"$tmp/in" 9<>"$tmp/out2"
	assay-bank add --pass --batch 10 <"$tmp/in" >"$tmp/out2" 2>/dev/null 8<&- 9<&- &
	pid=$!
	cat "$tmp/w1" >&8 & feeder=$!
	head -c $((total * part / 100)) <&9 >"$tmp/passed"
	kill -9 $pid $feeder 2>/dev/null
	wait $pid $feeder 2>/dev/null
	exec 8<&- 9<&-
	# what was passed on whole is in the bank
	assay json <"$tmp/passed" 2>/dev/null | jq -r .id | sort >"$tmp/want"
	bank sql --json 'SELECT lower(hex(id)) AS x FROM take' | jq -r .x | sort >"$tmp/have"
	[ -z "$(comm -23 "$tmp/want" "$tmp/have")" ] && ok=$((ok + 1))
done
[ $ok = 6 ]; t 'a writer killed at any moment had stored what it passed on'
bank add <"$tmp/w1" && is 'count(*) FROM take' 400 && is 'count(*) FROM score' 1200 && is 'count(*) FROM origin' 400; t 'and adding all again makes it whole, with nothing twice'

# --- trouble -----------------------------------------------------------------------------------
fresh newer
: | bank add && raw "INSERT INTO schema_version VALUES (99, 'tomorrow')" >/dev/null
fails 1 'newer assay' assay bank find && "$make" 0 1 | fails 1 'newer assay' assay bank add; t 'a newer schema is refused'

if [ -z "$BANK_SERVER" ]; then
	fresh full
	"$make" 0 1000 score >"$tmp/x"
	(trap '' 25; ulimit -f 900; fails 1 'takes were stored' assay bank add --batch 20 <"$tmp/x"); t 'a disk that is full is said, and what was stored'
	stored=$(sed -n 's/.*error: \([0-9]*\) takes were stored.*/\1/p' "$tmp/err")
	grep -q "'take .*were not" "$tmp/err" && [ "$stored" -gt 0 ] && is 'count(*) FROM take' "$stored"; t 'and the bank holds what it said'
	bank add <"$tmp/x" && is 'count(*) FROM take' 1000; t 'and goes on when there is room'

	echo 'this is a text' >"$tmp/text.db"
	ASSAY_BANK=$tmp/text.db fails 1 'is no bank' assay bank find; t 'a file that is no bank'
	ASSAY_BANK=$tmp fails 1 'cannot open bank' assay bank add </dev/null; t 'a folder is no bank'
	ASSAY_BANK=$tmp/no/such/x.db fails 1 'cannot open bank' assay bank add </dev/null; t 'a folder that is not there'
	(unset ASSAY_BANK; XDG_DATA_HOME=$tmp/data bank add </dev/null && [ -e "$tmp/data/assay/bank.db" ]); t 'the usual place is made'
	bank add --bank "$tmp/other.db" <"$tmp/seven" && [ "$(bank find --bank "$tmp/other.db" --json | jq -r .key)" = 'take 7' ]; t '--bank names another'

	as=
	[ "$(id -u)" != 0 ] || as='setpriv --reuid=65534 --clear-groups'
	mkdir "$tmp/ro" && cp "$tmp/other.db" "$tmp/ro/ro.db" && chmod 444 "$tmp/ro/ro.db" && chmod 555 "$tmp/ro"
	if $as assay bank --version >/dev/null 2>&1; then
		[ "$($as assay bank find --bank "$tmp/ro/ro.db" --json 2>"$tmp/err" | jq -r .key)" = 'take 7' ]; t 'a bank that cannot be written can be read'
		fails 1 'read-only' $as assay bank add --bank "$tmp/ro/ro.db" <"$tmp/bare"; t 'and is said to be read-only'
	else
		skip 'a bank that cannot be written' 'another user cannot run the tools here'
	fi
	chmod 755 "$tmp/ro"
else
	ASSAY_BANK="postgresql://postgres@/nowhere?host=$BANK_SERVER" fails 1 'cannot open the bank' assay bank find; t 'a database that is not there'
	fresh gone
	exec 8<>"$tmp/in" 9<>"$tmp/out2"
	assay-bank add --pass <"$tmp/in" >"$tmp/out2" 2>"$tmp/e" 8<&- 9<&- &
	pid=$!
	"$make" 0 50 >"$tmp/x"
	cat "$tmp/x" >&8
	head -c "$(wc -c <"$tmp/x")" <&9 >/dev/null
	raw "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = 'assay bank'" >/dev/null
	"$make" 50 10 >&8
	exec 8<&-
	wait $pid
	[ $? = 1 ] && grep -q "50 takes were stored, the last of them 'take 49'; 'take 50'" "$tmp/e" && is 'count(*) FROM take' 50
	t 'a server that goes away is said, and what was stored'
	exec 9<&-
fi

# --- use ----------------------------------------------------------------------------------------
fails 2 'what to do' assay bank; t 'a verb is needed'
fails 2 'unknown verb' assay bank sell; t 'and a known one'
for verb in 'show' 'tag' 'tag abcd' 'vote abcd' 'recall' 'export' 'export abcd' 'verify' 'sql' 'run' 'run about' 'find x' 'add x'; do
	fails 2 . assay bank $verb || break
done
t 'operands that are missing or too many'
ASSAY_BANK=mongo://x fails 1 'no kind of bank' assay bank find; t 'an unknown kind of bank'
echo "1..$n"
