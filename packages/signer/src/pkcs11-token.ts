/** One token: found by its label or serial, logged in to once, asked for the one key that is meant. */
import { createHmac, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SignError } from './errors.ts';
import type { ServiceOptions } from './key-service.ts';
import {
  type Attribute,
  CKR,
  codeOf,
  type Cryptoki,
  type Handle,
  nameOf,
  type Pkcs11Module,
  type TokenInfo,
} from './pkcs11-module.ts';
import type { Pkcs11Address, PinSource } from './pkcs11-uri.ts';
import { resolveSecretText } from './secret-reference.ts';

const CKF_SERIAL_SESSION = 4;
export const CKF_RW_SESSION = 2;
const CKU_USER = 1;
const TOKEN_FLAGS = { loginRequired: 0x4, protectedPath: 0x100, finalTry: 0x20000, locked: 0x40000 } as const;

/** Numbers of attributes and classes (PKCS #11 3.0, `pkcs11t.h`). */
export const CKA = {
  class: 0x0,
  token: 0x1,
  private: 0x2,
  label: 0x3,
  keyType: 0x100,
  id: 0x102,
  sensitive: 0x103,
  sign: 0x108,
  verify: 0x10a,
  extractable: 0x162,
  neverExtractable: 0x164,
  ecParams: 0x180,
  ecPoint: 0x181,
  alwaysAuthenticate: 0x202,
} as const;
export const CKO = { publicKey: 2, privateKey: 3 } as const;

/** A token in use: the open session keeps the login. */
export interface Pkcs11Token {
  readonly module: Pkcs11Module;
  readonly slot: Handle;
  readonly info: TokenInfo;
  readonly session: Handle;
  close(): Promise<void>;
}

/**
 * Opens the one token that the URI means, and logs in. The module belongs to the token from then on, and is let go of
 * when it fails.
 *
 * @throws {SignError} ERR_SIGN_KEY for no token or several, ERR_SIGN_CREDENTIALS for the PIN, ERR_SIGN_UNAVAILABLE.
 */
