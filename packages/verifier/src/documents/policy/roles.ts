import { KeyError, parsePublicKey, type PublicKey, verifySignature } from '@danube/keys';
import { encodeHex, pae, type Envelope } from 'in-toto-attestation';
import { fail, pass } from '../../finding.ts';
import type { PolicyInput } from '../../policy.ts';
import type { Finding } from '../../report.ts';
import { DocumentError } from '../errors.ts';
import type { PolicySpec } from './schema.ts';

/** Who has which keys. */
export type Roles = ReadonlyMap<string, readonly PublicKey[]>;

/**
 * Reads the keys of the roles. A key belongs to one role: otherwise one signature would speak for two.
 *
 * @throws {DocumentError} `ERR_POLICY`
 */
export function readRoles(roles: PolicySpec['roles'] = []): Roles {
  const found = new Map<string, readonly PublicKey[]>();
  const owners = new Set<string>();
  for (const [index, { name, keys }] of roles.entries()) {
    const at = `/spec/roles/${index}`;
    if (found.has(name)) throw new DocumentError('ERR_POLICY', `${at}/name`, 'is there twice');
    const parsed = keys.map((text, position) => readKey(text, `${at}/keys/${position}`));
    for (const [position, { spki }] of parsed.entries()) {
      const key = encodeHex(spki);
      if (owners.has(key))
        throw new DocumentError('ERR_POLICY', `${at}/keys/${position}`, 'is a key that is there already');
      owners.add(key);
    }
    found.set(name, parsed);
  }
  return found;
}

function readKey(text: string, pointer: string): PublicKey {
  try {
    return parsePublicKey(new TextEncoder().encode(text));
  } catch (cause) {
    if (!(cause instanceof KeyError)) throw cause;
    throw new DocumentError('ERR_POLICY', pointer, cause.message, { cause });
  }
}

/** At least `threshold` of the roles signed the provenance, each with a key of its own. */
export function signaturesCheck(
  { threshold, roles: names }: Exclude<PolicySpec['signatures'], undefined>,
  roles: Roles,
): (input: PolicyInput) => Finding {
  const expected = `signatures of ${threshold} of ${names.join(', ')}`;
  return ({ envelope }) => {
    const signed = names.filter((name) => hasSigned(envelope, roles.get(name) ?? []));
    const actual = signed.length === 0 ? 'none of them signed' : signed.join(', ');
    const result = { expected, actual, pointer: '/signatures' };
    return signed.length >= threshold ? pass(result) : fail(result);
  };
}

/** Whether one of these keys signed the very bytes of the payload. */
export function hasSigned(
  { payloadType, payload, signatures }: Envelope,
  keys: readonly PublicKey[],
): boolean {
  const message = pae(payloadType, payload);
  return keys.some((key) => signatures.some(({ sig }) => verifySignature(key, message, sig)));
}
