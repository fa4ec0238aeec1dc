import type { JsonObject } from 'in-toto-attestation';
import {
  encodeAdmissionResponse,
  parseAdmissionReview,
  type AdmissionRequest,
} from '../src/admission-review.ts';

/** The members of a request that a test is about. */
export interface Asked {
  readonly group?: string;
  readonly kind?: string;
  readonly resource?: string;
  readonly subResource?: string;
  readonly operation?: string;
  readonly namespace?: string;
  readonly object?: unknown;
  readonly oldObject?: unknown;
  readonly dryRun?: boolean;
}

/** An AdmissionReview as the API server sends it. */
export function review(asked: Asked = {}): object {
  const { group = '', kind = 'Pod', resource = 'pods', operation = 'CREATE', namespace = 'team-a' } = asked;
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: '6a3f0d98-f293-41f5-8c91-99159d225d6c',
      kind: { group, version: 'v1', kind },
      resource: { group, version: 'v1', resource },
      ...(asked.subResource === undefined ? {} : { subResource: asked.subResource }),
      name: 'p',
      namespace,
      operation,
      userInfo: { username: 'alice', groups: ['devs'] },
      object: asked.object ?? null,
      oldObject: asked.oldObject ?? null,
      dryRun: asked.dryRun ?? false,
      options: {},
    },
  };
}

export function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

export function request(asked: Asked = {}): AdmissionRequest {
  return parseAdmissionReview(encode(review(asked)));
}

/** A pod with these images, and whatever else its specification has. */
export function pod(images: readonly string[], spec: object = {}, metadata: object = {}): JsonObject {
  const value = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'team-a', ...metadata },
    spec: { containers: images.map((image, index) => ({ name: `c${index}`, image })), ...spec },
  };
  return JSON.parse(JSON.stringify(value));
}

export function deployment(image: string, spec: object = {}, metadata: object = {}): JsonObject {
  const value = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', ...metadata },
    spec: { replicas: 1, template: { spec: { containers: [{ name: 'c', image }] } }, ...spec },
  };
  return JSON.parse(JSON.stringify(value));
}

export const OF_DEPLOYMENT = { group: 'apps', kind: 'Deployment', resource: 'deployments' } as const;

export { encodeAdmissionResponse };
