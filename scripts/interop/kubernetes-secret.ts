import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../peers.ts';
import { DANUBE, ROOT } from '../repository.ts';
import { accepts, refuses, same, type Peer } from './case.ts';
import { cosignVerifies, differ, type Signed, signByCommand, verifies } from './key-service.ts';
import { type Kubernetes, kubernetesVersion, startKubernetes } from './kubernetes.ts';
import { danube, PASSPHRASE, type Material } from './material.ts';

const NAMESPACE = 'signing';

/** A cluster with an account that may get the Secret `slsa` and nothing else. */
interface Cluster {
  readonly kubernetes: Kubernetes;
  /** Creates or replaces a Secret of these files. */
  readonly keep: (name: string, ...files: readonly string[]) => void;
  /** Signs as the account does. */
  readonly sign: (name: string, secret: string) => Signed;
  readonly environment: Readonly<Record<string, string>>;
}

const OBJECTS = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'signer', namespace: NAMESPACE } },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'signer', namespace: NAMESPACE },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'signer' },
    subjects: [{ kind: 'ServiceAccount', name: 'signer', namespace: NAMESPACE }],
  },
];

/** The Role of docs/keys.md, as it is there. */
function documentedRole(): string {
  const page = readFileSync(join(ROOT, 'docs', 'keys.md'), 'utf8');
  return /```yaml\n(.*?kind: Role\n.*?)```/s.exec(page)?.[1] ?? '';
}

/** The kubectl command of docs/keys.md, with the files of this folder. */
function keepAsDocumented(kubernetes: Kubernetes, folder: string): void {
  const page = readFileSync(join(ROOT, 'docs', 'keys.md'), 'utf8');
  const command = /^kubectl (create secret .*)$/m.exec(page)?.[1] ?? '';
  kubernetes.kubectl('delete', 'secret', 'slsa', '--namespace', NAMESPACE, '--ignore-not-found');
  kubernetes.kubectl(...command.replaceAll('--from-file=', `--from-file=${folder}/`).split(' '));
}

let clusters = 0;

async function withCluster(m: Material, use: (cluster: Cluster) => void): Promise<void> {
  const folder = join(m.folder, `kubernetes-${(clusters += 1)}`);
  const kubernetes = await startKubernetes(folder);
  try {
    kubernetes.apply(...OBJECTS);
    const role = join(folder, 'role.yaml');
    writeFileSync(role, documentedRole());
    kubernetes.kubectl('apply', '--validate=strict', '--filename', role);
    const config = join(folder, 'key-config.json');
    const kms = { allowPrivateAddresses: true };
    writeFileSync(config, JSON.stringify({ apiVersion: 'danube.dev/v1', kind: 'KeyConfig', kms }));
    const environment = {
      KUBECONFIG: kubernetes.kubeconfigOf('signer', kubernetes.tokenOf(NAMESPACE, 'signer')),
    };
    use({
      kubernetes,
      environment,
      keep: (name, ...files) => {
        kubernetes.kubectl('delete', 'secret', name, '--namespace', NAMESPACE, '--ignore-not-found');
        const from = files.map((file) => `--from-file=${file}`);
        kubernetes.kubectl('create', 'secret', 'generic', name, '--namespace', NAMESPACE, ...from);
      },
      sign: (name, secret) =>
        signByCommand(m, name, `k8s://${NAMESPACE}/${secret}`, environment, { keyConfig: config }),
    });
  } finally {
    await kubernetes.stop();
  }
}

