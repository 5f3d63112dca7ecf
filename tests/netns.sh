# SPDX-License-Identifier: GPL-3.0-or-later
# A network of this machine's own: net_up HOST... makes a network namespace each, 10.99.0.1 and on, with a cable to one
# switch; on HOST COMMAND... runs there. Needs root; net_up fails where it cannot be.
#
#   unplug HOST, plug HOST   takes the cable out, and in again
#   lose HOST, regain HOST    the switch drops all from and to it, and nobody notices; and no more
net=$(basename "$tmp" | tr -dc a-zA-Z0-9 | tail -c 6)

net_up() {
	net_hosts=$*
	command -v ip >/dev/null && command -v bridge >/dev/null && ip netns add "$net.sw" || return
	net_made=yes
	ip -n "$net.sw" link add sw type bridge && ip -n "$net.sw" link set sw up || return
	net_n=0
	for net_host; do
		net_n=$((net_n + 1))
		ip netns add "$net.$net_host" &&
			ip -n "$net.sw" link add "$net_host" type veth peer name cable netns "$net.$net_host" &&
			ip -n "$net.sw" link set "$net_host" master sw up &&
			ip -n "$net.$net_host" addr add "10.99.0.$net_n/24" dev cable &&
			ip -n "$net.$net_host" link set cable up &&
			ip -n "$net.$net_host" link set lo up || return
		eval "${net_host}_ip=10.99.0.$net_n"
	done
}
net_down() {
	[ -z "$net_made" ] || for net_host in sw $net_hosts; do
		ip netns del "$net.$net_host" 2>/dev/null
	done
}
net_made=

on() {
	on_host=$1
	shift
	ip netns exec "$net.$on_host" "$@"
}
unplug() { ip -n "$net.sw" link set "$1" down; }
plug() { ip -n "$net.sw" link set "$1" up; }
lose() { bridge -n "$net.sw" link set dev "$1" state 0; }
regain() { bridge -n "$net.sw" link set dev "$1" state 3; }
