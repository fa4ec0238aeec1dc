import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { mandatory, parseCount, single } from '../options.ts';
import { say } from '../terminal.ts';

interface CertificateOptions {
  readonly namespace: string;
  readonly service: string;
  readonly secret: string;
  readonly webhooks: string;
  readonly days: number;
  readonly serviceAccount?: string;
}

export function describe(command: Command): void {
  command
    .description(
      'Make the certificate of a webhook in a cluster, and renew it in time. Runs in a pod, as a job.',
    )
    .addOption(mandatory(single('--namespace <NAME>', 'where the webhook is')))
    .addOption(mandatory(single('--service <NAME>', 'the Service in front of it')))
    .addOption(mandatory(single('--secret <NAME>', 'the Secret that its pods mount')))
    .addOption(mandatory(single('--webhooks <NAME>', 'the webhook configurations that have to trust it')))
    .addOption(single('--days <N>', 'how long it is good', parseCount).default(90))
    .addOption(
      single('--service-account <DIR>', 'folder with token and ca.crt; default: where a pod has them'),
    )
    .addHelpText('after', HELP);
}

const HELP = `
Does nothing while the certificate in the Secret is good for another third of its days. Otherwise makes an authority and a
certificate, adds the authority to those that the webhook configurations trust, and then writes the Secret.

Exit codes:
  0  the certificate is good, or was made
  2  this is no pod
  3  the API server refuses or cannot be reached, or danube itself failed

Examples:
  danube webhook certificate --namespace danube-system --service danube-webhook \\
      --secret danube-webhook-tls --webhooks danube-webhook`;

export async function run(command: Command): Promise<ExitCode> {
  const options = command.opts<CertificateOptions>();
  const { accessOfPod, installCertificate, KubernetesApi } = await import('@danube/webhook');
  const api = new KubernetesApi(accessOfPod(options.serviceAccount));
  const isNew = await installCertificate(api, options, new AbortController().signal);
  say(isNew ? `made a certificate for ${options.days} days` : 'the certificate is still good');
  api.close();
  return EXIT.ok;
}
