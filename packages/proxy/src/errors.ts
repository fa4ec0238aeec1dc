import { DanubeError } from 'in-toto-attestation';

/** Every way in which a proxy can be in the way. */
export const PROXY_ERROR_CODES = [
  'ERR_PROXY_UNAVAILABLE', // it cannot be reached, is too slow, or fails; later it may not
  'ERR_PROXY_DENIED', // it wants other credentials
  'ERR_PROXY_REFUSED', // what is named is no proxy, or it does not open the way
] as const;

/** The `code` of a {@link ProxyError}. */
export type ProxyErrorCode = (typeof PROXY_ERROR_CODES)[number];

/** No way through a proxy. Nothing was sent to the host; neither message nor cause holds a credential. */
export class ProxyError extends DanubeError<ProxyErrorCode> {}
