import { X509Certificate } from 'node:crypto';
import { isJsonArray, isJsonObject, type JsonObject } from 'in-toto-attestation';
import { createServerCertificate, type ServerCertificate } from './certificate.ts';
import { objectAt, textAt, type KubernetesApi } from './kubernetes-api.ts';

export interface CertificatePlace {
  readonly namespace: string;
  /** The Service in front of the webhook: what the API server calls it. */
  readonly service: string;
  /** The Secret, `kubernetes.io/tls`, that the pods mount. */
  readonly secret: string;
  /** The webhook configuration of this name, mutating and validating, gets the authority. */
  readonly webhooks: string;
  readonly days: number;
}

const DAY_MS = 86_400_000;

/**
 * Makes sure that the webhook has a certificate which is good for a third of its time at least, and that the API server trusts
 * its authority. The old authority stays trusted beside the new one: pods get a new Secret only after a while.
 *
 * @returns whether a new certificate was made.
 * @throws {WebhookError} `ERR_WEBHOOK_KUBERNETES`
 */
export async function installCertificate(
  api: KubernetesApi,
  place: CertificatePlace,
  signal: AbortSignal,
  now: Date = new Date(),
): Promise<boolean> {
  const path = `/api/v1/namespaces/${place.namespace}/secrets/${place.secret}`;
  const known = await api.get(path, signal);
  const current = known === undefined ? undefined : readSecret(known);
  const isGood = current !== undefined && daysLeft(current.certificate, now) > place.days / 3;
  const next = isGood ? current : createServerCertificate({ names: namesOf(place), days: place.days, now });
  // First the trust, then what needs it.
  const authorities =
    current === undefined || isGood ? [next.authority] : [next.authority, current.authority];
  for (const kind of ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations']) {
    await trust(
      api,
      `/apis/admissionregistration.k8s.io/v1/${kind}/${place.webhooks}`,
      authorities.join(''),
      signal,
    );
  }
  if (!isGood) await api.apply(path, secretOf(place, next), signal);
  return !isGood;
}

function namesOf({ service, namespace }: CertificatePlace): string[] {
  return [
    `${service}.${namespace}.svc`,
    `${service}.${namespace}`,
    `${service}.${namespace}.svc.cluster.local`,
  ];
}

function readSecret(secret: JsonObject): ServerCertificate | undefined {
  const data = objectAt(secret, 'data');
  const [certificate, privateKey, authority] = ['tls.crt', 'tls.key', 'ca.crt'].map((key) =>
    Buffer.from(textAt(data, key), 'base64').toString('utf8'),
  );
  if (!certificate || !privateKey || !authority) return undefined;
  return { certificate, privateKey, authority };
}

function daysLeft(certificate: string, now: Date): number {
  try {
    return (new X509Certificate(certificate).validToDate.getTime() - now.getTime()) / DAY_MS;
  } catch {
    return 0;
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function secretOf({ namespace, secret }: CertificatePlace, made: ServerCertificate): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: secret, namespace },
    type: 'kubernetes.io/tls',
    data: {
      'tls.crt': base64(made.certificate),
      'tls.key': base64(made.privateKey),
      'ca.crt': base64(made.authority),
    },
  };
}

/** Writes the authorities into each webhook of a configuration; one that is not there needs none. */
async function trust(
  api: KubernetesApi,
  path: string,
  authorities: string,
  signal: AbortSignal,
): Promise<void> {
  const configuration = await api.get(path, signal);
  if (configuration === undefined) return;
  const webhooks = configuration['webhooks'];
  const count = webhooks !== undefined && isJsonArray(webhooks) ? webhooks.filter(isJsonObject).length : 0;
  const caBundle = Buffer.from(authorities).toString('base64');
  const patch = Array.from({ length: count }, (_, index) => ({
    op: 'add',
    path: `/webhooks/${index}/clientConfig/caBundle`,
    value: caBundle,
  }));
  await api.patch(path, patch, signal);
}
