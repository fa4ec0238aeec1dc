export {
  parseSecretAllowlist,
  secretAllowlistJsonSchema,
  type AllowedSecret,
  type SecretAllowlist,
} from './allowlist.ts';
export {
  clearLog,
  clearStatement,
  describeFinding,
  ON_SECRET,
  type ClearedStatement,
  type ClearedText,
  type ClearOptions,
  type OnSecret,
} from './clear.ts';
export { SECRET_ERROR_CODES, SecretError, type SecretErrorCode } from './errors.ts';
export { redactText } from './redact.ts';
export { scanSecrets, scanText, type SecretFinding } from './scan.ts';
