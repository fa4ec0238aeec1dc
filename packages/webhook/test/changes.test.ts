import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findChange } from '../src/changes.ts';
import { imagesOf } from '../src/images.ts';
import { deployment, OF_DEPLOYMENT, pod, request, type Asked } from './reviews.ts';

function found(asked: Asked): string[] | string {
  const change = findChange(request(asked));
  if (change.kind === 'images') return change.places.map(({ image }) => image);
  return change.kind === 'nothing' ? 'nothing' : change.check;
}

const update = (before: unknown, after: unknown, more: Asked = {}): string[] | string =>
  found({ operation: 'UPDATE', object: after, oldObject: before, ...more });

describe('imagesOf', () => {
  const EVERYWHERE = pod(['a', 'b'], {
    initContainers: [{ name: 'i', image: 'c' }],
    ephemeralContainers: [{ name: 'e', image: 'd' }],
    volumes: [
      { name: 'v', emptyDir: {} },
      { name: 'w', image: { reference: 'e' } },
    ],
  });
  const KINDS: readonly (readonly [string, string, (spec: unknown) => unknown])[] = [
    ['', 'Pod', (spec) => ({ spec })],
    ['', 'PodTemplate', (spec) => ({ template: { spec } })],
    ['', 'ReplicationController', (spec) => ({ spec: { template: { spec } } })],
    ['apps', 'Deployment', (spec) => ({ spec: { template: { spec } } })],
    ['apps', 'ReplicaSet', (spec) => ({ spec: { template: { spec } } })],
    ['apps', 'StatefulSet', (spec) => ({ spec: { template: { spec } } })],
    ['apps', 'DaemonSet', (spec) => ({ spec: { template: { spec } } })],
    ['batch', 'Job', (spec) => ({ spec: { template: { spec } } })],
    ['batch', 'CronJob', (spec) => ({ spec: { jobTemplate: { spec: { template: { spec } } } } })],
  ];
  for (const [group, kind, around] of KINDS) {
    it(`finds every image of a ${kind}, and where it stands`, () => {
      const object = JSON.parse(JSON.stringify(around(EVERYWHERE['spec'])));
      const places = imagesOf(group, kind, object);
      assert.deepEqual(
        places.map((place) => [place.kind, place.name, place.image]),
        [
          ['container', 'c0', 'a'],
          ['container', 'c1', 'b'],
          ['initContainer', 'i', 'c'],
          ['ephemeralContainer', 'e', 'd'],
          ['imageVolume', 'w', 'e'],
        ],
      );
      for (const { pointer, image } of places) {
        const at = pointer
          .slice(1)
          .split('/')
          .reduce((value, key) => value[key], object);
        assert.equal(at, image);
      }
    });
  }

  it('finds the list of Kubernetes 1.21 and older, which stands in the object itself', () => {
    const [place] = imagesOf('', 'EphemeralContainers', { ephemeralContainers: [{ name: 'e', image: 'a' }] });
    assert.deepEqual(place, {
      kind: 'ephemeralContainer',
      name: 'e',
      pointer: '/ephemeralContainers/0/image',
      image: 'a',
    });
  });
});

