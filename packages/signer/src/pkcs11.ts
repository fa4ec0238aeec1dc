/** Keys of PKCS #11 tokens: Ed25519 keys sign the message itself (CKM_EDDSA), P-256 keys its SHA-256 (CKM_ECDSA). */
import { randomBytes } from 'node:crypto';
import { type KeyAlgorithm, parsePublicKey, type PublicKey } from '@danube/keys';
import { encodeEcdsaSignature } from './ecdsa-signature.ts';
import { SignError } from './errors.ts';
import type { KeyBackend, KeyWarning } from './key-backend.ts';
import { failedFinding } from './key-doctor.ts';
import type { KeyFinding, KeyRotation, ServiceCall, ServiceOptions } from './key-service.ts';
import { brokenAnswer, callLocally, localTiming, sha256 } from './local-call.ts';
import type { OpenKeyOptions } from './open-key.ts';
import {
  type Attribute,
  type Handle,
  type LoadCryptoki,
  loadPkcs11js,
  loadPkcs11Module,
} from './pkcs11-module.ts';
import {
  asking,
  CKA,
  CKF_RW_SESSION,
  CKO,
  findOne,
  inSession,
  openToken,
  type Pkcs11Token,
  tokenError,
  unpadded,
} from './pkcs11-token.ts';
import { parsePkcs11Uri, type Pkcs11Address } from './pkcs11-uri.ts';

const SERVICE = 'pkcs11';
const NAME = 'the PKCS #11 token';
const RAW_LENGTH = 64;

interface Kind {
  readonly algorithm: KeyAlgorithm;
  readonly mechanism: number;
  readonly generate: number;
  readonly pointLength: number;
  readonly spkiHead: Uint8Array;
  /** Of CKA_EC_PARAMS: an object identifier, or for Edwards curves a PrintableString. */
  readonly parameters: readonly string[];
}

/** By CKA_KEY_TYPE. */
const KINDS: ReadonlyMap<number, Kind> = new Map([
  [
    0x40,
    {
      algorithm: 'ed25519',
      mechanism: 0x1057,
      generate: 0x1055,
      pointLength: 32,
      spkiHead: Buffer.from('302a300506032b6570032100', 'hex'),
      parameters: ['06032b6570', '130c656477617264733235353139'],
    },
  ],
  [
    0x3,
    {
      algorithm: 'ecdsa-p256-sha256',
      mechanism: 0x1041,
      generate: 0x1040,
      pointLength: 65,
      spkiHead: Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex'),
      parameters: ['06082a8648ce3d030107'],
    },
  ],
]);

const PIN_WARNING: KeyWarning = {
  message:
    'the PIN is in the key URI (pin-value): everybody on this machine can read it in the list of processes',
  hint: 'set the secret danube-pkcs11-pin instead, or write pin-source=secret:NAME',
};

interface Pinned {
  readonly address: Pkcs11Address;
  readonly token: Pkcs11Token;
  readonly key: Handle;
  readonly kind: Kind;
  readonly publicKey: PublicKey;
  readonly extractable: boolean;
  readonly service: ServiceOptions;
}

/** `pkcs11:token=TOKEN;object=LABEL?module-path=/PATH` (RFC 7512). The package pkcs11js must be installed. */
export async function openPkcs11Key(
  keyUri: string,
  options: OpenKeyOptions,
  load: LoadCryptoki = loadPkcs11js,
): Promise<KeyBackend> {
  const service = options.service ?? {};
  const address = parsePkcs11Uri(keyUri);
  const environment = service.environment ?? process.env;
  const modulePath = address.modulePath ?? environment['COSIGN_PKCS11_MODULE_PATH'];
  const call = { service: SERVICE, name: NAME, operation: 'public-key', key: address.uri };
  const pinned = await callLocally(call, service, options.signal, async () => {
    const token = await openToken(await loadPkcs11Module(modulePath, load), address, service);
    try {
      return { address, token, service, ...readKey(token, address) };
    } catch (error) {
      await token.close();
      throw error;
    }
  });
  return backendOf(pinned);
}

