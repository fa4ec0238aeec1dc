import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Cryptoki } from '../../packages/signer/src/pkcs11-module.ts';
import { openPkcs11Key } from '../../packages/signer/src/pkcs11.ts';
import { findProgram, PEERS } from '../peers.ts';
import { ROOT } from '../repository.ts';
import { accepts, runProgram, type Case, type Peer } from './case.ts';
import {
  cosignVerifies,
  differ,
  signByCommand,
  signByLibrary,
  type Signed,
  verifies,
} from './key-service.ts';
import type { Material } from './material.ts';

const MODULE = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib64/softhsm/libsofthsm2.so'].find((path) =>
  existsSync(path),
);
const PKCS11JS = join(PEERS, 'pkcs11', 'node_modules', 'pkcs11js');
const PIN = '31415926';
/** Tokens by name; each case makes its own. */
const TOKENS = { ed25519: 'EC:edwards25519', p256: 'EC:prime256v1' } as const;
type Kind = keyof typeof TOKENS;

function tool(name: 'softhsm2-util' | 'pkcs11-tool'): string {
  const found = findProgram(name);
  if (found === undefined || MODULE === undefined) throw new Error(`${name} is missing`);
  return found;
}

/** The tokens of this run: nothing of the system's is used. The module reads the variable in this process too. */
function configure({ folder }: Material): Record<string, string> {
  const tokens = join(folder, 'tokens');
  const configuration = join(folder, 'softhsm2.conf');
  mkdirSync(tokens, { recursive: true });
  writeFileSync(
    configuration,
    `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  );
  process.env['SOFTHSM2_CONF'] = configuration;
  return { SOFTHSM2_CONF: configuration };
}

/** A token with a key pair; returns the key's URI. */
function makeKey(m: Material, token: string, kind: Kind): string {
  const env = configure(m);
  accepts(
    tool('softhsm2-util'),
    ['--init-token', '--free', '--label', token, '--so-pin', '27182818', '--pin', PIN],
    env,
  );
  addKey(m, token, kind);
  return uriOf(token);
}

function addKey(m: Material, token: string, kind: Kind): void {
  const login = ['--module', MODULE ?? '', '--login', '--pin', PIN, '--token-label', token];
  accepts(
    tool('pkcs11-tool'),
    [...login, '--keypairgen', '--key-type', TOKENS[kind], '--label', 'k'],
    configure(m),
  );
}

function uriOf(token: string): string {
  return `pkcs11:token=${token};object=k?module-path=${MODULE ?? ''}`;
}

/** Our command as npm lays it out with the optional package beside it. */
function installed(m: Material): string {
  const modules = join(m.folder, 'installed', 'node_modules');
  const target = join(modules, '@danube', 'cli');
  if (!existsSync(target)) {
    for (const part of ['bin', 'dist', 'package.json'])
      cpSync(join(ROOT, 'packages', 'cli', part), join(target, part), { recursive: true });
    symlinkSync(PKCS11JS, join(modules, 'pkcs11js'));
  }
  return join(target, 'bin', 'danube.cjs');
}

async function load(): Promise<Cryptoki> {
  const { PKCS11 } = createRequire(join(PEERS, 'pkcs11', 'x.js'))('pkcs11js') as {
    PKCS11: new () => Cryptoki;
  };
  return new PKCS11();
}

function service(pin: string): { readonly service: { readonly environment: Record<string, string> } } {
  return { service: { environment: { DANUBE_PKCS11_PIN: pin } } };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no error',
    (error: unknown) =>
      error instanceof Error && 'code' in error ? `${String(error.code)}: ${error.message}` : String(error),
  );
}

async function fails(work: Promise<unknown>, expected: RegExp): Promise<void> {
  const got = await codeOf(work);
  if (!expected.test(got)) throw new Error(got);
}

const rotation = (kind: Kind): Case => ({
  what: `${kind}: generates, signs and rotates by our command; old and new verify, and cosign accepts both`,
  async run(m) {
    const uri = makeKey(m, `rotate-${kind}`, kind);
    const env = { ...configure(m), DANUBE_PKCS11_PIN: PIN };
    const launcher = installed(m);
    const first: Signed = signByCommand(m, `${kind}-old`, uri, env, { launcher });
    const rotate = [launcher, 'keys', 'rotate', uri, '--format', 'json'];
    const rotated = JSON.parse(accepts(process.execPath, rotate, env)) as { uri: string };
    const nextUri = rotated.uri;
    const second = signByCommand(m, `${kind}-new`, nextUri, env, { launcher });
    const next = await openPkcs11Key(nextUri, service(PIN), load);
    if ((await next.describe?.({}))?.exportable !== false) throw new Error('the new key can be exported');
    await next.close?.();
    differ(first, second);
    for (const signed of [first, second]) {
      verifies(m, signed);
      cosignVerifies(m, signed);
    }
  },
});

export const softhsm: Peer = {
  name: 'SoftHSM',
  source: 'Debian softhsm2, opensc; npm pkcs11js',
  version() {
    const util = findProgram('softhsm2-util');
    if (util === undefined || MODULE === undefined || findProgram('pkcs11-tool') === undefined)
      return undefined;
    return existsSync(PKCS11JS) ? runProgram(util, ['--version']).output.trim() : undefined;
  },
  cases: [
    rotation('ed25519'),
    rotation('p256'),
    {
      what: 'an empty message fails, and a good one after it does not',
      async run(m) {
        const key = await openPkcs11Key(makeKey(m, 'empty', 'ed25519'), service(PIN), load);
        await fails(key.sign(new Uint8Array(), {}), /ERR_SIGN_BACKEND: .*CKR_ARGUMENTS_BAD/);
        verifies(m, await signByLibrary(m, 'after-empty', key));
        await key.close?.();
      },
    },
    {
      what: 'two keys with one label, a token that is not there and a wrong PIN are refused, the PIN after one try',
      async run(m) {
        const uri = makeKey(m, 'twice', 'ed25519');
        await fails(openPkcs11Key(uri, service('00000000'), load), /ERR_SIGN_CREDENTIALS: .* is wrong/);
        await fails(
          openPkcs11Key(uri, service('00000000'), load),
          /ERR_SIGN_CREDENTIALS: .* was wrong; it is not tried/,
        );
        addKey(m, 'twice', 'ed25519');
        await fails(openPkcs11Key(uri, service(PIN), load), /ERR_SIGN_KEY: .* more than one private key/);
        await fails(openPkcs11Key(uriOf('nowhere'), service(PIN), load), /ERR_SIGN_KEY: .* is not there/);
      },
    },
  ],
};
