import { randomUUID } from 'node:crypto';
import { encodeRequest } from './webhook-load.ts';

/**
 * A pod as an API server sends it, 1.9 kB with one image; no two are the same.
 *
 * @param paths what has to be read of a registry, for a server that is told so.
 */
export function encodeReview(images: readonly string[], paths: readonly string[] = []): Buffer {
  const meta = { name: 'app-5d9c7b8f6-x2x7k', namespace: 'team-a' };
  const pods = { group: '', version: 'v1' };
  const body = {
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid: randomUUID(),
      kind: { ...pods, kind: 'Pod' },
      resource: { ...pods, resource: 'pods' },
      requestKind: { ...pods, kind: 'Pod' },
      requestResource: { ...pods, resource: 'pods' },
      ...meta,
      operation: 'CREATE',
      userInfo: {
        username: 'system:serviceaccount:kube-system:replicaset-controller',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
      },
      object: {
        kind: 'Pod',
        apiVersion: 'v1',
        metadata: {
          ...meta,
          labels: { app: 'app', 'pod-template-hash': '5d9c7b8f6' },
          managedFields: FIELDS,
        },
        spec: {
          containers: images.map((image, index) => ({
            name: `c${index}`,
            image,
            env: [{ name: 'LEVEL', value: 'info' }],
            resources: { limits: { cpu: '500m', memory: '256Mi' } },
            terminationMessagePath: '/dev/termination-log',
            terminationMessagePolicy: 'File',
            imagePullPolicy: 'IfNotPresent',
          })),
          restartPolicy: 'Always',
          dnsPolicy: 'ClusterFirst',
          securityContext: { runAsNonRoot: true },
          tolerations: ['not-ready', 'unreachable'].map((key) => ({
            key: `node.kubernetes.io/${key}`,
            operator: 'Exists',
            effect: 'NoExecute',
            tolerationSeconds: 300,
          })),
        },
        status: { phase: 'Pending', qosClass: 'Burstable' },
      },
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
    },
    paths,
  };
  return encodeRequest(JSON.stringify(body));
}

const FIELDS = [
  {
    manager: 'kube-controller-manager',
    operation: 'Update',
    apiVersion: 'v1',
    time: '2026-01-02T03:04:05Z',
    fieldsType: 'FieldsV1',
    fieldsV1: {
      'f:metadata': { 'f:labels': { '.': {}, 'f:app': {}, 'f:pod-template-hash': {} } },
      'f:spec': { 'f:containers': { 'k:{"name":"c0"}': { '.': {}, 'f:image': {}, 'f:resources': {} } } },
    },
  },
];