export async function openToken(
  module: Pkcs11Module,
  address: Pkcs11Address,
  options: ServiceOptions,
): Promise<Pkcs11Token> {
  const { cryptoki } = module;
  let session: Handle | undefined;
  const close = async (): Promise<void> => {
    const opened = session;
    if (opened !== undefined) ignoring(() => cryptoki.C_CloseSession(opened));
    await module.close();
  };
  try {
    const [slot, info] = findToken(cryptoki, address);
    session = asking(() => cryptoki.C_OpenSession(slot, CKF_SERIAL_SESSION));
    if ((info.flags & TOKEN_FLAGS.loginRequired) !== 0)
      login(module, session, info, await readPin(address.pin, options));
    return { module, slot, info, session, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Runs one session of its own: whatever goes wrong in it ends with it. */
export async function inSession<T>(
  { module: { cryptoki }, slot }: Pkcs11Token,
  flags: number,
  work: (session: Handle) => Promise<T>,
): Promise<T> {
  const session = asking(() => cryptoki.C_OpenSession(slot, CKF_SERIAL_SESSION | flags));
  try {
    return await work(session);
  } finally {
    ignoring(() => cryptoki.C_CloseSession(session));
  }
}

function findToken(cryptoki: Cryptoki, { token, serial }: Pkcs11Address): [Handle, TokenInfo] {
  const all = asking(() =>
    cryptoki.C_GetSlotList(true).map((slot) => ({ slot, info: cryptoki.C_GetTokenInfo(slot) })),
  );
  const [found, ...others] = all.filter(
    ({ info }) =>
      (token === undefined || unpadded(info.label) === token) &&
      (serial === undefined || unpadded(info.serialNumber) === serial),
  );
  if (found === undefined) {
    throw new SignError('ERR_SIGN_KEY', 'the token of the PKCS #11 URI is not there', {
      hint: 'pkcs11-tool --module PATH --list-slots shows what is',
    });
  }
  if (others.length > 0) {
    throw new SignError('ERR_SIGN_KEY', `${all.length} tokens have the label of the PKCS #11 URI`, {
      hint: 'name one by its serial',
    });
  }
  return [found.slot, found.info];
}

export function unpadded(text: string): string {
  return text.replace(/[ \0]+$/, '');
}

async function readPin(source: PinSource, options: ServiceOptions): Promise<string> {
  if (source.kind === 'value') return source.pin;
  if (source.kind === 'secret') return resolveSecretText(source.name, options);
  try {
    const pin = (await readFile(source.path, 'utf8')).replace(/\r?\n$/, '');
    if (pin !== '') return pin;
  } catch (error) {
    throw new SignError('ERR_SIGN_CREDENTIALS', `the PIN file ${source.path} cannot be read`, {
      cause: error,
    });
  }
  throw new SignError('ERR_SIGN_CREDENTIALS', `the PIN file ${source.path} is empty`);
}

/** Wrong PINs of this process, as digests that mean nothing outside of it. Hardware locks after a few. */
const WRONG_PINS = new Set<string>();
const PIN_KEY = randomBytes(32);

function login({ path, cryptoki }: Pkcs11Module, session: Handle, info: TokenInfo, pin: string): void {
  const label = unpadded(info.label);
  if ((info.flags & TOKEN_FLAGS.protectedPath) !== 0)
    throw pinError(`the token ${label} wants its PIN on its own keypad, which is not supported`);
  if ((info.flags & TOKEN_FLAGS.locked) !== 0)
    throw pinError(`the PIN of the token ${label} is locked`, 'its security officer can set a new one');
  if ((info.flags & TOKEN_FLAGS.finalTry) !== 0)
    throw pinError(
      `the token ${label} locks after one more wrong PIN, so none is tried`,
      'log in with its own tool',
    );
  const digest = createHmac('sha256', PIN_KEY).update(`${path}\0${info.serialNumber}\0${pin}`).digest('hex');
  if (WRONG_PINS.has(digest))
    throw pinError(`the PIN of the token ${label} was wrong; it is not tried again`);
  try {
    cryptoki.C_Login(session, CKU_USER, pin);
  } catch (error) {
    if (codeOf(error) === CKR.alreadyLoggedIn) return;
    WRONG_PINS.add(digest);
    if (codeOf(error) === CKR.pinIncorrect)
      throw pinError(`the PIN of the token ${label} is wrong; it is not tried again`);
    if (codeOf(error) === CKR.pinLocked) throw pinError(`the PIN of the token ${label} is locked`);
    throw pinError(`the token ${label} lets nobody log in (${nameOf(error)})`);
  }
}

function pinError(
  message: string,
  hint = 'a token locks after a few wrong PINs: make sure of it first',
): SignError {
  return new SignError('ERR_SIGN_CREDENTIALS', message, { hint });
}

/** The one object of a class with these attributes. */
export function findOne(
  { module: { cryptoki } }: Pkcs11Token,
  session: Handle,
  what: string,
  template: Attribute[],
): Handle {
  const found = asking(() => {
    cryptoki.C_FindObjectsInit(session, template);
    try {
      return cryptoki.C_FindObjects(session, 2);
    } finally {
      cryptoki.C_FindObjectsFinal(session);
    }
  });
  const [object, ...others] = found;
  if (object === undefined)
    throw new SignError('ERR_SIGN_KEY', `the token has no ${what} of that label and id`, {
      hint: 'pkcs11-tool --module PATH --login --list-objects shows what it has',
    });
  if (others.length > 0)
    throw new SignError('ERR_SIGN_KEY', `the token has more than one ${what} of that label`, {
      hint: 'a label is not unique: name the key by its id as well',
    });
  return object;
}

/** Calls the module. Its errors become ours, without its words. */
export function asking<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw tokenError(error);
  }
}

/** Tidying up must not hide why it is done. */
function ignoring(call: () => void): void {
  try {
    call();
  } catch {
    // The session is gone with the token, which the caller knows already.
  }
}

export function tokenError(error: unknown): SignError {
  if (error instanceof SignError) return error;
  const code = codeOf(error);
  if (code === CKR.dataLengthRange) {
    return new SignError('ERR_SIGN_LIMIT', 'the token signs no message of this length', {
      hint: 'make the statement smaller, or use a P-256 key, which signs a digest',
      cause: error,
    });
  }
  const gone = code === CKR.deviceError || code === CKR.deviceRemoved;
  return new SignError(
    gone ? 'ERR_SIGN_UNAVAILABLE' : 'ERR_SIGN_BACKEND',
    `the token failed (${nameOf(error)})`,
    {
      hint: 'nothing was written',
      cause: error,
    },
  );
}