describe('findChange', () => {
  it('judges whatever is created', () => assert.deepEqual(found({ object: pod(['a', 'b']) }), ['a', 'b']));

  for (const operation of ['DELETE', 'CONNECT']) {
    it(`lets ${operation} pass`, () => assert.equal(found({ operation, oldObject: pod(['a']) }), 'nothing'));
  }

  for (const subResource of ['status', 'scale', 'eviction', 'binding', 'resize']) {
    it(`lets ${subResource} pass`, () =>
      assert.equal(update(pod(['a']), pod(['b']), { subResource }), 'nothing'));
  }

  it('lets an object pass whose images stay the same', () => {
    assert.equal(update(pod(['a']), pod(['a'], {}, { labels: { new: 'yes' } })), 'nothing');
  });

  it('judges only the image that changes', () => {
    assert.deepEqual(update(pod(['a', 'b']), pod(['a', 'c'])), ['c']);
  });

  it('judges an image that moves to another container', () => {
    assert.deepEqual(update(pod(['a', 'b']), pod(['b', 'b'])), ['b']);
  });

  // Trouble 19: kyverno#16275, #16947; CVE-2023-2727.
  it('judges a debug container', () => {
    const after = pod(['a'], { ephemeralContainers: [{ name: 'debug', image: 'evil' }] });
    assert.deepEqual(update(pod(['a']), after, { subResource: 'ephemeralcontainers' }), ['evil']);
  });

  // Trouble 20: policy-controller#1974.
  it('judges an image volume', () => {
    const volumes = [{ name: 'v', image: { reference: 'data' } }];
    assert.deepEqual(found({ object: pod(['a'], { volumes }) }), ['a', 'data']);
  });

  // CVE-2023-34091 (GHSA-hq4m).
  it('judges a changed image although the object is being deleted', () => {
    const after = pod(['b'], {}, { deletionTimestamp: '2026-01-01T00:00:00Z' });
    assert.deepEqual(update(pod(['a']), after), ['b']);
  });

  // portieris PR#517.
  it('judges a pod that says it has an owner', () => {
    const ownerReferences = [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'x', uid: 'u', controller: true },
    ];
    assert.deepEqual(found({ object: pod(['a'], {}, { ownerReferences }) }), ['a']);
  });

  // kyverno#16336.
  it('judges a pod that says it was verified', () => {
    const annotations = { 'danube.dev/verified': 'true', 'kyverno.io/verify-images': '{"a":"pass"}' };
    assert.deepEqual(found({ object: pod(['a'], {}, { annotations }) }), ['a']);
  });

  // Trouble 18: policy-controller#38; connaisseur#1224.
  it('lets an old workload be scaled down, annotated and finalised', () => {
    const before = deployment('old', { replicas: 3 });
    assert.equal(update(before, deployment('old', { replicas: 0 }), OF_DEPLOYMENT), 'nothing');
    const annotated = deployment('old', { replicas: 3 }, { annotations: { a: 'b' }, finalizers: [] });
    assert.equal(update(before, annotated, OF_DEPLOYMENT), 'nothing');
  });

  // portieris#508.
  it('judges a workload that is scaled up from zero', () => {
    const before = deployment('old', { replicas: 0 });
    assert.deepEqual(update(before, deployment('old', { replicas: 1 }), OF_DEPLOYMENT), ['old']);
  });

  it('judges a job that is resumed', () => {
    const of = { group: 'batch', kind: 'Job', resource: 'jobs' };
    const before = deployment('old', { suspend: true });
    assert.deepEqual(update(before, deployment('old', { suspend: false }), of), ['old']);
  });

  it('judges everything when there is no readable object before', () => {
    assert.deepEqual(update(undefined, pod(['a'])), ['a']);
    for (const before of [{ spec: { containers: 'a' } }, { spec: 'a' }, { spec: [] }, {}]) {
      assert.deepEqual(update(before, pod(['a'])), ['a']);
    }
  });

  it('refuses an unknown kind with a pod template, however deep', () => {
    const of = { group: 'argoproj.io', kind: 'Rollout', resource: 'rollouts' };
    assert.equal(found({ ...of, object: deployment('a') }), 'object.kind');
    assert.equal(
      found({ ...of, object: { spec: { tasks: [{ podSpec: pod(['a'])['spec'] }] } } }),
      'object.kind',
    );
  });

  it('knows a list of containers by one that has an image, and by nothing else', () => {
    const of = { group: 'x.example', kind: 'Tool', resource: 'tools' };
    const holding = (containers: unknown): Asked => ({ ...of, object: { spec: { containers } } });
    assert.equal(found(holding([{ name: 'a' }, { name: 'b', image: 'b' }])), 'object.kind');
    for (const other of [[{ name: 'a' }], [], ['a'], { a: { image: 'b' } }, 'a', null]) {
      assert.equal(found(holding(other)), 'nothing', JSON.stringify(other));
    }
    assert.equal(found({ ...of, object: { spec: { pictures: [{ image: 'a' }] } } }), 'nothing');
  });

  it('refuses a known kind in a group that is not its own', () => {
    assert.equal(found({ group: 'evil.example', kind: 'Pod', object: pod(['a']) }), 'object.kind');
  });

  it('lets an unknown kind pass that has no pod template', () => {
    const of = { kind: 'ConfigMap', resource: 'configmaps', object: { data: { image: 'a' } } };
    const why = 'has no pod template';
    assert.deepEqual(findChange(request(of)), { kind: 'nothing', why: `ConfigMap ${why}` });
    const inGroup = findChange(request({ ...of, group: 'x.example' }));
    assert.deepEqual(inGroup, { kind: 'nothing', why: `ConfigMap.x.example ${why}` });
  });

  it('refuses an unknown kind that nests too deep to be looked at', () => {
    let object: object = {};
    for (let depth = 0; depth < 200; depth += 1) object = { inner: object };
    assert.equal(found({ group: 'x.example', kind: 'Deep', object }), 'object.kind');
  });

  const BROKEN: readonly (readonly [string, unknown])[] = [
    ['containers that are no list', { spec: { containers: { image: 'a' } } }],
    ['a container that is a text', { spec: { containers: ['a'] } }],
    ['an image that is a list', { spec: { containers: [{ image: ['a'] }] } }],
    ['a specification that is a text', { spec: 'a' }],
    ['a volume whose image is a text', { spec: { volumes: [{ image: 'a' }] } }],
  ];
  for (const [what, object] of BROKEN) {
    it(`refuses ${what}`, () => assert.equal(found({ object }), 'object.format'));
  }

  it('refuses a creation without an object', () => assert.equal(found({}), 'object.format'));
});
