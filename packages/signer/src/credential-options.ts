/**
 * A secret that is somewhere else: its value is in the environment variable or the mounted file of that name. See
 * `resolveSecret`.
 */
export interface SecretReference {
  readonly secret: string;
}

/** OAuth 2.0 client credentials (RFC 6749, 4.4). */
export interface OAuth2Credentials {
  readonly mode: 'oauth2';
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: SecretReference;
  readonly scope?: string;
  readonly audience?: string;
  readonly resource?: string;
  /** Where id and secret go: the Authorization header, or the form. `basic` when left out. */
  readonly clientAuthentication?: 'basic' | 'body';
}

/** AWS: a role of the workload, and optionally another one assumed with it. */
export interface IamRoleCredentials {
  readonly mode: 'iam_role';
  /** Where the first credential comes from; left out, the first of them that the environment is set up for. */
  readonly source?: 'web_identity' | 'container' | 'imds';
  /** The role to assume: by web identity itself, or afterwards with the credential of the source. */
  readonly roleArn?: string;
  readonly externalId?: string;
  readonly sessionName?: string;
}

/** Google Cloud and Azure: the identity of the workload. */
export interface ServiceAccountCredentials {
  readonly mode: 'service_account';
  /** Left out, the first of them that the environment is set up for. */
  readonly source?: 'workload_identity' | 'metadata';
  /** Google Cloud: the `external_account` file; else GOOGLE_APPLICATION_CREDENTIALS. */
  readonly file?: string;
  /** Azure: the client id of a user-assigned identity. */
  readonly clientId?: string;
}

/** Long-lived keys or a ready token. */
export interface StaticCredentials {
  readonly mode: 'static';
  /** AWS. */
  readonly accessKeyId?: string;
  readonly secretAccessKey?: SecretReference;
  readonly sessionToken?: SecretReference;
  /** Google Cloud, Azure and Vault: a bearer token. */
  readonly token?: SecretReference;
}

/** Vault and OpenBao: AppRole. */
export interface AppRoleCredentials {
  readonly mode: 'approle';
  readonly roleId: string;
  readonly secretId: SecretReference;
  /** Where the method is mounted; `approle` when left out. */
  readonly mount?: string;
}

/** Vault and OpenBao: a JWT of somebody both trust; or the token of a Kubernetes service account. */
export interface VaultJwtCredentials {
  readonly mode: 'jwt' | 'kubernetes';
  readonly role: string;
  /** The JWT; left out, the service account's token file in the pod. */
  readonly jwt?: SecretReference;
  /** Where the method is mounted; the mode's name when left out. */
  readonly mount?: string;
}

/** One of the credential modes, with what it needs. */
export type CredentialOptions =
  | StaticCredentials
  | OAuth2Credentials
  | IamRoleCredentials
  | ServiceAccountCredentials
  | AppRoleCredentials
  | VaultJwtCredentials;
