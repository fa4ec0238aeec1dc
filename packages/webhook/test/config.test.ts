import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parsePolicy } from '@danube/verifier/documents';
import { parseConfig } from '../src/config.ts';
import { readConfigFile } from '../src/read-file.ts';
import { loadRules } from '../src/load-rules.ts';
import { loadConfig } from '../src/config.ts';
import { encode } from './reviews.ts';
import { policyFor, registryWith, Setup } from './world.ts';

const GOOD = {
  apiVersion: 'danube.dev/v1',
  kind: 'WebhookConfig',
  trust: { publicKeys: ['key.pub'] },
  policies: [{ file: 'release.yaml' }],
};

function refuses(change: object, message: RegExp): void {
  assert.throws(() => parseConfig(encode({ ...GOOD, ...change }), 'webhook.json'), {
    name: 'WebhookError',
    code: 'ERR_WEBHOOK_CONFIG',
    message,
  });
}

describe('readConfigFile', () => {
  it('says which file cannot be read', () => {
    assert.throws(() => readConfigFile('no/such/file'), {
      name: 'WebhookError',
      code: 'ERR_WEBHOOK_IO',
      message: 'cannot read no/such/file: no such file or directory',
    });
    assert.throws(() => readConfigFile(import.meta.dirname), { message: /: it is a directory$/ });
  });

  it('reads nothing without end', () => {
    assert.throws(() => readConfigFile('/dev/zero'), {
      code: 'ERR_WEBHOOK_IO',
      message: '/dev/zero is larger than 16777216 bytes',
    });
  });
});

describe('parseConfig', () => {
  it('enforces and denies what is not said', () => {
    const { mode, noMatch, workloads, cache, limits } = parseConfig(encode(GOOD), 'x');
    assert.deepEqual(
      { mode, noMatch, workloads },
      { mode: 'enforce', noMatch: 'deny', workloads: 'enforce' },
    );
    assert.equal(limits.bodyBytes, 8 * 1024 * 1024);
    assert.ok(cache.rejectedSeconds < cache.acceptedSeconds);
  });

  it('refuses what is no YAML, and names the file', () => {
    assert.throws(() => parseConfig(new TextEncoder().encode('a: ['), 'webhook.yaml'), {
      name: 'WebhookError',
      code: 'ERR_WEBHOOK_CONFIG',
      message: /^webhook\.yaml: /,
    });
  });

  const BAD: readonly (readonly [string, object, RegExp])[] = [
    ['an unknown field', { polices: [] }, /\/polices: the format has no such field/],
    ['an unknown mode', { mode: 'off' }, /\/mode/],
    ['an empty list of policies', { policies: [] }, /\/policies: is an empty list/],
    ['no policies at all', { policies: undefined }, /\/policies: expected policies, or customResources/],
    ['no policies and no refusal', { policies: undefined, noMatch: 'allow' }, /would let everything run/],
    ['no trust', { trust: undefined }, /\/trust/],
    [
      'an exemption without a reason',
      { exemptions: [{ images: ['a.example/b'] }] },
      /\/exemptions\/0\/reason/,
    ],
    ['an exemption of everything', { exemptions: [{ reason: 'x' }] }, /\/exemptions\/0: exempts everything/],
    ['Gatekeeper for everybody', { gatekeeper: {} }, /\/gatekeeper: needs \/tls\/clientCertificates/],
    [
      'an empty namespace list',
      { policies: [{ file: 'a', namespaces: [] }] },
      /namespaces: is an empty list/,
    ],
  ];
  for (const [what, change, message] of BAD) it(`refuses ${what}`, () => refuses(change, message));
});

const registry = await registryWith();

describe('loadRules', () => {
  it('refuses a policy that demands a level which nobody can know', () => {
    const policy = policyFor(registry, { builders: [{ id: 'https://a.example', level: 3 }] });
    const setup = new Setup(registry, {}, { 'level.json': policy });
    assert.throws(
      () => loadRules(loadConfig(setup.path('webhook.json'))),
      /demands a Build level, which only a trust root knows/,
    );
  });

  it('refuses a threshold that its keys cannot reach', () => {
    const setup = new Setup(registry, { trust: { publicKeys: ['key.pub', 'key.pub'], threshold: 2 } });
    assert.throws(
      () => loadRules(loadConfig(setup.path('webhook.json'))),
      /2 is more than the 1 distinct key/,
    );
  });

  it('refuses an exemption whose registry is a pattern', () => {
    const setup = new Setup(registry, { exemptions: [{ images: ['*.example.com/a'], reason: 'x' }] });
    assert.throws(
      () => loadRules(loadConfig(setup.path('webhook.json'))),
      /\/exemptions\/0\/images: the pattern .* has a wildcard in its registry/,
    );
  });
});

describe('docs/webhook.md', () => {
  const page = readFileSync(new URL('../../../docs/webhook.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text);

  it('has a configuration that can be read', () => {
    const [config = ''] = blocks.filter((text) => text.includes('kind: WebhookConfig'));
    assert.equal(parseConfig(new TextEncoder().encode(config), 'docs').policies?.length, 3);
  });

  it('has policies that can be read', () => {
    const policies = blocks.flatMap((text) => {
      if (text.startsWith('apiVersion: danube.dev') && text.includes('kind: ProvenancePolicy')) return [text];
      const [, indented] = /document: \|\n((?: {8}.*\n)+)/.exec(text) ?? [];
      return indented === undefined ? [] : [indented.replace(/^ {8}/gm, '')];
    });
    assert.equal(policies.length, 2);
    for (const text of policies) parsePolicy(new TextEncoder().encode(text));
  });
});
