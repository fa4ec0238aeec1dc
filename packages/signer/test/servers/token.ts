/** A PKCS #11 module in memory: sessions, PINs, labels and errors as SoftHSM has them; lies on request. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { Attribute, Cryptoki, Handle, TokenInfo } from '../../src/pkcs11-module.ts';

export type TokenLie =
  'random bytes' | 'signature of the digest' | '63 bytes' | 'another key' | 'small order';

interface TokenObject {
  readonly attributes: Map<number, Buffer>;
  readonly key: KeyObject;
}

class TokenFailure extends Error {
  readonly code: number;
  constructor(name: string, code: number) {
    super(`${name}:${code}`);
    this.code = code;
  }
}

/** State that the test looks at and changes; shared by every object of the module, as a real one is. */
export class LocalToken {
  readonly pin: string = 'CANARY-1234';
  readonly label: string;
  lie: TokenLie | undefined;
  flags: number = 0x4;
  pinTries = 0;
  loggedIn = false;
  initialized = 0;
  readonly sessions: Map<number, { busy: boolean }> = new Map<number, { busy: boolean }>();
  readonly objects: Map<number, TokenObject> = new Map<number, TokenObject>();
  maxMessage: number = Infinity;
  /** A function of the module that fails from now on, and how. */
  failure: readonly [keyof Cryptoki, name: string, code: number] | undefined;
  #next = 1;

  constructor(label: string) {
    this.label = label;
  }

  number(): number {
    return this.#next++;
  }

  /** @param point how CKA_EC_POINT is written. */
  addKey(
    label: string,
    id: number,
    type: 'ed25519' | 'p256' = 'ed25519',
    point: 'der' | 'bare' = 'der',
  ): void {
    const edwards = type === 'ed25519';
    const { privateKey, publicKey } = edwards
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(edwards ? -32 : -65);
    const shared: readonly (readonly [number, Buffer])[] = [
      [0x3, Buffer.from(label)],
      [0x102, Buffer.of(id)],
      [0x100, ulong(edwards ? 0x40 : 3)],
    ];
    const parameters = edwards ? '130c656477617264733235353139' : '06082a8648ce3d030107';
    const written = point === 'bare' ? raw : Buffer.concat([Buffer.of(4, raw.length), raw]);
    this.objects.set(this.number(), {
      key: privateKey,
      attributes: new Map([...shared, [0, ulong(3)], [0x108, Buffer.of(1)], [0x162, Buffer.of(0)]]),
    });
    this.objects.set(this.number(), {
      key: publicKey,
      attributes: new Map([
        ...shared,
        [0, ulong(2)],
        [0x180, Buffer.from(parameters, 'hex')],
        [0x181, written],
      ]),
    });
  }
}

const ulong = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const handle = (value: number): Handle => ulong(value);
const value = (of: Handle): number => Number(Buffer.from(of).readBigUInt64LE());
const bytesOf = (written: Attribute['value']): Buffer =>
  typeof written === 'number'
    ? ulong(written)
    : Buffer.from(typeof written === 'boolean' ? [Number(written)] : (written ?? ''));

export function moduleOf(token: LocalToken): Cryptoki {
  return new Proxy(honestModuleOf(token), {
    get: (module, name: keyof Cryptoki) => {
      const [failing, error, code] = token.failure ?? [];
      if (failing !== name || error === undefined || code === undefined) return module[name];
      return () => {
        throw new TokenFailure(error, code);
      };
    },
  });
}

