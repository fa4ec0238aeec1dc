/** The configuration of a key service: `--key-config FILE`, JSON of kind KeyConfig. It refers to secrets and holds none. */
import { appendFileSync } from 'node:fs';
import { scanSecrets } from '@danube/builder';
import type { AuditRecord, CredentialOptions, SecretReference, ServiceOptions } from '@danube/signer';
import {
  asObject,
  asString,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  MalformedError,
  optional,
  optionalList,
  optionalString,
  parseJson,
  type Read,
  required,
  requiredString,
  unknownFields,
  withDefined,
} from 'in-toto-attestation';
import { fromErrno, readInput } from './file.ts';

export interface KeyConfig {
  readonly service: ServiceOptions;
  readonly expectedKey?: string;
  readonly passphrase?: SecretReference;
}

const MAX_BYTES = 64 * 1024;
const MAX_CA_BYTES = 1024 * 1024;

/**
 * Reads a key configuration. A literal secret is refused before anything in the file is looked at.
 *
 * @throws MalformedError with the field; CliError ERR_IO
 */
export function readKeyConfig(path: string): KeyConfig {
  return parseKeyConfig(readInput(path, MAX_BYTES));
}

export function parseKeyConfig(bytes: Uint8Array): KeyConfig {
  const value = parseJson(bytes, { maxBytes: MAX_BYTES });
  refuseSecrets(value);
  const config = asObject(value, '');
  refuseUnknown(config, '', [
    'apiVersion',
    'kind',
    'kms',
    'secretDirectory',
    'expectedKey',
    'auditLog',
    'passphrase',
  ]);
  requireText(config, 'apiVersion', 'danube.dev/v1');
  requireText(config, 'kind', 'KeyConfig');
  const auditLog = optionalString(config, 'auditLog', '');
  const service = withDefined<ServiceOptions>(optional(config, 'kms', '', readKms) ?? {}, {
    secretDirectory: optionalString(config, 'secretDirectory', ''),
    audit: auditLog === undefined ? undefined : (record) => appendAudit(auditLog, record),
  });
  return withDefined<KeyConfig>(
    { service },
    {
      expectedKey: optionalString(config, 'expectedKey', ''),
      passphrase: optional(config, 'passphrase', '', readReference),
    },
  );
}

/** `/kms/token` as `kms.token`, the way people name a field. */
function fieldOf(pointer: string): string {
  return pointer.slice(1).replaceAll('/', '.');
}

function refuseSecrets(value: JsonValue): void {
  const [found] = scanSecrets(value);
  if (found === undefined) return;
  const message = `field \`${fieldOf(found.pointer)}\` contains what looks like ${found.what}; put a reference there`;
  throw new MalformedError('ERR_VALUE', '', message, {
    hint: 'write {"secret": "NAME"}; whoever has seen this file has seen the secret, so replace it',
  });
}

function refuseUnknown(object: JsonObject, pointer: string, known: readonly string[]): void {
  const [unknown] = Object.keys(unknownFields(object, new Set(known)) ?? {});
  if (unknown === undefined) return;
  throw new MalformedError('ERR_UNKNOWN_FIELD', `${pointer}/${unknown}`, `known are ${known.join(', ')}`);
}

function requireText(object: JsonObject, key: string, expected: string): void {
  if (requiredString(object, key, '') !== expected)
    throw new MalformedError('ERR_VALUE', `/${key}`, `must be ${expected}`);
}

/** A record a line, in one write, and on disk before what it tells about has any effect. */
function appendAudit(path: string, record: AuditRecord): void {
  try {
    appendFileSync(path, `${JSON.stringify(record)}\n`, { mode: 0o600, flush: true });
  } catch (error) {
    throw fromErrno('write', path, error);
  }
}

const KMS_FIELDS = [
  'endpoint',
  'allowedHosts',
  'allowPrivateAddresses',
  'allowLoopbackHttp',
  'caFile',
  'connectSeconds',
  'callSeconds',
  'totalSeconds',
  'ratePerSecond',
  'maxMessageBytes',
  'credentials',
];

function readKms(value: JsonValue, pointer: string): ServiceOptions {
  const kms = asObject(value, pointer);
  refuseUnknown(kms, pointer, KMS_FIELDS);
  const seconds = (key: string): number | undefined => {
    const count = optional(kms, key, pointer, readPositive);
    return count === undefined ? undefined : count * 1000;
  };
  const deadlines = withDefined<NonNullable<ServiceOptions['deadlines']>>(
    {},
    {
      connectMs: seconds('connectSeconds'),
      callMs: seconds('callSeconds'),
      totalMs: seconds('totalSeconds'),
    },
  );
  const caFile = optionalString(kms, 'caFile', pointer);
  return withDefined<ServiceOptions>(
    { deadlines },
    {
      endpoint: optionalString(kms, 'endpoint', pointer),
      allowedHosts: optionalList(kms, 'allowedHosts', pointer, asString, 100),
      allowPrivateAddresses: optional(kms, 'allowPrivateAddresses', pointer, readBoolean),
      allowLoopbackHttp: optional(kms, 'allowLoopbackHttp', pointer, readBoolean),
      ca: caFile === undefined ? undefined : new TextDecoder().decode(readInput(caFile, MAX_CA_BYTES)),
      ratePerSecond: optional(kms, 'ratePerSecond', pointer, readPositive),
      maxMessageBytes: optional(kms, 'maxMessageBytes', pointer, readPositive),
      credentials: optional(kms, 'credentials', pointer, readCredentials),
    },
  );
}

