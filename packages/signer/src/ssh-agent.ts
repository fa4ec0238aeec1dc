/** Ed25519 keys of an SSH agent, and of hardware behind it: the agent signs the PAE itself. */
import { parsePublicKey, type PublicKey } from '@danube/keys';
import { encodeBase64 } from 'in-toto-attestation';
import { SignError } from './errors.ts';
import type { KeyBackend } from './key-backend.ts';
import { failedFinding } from './key-doctor.ts';
import type { KeyFinding, ServiceCall, ServiceOptions } from './key-service.ts';
import { brokenAnswer, callLocally, localTiming, sha256 } from './local-call.ts';
import type { OpenKeyOptions } from './open-key.ts';
import { agentSocketPath, askAgent } from './ssh-agent-socket.ts';
import {
  AGENT,
  encodeFrame,
  encodeString,
  encodeUint32,
  FrameReader,
  MAX_FRAME_BYTES,
  SSH_AGENT,
} from './ssh-agent-wire.ts';

const SERVICE = 'ssh-agent';
const KEY_TYPE = 'ssh-ed25519';
const URI = /^ssh-agent:(?<keyid>SHA256:[A-Za-z0-9+/]{43})$/;
/** Type, two lengths and the flags, beside the key and the message. */
const SIGN_OVERHEAD_BYTES = 1 + 4 + 4 + 4;

/** A key of the agent, and the only way to it. */
interface AgentKey {
  readonly uri: string;
  readonly path: string;
  readonly blob: Uint8Array;
  readonly publicKey: PublicKey;
  readonly service: ServiceOptions;
}

/** `ssh-agent:SHA256:FINGERPRINT`, as `ssh-add -l` prints it. */
export async function openAgentKey(keyUri: string, options: OpenKeyOptions): Promise<KeyBackend> {
  const service = options.service ?? {};
  const keyid = URI.exec(keyUri)?.groups?.['keyid'];
  if (keyid === undefined) {
    throw new SignError('ERR_SIGN_KEY_URI', 'the key URI names no key of an SSH agent', {
      hint: 'write ssh-agent:SHA256:FINGERPRINT, as ssh-add -l prints it',
    });
  }
  const path = agentSocketPath(service);
  const blob = findKey(await listKeys(path, keyid, service, options.signal), keyid);
  return backendOf({ uri: keyUri, path, blob, publicKey: readPublicKey(blob, keyid), service });
}

async function listKeys(
  path: string,
  key: string,
  service: ServiceOptions,
  signal: AbortSignal | undefined,
): Promise<readonly Uint8Array[]> {
  const call = { service: SERVICE, name: AGENT, operation: 'public-key', key };
  return callLocally(call, service, signal, async (within) => {
    const reader = readAnswer(await askAgent(path, encodeFrame(SSH_AGENT.listKeys), within), SSH_AGENT.keys);
    const blobs: Uint8Array[] = [];
    for (let left = reader.uint32(); left > 0; left -= 1) {
      blobs.push(reader.string());
      reader.string(); // the comment, which anybody may write
    }
    reader.end();
    return blobs;
  });
}

/** The fields of an answer of the expected type. */
function readAnswer(answer: Uint8Array, expected: number): FrameReader {
  const [type] = answer;
  if (type === expected) return new FrameReader(answer.subarray(1));
  if (type === SSH_AGENT.failure) {
    throw new SignError('ERR_SIGN_DENIED', `${AGENT} refused`, {
      hint: 'it may be locked (ssh-add -X), the key may need a confirmation that was not given, or its time is over',
    });
  }
  throw brokenAnswer(AGENT, `answered with a message of type ${type ?? 'none'}`);
}

function findKey(blobs: readonly Uint8Array[], keyid: string): Uint8Array {
  const found = blobs.find((blob) => fingerprint(blob) === keyid);
  if (found !== undefined) return found;
  throw new SignError('ERR_SIGN_KEY', `${AGENT} does not have the key ${keyid}`, {
    hint: 'ssh-add -l lists what it has; add the key with ssh-add FILE',
  });
}

function fingerprint(blob: Uint8Array): string {
  return `SHA256:${encodeBase64(sha256(blob)).replace(/=+$/, '')}`;
}

/** The pinned key; its type is what the blob says, and what signs in another way is refused. */
function readPublicKey(blob: Uint8Array, keyid: string): PublicKey {
  const type = Buffer.from(new FrameReader(blob).string()).toString('latin1');
  if (type !== KEY_TYPE) {
    const why = type.startsWith('sk-')
      ? 'a FIDO key, which signs more than the message'
      : `a key of the type ${JSON.stringify(type.slice(0, 40))}`;
    throw new SignError('ERR_SIGN_KEY', `${keyid} is ${why}; of an agent, Ed25519 keys are used`, {
      hint: 'make one with ssh-keygen -t ed25519',
    });
  }
  return parsePublicKey(Buffer.from(`${KEY_TYPE} ${encodeBase64(blob)}`));
}

function backendOf(key: AgentKey): KeyBackend {
  const maxMessageBytes = MAX_FRAME_BYTES - SIGN_OVERHEAD_BYTES - key.blob.length;
  return {
    uri: key.uri,
    publicKey: key.publicKey,
    algorithm: 'ed25519',
    maxMessageBytes,
    limitName: `an SSH agent signs at most ${maxMessageBytes}`,
    limitHint:
      'make the statement smaller: move long resolvedDependencies into a file and refer to it by digest; or use another key',
    sign: (message, call) => signMessage(key, message, call),
    describe: async () => ({ service: 'SSH agent', key: key.publicKey.keyid }),
    doctor: (call) => examine(key, call),
  };
}

async function signMessage(key: AgentKey, message: Uint8Array, { signal }: ServiceCall): Promise<Uint8Array> {
  const call = {
    service: SERVICE,
    name: AGENT,
    operation: 'sign',
    key: key.publicKey.keyid,
    message,
  };
  const fields = [encodeString(key.blob), encodeString(message), encodeUint32(0)];
  return callLocally(call, key.service, signal, async (within) =>
    readSignature(await askAgent(key.path, encodeFrame(SSH_AGENT.sign, ...fields), within)),
  );
}

function readSignature(answer: Uint8Array): Uint8Array {
  const outer = readAnswer(answer, SSH_AGENT.signature);
  const inner = new FrameReader(outer.string());
  outer.end();
  const type = Buffer.from(inner.string()).toString('latin1');
  const signature = inner.string();
  inner.end();
  if (type !== KEY_TYPE || signature.length !== 64) {
    throw brokenAnswer(AGENT, 'answered with another kind of signature than Ed25519');
  }
  return signature;
}

async function examine(key: AgentKey, { signal }: ServiceCall): Promise<readonly KeyFinding[]> {
  const began = performance.now();
  const { keyid } = key.publicKey;
  let reachable: KeyFinding = { check: 'reachable', status: 'ok', message: `${AGENT} has the key` };
  try {
    findKey(await listKeys(key.path, keyid, key.service, signal), keyid);
  } catch (error) {
    reachable = failedFinding('reachable', error);
  }
  return [
    reachable,
    {
      check: 'permitted',
      status: 'unknown',
      message: `${AGENT} only tells by signing: a key may be limited in time or need a confirmation`,
    },
    { check: 'algorithm', status: 'ok', message: 'Ed25519 (pure)' },
    {
      check: 'exportable',
      status: 'unknown',
      message: `${AGENT} gives no private key out; the file that it was added from may exist elsewhere`,
    },
    { check: 'version', status: 'ok', message: `pinned to ${keyid}; such a key has no versions` },
    ...localTiming(performance.now() - began),
  ];
}
