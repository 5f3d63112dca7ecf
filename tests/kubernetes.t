#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The Kubernetes manifests, held strictly to the API without a cluster (kubernetes_strict.py), and
# the commands of their containers, run here with keys as the manifests say; what the scaling
# reads follows the queue's depth.
. "$(dirname "$0")/cluster.sh"
unset ASSAY_BANK ASSAY_KEYS ASSAY_INSECURE
python=/usr/bin/python3
if ! $python -c 'import kubernetes.client.models, yaml' 2>/dev/null; then
	skip "the manifests" "no Kubernetes API: apt-get install python3-kubernetes python3-yaml"
	finish
fi
$python "$here/tests/kubernetes_strict.py" "$here/cluster/kubernetes" >err 2>&1
is $? "the manifests are what the API takes, and fit together"
while IFS='~' read -r name edit words; do
	mkdir -p "bad/$name"
	for file in assay.yaml scale.yaml; do
		sed "$edit" "$here/cluster/kubernetes/$file" >"bad/$name/$file"
	done
	echo "$name~$words" >>mistakes
done <<'END'
an unknown field~s/enableServiceLinks:/enableServiceLink:/~has no field 'enableServiceLink'
an unknown field of KEDA~s/pollingInterval:/pollInterval:/~has no field 'pollInterval'
a number that is text~s/replicas: 2/replicas: two/~is no int but 'two'
text that is a number~s/targetValue: "64"/targetValue: 64/~is no str but 64
a truth that is text~s/runAsNonRoot: true/runAsNonRoot: "yes"/~is no bool but 'yes'
a map where a list belongs~s/drop: \[ALL\]/drop: {ALL: 1}/~is no list
a field that must be there~/^  selector:$/s/selector/selectors/~'selector' is missing
a container without an image~/^          image:/d~has no image
a kind that is not there~s/^kind: Service$/kind: Servise/~no such kind: v1 Servise
a version that is not there~s|apps/v1|apps/v1beta9|~no such kind
a key twice~s/^      enableServiceLinks.*/&\n&/~stands twice
a port of nobody~s/targetPort: takes/targetPort: takings/~no pod has the port 'takings'
a volume of nobody~s/{name: tmp, mountPath/{name: temp, mountPath/~there is no volume 'temp'
labels that do not fit~s/matchLabels: {app.kubernetes.io\/name: assay-work}/matchLabels: {app: x}/~does not find its own pods
a target of nobody~/scaleTargetRef/{n;s/assay-work/assay-worker/}~scales nothing
a service of nobody~s/assay-queue.assay.svc:9555/assay-queue.assay.svc:9556/~no service is at
a pod with too many rights~s/allowPrivilegeEscalation: false/allowPrivilegeEscalation: true/~not restricted: allowPrivilegeEscalation
END
$python "$here/tests/kubernetes_strict.py" bad/* >said 2>&1
while IFS='~' read -r name words; do
	grep -F -- "bad/$name: " said | grep -qF -- "$words" || echo "$name"
done <mistakes >err
[ ! -s err ]
is $? "each of $(wc -l <mistakes) mistakes would be found"

# --- the image -----------------------------------------------------------------------------------
# its instructions, one a line: known ones, stages that are there, RUN lines that a shell reads
sed -e '/^#/d; /^$/d' -e ':a' -e '/\\$/N; s/\\\n//; ta' "$here/cluster/Containerfile" >image
{
	grep -vE '^(FROM|RUN|COPY|WORKDIR|ENV|USER|ENTRYPOINT|CMD) ' image
	head -n 1 image | grep -q '^FROM ' || echo "FROM is not first"
	for stage in $(sed -n 's/^COPY --from=\([^ ]*\) .*/\1/p' image); do
		grep -qE "^FROM .* AS $stage\$" image || echo "no stage $stage"
	done
	sed -n 's/^RUN //p' image | sh -n 2>&1
	sed -n 's/^\(ENTRYPOINT\|CMD\) //p' image | jq -e 'type == "array"' 2>&1 | grep -vx true
	for target in $(grep -oE 'make (-s )?[a-z-]+' image | sed 's/.* //' | grep -vx make); do
		make -C "$here" -n "$target" BUILD="$build" >out 2>&1 || echo "no target $target"
	done
} >err
[ ! -s err ]
is $? "the Containerfile reads well ($(wc -l <image) instructions)"

# --- the containers' commands, with keys as the head of assay.yaml says -------------------------
takes_port=$(port)
metrics=$(port)
# here TEXT: addresses and folders as they are here instead of in a pod
here() {
	sed "s|tcp://assay-queue:5555|tcp://127.0.0.1:$takes_port|g; s|tcp://0.0.0.0:5555|tcp://0.0.0.0:$takes_port|g
		s|0.0.0.0:9555|127.0.0.1:$metrics|g; s|assay-queue.assay.svc:9555|127.0.0.1:$metrics|g
		s|/secret|$tmp/$1-keys|g; s|/keys/|$tmp/$1-mount/|g; s|/keys|$tmp/$1-mount|g"
}
# command DEPLOYMENT LIST CONTAINER: what it runs, quoted for the shell, with the variables put in
command_of() {
	$python - "$here/cluster/kubernetes/assay.yaml" "$@" <<'END'
import shlex, sys, yaml
path, deployment, group, name = sys.argv[1:]
for d in yaml.safe_load_all(open(path)):
    if d['kind'] == 'Deployment' and d['metadata']['name'] == deployment:
        for c in d['spec']['template']['spec'][group]:
            if c['name'] == name:
                print(shlex.join((c.get('command') or ['assay']) + c.get('args', [])).replace('$(JOBS)', '1'))
END
}
sed -n '/^#	assay key/s/^#	//p' "$here/cluster/kubernetes/assay.yaml" | here none >keys.sh
sh -e keys.sh >out 2>err
is $? "keys are made as the manifest's head says ($(wc -l <keys.sh) commands)"
for part in queue work; do
	# A mounted secret: its files are links, its group and others may look.
	mkdir -m 755 $part-mount
	mv $part-keys $part-data && mkdir -m 1777 $part-keys
	for file in $part-data/*; do
		chmod 440 "$file"
		ln -s "../$file" $part-keys/
	done
	# shellcheck disable=SC2086
	eval "$(command_of assay-$part initContainers keys | here $part)" 2>err
	is $? "assay-$part: the init container copies them"
done
eval "exec $(command_of assay-queue containers queue | here queue)" 2>queue.log &
get() { perl -MIO::Socket::INET -e 'my ($host, $path) = $ARGV[0] =~ m|^http://([^/]*)(/.*)|;
	my $s = IO::Socket::INET->new($host) or exit 1; print $s "GET $path HTTP/1.0\r\n\r\n"; local $/; my $got = <$s>;
	$got =~ s/^(.*?)\r\n\r\n//s; print $got; exit($1 !~ m|^HTTP/1.[01] 200|)' "$1"; }
probe=$(sed -n 's|.*httpGet: {path: \([^,]*\), port: metrics}|\1|p' "$here/cluster/kubernetes/assay.yaml" | sort -u)
soon "the queue answers its probes at $probe" get "http://127.0.0.1:$metrics$probe"
# depth N SERVICE...: what KEDA would read: one sample with that name and label
url=$(sed -n 's/^ *url: //p' "$here/cluster/kubernetes/scale.yaml" | sort -u | here none)
read_metric() { get "$url" | grep -F "$1 " | sed 's/.* //'; }
waiting=$(sed -n 's/^ *valueLocation: //p' "$here/cluster/kubernetes/scale.yaml" | sed -n 1p)
leased=$(sed -n 's/^ *valueLocation: //p' "$here/cluster/kubernetes/scale.yaml" | sed -n 2p)
depth() { [ "$(read_metric "$waiting" | sed 's/\.0*$//')" = "$1" ]; }

assay patch pluck --random 70 --beats 1 >in 2>err
timeout 60 assay farm -q --keys "$tmp/work-mount/own" "tcp://127.0.0.1:$takes_port" <in >got 2>farm.log &
farm=$!
soon "$waiting is what waits" depth 70
[ -n "$(read_metric "$leased")" ]
is $? "$leased is there, too"
eval "exec $(command_of assay-work containers work | here work)" 2>work.log &
worker=$!
wait $farm
is $? "a worker comes, and the takes come back"
assay render -q <in | assay features -q | cmp - got 2>err
is $? "as from the plain pipe"
soon "nothing waits any more" depth 0
assay key new --keys stranger >out 2>err && cp work-mount/own/queues stranger/ 2>/dev/null
timeout 2 assay top --once --json --keys "$tmp/stranger" "tcp://127.0.0.1:$takes_port" >out 2>err
[ $? -ne 0 ] && ! grep -q epoch out
is $? "a key that is not in the list is not let in"
kill -TERM $worker
wait $worker
same "told to end, the worker does" $? 0
finish
