import { dirname, resolve } from 'node:path';
import { joinPointer } from 'in-toto-attestation';
import { DocumentError, parseYaml } from '@danube/verifier/documents';
import type { z } from 'zod';
import { configSchema, type WebhookConfig } from './config-schema.ts';
import { WebhookError } from './errors.ts';
import { readConfigFile } from './read-file.ts';

/**
 * Reads the configuration (`docs/webhook.md`), YAML or JSON. Paths in it are relative to its folder, and come out absolute.
 *
 * @throws {WebhookError} `ERR_WEBHOOK_IO`; `ERR_WEBHOOK_CONFIG` with the place: an unknown field, an empty list, a value of
 * the wrong kind, parts that contradict each other.
 */
export function loadConfig(path: string): WebhookConfig {
  const config = parseConfig(readConfigFile(path), path);
  return absolute(config, dirname(resolve(path)));
}

/** @throws {WebhookError} `ERR_WEBHOOK_CONFIG` */
export function parseConfig(bytes: Uint8Array, name: string): WebhookConfig {
  const result = configSchema.safeParse(parseDocument(bytes, name));
  if (!result.success) throw describeIssue(result.error, name);
  const contradiction = findContradiction(result.data);
  if (contradiction === undefined) return result.data;
  throw new WebhookError('ERR_WEBHOOK_CONFIG', `${name}: ${contradiction}`);
}

function parseDocument(bytes: Uint8Array, name: string): unknown {
  try {
    return parseYaml(bytes, 'ERR_POLICY');
  } catch (cause) {
    if (!(cause instanceof DocumentError)) throw cause;
    throw new WebhookError('ERR_WEBHOOK_CONFIG', `${name}: ${cause.message}`, { cause });
  }
}

function describeIssue({ issues: [issue] }: z.ZodError, name: string): WebhookError {
  if (issue === undefined) return new WebhookError('ERR_WEBHOOK_CONFIG', `${name}: is no configuration`);
  const pointer = issue.path.reduce<string>((path, part) => joinPointer(path, String(part)), '');
  const [at, message] =
    issue.code === 'unrecognized_keys'
      ? [joinPointer(pointer, issue.keys[0] ?? ''), 'the format has no such field']
      : [pointer, issue.message];
  return new WebhookError('ERR_WEBHOOK_CONFIG', `${name}: ${at}: ${message}`);
}

function findContradiction(config: WebhookConfig): string | undefined {
  if (config.policies === undefined && config.customResources === undefined && config.noMatch === 'allow') {
    return '/policies: without any, noMatch: allow would let everything run';
  }
  if (config.policies === undefined && config.customResources === undefined) {
    return '/policies: expected policies, or customResources';
  }
  if (config.gatekeeper !== undefined && config.tls?.clientCertificates === undefined) {
    return '/gatekeeper: needs /tls/clientCertificates: anybody in the cluster could ask';
  }
  const everything = (config.exemptions ?? []).findIndex(
    ({ images, namespaces }) => images === undefined && namespaces === undefined,
  );
  return everything === -1
    ? undefined
    : `/exemptions/${everything}: exempts everything; name images, namespaces or both`;
}

function absolute(config: WebhookConfig, folder: string): WebhookConfig {
  const at = (path: string): string => resolve(folder, path);
  const { tls, trust, policies, registries } = config;
  const { dockerConfig, authorities } = registries;
  return {
    ...config,
    ...(tls === undefined
      ? {}
      : {
          tls: {
            certificate: at(tls.certificate),
            privateKey: at(tls.privateKey),
            ...(tls.clientCertificates === undefined
              ? {}
              : {
                  clientCertificates: {
                    ...tls.clientCertificates,
                    authorities: at(tls.clientCertificates.authorities),
                  },
                }),
          },
        }),
    trust:
      'root' in trust
        ? {
            root: {
              ...trust.root,
              file: at(trust.root.file),
              ...('keys' in trust.root ? { keys: trust.root.keys.map(at) } : {}),
            },
          }
        : { ...trust, publicKeys: trust.publicKeys.map(at) },
    ...(policies === undefined
      ? {}
      : { policies: policies.map((policy) => ({ ...policy, file: at(policy.file) })) }),
    serviceAccount: at(config.serviceAccount),
    registries: {
      ...registries,
      ...(dockerConfig === undefined ? {} : { dockerConfig: at(dockerConfig) }),
      ...(authorities === undefined ? {} : { authorities: at(authorities) }),
    },
  };
}
