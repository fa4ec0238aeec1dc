import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { CHART, renderManifests, TEMPLATE } from '../manifest.ts';
import { findProgram } from '../peers.ts';
import { ROOT } from '../repository.ts';
import { accepts, refuses, runProgram, same, type Peer } from './case.ts';

const VALUES = join(ROOT, 'deploy', 'manifest-values.yaml');

function program(): string {
  const found = findProgram('helm');
  if (found === undefined) throw new Error('helm is missing');
  return found;
}

export const helm: Peer = {
  name: 'Helm',
  source: 'Go module helm.sh/helm/v3',
  version() {
    const found = findProgram('helm');
    return found === undefined
      ? undefined
      : /v[0-9][^",+\s]*/.exec(runProgram(found, ['version', '--short']).output)?.[0];
  },
  cases: [
    {
      what: 'finds nothing wrong with the chart',
      run: () => void accepts(program(), ['lint', '--strict', CHART, '--values', VALUES]),
    },
    {
      what: 'renders the manifests that are in deploy/',
      run: () => {
        for (const [path, text] of renderManifests()) same(text, readFileSync(join(ROOT, path), 'utf8'));
      },
    },
    {
      what: 'renders another port everywhere, and the network of the host, for clusters whose control plane reaches no pods',
      run: () => {
        const template = [...TEMPLATE, '--values', VALUES];
        const text = accepts(program(), [...template, '--set', 'port=10250', '--set', 'hostNetwork=true']);
        for (const part of [
          'listen: { port: 10250 }',
          'containerPort: 10250',
          'ports: [{ port: 10250, protocol: TCP }]',
          'hostNetwork: true',
          'dnsPolicy: ClusterFirstWithHostNet',
        ]) {
          if (!text.includes(part)) throw new Error(`${part} is not there`);
        }
        if (text.includes('8443')) throw new Error('the usual port is there as well');
      },
    },
    {
      what: 'renders environment variables, in clear and from Secrets, and refuses those that say nothing',
      run: () => {
        const template = [...TEMPLATE, '--values', VALUES];
        const env = [
          { name: 'NO_PROXY', value: '.svc,10.0.0.0/8' },
          { name: 'HTTPS_PROXY', valueFrom: { secretKeyRef: { key: 'url', name: 'proxy' } } },
        ];
        const more = ['--set', 'proxySecret=shared', '--set-json'];
        const text = accepts(program(), [...template, ...more, `extraEnv=${JSON.stringify(env)}`]);
        const deployment = parseAllDocuments(text)
          .map((document): unknown => document.toJS())
          .find((document) => JSON.stringify(document).includes('"kind":"Deployment"'));
        const rendered = JSON.stringify(deployment);
        for (const part of [`"env":${JSON.stringify(env)}`, '"envFrom":[{"secretRef":{"name":"shared"}}]']) {
          if (!rendered.includes(part)) throw new Error(`${part} is not there`);
        }
        for (const wrong of [
          [{ name: 'A' }],
          [{ name: 'A=B', value: 'c' }],
          [{ name: 'A', value: 'b', valueFrom: { secretKeyRef: { name: 'p', key: 'u' } } }],
        ]) {
          const args = ['--set-json', `extraEnv=${JSON.stringify(wrong)}`];
          refuses(program(), [...template, ...args], /extraEnv/);
        }
      },
    },
    {
      what: 'refuses values that the schema does not know, or that would open the door',
      run: () => {
        const template = [...TEMPLATE, '--values', VALUES];
        refuses(
          program(),
          [...template, '--set', 'config.mod=warn'],
          /additional properties 'mod' not allowed/,
        );
        refuses(program(), [...template, '--set', 'config.mode=off'], /mode/);
        refuses(program(), [...template, '--set', 'webhooks.timeoutSeconds=30'], /timeoutSeconds/);
        refuses(program(), [...template, '--set', 'replicas=1'], /replicas/);
        refuses(
          program(),
          [...template, '--set', 'config.customResources=false'],
          /set policies, or customResources/,
        );
        refuses(program(), TEMPLATE, /config\.trust: set publicKeys/);
      },
    },
  ],
};
