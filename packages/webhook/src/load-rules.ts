import { createHash } from 'node:crypto';
import type { ImageReference } from '@danube/artifact/image-reference';
import { DocumentError, imageMatcher, parsePolicy, PatternError } from '@danube/verifier/documents';
import type { Policy } from '@danube/verifier';
import type { ExemptionEntry, WebhookConfig } from './config-schema.ts';
import { WebhookError } from './errors.ts';
import { createGuard } from './guard.ts';
import type { Mode } from './mode.ts';
import { readConfigFile } from './read-file.ts';
import type { Exemption, Guard, Rules } from './rules.ts';
import { loadTrust, type Trust } from './trust.ts';

/** A policy that somebody else read: a custom resource of the cluster. */
export interface ClusterPolicy {
  readonly policy: Policy;
  /** The namespace that it belongs to, and is in force in; the whole cluster when left out. */
  readonly namespace?: string;
  readonly mode?: Mode;
  readonly sha256: string;
}

/**
 * Reads everything that is in force: trust, policies, exemptions.
 *
 * @throws {WebhookError} `ERR_WEBHOOK_IO`, `ERR_WEBHOOK_CONFIG`
 */
export function loadRules(config: WebhookConfig, ofCluster: readonly ClusterPolicy[] = []): Rules {
  const trust = loadTrust(config.trust);
  const fromFiles = (config.policies ?? []).map((entry) => loadGuard(entry, config.mode, trust));
  const usual = config.customResources?.mode ?? config.mode;
  const guards = [...fromFiles, ...ofCluster.map((policy) => clusterGuard(policy, usual, trust))];
  return {
    mode: config.mode,
    noMatch: config.noMatch,
    workloads: config.workloads,
    guards,
    exemptions: (config.exemptions ?? []).map(readExemption),
    knowsLevels: knowsLevels(config),
  };
}

/** Whether a trust root says who builds at which level. */
export function knowsLevels({ trust }: WebhookConfig): boolean {
  return 'root' in trust;
}

/** The files whose change makes other rules. */
export function filesOf({ trust, policies = [] }: WebhookConfig): string[] {
  const ofTrust =
    'root' in trust ? [trust.root.file, ...('keys' in trust.root ? trust.root.keys : [])] : trust.publicKeys;
  return [...ofTrust, ...policies.map(({ file }) => file)];
}

function loadGuard(
  { file, mode, namespaces }: NonNullable<WebhookConfig['policies']>[number],
  usual: Mode,
  trust: Trust,
): Guard {
  const bytes = readConfigFile(file);
  return createGuard(readPolicy(bytes, file, trust), trust, {
    mode: mode ?? usual,
    ...(namespaces === undefined ? {} : { namespaces }),
    isAddition: false,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
}

function readPolicy(bytes: Uint8Array, file: string, trust: Trust): Policy {
  try {
    const policy = parsePolicy(bytes);
    refuseUnknowable(policy, trust, file);
    return policy;
  } catch (cause) {
    if (!(cause instanceof DocumentError)) throw cause;
    throw new WebhookError('ERR_WEBHOOK_CONFIG', `policy ${file}: ${cause.message}`, { cause });
  }
}

/** @throws {WebhookError} `ERR_WEBHOOK_CONFIG` */
function refuseUnknowable({ name, needsTrustRoot }: Policy, trust: Trust, where: string): void {
  if (!needsTrustRoot || trust.expectations.trustRoot !== undefined) return;
  throw new WebhookError(
    'ERR_WEBHOOK_CONFIG',
    `policy ${where}: ${name} demands a Build level, which only a trust root knows (trust.root)`,
  );
}

function clusterGuard({ policy, namespace, mode, sha256 }: ClusterPolicy, usual: Mode, trust: Trust): Guard {
  return createGuard(policy, trust, {
    mode: mode ?? usual,
    ...(namespace === undefined ? {} : { namespaces: [namespace] }),
    isAddition: namespace !== undefined,
    sha256,
  });
}

function readExemption({ images, namespaces, reason }: ExemptionEntry, index: number): Exemption {
  const matchers = images?.map((pattern) => readImagePattern(pattern, `/exemptions/${index}/images`));
  return {
    reason,
    matches: (image, namespace) =>
      (namespaces === undefined || namespaces.includes(namespace)) &&
      (matchers === undefined || matchers.some((match) => match(image))),
  };
}

function readImagePattern(pattern: string, at: string): (image: ImageReference) => boolean {
  try {
    return imageMatcher(pattern);
  } catch (cause) {
    if (!(cause instanceof PatternError)) throw cause;
    throw new WebhookError(
      'ERR_WEBHOOK_CONFIG',
      `${at}: the pattern ${JSON.stringify(pattern)} ${cause.message}`,
      {
        cause,
      },
    );
  }
}
