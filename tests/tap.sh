# SPDX-License-Identifier: GPL-3.0-or-later
# TAP from the shell: . "$(dirname "$0")/tap.sh"
# is STATUS NAME counts a check (0 passes), pass NAME COMMAND... runs one,
# skip NAME WHY, finish at the end. $tmp is a folder that goes away. The count is in a
# file there: a check may stand at the end of a pipe, in a shell of its own.
tmp=$(mktemp -d) || exit 1
echo 0 0 >"$tmp/.tap"
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
here=$(cd "$(dirname "$0")/.." && pwd)
build=${ASSAY_BUILD:-$here/build}
case :$PATH: in *:"$build/bin":*) ;; *) PATH=$build/bin:$PATH ;; esac
export PATH XDG_DATA_HOME="$tmp/data" XDG_CONFIG_HOME="$tmp/config" XDG_CACHE_HOME="$tmp/cache" ASSAY_BANK="$tmp/bank.db"

# tap_count BAD: counts a check, and BAD that failed
tap_count() {
	read -r tap_n tap_bad <"$tmp/.tap"
	tap_n=$((tap_n + 1))
	echo "$tap_n $((tap_bad + $1))" >"$tmp/.tap"
}
is() {
	if [ "$1" -eq 0 ]; then
		tap_count 0
		echo "ok $tap_n - $2"
	else
		tap_count 1
		echo "not ok $tap_n - $2"
		[ -s "$tmp/err" ] && head -n 5 "$tmp/err" | sed 's/^/# /'
	fi
}
pass() {
	tap_name=$1
	shift
	"$@" >"$tmp/out" 2>"$tmp/err"
	is $? "$tap_name"
}
# same NAME GOT WANT
same() {
	[ "$2" = "$3" ]
	tap_same=$?
	is $tap_same "$1"
	[ $tap_same -eq 0 ] || printf '# got  %s\n# want %s\n' "$2" "$3"
}
skip() {
	tap_count 0
	echo "ok $tap_n # SKIP $1: $2"
}
finish() {
	read -r tap_n tap_bad <"$tmp/.tap"
	echo "1..$tap_n"
	[ $tap_bad -eq 0 ]
	exit
}
