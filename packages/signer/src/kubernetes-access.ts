/** Where the API server of a Kubernetes cluster is, and who asks it. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isIPv6 } from 'node:net';
import { delimiter, join } from 'node:path';
import { readCredentialFile } from './credential-file.ts';
import { type Endpoint, parseEndpoint } from './endpoint.ts';
import { SignError } from './errors.ts';
import type { KeyWarning } from './key-backend.ts';
import type { ServiceOptions } from './key-service.ts';
import { readKubeconfig } from './kubeconfig.ts';
import { resolveSecretText } from './secret-reference.ts';
import { readTokenFile, utf8, wrongMode } from './token-client.ts';

export interface KubernetesAccess {
  readonly endpoint: Endpoint;
  /** Certificates (PEM) to trust; the system's when left out. */
  readonly ca?: string;
  readonly clientCertificate?: { readonly cert: string; readonly key: string };
  /** The bearer token, taken from its place for each request; undefined where a certificate says who we are. */
  token(): Promise<string | undefined>;
  readonly warnings: readonly KeyWarning[];
}

const NAME = 'Kubernetes';
const MAX_CA_BYTES = 1024 * 1024;

const STATIC_WARNING: KeyWarning = {
  message: 'the credential for Kubernetes is not renewed here: whoever copies it can read the key',
  hint: 'sign in a pod with a service account of its own, whose token lives for an hour (credential mode service_account)',
};

/**
 * What the credential mode says; without one the kubeconfig that KUBECONFIG names, else the pod's service account, else
 * ~/.kube/config.
 *
 * @throws {SignError} ERR_SIGN_CREDENTIALS, ERR_SIGN_CONFIG, ERR_SIGN_ENDPOINT
 */
export async function kubernetesAccess(options: ServiceOptions): Promise<KubernetesAccess> {
  const { credentials, environment = process.env } = options;
  if (credentials?.mode === 'static') return staticAccess(options);
  if (credentials?.mode === 'service_account') return podAccess(options);
  if (credentials !== undefined) throw wrongMode(NAME, credentials.mode, ['service_account', 'static']);
  const [named] = (environment['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  if (named !== undefined) return kubeconfigAccess(named, options);
  if ((environment['KUBERNETES_SERVICE_HOST'] ?? '') !== '') return podAccess(options);
  const home = join(environment['HOME'] ?? homedir(), '.kube', 'config');
  if (existsSync(home)) return kubeconfigAccess(home, options);
  throw new SignError('ERR_SIGN_CREDENTIALS', 'there is no credential for Kubernetes', {
    hint: `sign in a pod, set KUBECONFIG, or log in so that ${home} is there`,
  });
}

/** The server and the token that Kubernetes gives to every pod; the token is renewed by the kubelet. */
async function podAccess(options: ServiceOptions): Promise<KubernetesAccess> {
  const { environment = process.env, secretDirectory = '/var/run/secrets' } = options;
  const [host, port] = [
    environment['KUBERNETES_SERVICE_HOST'] ?? '',
    environment['KUBERNETES_SERVICE_PORT'] ?? '443',
  ];
  if (host === '' && options.endpoint === undefined) {
    throw new SignError(
      'ERR_SIGN_CREDENTIALS',
      'this is no pod of Kubernetes: KUBERNETES_SERVICE_HOST is not set',
      {
        hint: 'outside a pod set KUBECONFIG instead',
      },
    );
  }
  const folder = join(secretDirectory, 'kubernetes.io', 'serviceaccount');
  const url = options.endpoint ?? `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  // Like a metadata service: the platform names its own server, which is inside the cluster. No configuration leads here.
  const rules = options.endpoint === undefined ? { ...options, allowPrivateAddresses: true } : options;
  return {
    endpoint: parseEndpoint(url, ['*'], rules),
    ca: options.ca ?? utf8(await readCredentialFile(join(folder, 'ca.crt'), MAX_CA_BYTES)),
    token: () => readTokenFile(join(folder, 'token')),
    warnings: [],
  };
}

async function staticAccess(options: ServiceOptions): Promise<KubernetesAccess> {
  const { endpoint, ca, credentials } = options;
  const reference = credentials?.mode === 'static' ? credentials.token : undefined;
  if (reference === undefined || endpoint === undefined) {
    throw new SignError('ERR_SIGN_CREDENTIALS', `the mode static needs token and endpoint for ${NAME}`);
  }
  const token = await resolveSecretText(reference.secret, options);
  return {
    endpoint: parseEndpoint(endpoint, ['*'], options),
    ...(ca !== undefined && { ca }),
    token: async () => token,
    warnings: [STATIC_WARNING],
  };
}

async function kubeconfigAccess(path: string, options: ServiceOptions): Promise<KubernetesAccess> {
  const { server, token, tokenFile, ...config } = await readKubeconfig(path);
  const ca = options.ca ?? config.ca;
  return {
    // Whoever wrote the file chose the server, and the rules for addresses remain.
    endpoint: parseEndpoint(options.endpoint ?? server, ['*'], options),
    ...(ca !== undefined && { ca }),
    ...(config.clientCertificate !== undefined && { clientCertificate: config.clientCertificate }),
    token: async () => (tokenFile === undefined ? token : readTokenFile(tokenFile)),
    warnings: [STATIC_WARNING],
  };
}
