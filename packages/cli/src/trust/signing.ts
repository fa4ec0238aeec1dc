import { type KeyBackend, appendSignature, signPayload } from '@danube/signer';
import { TRUST_ROOT_PAYLOAD_TYPE, toTrustRoot } from '@danube/verifier/documents';
import { type Envelope, encodeEnvelope } from 'in-toto-attestation';
import { usageError } from '../exit-code.ts';
import { writeOutput } from '../file.ts';
import { withSigningKey } from '../signing-key.ts';
import { sayHint, sayWarning } from '../terminal.ts';
import { readTrustRootFile, type TrustRootFile } from './file.ts';
import type { SignTrustRootOptions } from './sign.ts';

/**
 * Signs the very bytes of a trust root that does not contradict itself.
 *
 * @throws CliError, SignError, KeyError; nothing is written then.
 */
export async function signTrustRoot(path: string, options: SignTrustRootOptions): Promise<void> {
  const file = readTrustRootFile(path);
  const signed = await withSigningKey(options, (backend) =>
    sign(path, file, backend, options.append === true),
  );
  writeOutput(options.out ?? '-', Buffer.concat([encodeEnvelope(signed), Buffer.from('\n')]));
}

async function sign(
  path: string,
  { bytes, document, envelope }: TrustRootFile,
  backend: KeyBackend,
  append: boolean,
): Promise<Envelope> {
  const { keys } = toTrustRoot(document);
  if (keys.some(({ publicKey }) => publicKey.keyid === backend.publicKey.keyid)) {
    sayWarning('this root key is a key of the trust root as well: who builds with it decides who is trusted');
    sayHint('keep a root key for trust roots alone');
  }
  if (append && envelope === undefined)
    throw usageError(`${path} is not signed yet`, 'leave --append out for the first signature');
  if (!append && envelope !== undefined)
    throw usageError(`${path} is signed already`, 'add a signature by --append');
  return envelope === undefined
    ? signPayload(TRUST_ROOT_PAYLOAD_TYPE, bytes, backend)
    : appendSignature(envelope, backend);
}