const readBoolean: Read<boolean> = (value, pointer) => {
  if (typeof value === 'boolean') return value;
  throw new MalformedError('ERR_TYPE', pointer, 'must be true or false');
};

const readPositive: Read<number> = (value, pointer) => {
  if (typeof value === 'number' && value > 0 && value <= 1_000_000) return value;
  throw new MalformedError('ERR_VALUE', pointer, 'must be a positive number');
};

const readReference: Read<SecretReference> = (value, pointer) => {
  if (!isJsonObject(value)) {
    throw new MalformedError(
      'ERR_TYPE',
      '',
      `field \`${fieldOf(pointer)}\` holds a value; put a reference there`,
      {
        hint: 'write {"secret": "NAME"}: the value is then taken from the environment or a mounted file',
      },
    );
  }
  refuseUnknown(value, pointer, ['secret']);
  return { secret: requiredString(value, 'secret', pointer) };
};

function oneOf<T extends string>(...words: readonly T[]): Read<T> {
  return (value, pointer) => {
    const word = words.find((known) => known === value);
    if (word === undefined)
      throw new MalformedError('ERR_VALUE', pointer, `must be one of ${words.join(', ')}`);
    return word;
  };
}

type Mode = CredentialOptions['mode'];

const MODE_FIELDS: Readonly<Record<Mode, readonly string[]>> = {
  static: ['accessKeyId', 'secretAccessKey', 'sessionToken', 'token'],
  oauth2: ['tokenUrl', 'clientId', 'clientSecret', 'scope', 'audience', 'resource', 'clientAuthentication'],
  iam_role: ['source', 'roleArn', 'externalId', 'sessionName'],
  service_account: ['source', 'file', 'clientId'],
  approle: ['roleId', 'secretId', 'mount'],
  jwt: ['role', 'jwt', 'mount'],
  kubernetes: ['role', 'jwt', 'mount'],
};

const readMode: Read<Mode> = oneOf(
  'static',
  'oauth2',
  'iam_role',
  'service_account',
  'approle',
  'jwt',
  'kubernetes',
);

function readCredentials(value: JsonValue, pointer: string): CredentialOptions {
  const object = asObject(value, pointer);
  const mode = required(object, 'mode', pointer, readMode);
  refuseUnknown(object, pointer, ['mode', ...MODE_FIELDS[mode]]);
  const text = (key: string): string | undefined => optionalString(object, key, pointer);
  const secret = (key: string): SecretReference | undefined => optional(object, key, pointer, readReference);
  const needed = (key: string): string => requiredString(object, key, pointer);
  const neededSecret = (key: string): SecretReference => required(object, key, pointer, readReference);
  switch (mode) {
    case 'static':
      return withDefined<Extract<CredentialOptions, { mode: 'static' }>>(
        { mode },
        {
          accessKeyId: text('accessKeyId'),
          secretAccessKey: secret('secretAccessKey'),
          sessionToken: secret('sessionToken'),
          token: secret('token'),
        },
      );
    case 'oauth2':
      return withDefined<Extract<CredentialOptions, { mode: 'oauth2' }>>(
        {
          mode,
          tokenUrl: needed('tokenUrl'),
          clientId: needed('clientId'),
          clientSecret: neededSecret('clientSecret'),
        },
        {
          scope: text('scope'),
          audience: text('audience'),
          resource: text('resource'),
          clientAuthentication: optional(object, 'clientAuthentication', pointer, oneOf('basic', 'body')),
        },
      );
    case 'iam_role':
      return withDefined<Extract<CredentialOptions, { mode: 'iam_role' }>>(
        { mode },
        {
          source: optional(object, 'source', pointer, oneOf('web_identity', 'container', 'imds')),
          roleArn: text('roleArn'),
          externalId: text('externalId'),
          sessionName: text('sessionName'),
        },
      );
    case 'service_account':
      return withDefined<Extract<CredentialOptions, { mode: 'service_account' }>>(
        { mode },
        {
          source: optional(object, 'source', pointer, oneOf('workload_identity', 'metadata')),
          file: text('file'),
          clientId: text('clientId'),
        },
      );
    case 'approle':
      return withDefined<Extract<CredentialOptions, { mode: 'approle' }>>(
        { mode, roleId: needed('roleId'), secretId: neededSecret('secretId') },
        { mount: text('mount') },
      );
    case 'jwt':
    case 'kubernetes':
      break;
  }
  return withDefined<Extract<CredentialOptions, { mode: 'jwt' | 'kubernetes' }>>(
    { mode, role: needed('role') },
    { jwt: secret('jwt'), mount: text('mount') },
  );
}
