/** Keys behind a Sigstore KMS plugin (protocol v1): `SCHEME://KEY` is asked of `sigstore-kms-SCHEME` on PATH. */
import { type KeyAlgorithm, parsePublicKey, type PublicKey } from '@danube/keys';
import { decodeBase64, type JsonObject } from 'in-toto-attestation';
import { deadlinesOf } from './deadline.ts';
import { SignError } from './errors.ts';
import type { KeyBackend } from './key-backend.ts';
import type { ServiceCall, ServiceOptions } from './key-service.ts';
import { callLocally } from './local-call.ts';
import type { OpenKeyOptions } from './open-key.ts';
import { broken, findPlugin, runPlugin } from './plugin-run.ts';

const URI = /^(?<scheme>[a-z0-9][a-z0-9+.-]*):\/\/(?<key>[!-~]+)$/;
const PROTOCOL = 'v1';
/** Numbers of Go's `crypto.Hash`. */
const [NO_HASH, SHA256] = [0, 5];
/** With none, the message itself is signed. */
const HASHES: Readonly<Record<KeyAlgorithm, number>> = { ed25519: NO_HASH, 'ecdsa-p256-sha256': SHA256 };

interface Plugin {
  readonly uri: string;
  readonly scheme: string;
  readonly key: string;
  readonly path: string;
  readonly service: ServiceOptions;
}

/**
 * Opens a key by a plugin; `undefined` when there is none for the scheme.
 *
 * @throws {SignError} ERR_SIGN_CONFIG, ERR_SIGN_BACKEND, ERR_SIGN_UNAVAILABLE
 */
export async function openPluginKey(
  keyUri: string,
  options: OpenKeyOptions,
): Promise<KeyBackend | undefined> {
  const { scheme, key } = URI.exec(keyUri)?.groups ?? {};
  if (scheme === undefined || key === undefined) return undefined;
  const service = options.service ?? {};
  const path = findPlugin(`sigstore-kms-${scheme}`, service);
  if (path === undefined) return undefined;
  const plugin = { uri: keyUri, scheme, key, path, service };
  return backendOf(plugin, await readPublicKey(plugin, options));
}

async function readPublicKey(plugin: Plugin, call: ServiceCall): Promise<PublicKey> {
  // The algorithm is not known yet. SHA-256 is what cosign always names; signers of Sigstore for ECDSA do not even load
  // without a hash, and those for Ed25519 take no notice.
  const pem = await ask(
    plugin,
    'publicKey',
    SHA256,
    { publicKeyOptions: { rpcOptions: {} } },
    'publicKeyPEM',
    call,
  );
  const text = Buffer.from(pem).toString('latin1');
  if (!/^\s*-----BEGIN PUBLIC KEY-----/.test(text)) throw broken('answered with no public key in PEM');
  return parsePublicKey(pem);
}

function backendOf(plugin: Plugin, publicKey: PublicKey): KeyBackend {
  const { algorithm } = publicKey;
  const hashFunc = HASHES[algorithm];
  const signOptions = { rpcOptions: {}, messageOptions: { hashFunc } };
  return {
    uri: plugin.uri,
    publicKey,
    algorithm,
    maxMessageBytes: Infinity,
    sign: (message, call) =>
      ask(plugin, 'signMessage', hashFunc, { signOptions }, 'signature', call, message),
    describe: async () => ({ service: `plugin ${plugin.path}`, key: plugin.key }),
  };
}

const OPERATIONS = { publicKey: 'public-key', signMessage: 'sign' } as const;

/** Asks for one value of bytes. The message goes to standard input, never into an argument. */
async function ask(
  { scheme, key, path, service }: Plugin,
  methodName: keyof typeof OPERATIONS,
  hashFunc: number,
  options: JsonObject,
  field: string,
  { signal }: ServiceCall,
  message?: Uint8Array,
): Promise<Uint8Array> {
  const operation = OPERATIONS[methodName];
  const call = {
    service: scheme,
    name: 'the plugin',
    operation,
    key,
    ...(message !== undefined && { message }),
  };
  const ctxDeadline = new Date(Date.now() + deadlinesOf(service).totalMs).toISOString();
  const initOptions = {
    ctxDeadline,
    protocolVersion: PROTOCOL,
    keyResourceID: key,
    hashFunc,
    rpcOptions: {},
  };
  const request = { initOptions, methodName, [methodName]: options };
  return callLocally(call, service, signal, async (within) => {
    const answer = await runPlugin(path, request, message ?? new Uint8Array(), service, within);
    return readBytes(answer[methodName], field);
  });
}

function readBytes(result: unknown, field: string): Uint8Array {
  const text = isJsonValueObject(result) ? result[field] : undefined;
  if (typeof text !== 'string') throw broken(`answered without ${field}`);
  try {
    return decodeBase64(text, '');
  } catch (error) {
    throw new SignError('ERR_SIGN_BACKEND', 'the plugin answered with no base64 where it belongs', {
      cause: error,
    });
  }
}

function isJsonValueObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