function readKey(
  token: Pkcs11Token,
  { label, id }: Pkcs11Address,
): Pick<Pinned, 'key' | 'kind' | 'publicKey' | 'extractable'> {
  const { session } = token;
  const named: Attribute[] = [];
  if (label !== undefined) named.push({ type: CKA.label, value: label });
  if (id !== undefined) named.push({ type: CKA.id, value: Buffer.from(id) });
  const key = findOne(token, session, 'private key', [{ type: CKA.class, value: CKO.privateKey }, ...named]);
  const keyType = read(token, key, CKA.keyType);
  const kind = KINDS.get(readNumber(keyType));
  if (kind === undefined)
    throw refusedKey('the key is of a type that is not used here', 'make an Ed25519 or P-256 key');
  if (!readFlag(token, key, CKA.sign)) throw refusedKey('the key is not for signing');
  if (optionalFlag(token, key, CKA.alwaysAuthenticate) === true)
    throw refusedKey('the key asks for the PIN before each signature, which is not supported');
  // The public half carries the same id; the label may have been given to one of them only.
  const ownId = read(token, key, CKA.id);
  const half = ownId.length > 0 ? [{ type: CKA.id, value: Buffer.from(ownId) }] : named;
  const publicObject = findOne(token, session, 'public key', [
    { type: CKA.class, value: CKO.publicKey },
    ...half,
  ]);
  return {
    key,
    kind,
    publicKey: readPublicKey(token, publicObject, kind),
    extractable: optionalFlag(token, key, CKA.extractable) !== false,
  };
}

function readPublicKey(token: Pkcs11Token, object: Handle, kind: Kind): PublicKey {
  const parameters = Buffer.from(read(token, object, CKA.ecParams)).toString('hex');
  if (!kind.parameters.includes(parameters)) throw refusedKey('the key is on a curve that is not used here');
  const point = readPoint(read(token, object, CKA.ecPoint), kind.pointLength);
  const publicKey = parsePublicKey(Buffer.concat([kind.spkiHead, point]));
  if (publicKey.algorithm !== kind.algorithm)
    throw brokenAnswer(NAME, 'has the public key of another algorithm');
  return publicKey;
}

/** An OCTET STRING around the point, as the standard says; some tokens give the point alone. */
function readPoint(value: Uint8Array, length: number): Uint8Array {
  if (value.length === length) return value;
  if (value.length === length + 2 && value[0] === 0x04 && value[1] === length) return value.subarray(2);
  throw brokenAnswer(NAME, 'has a public key in a form that is not known here');
}

function read({ module: { cryptoki }, session }: Pkcs11Token, object: Handle, type: number): Uint8Array {
  const [attribute] = asking(() => cryptoki.C_GetAttributeValue(session, object, [{ type }]));
  if (attribute === undefined) throw brokenAnswer(NAME, 'does not tell an attribute of the key');
  return attribute.value;
}

/** A CK_ULONG, as this machine writes it. */
function readNumber(value: Uint8Array): number {
  const buffer = Buffer.from(value);
  return buffer.length === 8
    ? Number(buffer.readBigUInt64LE())
    : buffer.length === 4
      ? buffer.readUInt32LE()
      : -1;
}

function readFlag(token: Pkcs11Token, object: Handle, type: number): boolean {
  return read(token, object, type)[0] === 1;
}

function optionalFlag(token: Pkcs11Token, object: Handle, type: number): boolean | undefined {
  try {
    return readFlag(token, object, type);
  } catch {
    return undefined;
  }
}

function refusedKey(message: string, hint?: string): SignError {
  return new SignError('ERR_SIGN_KEY', message, hint === undefined ? {} : { hint });
}

function backendOf(pinned: Pinned): KeyBackend {
  const { address, token, kind, publicKey, extractable } = pinned;
  const { manufacturerID, model, serialNumber } = token.info;
  const underWay = new Set<Promise<unknown>>();
  return {
    uri: address.uri,
    publicKey,
    algorithm: kind.algorithm,
    // Tokens do not tell their limit; one that has one says so (CKR_DATA_LEN_RANGE) before it signs.
    maxMessageBytes: Infinity,
    warnings: address.pin.kind === 'value' ? [PIN_WARNING] : [],
    async sign(message, call) {
      const signing = signMessage(pinned, message, call, underWay);
      return signing;
    },
    describe: async () => ({
      service: `PKCS #11 (${unpadded(manufacturerID)}, ${unpadded(model)})`,
      key: `${address.uri} on the token with the serial ${unpadded(serialNumber)}`,
      exportable: extractable,
    }),
    doctor: async () => examine(pinned),
    rotate: (call) => generateSuccessor(pinned, call),
    async close() {
      await Promise.allSettled(underWay);
      await token.close();
    },
  };
}

