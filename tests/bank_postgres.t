#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The bank's tests again, on a PostgreSQL of their own: no port, a socket in a
# temporary folder, gone at the end.

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -x "$bin/initdb" ] && command -v psql >/dev/null || { echo '1..0 # SKIP PostgreSQL is not installed'; exit 0; }

# its server refuses to run as root
as=
if [ "$(id -u)" = 0 ]; then as='runuser -u postgres --'; fi
dir=$(mktemp -d /tmp/bank.XXXXXX) || exit 1 # short: a socket's path has 107 bytes
stop() {
	$as "$bin/pg_ctl" -s -D "$dir/data" -m immediate stop 2>/dev/null
	rm -rf "$dir"
}
trap stop EXIT
trap 'exit 1' INT TERM
chmod 755 "$dir"
[ -z "$as" ] || chown postgres "$dir"
cd "$dir" || exit 1
if ! { $as "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync &&
	$as "$bin/pg_ctl" -s -w -D "$dir/data" -l "$dir/log" -o "-c listen_addresses='' -c fsync=off -k $dir" start; } >"$dir/out" 2>&1; then
	sed 's/^/# /' "$dir/out" "$dir/log" 2>/dev/null
	echo 'Bail out! PostgreSQL does not start'
	exit 1
fi
cd "$OLDPWD" || exit 1
BANK_SERVER=$dir sh "$(dirname "$0")/bank.t"
