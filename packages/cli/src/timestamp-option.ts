import { type Command, InvalidArgumentError } from 'commander';
import type { Envelope } from 'in-toto-attestation';
import { usageError } from './exit-code.ts';
import { single } from './options.ts';
import type { FileFormat } from './provenance/file-formats.ts';

/** Who proves when it was signed. */
export interface TimestampOptions {
  readonly timestampUrl?: string;
}

export function addTimestampOption(command: Command): Command {
  return command.addOption(
    single(
      '--timestamp-url <URL>',
      'a timestamp authority (RFC 3161), asked to prove when it was signed',
      parseUrl,
    ),
  );
}

function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:')
    throw new InvalidArgumentError('It must be a URL with http: or https:.');
  // The parser quotes what it refuses, and a password must not be quoted.
  if (url.username !== '' || url.password !== '')
    throw usageError('--timestamp-url holds a user or a password, which everybody on this machine can read');
  return url.href;
}

/** @throws CliError ERR_USAGE for a format that has no place for a timestamp, before anything is signed */
export function requireTimestampFormat({ timestampUrl }: TimestampOptions, format: FileFormat): void {
  if (timestampUrl === undefined || format === 'bundle') return;
  throw usageError(
    'only a Sigstore bundle has a place for a timestamp',
    'use --timestamp-url with --format bundle',
  );
}

/**
 * The timestamps that were asked for, over the signature of the only envelope. What asks is loaded only then.
 *
 * @throws CliError ERR_SERVICE
 */
export async function timestampsFor(
  [envelope]: readonly Envelope[],
  { timestampUrl }: TimestampOptions,
): Promise<readonly Uint8Array[]> {
  if (timestampUrl === undefined || envelope === undefined) return [];
  const { requestTimestamp } = await import('./timestamping.ts');
  return [await requestTimestamp(envelope, new URL(timestampUrl))];
}
