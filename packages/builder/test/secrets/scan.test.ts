import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { scanSecrets } from '@danube/builder';
import { CORPUS_SIZE, plant, statement } from './corpus.ts';
import { seeded } from './random.ts';
import { IN_CONTEXT, KEY_BYTES, PRIVATE_KEYS, type Sample, TOKENS } from './samples.ts';
import { PRIVATE_KEY_RULES } from '../../src/secrets/private-keys.ts';
import { TOKEN_RULES } from '../../src/secrets/token-rules.ts';

const SAMPLES: readonly Sample[] = [...TOKENS, ...PRIVATE_KEYS, ...IN_CONTEXT];
const POINTER = '/predicate/extension/note';

const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64');
const wrap = (text: string): string => text.replaceAll(/.{76}/g, '$&\n');

/** What a secret may look like where it is written down; two of base64, URL and gzip at most. */
const DISGUISES: readonly (readonly [name: string, disguise: (secret: string) => string])[] = [
  ['plain', (s) => s],
  ['among words', (s) => `the build said "${s}" and went on`],
  ['in an assignment', (s) => `X_VALUE=${s}; true`],
  ['base64', base64],
  ['URL-safe base64', (s) => Buffer.from(s).toString('base64url')],
  ['base64 in lines', (s) => wrap(base64(`${'x'.repeat(90)} ${s}`))],
  ['base64 after a path', (s) => `data/v1/${base64(s)}`],
  ['base64 twice', (s) => base64(base64(s))],
  ['gzip', (s) => base64(gzipSync(s))],
  ['URL', encodeURIComponent],
  ['URL twice', (s) => encodeURIComponent(encodeURIComponent(s))],
  ['every byte URL-encoded', (s) => Buffer.from(s).toString('hex').replaceAll(/../g, '%$&')],
  ['URL in base64', (s) => base64(encodeURIComponent(s))],
  ['base64 in URL', (s) => encodeURIComponent(base64(s))],
  ['UTF-16 in base64', (s) => base64(Buffer.from(s, 'utf16le'))],
  ['UTF-16 as text', (s) => s.split('').join('\0')],
  ['JSON in a string', (s) => JSON.stringify({ note: s })],
  ['JSON in JSON in a string', (s) => JSON.stringify(JSON.stringify({ note: s }))],
];

