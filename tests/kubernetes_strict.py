# SPDX-License-Identifier: GPL-3.0-or-later
"""Are these manifests what Kubernetes would take? kubernetes_strict.py FOLDER...

Every field is held to the API as its Python client knows it (package python3-kubernetes, whose
models are made from Kubernetes' own OpenAPI): unknown fields, wrong types and missing fields
are errors, as they are to a server that validates strictly. KEDA's ScaledObject is held to the
table below (its CRD, v1alpha1). Then what no schema says: that the parts fit together, and that
pods are as the Pod Security Standard "restricted" has them. A folder's manifests belong together.
Prints what is wrong, one a line, with the folder's name before it.
"""
import glob
import sys

import yaml
from kubernetes.client import models

# fields; ! in front: there must be one
KEDA = {
    'ScaledObject': {'!apiVersion': 'str', '!kind': 'str', '!metadata': 'V1ObjectMeta', '!spec': 'ScaledObjectSpec'},
    'ScaledObjectSpec': {
        '!scaleTargetRef': 'ScaleTarget', 'pollingInterval': 'int', 'initialCooldownPeriod': 'int',
        'cooldownPeriod': 'int', 'idleReplicaCount': 'int', 'minReplicaCount': 'int', 'maxReplicaCount': 'int',
        'advanced': 'AdvancedConfig', '!triggers': 'list[ScaleTriggers]', 'fallback': 'Fallback'},
    'ScaleTarget': {'!name': 'str', 'apiVersion': 'str', 'kind': 'str', 'envSourceContainerName': 'str'},
    'AdvancedConfig': {
        'horizontalPodAutoscalerConfig': 'HorizontalPodAutoscalerConfig', 'restoreToOriginalReplicaCount': 'bool'},
    'HorizontalPodAutoscalerConfig': {'behavior': 'V2beta2HorizontalPodAutoscalerBehavior', 'name': 'str'},
    'ScaleTriggers': {
        '!type': 'str', 'name': 'str', 'useCachedMetrics': 'bool', '!metadata': 'dict(str, str)',
        'authenticationRef': 'AuthenticationRef', 'metricType': 'str'},
    'AuthenticationRef': {'!name': 'str', 'kind': 'str'},
    'Fallback': {'!failureThreshold': 'int', '!replicas': 'int'},
}
# of a metrics-api trigger
TRIGGER = {'url', 'format', 'valueLocation', 'targetValue', 'activationTargetValue', 'unsafeSsl'}
PLAIN = {'str': str, 'int': int, 'bool': bool, 'float': (int, float)}

errors = []


def wrong(where, what):
    errors.append(f'{where}: {what}')


class Loader(yaml.SafeLoader):
    """YAML in which a key that stands twice is an error."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(k, deep=True) for k, _ in node.value]
        for k in keys:
            if keys.count(k) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"'{k}' stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def fields(kind):
    """name -> (type, whether it must be there)"""
    if kind in KEDA:
        return {k.lstrip('!'): (t, k[0] == '!') for k, t in KEDA[kind].items()}
    model = getattr(models, kind)
    out = {}
    empty = object.__new__(model)
    empty.local_vars_configuration = models.V1Pod().local_vars_configuration
    for attribute, name in model.attribute_map.items():
        try:
            setattr(empty, attribute, None)
            needed = False
        except ValueError:
            needed = True
        out[name] = (model.openapi_types[attribute], needed)
    return out


def check(where, value, kind):
    if kind.startswith('list['):
        if not isinstance(value, list):
            return wrong(where, f'is no list but {value!r}')
        for i, v in enumerate(value):
            check(f'{where}[{i}]', v, kind[5:-1])
    elif kind.startswith('dict('):
        if not isinstance(value, dict):
            return wrong(where, f'is no map but {value!r}')
        for k, v in value.items():
            if not isinstance(k, str):
                wrong(where, f'the key {k!r} is no text')
            check(f'{where}.{k}', v, kind[5:-1].split(', ')[1])
    elif kind == 'object':  # a number or a name: ports, 25%
        if not isinstance(value, (int, str)) or isinstance(value, bool):
            wrong(where, f'is neither number nor text but {value!r}')
    elif kind in PLAIN:
        if not isinstance(value, PLAIN[kind]) or isinstance(value, bool) != (kind == 'bool'):
            wrong(where, f'is no {kind} but {value!r}')
    elif not isinstance(value, dict):
        wrong(where, f'is no {kind} but {value!r}')
    else:
        known = fields(kind)
        for k, v in value.items():
            if k not in known:
                wrong(where, f"{kind} has no field '{k}'")
            else:
                check(f'{where}.{k}', v, known[k][0])
        for k, (_, needed) in known.items():
            if needed and k not in value:
                wrong(where, f"'{k}' is missing")


def kind_of(d):
    group, version = ([''] + str(d.get('apiVersion')).split('/'))[-2:]
    if group == 'keda.sh' and version == 'v1alpha1':
        return d.get('kind') if d.get('kind') == 'ScaledObject' else None
    name = version[:1].upper() + version[1:] + str(d.get('kind'))
    home = {'Deployment': 'apps', 'Service': '', 'Namespace': '', 'Secret': '', 'ConfigMap': ''}
    return name if hasattr(models, name) and home.get(d.get('kind')) == group else None


def restricted(where, pod, container):
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/"""
    p, c = pod.get('securityContext', {}), container.get('securityContext', {})
    for what, good in (
        ('runAsNonRoot', c.get('runAsNonRoot', p.get('runAsNonRoot')) is True),
        ('runAsUser', c.get('runAsUser', p.get('runAsUser')) != 0),
        ('allowPrivilegeEscalation', c.get('allowPrivilegeEscalation') is False),
        ('capabilities', c.get('capabilities', {}).get('drop') == ['ALL'] and not c['capabilities'].get('add')),
        ('seccompProfile', (c.get('seccompProfile') or p.get('seccompProfile') or {}).get('type') == 'RuntimeDefault'),
        ('privileged', not c.get('privileged')),
        ('host', not any(pod.get(h) for h in ('hostNetwork', 'hostPID', 'hostIPC'))),
    ):
        if not good:
            wrong(where, f'not restricted: {what}')


