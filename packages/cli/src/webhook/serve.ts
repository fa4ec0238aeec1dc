import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { mandatory, single } from '../options.ts';
import { STDOUT, writeAll } from '../terminal.ts';

export function describe(command: Command): void {
  command
    .description(
      'Serve the admission webhook: answer whether the images of a pod have acceptable provenance.',
    )
    .addOption(mandatory(single('--config <FILE>', 'the configuration (docs/webhook.md)')))
    .addHelpText('after', HELP);
}

const HELP = `
It serves /validate, /mutate, /healthz and /readyz by TLS, and /metrics, /healthz and /readyz at another port without.
Policies, trust and certificates are read again when their files change. Each decision is one line of JSON on stdout.
SIGTERM and SIGINT let it answer what is under way, and end it.

Exit codes:
  0  it was told to end
  2  the configuration cannot be used
  3  a file could not be read, or the address not be used

Examples:
  danube webhook serve --config webhook.yaml`;

export async function run(command: Command): Promise<ExitCode> {
  const { config } = command.opts<{ readonly config: string }>();
  const { serveWebhook } = await import('@danube/webhook');
  const webhook = await serveWebhook({ config, write: (text) => writeAll(STDOUT, text) });
  await toldToEnd();
  await webhook.stop();
  return EXIT.ok;
}

async function toldToEnd(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  return promise;
}