function honestModuleOf(token: LocalToken): Cryptoki {
  const session = (of: Handle): { busy: boolean } => {
    const found = token.sessions.get(value(of));
    if (found === undefined) throw new TokenFailure('CKR_SESSION_HANDLE_INVALID', 0xb3);
    return found;
  };
  let found: number[] = [];
  let signing: { readonly key: number; readonly mechanism: number } | undefined;
  return {
    load: () => {},
    close: () => {},
    C_Initialize: () => {
      if (token.initialized > 0) throw new TokenFailure('CKR_CRYPTOKI_ALREADY_INITIALIZED', 0x191);
      token.initialized += 1;
    },
    C_Finalize: () => void (token.initialized -= 1),
    C_GetSlotList: () => [handle(203_773_096)],
    C_GetTokenInfo: (): TokenInfo => ({
      label: token.label.padEnd(32),
      serialNumber: 'abc'.padEnd(16),
      manufacturerID: 'tests',
      model: 'memory',
      flags: token.flags,
    }),
    C_OpenSession: () => {
      const number = token.number();
      token.sessions.set(number, { busy: false });
      return handle(number);
    },
    C_CloseSession: (of) => {
      token.sessions.delete(value(of));
      if (token.sessions.size === 0) token.loggedIn = false;
    },
    C_Login: (_, __, pin) => {
      if (token.loggedIn) throw new TokenFailure('CKR_USER_ALREADY_LOGGED_IN', 0x100);
      token.pinTries += 1;
      if (pin !== token.pin) throw new TokenFailure('CKR_PIN_INCORRECT', 0xa0);
      token.loggedIn = true;
    },
    C_FindObjectsInit: (_, template) => {
      found = [...token.objects]
        .filter(([, { attributes }]) =>
          template.every((wanted) => attributes.get(wanted.type)?.equals(bytesOf(wanted.value)) === true),
        )
        .map(([number]) => number);
    },
    C_FindObjects: (_, most) => found.slice(0, most).map(handle),
    C_FindObjectsFinal: () => {},
    C_GetAttributeValue: (_, object, [wanted]) => {
      const attribute = token.objects.get(value(object))?.attributes.get(wanted?.type ?? -1);
      if (attribute === undefined) throw new TokenFailure('CKR_ATTRIBUTE_TYPE_INVALID', 0x12);
      return [{ value: attribute }];
    },
    C_SignInit: (of, { mechanism }, key) => {
      if (session(of).busy) throw new TokenFailure('CKR_OPERATION_ACTIVE', 0x90);
      session(of).busy = true;
      signing = { key: value(key), mechanism };
    },
    C_SignAsync: async (_, message) => {
      const { key, mechanism } = signing ?? { key: 0, mechanism: 0 };
      const { key: own } = token.objects.get(key) ?? {};
      // As SoftHSM: the session stays busy for good.
      if (message.length === 0) throw new TokenFailure('CKR_ARGUMENTS_BAD', 7);
      if (message.length > token.maxMessage) throw new TokenFailure('CKR_DATA_LEN_RANGE', 0x21);
      if (own === undefined) throw new TokenFailure('CKR_KEY_HANDLE_INVALID', 0x60);
      if (mechanism === 0x1041) return signDigest(own, message);
      return lieOf(token.lie, own, message);
    },
    C_GenerateKeyPair: () => {
      throw new TokenFailure('CKR_FUNCTION_NOT_SUPPORTED', 0x54);
    },
  };
}

/** CKM_ECDSA takes a digest. Node only signs messages, so the test's key signs nothing real here: see the interop run. */
function signDigest(_key: KeyObject, digest: Uint8Array): Uint8Array {
  if (digest.length !== 32) throw new TokenFailure('CKR_DATA_LEN_RANGE', 0x21);
  return randomBytes(64);
}

function lieOf(lie: TokenLie | undefined, key: KeyObject, message: Uint8Array): Uint8Array {
  const honest = sign(null, message, key);
  if (lie === 'random bytes') return randomBytes(64);
  if (lie === '63 bytes') return honest.subarray(1);
  if (lie === 'signature of the digest')
    return sign(null, createHash('sha256').update(message).digest(), key);
  if (lie === 'another key') return sign(null, message, generateKeyPairSync('ed25519').privateKey);
  if (lie === 'small order') return Buffer.concat([Buffer.of(1), Buffer.alloc(63)]);
  return honest;
}