describe('scanSecrets', () => {
  it(`raises no false alarm on ${CORPUS_SIZE} documents of real shapes`, () => {
    for (let seed = 0; seed < CORPUS_SIZE; seed += 1) {
      assert.deepEqual(scanSecrets(statement(seeded(seed))), [], `seed ${seed}`);
    }
  });

  it('finds every sample in every disguise, by its rule, and nothing of it is shown', () => {
    let seed = 10_000;
    for (const { rule, make } of SAMPLES) {
      for (const [name, disguise] of DISGUISES) {
        const random = seeded((seed += 1));
        const secret = make(random);
        const findings = scanSecrets(plant(statement(random), disguise(secret)));
        assert.ok(findings.length > 0, `${rule}, ${name}: ${secret}`);
        assert.ok(
          findings.every(({ pointer }) => pointer.startsWith(POINTER)),
          `${rule}, ${name}`,
        );
        if (name === 'plain')
          assert.ok(
            findings.some((found) => found.rule === rule),
            `${rule}: ${JSON.stringify(findings)}`,
          );
        assert.ok(findings.every(({ hint }) => hint.length <= 30 && !hint.includes(secret.slice(0, 6))));
      }
    }
  });

  it('has a sample for every rule', () => {
    const sampled = new Set(SAMPLES.map(({ rule }) => rule));
    assert.deepEqual(
      [...PRIVATE_KEY_RULES, ...TOKEN_RULES].map(({ id }) => id).filter((id) => !sampled.has(id)),
      [],
    );
  });

  it('finds keys of which only the bytes tell what they are', () => {
    for (const make of KEY_BYTES) {
      const der = make();
      for (const text of [
        base64(der),
        wrap(base64(der)),
        Buffer.from(der).toString('base64url'),
        base64(gzipSync(der)),
        base64(base64(der)),
      ]) {
        assert.deepEqual(
          scanSecrets(plant(statement(seeded(1)), text)).map(({ rule }) => rule),
          ['private-key'],
          text,
        );
      }
    }
  });

  it('finds a secret in the name of a member, and masks it in the pointer', () => {
    const secret = TOKENS.find(({ rule }) => rule === 'github-token')!.make(seeded(7));
    const [finding, ...others] = scanSecrets(plant(statement(seeded(7)), { [secret]: 1 }));
    assert.deepEqual(others, []);
    assert.equal(finding?.pointer, '/predicate/extension/note/ghp_... (40 characters)');
    assert.ok(!JSON.stringify(finding).includes(secret.slice(4, 12)));
  });

  it('finds what is no digest where a digest belongs', () => {
    const token = TOKENS.find(({ rule }) => rule === 'npm-token')!.make(seeded(8));
    const hex = PRIVATE_KEYS.find(({ rule }) => rule === 'pkcs8-hex')!.make(seeded(8));
    for (const digest of [
      { sha256: token },
      { sha384: hex },
      { [token]: 'x' },
      { password: 'hunter2!' },
      { sha1: base64(token) },
    ]) {
      assert.equal(scanSecrets({ subject: [{ name: 'a', digest }] }).length, 1, JSON.stringify(digest));
    }
  });

  it('reads the words of a command together', () => {
    const random = seeded(9);
    const password = random.password();
    const key = PRIVATE_KEYS[0]!.make(random);
    for (const command of [
      ['login', '--password', password],
      ['curl', '-u', `sam:${password}`],
      ['curl', '-H', 'Authorization: Bearer', `${random.hex(30)}xyz`],
      key.split('\n'),
      key.split(' '),
      ['-----BEGIN', 'PRIVATE', 'KEY-----'],
      base64(`password=${password}; and some more text behind it`).match(/.{1,20}/g)!,
    ]) {
      assert.ok(scanSecrets({ command }).length > 0, JSON.stringify(command));
    }
  });

  it('knows values by the names beside them', () => {
    const random = seeded(10);
    const token = `${random.hex(31)}g`;
    for (const object of [
      { password: random.password() },
      { DB_PASSWORD: 'hunter2' },
      { env: [{ name: 'NPM_TOKEN', value: token }] },
      { auths: { 'registry.example.com': { auth: base64(`sam:${random.password()}`) } } },
      { apiKeys: [token] },
      { nested: { clientSecret: { value: token } } },
      { kty: 'OKP', crv: 'Ed25519', d: random.text(43, 'abcdefgh') },
      { kty: 'oct', k: random.text(43, 'abcdefgh') },
    ]) {
      assert.ok(scanSecrets(object).length > 0, JSON.stringify(object));
    }
  });

  it('looks into more than it can unpack by refusing it', () => {
    const bomb = base64(gzipSync(Buffer.alloc(80 * 1024 * 1024)));
    assert.deepEqual(
      scanSecrets({ bomb }).map(({ rule }) => rule),
      ['too-much-encoded'],
    );
  });

  it('takes no longer for text that is made to slow it down', () => {
    const texts = [
      'A',
      '-',
      '=',
      'password=',
      'ghp_',
      'eyJ',
      'eyJabcdefghij.',
      'a://',
      '--BEGIN ',
      '"kty"',
      '\\n',
      '%41',
      'A\n',
      '--token ',
      'bearer ',
      '-u a:',
      'a:',
      'sig=',
      'AZDO',
      'glpat-',
    ];
    for (const text of texts) {
      const [small, large] = [text.repeat(131_072 / text.length), text.repeat(1_048_576 / text.length)];
      const [few, many] = [
        fastest(() => scanSecrets({ text: small })),
        fastest(() => scanSecrets({ text: large })),
      ];
      // Eight times the text; what is quadratic would take sixty-four times as long.
      assert.ok(many < few * 32 + 20, `${text}: ${few} and ${many} ms`);
    }
  });
});

/** The least processor time of three tries, in milliseconds: what else the machine does is not counted. */
function fastest(work: () => void): number {
  return Math.min(
    ...Array.from({ length: 3 }, () => {
      const began = process.cpuUsage();
      work();
      const { user, system } = process.cpuUsage(began);
      return (user + system) / 1000;
    }),
  );
}