def fits(docs):
    named = {(d['kind'], d['metadata']['namespace'], d['metadata']['name']): d
             for d in docs if d['kind'] != 'Namespace'}
    spaces = {d['metadata']['name'] for d in docs if d['kind'] == 'Namespace'}
    ports = {}
    for (kind, space, name), d in named.items():
        where = f'{kind} {name}'
        if space not in spaces:
            wrong(where, f"there is no namespace '{space}'")
        if kind != 'Deployment':
            continue
        template = d['spec']['template']
        labels, pod = template['metadata']['labels'], template['spec']
        if not d['spec']['selector']['matchLabels'].items() <= labels.items():
            wrong(where, 'its selector does not find its own pods')
        volumes = {v['name'] for v in pod.get('volumes', [])}
        for c in pod.get('initContainers', []) + pod['containers']:
            at = f"{where}, container {c['name']}"
            restricted(at, pod, c)
            for m in c.get('volumeMounts', []):
                if m['name'] not in volumes:
                    wrong(at, f"there is no volume '{m['name']}'")
            if not c.get('resources', {}).get('requests') or 'memory' not in c['resources'].get('limits', {}):
                wrong(at, 'asks for no resources, or has no limit of memory')
            if c.get('image') is None:
                wrong(at, 'has no image')
            own = {p['name']: p['containerPort'] for p in c.get('ports', [])}
            for probe in ('startupProbe', 'readinessProbe', 'livenessProbe'):
                if probe in c and c[probe]['httpGet']['port'] not in own:
                    wrong(at, f'{probe}: there is no such port')
            ports.setdefault((space, frozenset(labels.items())), {}).update(own)
    for (kind, space, name), d in named.items():
        where = f'{kind} {name}'
        if kind == 'Service':
            found = {k: v for (s, labels), own in ports.items()
                     if s == space and d['spec']['selector'].items() <= dict(labels).items() for k, v in own.items()}
            for p in d['spec']['ports']:
                if p['targetPort'] not in found:
                    wrong(where, f"no pod has the port '{p['targetPort']}'")
        if kind == 'ScaledObject':
            if ('Deployment', space, d['spec']['scaleTargetRef']['name']) not in named:
                wrong(where, 'scales nothing')
            for t in d['spec']['triggers']:
                m = t['metadata']
                if t['type'] != 'metrics-api' or set(m) - TRIGGER or not {'url', 'valueLocation', 'targetValue'} <= set(m):
                    wrong(where, f'such a trigger is not known here: {t}')
                    continue
                host, port = m['url'].split('/')[2].split(':')
                service = named.get(('Service', host.split('.')[1], host.split('.')[0]))
                if not service or int(port) not in [p['port'] for p in service['spec']['ports']]:
                    wrong(where, f"no service is at '{m['url']}'")


def folder(where):
    docs = []
    for path in sorted(glob.glob(f'{where}/*.yaml')):
        try:
            docs += [(path, d) for d in yaml.load_all(open(path), Loader) if d is not None]
        except yaml.YAMLError as e:
            wrong(path, ' '.join(str(e).split()))
    if not docs:
        wrong(where, 'no manifest')
    for path, d in docs:
        kind = kind_of(d) if isinstance(d, dict) else None
        if not kind:
            wrong(path, f'no such kind: {d.get("apiVersion")} {d.get("kind")}' if isinstance(d, dict) else 'no map')
        else:
            check(f"{path}: {d['kind']} {d.get('metadata', {}).get('name')}", d, kind)
    if not errors:
        fits([d for _, d in docs])


bad = False
for name in sys.argv[1:]:
    errors = []
    folder(name)
    for e in errors:
        print(f'{name}: {e}')
    bad = bad or bool(errors)
sys.exit(bad)
