/** Writes the root of the TUF repository that stands for Sigstore's: `.ci/peers` builds a program with it. */
import { TUF_ROOT } from './sigstore-tuf.ts';

process.stdout.write(TUF_ROOT);
