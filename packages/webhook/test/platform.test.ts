import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ANY_PLATFORM, platformOf } from '../src/platform.ts';
import { pod } from './reviews.ts';

const ALL = ['linux/amd64', 'linux/arm64', 'windows/amd64'];
const ARCH = 'kubernetes.io/arch';
const OS = 'kubernetes.io/os';

/** Which of the platforms are left for a pod with this specification. */
function left(spec: object): string {
  const wanted = platformOf('', 'Pod', pod(['a'], spec));
  return ALL.filter((text) => {
    const [os = '', architecture = ''] = text.split('/');
    return wanted.matches({ os, architecture });
  }).join(' ');
}

/** One of the terms has to hold; each is a list of expressions. */
function affinity(...terms: readonly (readonly object[])[]): object {
  return required({ nodeSelectorTerms: terms.map((matchExpressions) => ({ matchExpressions })) });
}

function required(selector: object): object {
  return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: selector } } };
}

const on = (key: string, operator: string, ...values: readonly string[]): object => ({
  key,
  operator,
  values,
});

describe('the platforms of a pod', () => {
  const CASES: readonly (readonly [string, object, string])[] = [
    ['no choice', {}, ALL.join(' ')],
    ['a selector of the architecture', { nodeSelector: { [ARCH]: 'amd64' } }, 'linux/amd64 windows/amd64'],
    ['a selector of both', { nodeSelector: { [ARCH]: 'amd64', [OS]: 'linux' } }, 'linux/amd64'],
    ['another selector', { nodeSelector: { disk: 'ssd' } }, ALL.join(' ')],
    ['In', affinity([on(ARCH, 'In', 'arm64', 's390x')]), 'linux/arm64'],
    ['NotIn', affinity([on(ARCH, 'NotIn', 'arm64')]), 'linux/amd64 windows/amd64'],
    ['Exists', affinity([on(ARCH, 'Exists')]), ALL.join(' ')],
    [
      'all expressions of a term',
      affinity([on(ARCH, 'In', 'amd64'), on(OS, 'NotIn', 'windows')]),
      'linux/amd64',
    ],
    [
      'any of the terms',
      affinity([on(ARCH, 'In', 'arm64')], [on(OS, 'In', 'windows')]),
      'linux/arm64 windows/amd64',
    ],
    [
      'selector and affinity together',
      { nodeSelector: { [OS]: 'linux' }, ...affinity([on(ARCH, 'In', 'amd64')]) },
      'linux/amd64',
    ],
    [
      'a term about something else, which lets anything in',
      affinity([on(ARCH, 'In', 'arm64')], [on('disk', 'In', 'ssd')]),
      ALL.join(' '),
    ],
    ['an operator that nobody knows', affinity([on(ARCH, 'Gt', 'amd64')]), ALL.join(' ')],
    [
      'what is only preferred',
      {
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 1, preference: { matchExpressions: [on(ARCH, 'In', 'amd64')] } },
            ],
          },
        },
      },
      ALL.join(' '),
    ],
    ['shapes that are none', { nodeSelector: 'amd64', affinity: { nodeAffinity: ['x'] } }, ALL.join(' ')],
    ['terms that are no list', required({ nodeSelectorTerms: 'x' }), ALL.join(' ')],
    [
      'expressions that are no list',
      required({ nodeSelectorTerms: [{ matchExpressions: 'x' }] }),
      ALL.join(' '),
    ],
    ['values that are no list', affinity([{ key: ARCH, operator: 'In', values: 'arm64' }]), ALL.join(' ')],
    ['a choice too long to follow', affinity([on(ARCH, 'In', 'x'.repeat(2000))]), ALL.join(' ')],
  ];
  for (const [what, spec, expected] of CASES) it(`follows ${what}`, () => assert.equal(left(spec), expected));

  it('hold an image that does not say its own for any of them', () => {
    const choice = platformOf('', 'Pod', pod(['a'], { nodeSelector: { [ARCH]: 'amd64' } }));
    assert.ok(choice.matches(undefined));
  });

  it('are those of all who may run an image, whatever it is called', () => {
    const isLeft = (os: string, architecture: string, spec: object): boolean =>
      platformOf('', 'Pod', pod(['a'], spec)).matches({ os, architecture });
    const amd64 = { nodeSelector: { [ARCH]: 'amd64', [OS]: 'linux' } };
    for (const architecture of ['386', 'x86_64', 'AMD64', ''])
      assert.ok(isLeft('linux', architecture, amd64), architecture);
    for (const os of ['Linux', '', 'unikraft']) assert.ok(isLeft(os, 'amd64', amd64), os);
    assert.ok(!isLeft('linux', 'arm', amd64));
    assert.ok(isLeft('linux', 'arm', { nodeSelector: { [ARCH]: 'arm64' } }));
    assert.ok(isLeft('linux', 'arm', affinity([on(ARCH, 'NotIn', 'arm')])));
    assert.ok(!isLeft('linux', 'arm', affinity([on(ARCH, 'NotIn', 'arm', 'arm64')])));
  });

  it('have a key that is the same for the same choice alone', () => {
    const keyOf = (spec: object): string => platformOf('', 'Pod', pod(['a'], spec)).key;
    assert.equal(keyOf({}), ANY_PLATFORM.key);
    const keys = [
      { nodeSelector: { [ARCH]: 'amd64' } },
      { nodeSelector: { [OS]: 'amd64' } },
      affinity([on(ARCH, 'NotIn', 'amd64')]),
      affinity([on(ARCH, 'In', 'amd64')], [on(OS, 'In', 'linux')]),
      affinity([on(ARCH, 'In', 'amd64'), on(OS, 'In', 'linux')]),
    ].map(keyOf);
    assert.equal(new Set(keys).size, keys.length);
    assert.equal(keyOf(affinity([on(ARCH, 'In', 'amd64')])), keys[0]);
  });
});
