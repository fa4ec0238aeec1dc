import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { readInput } from '../file.ts';
import { mandatory, single } from '../options.ts';
import { print } from '../terminal.ts';

interface ReviewOptions {
  readonly config: string;
  readonly mutate?: true;
  readonly timeout?: string;
}

export function describe(command: Command): void {
  command
    .description(
      'Answer a recorded AdmissionReview as the webhook would: try a configuration and its policies.',
    )
    .argument('[FILE]', 'the AdmissionReview, JSON; - or nothing is standard input', '-')
    .addOption(mandatory(single('--config <FILE>', 'the configuration (docs/webhook.md)')))
    .option('--mutate', 'what /mutate answers, instead of /validate')
    .addOption(single('--timeout <TIME>', 'how long the API server would wait (default: 10s)'))
    .addHelpText('after', HELP);
}

const HELP = `
Prints the AdmissionReview that the API server would get. Registries are asked as the webhook asks them; nothing else is.
Policies of the cluster (customResources) are not looked at.

Exit codes:
  0  allowed
  1  denied
  2  the configuration or the review cannot be used
  3  a file could not be read

Examples:
  danube webhook review --config webhook.yaml < review.json
  kubectl create -f pod.yaml --dry-run=server asks the real one`;

export async function run(command: Command): Promise<ExitCode> {
  const { config, mutate, timeout } = command.opts<ReviewOptions>();
  const [path = '-'] = command.processedArgs as readonly string[];
  const { reviewOnce, REVIEW_BYTES } = await import('@danube/webhook');
  const review = readInput(path, REVIEW_BYTES);
  const phase = mutate === true ? 'mutate' : 'validate';
  const { allowed, text } = await reviewOnce({ config, phase, review, timeout: timeout ?? null });
  print(text);
  return allowed ? EXIT.ok : EXIT.rejected;
}
