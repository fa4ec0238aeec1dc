import { printable } from '../terminal.ts';

/** The command line that gives this answer again, as a POSIX shell reads it. */
export function describeCommand(argv: readonly string[]): string {
  return `reproduce: danube ${argv.map(quote).join(' ')}`;
}

function quote(argument: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(argument)) return argument;
  return printable(`'${argument.replaceAll("'", String.raw`'\''`)}'`);
}
