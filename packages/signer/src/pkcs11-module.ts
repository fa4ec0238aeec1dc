/** The module of a token's maker, loaded through the optional package pkcs11js. */
import { realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { SignError } from './errors.ts';

export interface Attribute {
  readonly type: number;
  readonly value?: number | boolean | string | Uint8Array;
}

/** A handle of the module; only passed back to it. */
export type Handle = Uint8Array;

export interface TokenInfo {
  readonly label: string;
  readonly serialNumber: string;
  readonly manufacturerID: string;
  readonly model: string;
  readonly flags: number;
}

/** What is used of pkcs11js 2; an error of the module has its number as `code`. */
export interface Cryptoki {
  load(path: string): void;
  close(): void;
  C_Initialize(options: { readonly flags: number }): void;
  C_Finalize(): void;
  C_GetSlotList(tokenPresent: boolean): Handle[];
  C_GetTokenInfo(slot: Handle): TokenInfo;
  C_OpenSession(slot: Handle, flags: number): Handle;
  C_CloseSession(session: Handle): void;
  C_Login(session: Handle, userType: number, pin: string): void;
  C_FindObjectsInit(session: Handle, template: Attribute[]): void;
  C_FindObjects(session: Handle, maxObjectCount: number): Handle[];
  C_FindObjectsFinal(session: Handle): void;
  C_GetAttributeValue(
    session: Handle,
    object: Handle,
    template: Attribute[],
  ): { readonly value: Uint8Array }[];
  C_SignInit(session: Handle, mechanism: { readonly mechanism: number }, key: Handle): void;
  C_SignAsync(session: Handle, message: Uint8Array, signature: Uint8Array): Promise<Uint8Array>;
  C_GenerateKeyPair(
    session: Handle,
    mechanism: { readonly mechanism: number },
    publicTemplate: Attribute[],
    privateTemplate: Attribute[],
  ): { readonly privateKey: Handle; readonly publicKey: Handle };
}

/** Gives a new object of pkcs11js. */
export type LoadCryptoki = () => Promise<Cryptoki>;

/** Names of the numbers that are met (PKCS #11 3.0, `pkcs11t.h`). */
export const CKR = {
  dataLengthRange: 0x21,
  deviceError: 0x30,
  deviceRemoved: 0x32,
  pinIncorrect: 0xa0,
  pinLocked: 0xa4,
  alreadyLoggedIn: 0x100,
  alreadyInitialized: 0x191,
} as const;

const CKF_OS_LOCKING_OK = 2;

interface Loaded {
  readonly cryptoki: Cryptoki;
  readonly initialized: boolean;
  users: number;
}

/** A module is initialized once a process, whoever uses it. */
const LOADED = new Map<string, Promise<Loaded>>();

/** A module in use. */
export interface Pkcs11Module {
  readonly path: string;
  readonly cryptoki: Cryptoki;
  close(): Promise<void>;
}

/**
 * Loads a module, or uses the one that is loaded.
 *
 * @throws {SignError} ERR_SIGN_CONFIG for a path that must not be loaded, ERR_SIGN_DEPENDENCY, ERR_SIGN_UNAVAILABLE.
 */
export async function loadPkcs11Module(path: string | undefined, load: LoadCryptoki): Promise<Pkcs11Module> {
  const real = checkModulePath(path);
  const loading = LOADED.get(real) ?? loadAndInitialize(real, load);
  LOADED.set(real, loading);
  try {
    const loaded = await loading;
    loaded.users += 1;
    return { path: real, cryptoki: loaded.cryptoki, close: async () => letGo(real, loaded) };
  } catch (error) {
    LOADED.delete(real);
    throw error;
  }
}

async function loadAndInitialize(path: string, load: LoadCryptoki): Promise<Loaded> {
  const cryptoki = await load();
  try {
    cryptoki.load(path);
    return { cryptoki, initialized: initialize(cryptoki), users: 0 };
  } catch (error) {
    throw new SignError(
      'ERR_SIGN_UNAVAILABLE',
      `the PKCS #11 module ${path} does not start (${nameOf(error)})`,
      {
        hint: 'its maker says what it needs: a configuration file, a service, a variable',
        cause: error,
      },
    );
  }
}

function initialize(cryptoki: Cryptoki): boolean {
  try {
    cryptoki.C_Initialize({ flags: CKF_OS_LOCKING_OK });
    return true;
  } catch (error) {
    if (codeOf(error) === CKR.alreadyInitialized) return false;
    throw error;
  }
}

function letGo(path: string, loaded: Loaded): void {
  loaded.users -= 1;
  if (loaded.users > 0) return;
  LOADED.delete(path);
  if (loaded.initialized) loaded.cryptoki.C_Finalize();
  loaded.cryptoki.close();
}

/** A module runs inside this process: nobody else may be able to replace it. */
function checkModulePath(path: string | undefined): string {
  if (path === undefined) {
    throw refused('the PKCS #11 URI names no module', 'add ?module-path=/PATH/OF/MODULE.so');
  }
  if (!isAbsolute(path)) throw refused('the path of the PKCS #11 module is not absolute');
  const real = realPathOf(path);
  const stats = statSync(real);
  if (!stats.isFile()) throw refused(`the PKCS #11 module ${path} is not a regular file`);
  if (![0, process.geteuid?.()].includes(stats.uid))
    throw refused(`the PKCS #11 module ${path} belongs to another user`);
  if ((stats.mode & 0o022) !== 0)
    throw refused(`the PKCS #11 module ${path} can be written to by others`, `chmod go-w ${real}`);
  const folder = statSync(dirname(real));
  if ((folder.mode & 0o022) !== 0 && (folder.mode & 0o1000) === 0)
    throw refused(`the folder of the PKCS #11 module ${path} can be written to by others`);
  return real;
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    throw new SignError('ERR_SIGN_CONFIG', `there is no PKCS #11 module ${path}`, { cause: error });
  }
}

function refused(what: string, hint?: string): SignError {
  return new SignError('ERR_SIGN_CONFIG', `refused: ${what}`, hint === undefined ? {} : { hint });
}

/** The number of a module's error; `undefined` for any other. */
export function codeOf(error: unknown): number | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : undefined;
}

/** `CKR_DEVICE_ERROR`; an error that is none of the module has no name that is worth telling. */
export function nameOf(error: unknown): string {
  const name = error instanceof Error ? /CKR_[A-Z_]+/.exec(error.message)?.[0] : undefined;
  return name ?? 'it cannot be loaded';
}

const PACKAGE: string = 'pkcs11js';

/** The package compiles on installation, so it is not installed unless it is asked for. */
export async function loadPkcs11js(): Promise<Cryptoki> {
  try {
    // A name that no bundler and no type checker looks up: the package is usually not there.
    const loaded: { default: { PKCS11: new () => Cryptoki } } = await import(PACKAGE);
    return new loaded.default.PKCS11();
  } catch (error) {
    throw new SignError('ERR_SIGN_DEPENDENCY', 'a key of a PKCS #11 token needs the package pkcs11js', {
      hint: 'install it beside danube: npm install pkcs11js@2 (it needs a C++ compiler)',
      cause: error,
    });
  }
}
