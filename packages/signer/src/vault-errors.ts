/** What the refusals of Vault and OpenBao mean. Their texts are never shown: they may quote what was sent. */
import { isJsonArray } from 'in-toto-attestation';
import { SignError } from './errors.ts';
import { optionalJsonOf, type Refusal, type ServiceReply, unavailable } from './service-client.ts';

/** What was asked, for messages. */
export interface VaultQuestion {
  /** `OpenBao`. */
  readonly name: string;
  /** The key, with its mount. */
  readonly key: string;
}

interface Meaning {
  readonly outcome: string;
  readonly code: SignError['code'];
  readonly message: string;
  readonly hint: string;
}

/** @param renew gets another token; `false` when there is no other. */
export function judgeVault(
  reply: ServiceReply,
  question: VaultQuestion,
  renew: () => boolean,
): Refusal | undefined {
  const { status } = reply;
  if (status === 200) return undefined;
  const { name } = question;
  if (status === 503) return unavailable('sealed', `${name} is sealed or in standby (HTTP 503)`);
  if (status >= 500 || status === 429 || status === 412)
    return unavailable(`HTTP ${status}`, `${name} cannot answer now (HTTP ${status})`);
  const { outcome, code, message, hint } = meaningOf(reply, question);
  // A token may have been revoked or have expired early; another one is tried once.
  return { outcome, temporary: status === 403 && renew(), error: new SignError(code, message, { hint }) };
}

function meaningOf(reply: ServiceReply, { name, key }: VaultQuestion): Meaning {
  const { status } = reply;
  if (status === 403) {
    return {
      outcome: 'HTTP 403',
      code: 'ERR_SIGN_DENIED',
      message: `${name} does not let this token use ${key}, or does not take the token`,
      hint: `its policy must have update on the path sign/KEY and read on keys/KEY of that mount`,
    };
  }
  if (status === 404 || isNoKey(reply)) {
    return {
      outcome: status === 404 ? 'HTTP 404' : 'no key',
      code: 'ERR_SIGN_KEY',
      message: `${name} has no key ${key}`,
      hint: 'check the name, the mount (TRANSIT_SECRET_ENGINE_PATH) and the namespace',
    };
  }
  if (status === 413) {
    return {
      outcome: 'HTTP 413',
      code: 'ERR_SIGN_LIMIT',
      message: `${name} takes no request of this size`,
      hint: 'raise max_request_size of its listener, or make the statement smaller',
    };
  }
  if (isDisallowedVersion(reply)) {
    return {
      outcome: 'version',
      code: 'ERR_SIGN_KEY',
      message: `${name} does not sign with this version of ${key} any more`,
      hint: 'its min_encryption_version or min_available_version is higher: use a newer version',
    };
  }
  return {
    outcome: `HTTP ${status}`,
    code: 'ERR_SIGN_BACKEND',
    message: `${name} refused the request about ${key} (HTTP ${status})`,
    hint: 'nothing was signed; trying again will not help',
  };
}

function isNoKey(reply: ServiceReply): boolean {
  return says(reply, /(signing|encryption) key not found|no handler for route|key not found/);
}

function isDisallowedVersion(reply: ServiceReply): boolean {
  return says(
    reply,
    /version is too old|disallowed by policy|key version does not exist|invalid key version/,
  );
}

function says(reply: ServiceReply, text: RegExp): boolean {
  const { errors } = optionalJsonOf(reply);
  return (
    reply.status === 400 &&
    errors !== undefined &&
    isJsonArray(errors) &&
    errors.some((error) => typeof error === 'string' && text.test(error))
  );
}
