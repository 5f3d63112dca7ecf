# SPDX-License-Identifier: GPL-3.0-or-later
# What every pipeline shares. A pipeline says what it does in the comment at its
# top, names its settings between two marks, and then reads this file:
#
#	# settings
#	budget=400      # takes to try
#	# end of settings
#	. "$(dirname "$(readlink -f "$0")")/settings.sh"
#
# Any setting can then be given as --name VALUE or --name=VALUE (a _ in a name may
# be written -), --help shows the comment and the settings, and "$@" is what
# else was given. $settings_command is the command line and settings_now prints
# what is set, for the bank; quoted, die and usage are for everybody.

settings_me="assay $(basename "$0" | sed 's/^assay-//')"

die() {
	echo "$settings_me: error: $*" >&2
	exit 1
}
usage() {
	echo "$settings_me: $* (see $settings_me --help)" >&2
	exit 2
}

# quoted TEXT: as one word of the shell
quoted() {
	printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"
}

settings_list() {
	sed -n '/^# settings$/,/^# end of settings$/{/^[a-z]/p;}' "$0"
}

settings_help() {
	sed -n '/^# SPDX/d; 2,${/^#/!q;s/^# \{0,1\}//p;}' "$0"
	echo
	echo "settings:"
	settings_list | sed "s/^\([a-z_]*\)=\([^#]*[^# 	]\)\{0,1\}[ 	]*# *\(.*\)/  --\1	\3 [\2]/; s/ \[\]$//; s/'//g" | expand -t 20
}

settings_now() {
	for settings_name in $(settings_list | sed 's/=.*//'); do
		eval "echo \"$settings_name=\$$settings_name\""
	done
}

# The tools that this pipeline came with: beside it, built in the source, or installed.
settings_here=$(dirname "$(readlink -f "$0")")
for settings_bin in "$(dirname "$0")" "$settings_here/../build/bin" "$settings_here/../../../bin"; do
	[ -x "$settings_bin/assay" ] && [ -f "$settings_bin/assay" ] && PATH=$(readlink -f "$settings_bin"):$PATH && break
done
command -v assay >/dev/null || die "'assay' is not on PATH: run make first"

settings_command=$settings_me
for settings_arg in "$@"; do
	case $settings_arg in
	"" | *[!A-Za-z0-9_./=,:+-]*) settings_arg=$(quoted "$settings_arg") ;;
	esac
	settings_command="$settings_command $settings_arg"
done

settings_left=$#
while [ "$settings_left" -gt 0 ]; do
	settings_arg=$1
	shift
	settings_left=$((settings_left - 1))
	case $settings_arg in
	-h | --help)
		settings_help
		exit 0
		;;
	--?*=*)
		settings_name=${settings_arg%%=*}
		settings_value=${settings_arg#*=}
		;;
	--?*)
		settings_name=$settings_arg
		[ "$settings_left" -gt 0 ] || usage "$settings_name needs a value"
		settings_value=$1
		shift
		settings_left=$((settings_left - 1))
		;;
	*)
		set -- "$@" "$settings_arg"
		continue
		;;
	esac
	settings_name=$(echo "${settings_name#--}" | tr - _)
	case $settings_name in
	*[!a-z_]*) usage "no setting '$settings_arg'" ;;
	esac
	settings_list | grep -q "^$settings_name=" || usage "no setting '$settings_arg'"
	# where a whole number stands as the default, a whole number it must be
	case $(eval "echo \"\$$settings_name\"") in
	"" | *[!0-9]*) ;;
	*)
		case $settings_value in
		"" | *[!0-9]*) usage "--$(echo "$settings_name" | tr _ -) is a whole number, not '$settings_value'" ;;
		esac
		;;
	esac
	eval "$settings_name=\$settings_value"
done

# sounded [OPTIONS OF RENDER]: takes in, takes with their sound out: rendered here, or by
# the workers of the queue that the setting "farm" names (an endpoint, options of farm after it).
sounded() {
	if [ -n "$farm" ]; then
		# shellcheck disable=SC2086
		assay farm -q $farm
	else
		assay render -q "$@"
	fi
}