export const kubernetesSecret: Peer = {
  name: 'Kubernetes',
  source: 'Go modules k8s.io/kubernetes, go.etcd.io/etcd',
  version: kubernetesVersion,
  cases: [
    {
      what: 'keeps a key in a Secret that one account may read; we sign with it, it is replaced; old and new verify, and cosign accepts both',
      run: (m) =>
        withCluster(m, ({ kubernetes, sign }) => {
          const signed = ['old', 'new'].map((which) => {
            const folder = join(m.folder, `kubernetes-${which}`);
            mkdirSync(folder);
            const key = join(folder, 'signing.key');
            danube('keys', 'generate', '--out', key);
            keepAsDocumented(kubernetes, folder);
            const made = sign(`kubernetes-${which}`, 'slsa');
            same(readFileSync(`${key}.pub`, 'utf8'), readFileSync(made.publicKey, 'utf8'));
            return made;
          });
          const [before, after] = signed;
          if (before === undefined || after === undefined) throw new Error('not signed');
          differ(before, after);
          for (const one of signed) {
            verifies(m, one);
            cosignVerifies(m, one);
          }
        }),
    },
    {
      what: 'refuses the Secret to another account, and a Secret that is not there, by our message',
      run: (m) =>
        withCluster(m, ({ kubernetes, keep, environment }) => {
          keep('others', m.key);
          kubernetes.kubectl('delete', 'secret', 'slsa', '--namespace', NAMESPACE, '--ignore-not-found');
          const config = join(m.folder, `kubernetes-${clusters}`, 'key-config.json');
          const run = (secret: string, code: number, text: RegExp): void => {
            const show = ['keys', 'public', `k8s://${NAMESPACE}/${secret}`, '--key-config', config];
            refuses(process.execPath, [DANUBE, ...show], text, { code, more: environment });
          };
          run('others', 2, /does not let this identity read the Secret signing\/others \(HTTP 403\)/);
          run('slsa', 2, /Kubernetes has no Secret signing\/slsa \(HTTP 404\)/);
        }),
    },
    {
      what: "keeps cosign's encrypted key with its passphrase in a Secret: cosign and we read the same public key from it",
      run: (m) =>
        withCluster(m, ({ keep, sign, environment }) => {
          const folder = join(m.folder, 'kubernetes-cosign');
          mkdirSync(folder);
          const cosign = findProgram('cosign');
          if (cosign === undefined) throw new Error('cosign is missing');
          const password = { COSIGN_PASSWORD: PASSPHRASE };
          accepts(
            cosign,
            ['import-key-pair', '--key', m.key, '--output-key-prefix', join(folder, 'cosign')],
            password,
          );
          writeFileSync(join(folder, 'cosign.password'), PASSPHRASE, { mode: 0o600 });
          keep('slsa', ...['key', 'pub', 'password'].map((end) => join(folder, `cosign.${end}`)));
          const signed = sign('kubernetes-imported', 'slsa');
          verifies(m, signed);
          const theirs = accepts(cosign, ['public-key', '--key', `k8s://${NAMESPACE}/slsa`], environment);
          same(readFileSync(signed.publicKey, 'utf8').trim(), theirs.trim());
        }),
    },
    {
      what: 'gives a pod a token and its own address: both are found where pods have them',
      run: (m) =>
        withCluster(m, ({ kubernetes, keep }) => {
          keep('slsa', `signing.key=${m.key}`);
          const folder = join(m.folder, 'kubernetes-pod');
          const account = join(folder, 'kubernetes.io', 'serviceaccount');
          mkdirSync(account, { recursive: true });
          writeFileSync(join(account, 'token'), kubernetes.tokenOf(NAMESPACE, 'signer'), { mode: 0o600 });
          writeFileSync(join(account, 'ca.crt'), readFileSync(kubernetes.ca));
          const config = join(folder, 'key-config.json');
          writeFileSync(
            config,
            JSON.stringify({ apiVersion: 'danube.dev/v1', kind: 'KeyConfig', secretDirectory: folder }),
          );
          const { hostname, port } = new URL(kubernetes.url);
          const environment = {
            KUBERNETES_SERVICE_HOST: hostname,
            KUBERNETES_SERVICE_PORT: port,
            KUBECONFIG: '',
          };
          const uri = `k8s://${NAMESPACE}/slsa`;
          verifies(m, signByCommand(m, 'kubernetes-pod', uri, environment, { keyConfig: config }));
        }),
    },
  ],
};
