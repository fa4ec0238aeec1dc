/** What all credential exchanges share: a client for one endpoint, what its refusals mean, and careful reading. */
import type { JsonObject } from 'in-toto-attestation';
import { readCredentialFile } from './credential-file.ts';
import type { Endpoint } from './endpoint.ts';
import { SignError } from './errors.ts';
import type { ServiceOptions } from './key-service.ts';
import {
  createServiceClient,
  optionalJsonOf,
  type Refusal,
  type ServiceReply,
  type ServiceRequest,
  unavailable,
} from './service-client.ts';

/** A way to ask a token endpoint. */
export type TokenCall = (
  request: Omit<ServiceRequest, 'operation'>,
  signal: AbortSignal,
) => Promise<ServiceReply>;

/**
 * Asks a credential endpoint.
 *
 * @param name how to call it in messages: `AWS STS`.
 */
export function tokenCall(
  endpoint: Endpoint,
  name: string,
  options: ServiceOptions & { readonly service: string; readonly maxAttempts?: number },
): TokenCall {
  // The rate is the key service's; tokens are few. Certificates of a private key service are not the token endpoint's.
  const { ratePerSecond: _, ...others } = options;
  const client = createServiceClient(endpoint, others);
  return async (request, signal) => {
    try {
      return await client.call(
        () => ({ ...request, operation: 'token' }),
        (reply) => judgeToken(reply, name),
        signal,
      );
    } finally {
      client.close();
    }
  };
}

function judgeToken(reply: ServiceReply, name: string): Refusal | undefined {
  if (reply.status === 200) return undefined;
  const reason = reasonOf(reply);
  if (
    reply.status >= 500 ||
    reply.status === 429 ||
    /^(Throttling|slow_down|temporarily_unavailable)/.test(reason)
  ) {
    return unavailable(reason, `${name} gives no credential now (${reason})`);
  }
  return {
    outcome: reason,
    temporary: false,
    error: new SignError('ERR_SIGN_CREDENTIALS', `${name} gives no credential (${reason})`, {
      hint: 'check the identity, what it is trusted for, and whether its own token has expired',
    }),
  };
}

/** The error's name in OAuth's JSON or STS's XML; never its text, which may quote what was sent. */
function reasonOf(reply: ServiceReply): string {
  const { error } = optionalJsonOf(reply);
  const named = typeof error === 'string' ? error : /<Code>([\w.]+)<\/Code>/.exec(utf8(reply.body))?.[1];
  return named !== undefined && /^[\w.-]{1,64}$/.test(named) ? named : `HTTP ${reply.status}`;
}

export function utf8(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** A string that a credential reply must hold. @throws {SignError} ERR_SIGN_CREDENTIALS */
export function requiredText(json: JsonObject, field: string, name: string): string {
  const value = json[field];
  if (typeof value === 'string' && /^[!-~]+$/.test(value)) return value;
  throw new SignError('ERR_SIGN_CREDENTIALS', `${name} answered without ${field}`);
}

/** When a token stops being valid, from a lifetime in seconds; a reply without one gets 60 s. */
export function expiryIn(seconds: unknown): number {
  const life = Number(seconds);
  return Date.now() + (Number.isFinite(life) && life > 0 ? Math.min(life, 86_400) : 60) * 1000;
}

/** When a credential stops being valid, from a time in words. @throws {SignError} ERR_SIGN_CREDENTIALS */
export function expiryAt(time: string, name: string): number {
  const expiresAt = Date.parse(time);
  if (Number.isNaN(expiresAt))
    throw new SignError('ERR_SIGN_CREDENTIALS', `${name} answered with no time of expiry`);
  return expiresAt;
}

/** The token in a file that its platform renews, read anew each time. @throws {SignError} ERR_SIGN_CREDENTIALS */
export async function readTokenFile(path: string): Promise<string> {
  const token = utf8(await readCredentialFile(path)).trim();
  if (!/^[!-~]+$/.test(token)) throw new SignError('ERR_SIGN_CREDENTIALS', `there is no token in ${path}`);
  return token;
}

/** A form as `application/x-www-form-urlencoded`, and its content type. */
export function formRequest(
  path: string,
  fields: Readonly<Record<string, string | undefined>>,
  headers: Readonly<Record<string, string>> = {},
): Omit<ServiceRequest, 'operation'> {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.set(name, value);
  return {
    method: 'POST',
    path,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: form.toString(),
  };
}

/** The error for a mode that a service does not have. */
export function wrongMode(service: string, mode: string, known: readonly string[]): SignError {
  return new SignError('ERR_SIGN_CREDENTIALS', `${service} has no credential mode ${mode}`, {
    hint: `it has ${known.join(', ')}`,
  });
}
