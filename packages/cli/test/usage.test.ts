import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import manifest from '../package.json' with { type: 'json' };
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { danube, folder } from './danube.ts';

const COMMANDS = [
  'provenance generate',
  'provenance sign',
  'provenance attest',
  'provenance verify',
  'provenance graph',
  'provenance inspect',
  'provenance convert',
  'provenance push',
  'provenance pull',
  'attest',
  'keys generate',
  'keys show',
  'keys public',
  'trust init',
  'trust add-key',
  'trust rotate',
  'trust revoke',
  'trust add-builder',
  'trust add-verifier',
  'trust add-timestamp-authority',
  'trust add-sigstore',
  'trust sign',
  'trust show',
  'trust check',
  'trust update',
  'completion',
];

describe('danube', () => {
  it('prints its version', () => {
    assert.deepEqual(danube(['--version']), {
      code: 0,
      signal: null,
      stdout: `${manifest.version}\n`,
      stderr: '',
    });
  });

  it('lists its commands, and those of a group', () => {
    const { code, stdout } = danube(['--help']);
    assert.equal(code, 0);
    for (const group of ['provenance', 'keys', 'trust', 'completion'])
      assert.match(stdout, new RegExp(`^  ${group} `, 'm'));
    assert.match(danube(['provenance', '--help']).stdout, /^  verify /m);
  });

  for (const command of COMMANDS) {
    it(`shows examples in the help of ${command}`, () => {
      const { code, stdout, stderr } = danube([...command.split(' '), '--help']);
      assert.equal(code, 0);
      assert.equal(stderr, '');
      assert.match(stdout, new RegExp(`Examples:\\n  danube ${command}`));
      assert.ok(stdout.split('\n').every((line) => line.length <= 120));
    });
  }
});

/** Wrong calls, and what is said about them. */
const WRONG: readonly (readonly [call: string, message: RegExp, hint?: RegExp])[] = [
  ['', /^danube: error: no command is given/, /danube --help/],
  ['provenance', /no command is given/, /danube --help/],
  ['provenace', /unknown command 'provenace'/, /did you mean provenance\?/],
  ['provenance verfy', /unknown command 'verfy'/, /did you mean verify\?/],
  ['keys shwo', /unknown command 'shwo'/, /did you mean show\?/],
  ['provenance -- verify', /no command was run/],
  ['--format provenance', /unknown option '--format'/],
  ['provenance verify --public-keys k', /unknown option '--public-keys'/, /did you mean --public-key\?/],
  ['provenance attest --job-recrd j', /unknown option '--job-recrd'/, /did you mean --job-record\?/],
  ['provenance verify app.tgz', /no --public-key is given/, /--public-key/],
  ['provenance verify --public-key', /argument missing/],
  ['provenance verify a --public-key k --builder-id=', /It is empty; was a variable not set\?/],
  ['provenance verify a --public-key=', /It is empty/],
  ['provenance verify a --public-key k --builder-id x --builder-id y', /given twice/],
  ['provenance verify a --public-key k --threshold 0', /whole number from 1 on/],
  ['provenance verify a --public-key k --threshold two', /whole number from 1 on/],
  ['provenance verify a --public-key k --max-age 30', /a number with a unit/],
  ['provenance verify a --public-key k --max-age 0d', /a number with a unit/],
  ['provenance verify a --public-key k --format xml', /Allowed choices are text, json/],
  ['provenance generate', /no job is given/, /--job-record or --from/],
  ['provenance generate --job-record j', /the option --artifacts <DIR> is missing/],
  ['provenance generate --job-record j --artifacts d --digest md5', /Allowed choices are/],
  ['provenance inspect', /missing required argument/],
  ['provenance convert a', /the option --format <FORMAT> is missing/],
  ['provenance convert a --format xml', /Allowed choices are dsse, bundle, jsonl/],
  ['provenance attest extra --job-record j --artifacts d', /too many arguments/],
  ['attest a --predicate p', /the option --predicate-type <TYPE> is missing/],
  ['keys show', /missing required argument/],
  ['keys public a b', /too many arguments/],
  ['completion', /missing required argument/],
  ['completion tcsh', /Allowed choices are bash, zsh, fish/],
];

describe('a wrong call', () => {
  for (const [call, message, hint] of WRONG) {
    it(`ends with 2 and a reason: danube ${call}`, () => {
      const { code, stdout, stderr } = danube(call === '' ? [] : call.split(' '));
      assert.equal(code, 2);
      assert.equal(stdout, '');
      const [error = '', ...others] = stderr.trimEnd().split('\n');
      assert.match(error, /^danube: error: /);
      assert.match(error, message);
      assert.ok(others.every((line) => line.startsWith('hint: ')));
      if (hint !== undefined) assert.match(others.join('\n'), hint);
    });
  }

  it('reads no configuration from the working directory (CVE-2023-32076)', () => {
    // Whoever is judged wrote this folder: nothing in it is a key, a policy, a root or an option until it is named.
    const cwd = folder();
    const options = JSON.stringify({ publicKey: 'signing.key.pub', strict: false, help: true });
    for (const name of ['.danuberc', '.danuberc.json', 'danube.json', 'danube.config.json', '.in_totorc'])
      writeFileSync(join(cwd, name), options);
    writeFileSync(join(cwd, 'package.json'), JSON.stringify({ danube: JSON.parse(options) as unknown }));
    for (const name of ['policy.yaml', 'provenance.lock', 'trust-root.json', '.npmrc', '.env'])
      writeFileSync(join(cwd, name), 'DANUBE_PUBLIC_KEY=signing.key.pub');
    writeFileSync(join(cwd, 'a'), '');
    assert.equal(danube(['keys', 'generate', '--out', 'signing.key'], { cwd }).code, 0);
    const { code, stderr } = danube(['provenance', 'verify', 'a'], {
      cwd,
      env: { DANUBE_PUBLIC_KEY: 'signing.key.pub', DANUBE_STRICT: '0', NODE_ENV: 'development' },
    });
    assert.equal(code, 2);
    assert.match(stderr, /--public-key/);
  });
});
