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
# else was given.

die() {
	echo "$(basename "$0" | sed 's/^assay-/assay /'): error: $*" >&2
	exit 1
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

# The tools that this pipeline came with: beside an installed one, or built in the source.
for settings_bin in ../../../bin ../build/bin; do
	settings_bin=$(dirname "$(readlink -f "$0")")/$settings_bin
	[ -x "$settings_bin/assay" ] && PATH=$(readlink -f "$settings_bin"):$PATH && break
done
command -v assay >/dev/null || die "'assay' is not on PATH: run make first"

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
		[ "$settings_left" -gt 0 ] || {
			echo "$settings_name needs a value (see --help)" >&2
			exit 2
		}
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
	settings_list | grep -q "^$settings_name=" || {
		echo "no setting '$settings_arg' (see --help)" >&2
		exit 2
	}
	eval "$settings_name=\$settings_value"
done
