import { loadEvidence, type OpenedTrustRoot, type TrustedKey, type TrustRoot } from '@danube/verifier';
import { EXIT, type ExitCode, usageError } from '../exit-code.ts';
import { proveByRoot } from '../provenance/trust-root-proofs.ts';
import { openTrustRootFile } from '../provenance/trust-root.ts';
import { paint, print, printable, sayWarning, STDOUT } from '../terminal.ts';
import type { CheckTrustRootOptions } from './check.ts';
import { readTrustRootFile } from './file.ts';

/** Whoever keeps it needs some time for the next one. */
const SOON_DAYS = 30;
const DAY_MS = 86_400_000;

/**
 * Opens a trust root as a verification does, and tells what deserves a look.
 *
 * @returns `rejected` when a verification would not trust it.
 * @throws CliError ERR_USAGE for what is no trust root; ERR_IO.
 */
export function checkTrustRoot(path: string, options: CheckTrustRootOptions): ExitCode {
  const { document, envelope } = readTrustRootFile(path);
  const opened = open(path, options, envelope !== undefined);
  const names = (document.keys ?? []).map(({ name }) => name);
  const now = new Date();
  const reason = refusal(opened, now);
  if (opened.root !== undefined) {
    proveByRoot(loadEvidence([]), opened.root); // reads their certificates
    for (const concern of concerns(opened.root, names, now)) sayWarning(concern);
  }
  const facts = opened.root === undefined ? '' : ` (version ${opened.root.version}, ${printable(opened.by)})`;
  print(
    reason === undefined
      ? `${paint(STDOUT, 'green', 'trusted')}  ${path}${facts}`
      : `${paint(STDOUT, 'red', 'refused')}  ${path}: ${printable(reason)}`,
  );
  return reason === undefined ? EXIT.ok : EXIT.rejected;
}

function open(path: string, options: CheckTrustRootOptions, isSigned: boolean): OpenedTrustRoot {
  const { trustRootKey, trustRootThreshold } = options;
  if (trustRootThreshold !== undefined && trustRootKey === undefined)
    throw usageError('--trust-root-threshold needs --trust-root-key');
  if (isSigned && trustRootKey === undefined)
    throw usageError(`${path} is signed`, 'name the key of whoever keeps it: --trust-root-key FILE');
  if (!isSigned && trustRootKey !== undefined)
    throw usageError(`${path} is not signed`, 'danube trust sign makes a signed one of it');
  return openTrustRootFile(
    isSigned ? { ...options, trustRoot: path } : { ...options, plainTrustRoot: path },
    false,
  );
}

function refusal(opened: OpenedTrustRoot, now: Date): string | undefined {
  if (opened.root === undefined) return opened.reason;
  return opened.root.expires < now ? `it expired on ${opened.root.expires.toISOString()}` : undefined;
}

/** What is no contradiction, and will surprise somebody. */
function* concerns(root: TrustRoot, names: readonly string[], now: Date): Generator<string> {
  if (isSoon(root.expires, now))
    yield `it expires on ${root.expires.toISOString()}: publish the next version before`;
  for (const [index, key] of root.keys.entries()) {
    const name = names[index] ?? key.publicKey.keyid;
    if (!isUsed(root, key)) yield `the key ${name} signs for nobody`;
    else if (key.revoked === undefined && key.notAfter < now)
      yield `the key ${name} ended on ${key.notAfter.toISOString()}`;
    else if (key.revoked === undefined && isSoon(key.notAfter, now)) {
      yield `the key ${name} ends on ${key.notAfter.toISOString()}: rotate it`;
    }
  }
  for (const { id, keys, threshold, ...others } of [...root.builders, ...(root.verifiers ?? [])]) {
    const certified = 'certificates' in others && others.certificates !== undefined ? 1 : 0;
    const left = certified + keys.filter((key) => canSign(root, key.keyid, now)).length;
    if (left < threshold) yield `${id} needs ${threshold} signers, and ${left} can sign now`;
  }
  if (root.timestampAuthorities === undefined && root.sigstore === undefined) {
    yield 'it names no timestamp authority: what a key signed is rejected as soon as the key ends or is revoked';
  }
}

function isSoon(moment: Date, now: Date): boolean {
  return moment >= now && moment.getTime() - now.getTime() < SOON_DAYS * DAY_MS;
}

function isUsed({ builders, verifiers = [] }: TrustRoot, { publicKey }: TrustedKey): boolean {
  return [...builders, ...verifiers].some(({ keys }) => keys.includes(publicKey));
}

function canSign({ keys }: TrustRoot, keyid: string, now: Date): boolean {
  const key = keys.find(({ publicKey }) => publicKey.keyid === keyid);
  return key !== undefined && key.revoked === undefined && key.notBefore <= now && now <= key.notAfter;
}
