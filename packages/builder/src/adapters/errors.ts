import { DanubeError } from 'in-toto-attestation';
import { printable } from '../text.ts';
import type { Platform } from './platforms.ts';

/** What was read is not what the platform documents, or says too little for provenance. Code `ERR_JOB_PLATFORM`. */
export class PlatformError extends DanubeError<'ERR_JOB_PLATFORM'> {
  readonly platform: Platform;
  /** Name of the environment variable, or JSON pointer into the event. */
  readonly place: string;

  constructor(platform: Platform, place: string, message: string, hint?: string) {
    super(
      'ERR_JOB_PLATFORM',
      printable(`${platform}: ${place === '' ? '' : `${place}: `}${message}`),
      hint === undefined ? {} : { hint },
    );
    this.platform = platform;
    this.place = place;
  }
}
