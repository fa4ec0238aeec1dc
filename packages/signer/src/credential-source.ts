import { deadlinesOf, unlessAborted, withinDeadline } from './deadline.ts';
import type { KeyWarning } from './key-backend.ts';
import type { ServiceOptions } from './key-service.ts';

/** A credential with the time at which the service stops taking it (milliseconds since 1970), if it does. */
export interface Expiring {
  readonly expiresAt: number | undefined;
}

/** Where the current credential comes from. It is kept in memory only. */
export interface CredentialSource<T> {
  /** What the user should know about this kind of credential. */
  readonly warnings: readonly KeyWarning[];
  get(signal: AbortSignal): Promise<T>;
  /** Forgets the credential, which the service did not take. `false` when another will not be had. */
  renew(): boolean;
}

/** A credential that never changes. */
export function fixedCredential<T>(credential: T, warnings: readonly KeyWarning[] = []): CredentialSource<T> {
  return { warnings, get: async () => credential, renew: () => false };
}

const AHEAD_MS = 5 * 60_000;

/**
 * A credential that is fetched when it is needed and again before it expires: five minutes, or for a shorter life half
 * of it. However many ask, one request is in flight; one of them giving up does not end it for the others. A failed
 * renewal is no failure as long as the old credential is valid.
 */
export function renewedCredential<T extends Expiring>(
  name: string,
  options: ServiceOptions,
  fetch: (signal: AbortSignal) => Promise<T>,
): CredentialSource<T> {
  const { totalMs } = deadlinesOf(options);
  let current: { readonly value: T; readonly renewAt: number } | undefined;
  let underWay: Promise<T> | undefined;
  const refresh = async (): Promise<T> => {
    try {
      const value = await withinDeadline(name, totalMs, undefined, fetch);
      current = { value, renewAt: renewalOf(value) };
      return value;
    } catch (error) {
      if (current === undefined || (current.value.expiresAt ?? Infinity) <= Date.now()) throw error;
      return current.value;
    } finally {
      underWay = undefined;
    }
  };
  return {
    warnings: [],
    async get(signal) {
      if (current !== undefined && Date.now() < current.renewAt) return current.value;
      underWay ??= refresh();
      return unlessAborted(underWay, signal);
    },
    renew() {
      current = undefined;
      return true;
    },
  };
}

function renewalOf({ expiresAt = Infinity }: Expiring): number {
  const life = expiresAt - Date.now();
  return expiresAt - Math.min(AHEAD_MS, life / 2);
}
