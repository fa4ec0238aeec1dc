/**
 * Renders the chart into deploy/manifest.yaml, for users without Helm, and deploy/manifest-webhooks.yaml, which switches it
 * on; `--check` writes nothing and fails when a file is not what would be written. Needs helm.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readArguments } from './arguments.ts';
import { accepts } from './interop/case.ts';
import { findProgram, HOW_TO_INSTALL } from './peers.ts';
import { ROOT } from './repository.ts';

/** The chart of the webhook. */
export const CHART: string = join(ROOT, 'deploy', 'helm', 'danube-webhook');

/**
 * Arguments that render it for the namespace of the manifests. A Helm that was built from its Go module does not know which
 * Kubernetes it is for.
 */
export const TEMPLATE: readonly string[] = [
  'template',
  'danube-webhook',
  CHART,
  '--namespace=danube-system',
  '--kube-version=1.36.0',
];

const NAMESPACE = `apiVersion: v1
kind: Namespace
metadata:
  name: danube-system
  labels:
    pod-security.kubernetes.io/enforce: restricted
    pod-security.kubernetes.io/audit: restricted
    pod-security.kubernetes.io/warn: restricted
`;

/** The text of each file, by its path. */
export function renderManifests(): ReadonlyMap<string, string> {
  const helm = findProgram('helm');
  if (helm === undefined) throw new Error(`helm is missing; ${HOW_TO_INSTALL}`);
  const values = join(ROOT, 'deploy', 'manifest-values.yaml');
  const rendered = accepts(helm, [...TEMPLATE, '--include-crds', '--values', values]);
  const documents = rendered.split(/^---\n/m).filter((text) => text.trim() !== '');
  const isHook = (text: string): boolean => /^kind: \w+WebhookConfiguration$/m.test(text);
  const encode = (parts: readonly string[]): string =>
    parts.map((part) => `---\n${part.trimEnd()}\n`).join('');
  return new Map([
    ['deploy/manifest.yaml', encode([NAMESPACE, ...documents.filter((text) => !isHook(text))])],
    ['deploy/manifest-webhooks.yaml', encode(documents.filter(isHook))],
  ]);
}

if (import.meta.main) {
  const { check: isCheck } = readArguments('manifest', {
    options: { check: { type: 'boolean', default: false } },
  }).values;
  for (const [path, text] of renderManifests()) {
    if (!isCheck) writeFileSync(join(ROOT, path), text);
    else if (readFileSync(join(ROOT, path), 'utf8') !== text) {
      console.error(`${path} is not what \`npm run manifest\` writes`);
      process.exitCode = 1;
    }
  }
}
