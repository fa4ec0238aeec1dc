import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';

export function describe(command: Command): void {
  command.argument('[files...]');
}

export async function run(command: Command): Promise<ExitCode> {
  await Promise.resolve(command);
  return EXIT.ok;
}
