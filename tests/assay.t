#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The front program: runs tools, finds a user's own, helps, and says what is installed.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
a=$build/bin/assay

# Away from the build's PATH: tools are found beside the program.
same "runs a tool beside itself" "$(echo '{"key":"x"}' | PATH=/usr/bin:/bin "$a" json -d | PATH=/usr/bin:/bin "$a" json)" '{"key":"x"}'
ln -s "$a" link
same "through a link too" "$(PATH=/usr/bin:/bin ./link json --version | cut -d' ' -f1,2)" "assay json"
mkdir own
cat >own/assay-mine <<'END'
#!/bin/sh
# mine: a stage of my own
echo "mine: $*"
command -v assay-json
exit 7
END
chmod +x own/assay-mine
PATH=$tmp/own:/usr/bin:/bin "$a" mine 1 'two words' >out
[ $? -eq 7 ]
is $? "a user's own stage is a subcommand, with its exit status"
same "its arguments come through" "$(head -n 1 out)" "mine: 1 two words"
same "and it finds the other tools" "$(sed -n 2p out)" "$build/bin/assay-json"
PATH=$tmp/own:/usr/bin:/bin "$a" >out
grep -q "mine ($tmp/own/assay-mine)" out && grep -q '^  json  *show takes' out && grep -q '^  doctor ' out
is $? "alone it lists the tools"
PATH=/usr/bin:/bin "$a" --help | cmp -s - out || PATH=/usr/bin:/bin "$a" --help | grep -q '^  json '
is $? "and with --help"
"$a" jsno 2>err
[ $? -eq 2 ] && grep -q "no tool 'jsno'; did you mean 'json'?" err
is $? "an unknown tool is told from one that was meant"
"$a" xyzzyplugh 2>err
[ $? -eq 2 ] && grep -q "no tool 'xyzzyplugh'" err && ! grep -q 'did you mean' err
is $? "or not"
"$a" ../own/assay-mine 2>/dev/null
[ $? -eq 2 ]
is $? "a path is no tool"
"$a" '' 2>/dev/null
[ $? -eq 2 ]
is $? "nor is nothing"
same "the version" "$("$a" --version | wc -w)" 2
"$a" help json | col -b | grep -q 'EXIT STATUS'
is $? "help shows the manual page"
PATH=$tmp/own:/usr/bin:/bin "$a" help mine >out
grep -q -- 'mine: --help' out
is $? "or asks the tool where there is no page"
"$a" help nonesuch 2>/dev/null
[ $? -eq 2 ]
is $? "help for no tool"
"$a" >/dev/full 2>err
[ $? -eq 1 ] && grep -q 'No space left' err
is $? "a full disk"

XDG_DATA_HOME=$tmp ASSAY_BANK='' "$a" doctor >out
status=$?
grep -qE '^ok +zmq +4' out && grep -qE '^ok +lua +5\.4' out && grep -qE '^ok +vectors' out && grep -qE '^ok +cores +[1-9]' out
is $? "doctor: libraries, vector units, cores"
grep -qE "^ok +bank +$tmp/assay/bank.db" out
is $? "doctor: the bank's place"
if grep -q '^missing' out; then [ $status -eq 1 ]; else [ $status -eq 0 ]; fi
is $? "doctor: exit status $status"
grep -A1 '^missing\|^without' out | grep -v '^--' >lines
[ "$(grep -c '^missing\|^without' lines)" -eq "$(grep -c 'mend: ' lines)" ]
is $? "doctor: what is missing has a remedy"
ASSAY_BANK=/dev/null/bank.db "$a" doctor >out
[ $? -eq 1 ] && grep -qE '^missing +bank .*/dev/null/bank.db cannot be written' out
is $? "doctor: a bank that cannot be written is said, exit 1"
ASSAY_BANK=postgresql://nobody:secret@127.0.0.1:1/none "$a" doctor >out
[ $? -eq 1 ] && grep -qE '^missing +bank .*PostgreSQL does not answer' out && ! grep -q secret out
is $? "doctor: a server that does not answer, without its password"
"$a" doctor --json >out
jq -e -s 'length > 10 and all(.[]; has("name") and has("ok") and has("needed") and has("found"))' out >/dev/null
is $? "doctor --json: one object a line"
"$a" doctor extra 2>/dev/null
[ $? -eq 2 ]
is $? "doctor takes no operands"

# Installed somewhere else, it finds its own there.
mkdir -p p/bin p/share/man/man1 p/share/assay/patches
cp "$a" "$build/bin/assay-json" p/bin
cp "$here/tools/json/json.1" p/share/man/man1/assay-json.1
echo 'return saw{}' >p/share/assay/patches/x.lua
PATH=/usr/bin:/bin p/bin/assay help json | col -b | grep -q 'EXIT STATUS'
is $? "installed: the page"
p/bin/assay doctor | grep -qE '^ok +patches +1 in '
is $? "installed: the patches"
finish
