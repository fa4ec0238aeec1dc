/** A TUF repository in memory, signed with keys of its own, and a server that can lie about it. */
import {
  Key,
  Metadata,
  MetadataKind,
  MetaFile,
  Root,
  Signature,
  Snapshot,
  TargetFile,
  Targets,
  Timestamp,
} from '@tufjs/models';
import { createHash, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';

const SPEC_VERSION = '1.0.31';
const LATER = '2056-01-01T00:00:00Z';

/** A key that signs roles. */
export interface RoleKey {
  readonly key: Key;
  readonly privateKey: KeyObject;
}

/** @param privateKey an Ed25519 key; a new one when left out. */
export function roleKey(privateKey: KeyObject = generateKeyPairSync('ed25519').privateKey): RoleKey {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const raw = spki.subarray(-32).toString('hex');
  const keyID = createHash('sha256').update(raw).digest('hex');
  const key = new Key({ keyID, keyType: 'ed25519', scheme: 'ed25519', keyVal: { public: raw } });
  return { key, privateKey };
}

/** The same key under another id, as metadata may call it. */
export function sameKeyAs({ key, privateKey }: RoleKey, form: Partial<KeyForm>): RoleKey {
  const { keyType, scheme, keyVal } = key;
  const { pem = false, ...names } = form;
  const value = pem ? { public: pemOf(privateKey) } : keyVal;
  const keyID = sha256(JSON.stringify(form));
  return { key: new Key({ keyID, keyType, scheme, keyVal: value, ...names }), privateKey };
}

/** A key of another algorithm, in PEM. */
export function otherKey(privateKey: KeyObject, names: Pick<KeyForm, 'keyType' | 'scheme'>): RoleKey {
  const keyVal = { public: pemOf(privateKey) };
  return { key: new Key({ keyID: sha256(JSON.stringify([names, keyVal])), ...names, keyVal }), privateKey };
}

/** What metadata may call a key, and how it may write it. */
export interface KeyForm {
  readonly keyType: string;
  readonly scheme: string;
  readonly pem: boolean;
}

function pemOf(privateKey: KeyObject): string {
  return String(createPublicKey(privateKey).export({ format: 'pem', type: 'spki' }));
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

type Signed = Root | Timestamp | Snapshot | Targets;

/** Metadata of a role, signed by these keys. */
export function signed(role: Signed, keys: readonly RoleKey[]): Buffer {
  const metadata = new Metadata(role);
  for (const { key, privateKey } of keys) {
    metadata.sign(
      (data) => new Signature({ keyID: key.keyID, sig: sign(null, data, privateKey).toString('hex') }),
      true,
    );
  }
  return Buffer.from(JSON.stringify(metadata.toJSON()));
}

export interface RootOptions {
  readonly version?: number;
  /** For every role; how many of them must sign the root. */
  readonly keys: readonly RoleKey[];
  readonly threshold?: number;
  readonly expires?: string;
}

export function rootRole({ version = 1, keys, threshold = 1, expires = LATER }: RootOptions): Root {
  const root = new Root({ version, specVersion: SPEC_VERSION, expires, consistentSnapshot: false });
  for (const role of Object.values(MetadataKind)) for (const { key } of keys) root.addKey(key, role);
  Object.assign(root.roles[MetadataKind.Root] ?? {}, { threshold });
  return root;
}

export interface Release {
  readonly version: number;
  readonly target: Buffer;
  /** What the repository calls it. */
  readonly name?: string;
  /** Further targets, by their names. */
  readonly others?: Readonly<Record<string, Buffer>>;
  readonly keys: readonly RoleKey[];
  readonly expires?: string;
  /** Delegates every target to these, of whom so many must have signed. */
  readonly delegatesTo?: readonly RoleKey[];
  /** The snapshot and the targets of another release. */
  readonly mixedWith?: Release;
}

function metaFile(version: number, bytes: Buffer): MetaFile {
  return new MetaFile({ version, length: bytes.length, hashes: { sha256: sha256(bytes) } });
}

function targetFile(path: string, bytes: Buffer): TargetFile {
  return new TargetFile({ path, length: bytes.length, hashes: { sha256: sha256(bytes) } });
}

/** Metadata of targets that has no target, and names who has. */
function delegating(
  common: { version: number; specVersion: string; expires: string },
  keys: readonly RoleKey[],
): Targets {
  const keyids = keys.map(({ key }) => key.keyID);
  const role = { name: 'release', keyids, threshold: keys.length, terminating: true, paths: ['*'] };
  return Targets.fromJSON({
    ...new Targets(common).toJSON(),
    targets: {},
    delegations: {
      keys: Object.fromEntries(keys.map(({ key }) => [key.keyID, key.toJSON()])),
      roles: [role],
    },
  });
}

/** The files of a release, by their path below the repository. */
export function releaseFiles({
  version,
  target,
  name = 'trust-root.json',
  others = {},
  keys,
  expires = LATER,
  delegatesTo,
  mixedWith,
}: Release): Map<string, Buffer> {
  const common = { version, specVersion: SPEC_VERSION, expires };
  const all = Object.entries({ ...others, [name]: target });
  const named = {
    ...common,
    targets: Object.fromEntries(all.map(([path, bytes]) => [path, targetFile(path, bytes)])),
  };
  const delegated = delegatesTo === undefined ? undefined : signed(new Targets(named), delegatesTo);
  const targets = signed(
    delegatesTo === undefined ? new Targets(named) : delegating(common, delegatesTo),
    keys,
  );
  const meta = {
    'targets.json': metaFile(version, targets),
    ...(delegated && { 'release.json': metaFile(version, delegated) }),
  };
  const snapshot = signed(new Snapshot({ ...common, meta }), keys);
  const timestamp = signed(new Timestamp({ ...common, snapshotMeta: metaFile(version, snapshot) }), keys);
  const own = new Map([
    ['timestamp.json', timestamp],
    ['snapshot.json', snapshot],
    ['targets.json', targets],
    ...(delegated === undefined ? [] : [['release.json', delegated] as const]),
    ...all.map(([path, bytes]) => [`targets/${path}`, bytes] as const),
  ]);
  if (mixedWith === undefined) return own;
  return new Map([...own, ...[...releaseFiles(mixedWith)].filter(([name]) => name !== 'timestamp.json')]);
}

/** What a server shows: bytes, or bytes that never end. */
export type Shown = Map<string, Buffer | 'endless'>;

export interface Repository {
  readonly url: string;
  /** Changed by tests while it serves. */
  readonly files: Shown;
  readonly asked: string[];
  readonly server: Server;
}

export async function serveRepository(): Promise<Repository> {
  const files: Shown = new Map();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const name = (request.url ?? '').replace(/^\/tuf\//, '');
    asked.push(name);
    const shown = files.get(name);
    if (shown === undefined) {
      response.writeHead(404).end();
    } else if (shown === 'endless') {
      const chunk = Buffer.alloc(65_536, ' ');
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    } else response.end(shown);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}/tuf/`, files, asked, server };
}