async function signMessage(
  { address, token, key, kind, service }: Pinned,
  message: Uint8Array,
  { signal }: ServiceCall,
  underWay: Set<Promise<unknown>>,
): Promise<Uint8Array> {
  const call = { service: SERVICE, name: NAME, operation: 'sign', key: address.uri, message };
  const input = kind.algorithm === 'ed25519' ? message : sha256(message);
  return callLocally(call, service, signal, async () => {
    const signing = inSession(token, 0, async (session) => signOnce(token, session, key, kind, input));
    underWay.add(signing);
    const raw = await signing.finally(() => underWay.delete(signing));
    if (raw.length !== RAW_LENGTH)
      throw brokenAnswer(NAME, `answered with a signature of ${raw.length} bytes`);
    return kind.algorithm === 'ed25519' ? raw : encodeEcdsaSignature(raw);
  });
}

async function signOnce(
  { module: { cryptoki } }: Pkcs11Token,
  session: Handle,
  key: Handle,
  { mechanism }: Kind,
  input: Uint8Array,
): Promise<Uint8Array> {
  asking(() => cryptoki.C_SignInit(session, { mechanism }, key));
  try {
    return await cryptoki.C_SignAsync(session, Buffer.from(input), Buffer.alloc(RAW_LENGTH));
  } catch (error) {
    throw tokenError(error);
  }
}

function examine({ address, token, kind, extractable, publicKey }: Pinned): readonly KeyFinding[] {
  const began = performance.now();
  let reachable: KeyFinding = {
    check: 'reachable',
    status: 'ok',
    message: `${NAME} answers and has the key`,
  };
  try {
    if (readKey(token, address).publicKey.keyid !== publicKey.keyid)
      throw new SignError('ERR_SIGN_KEY', 'another key has taken the place of the pinned one');
  } catch (error) {
    reachable = failedFinding('reachable', error);
  }
  return [
    reachable,
    { check: 'permitted', status: 'ok', message: 'logged in, and the key is for signing' },
    {
      check: 'algorithm',
      status: 'ok',
      message: kind.algorithm === 'ed25519' ? 'Ed25519 (pure, CKM_EDDSA)' : 'ECDSA P-256 (CKM_ECDSA)',
    },
    extractable
      ? {
          check: 'exportable',
          status: 'warning',
          message: 'the private key can leave the token (CKA_EXTRACTABLE)',
          hint: 'make one that cannot: danube keys rotate does',
        }
      : { check: 'exportable', status: 'ok', message: 'the private key cannot leave the token' },
    { check: 'version', status: 'ok', message: `pinned to ${publicKey.keyid}; such a key has no versions` },
    ...localTiming(performance.now() - began),
  ];
}

/** A token has no versions: a new key pair beside the old one, under a label and an id of its own. */
async function generateSuccessor(pinned: Pinned, { signal }: ServiceCall): Promise<KeyRotation> {
  const { address, token, kind, service } = pinned;
  const id = randomBytes(8);
  const label = `${address.label ?? 'danube'}-${id.toString('hex')}`;
  const shared: Attribute[] = [
    { type: CKA.token, value: true },
    { type: CKA.label, value: label },
    { type: CKA.id, value: id },
  ];
  const call = { service: SERVICE, name: NAME, operation: 'rotate', key: address.uri };
  const publicKey = await callLocally(call, service, signal, () =>
    inSession(token, CKF_RW_SESSION, async (session) => {
      const made = asking(() =>
        token.module.cryptoki.C_GenerateKeyPair(
          session,
          { mechanism: kind.generate },
          [
            ...shared,
            { type: CKA.verify, value: true },
            { type: CKA.ecParams, value: Buffer.from(kind.parameters[0] ?? '', 'hex') },
          ],
          [
            ...shared,
            { type: CKA.private, value: true },
            { type: CKA.sensitive, value: true },
            { type: CKA.extractable, value: false },
            { type: CKA.sign, value: true },
          ],
        ),
      );
      return readPublicKey(token, made.publicKey, kind);
    }),
  );
  const where = ['token', 'serial'] as const;
  const tokenPart = where.flatMap((name) =>
    address[name] === undefined ? [] : [`${name}=${encode(address[name])}`],
  );
  const idPart = [...id].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  const uri = `pkcs11:${[...tokenPart, `object=${encode(label)}`, `id=${idPart}`].join(';')}`;
  return { uri: `${uri}?module-path=${encode(token.module.path).replaceAll('%2F', '/')}`, publicKey };
}

function encode(text: string): string {
  return encodeURIComponent(text);
}
