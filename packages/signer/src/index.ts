export { awsCredentials } from './aws-credentials.ts';
export type { CredentialSource, Expiring } from './credential-source.ts';
export type { AwsCredential } from './sigv4.ts';
export { SIGN_ERROR_CODES, SignError, type SignErrorCode } from './errors.ts';
export type {
  AppRoleCredentials,
  CredentialOptions,
  IamRoleCredentials,
  OAuth2Credentials,
  SecretReference,
  ServiceAccountCredentials,
  StaticCredentials,
  VaultJwtCredentials,
} from './credential-options.ts';
export { delegateKey, type DelegateOptions } from './delegated-key.ts';
export type { KeyBackend, KeyWarning } from './key-backend.ts';
export {
  KEY_CHECKS,
  type AuditRecord,
  type Deadlines,
  type KeyCheck,
  type KeyDescription,
  type KeyFinding,
  type KeyRotation,
  type ServiceCall,
  type ServiceOptions,
} from './key-service.ts';
export { openKey, type OpenKeyOptions } from './open-key.ts';
export { resolveSecret, secretVariable, type SecretOptions } from './secret-reference.ts';
export { signStatements, type SignManyOptions } from './sign-many.ts';
export { appendSignature, signPayload, signStatement, type SignOptions } from './sign.ts';
