export { SIGN_ERROR_CODES, SignError, type SignErrorCode } from './errors.ts';
export type { KeyBackend, KeyWarning } from './key-backend.ts';
export { openKey, type OpenKeyOptions } from './open-key.ts';
export { appendSignature, signPayload, signStatement, type SignOptions } from './sign.ts';
