import { findProgram } from '../../peers.ts';
import { runProgram } from '../case.ts';
import { cosign as release3, cosign2 as release2 } from '../cosign.ts';
import { ACCEPTS, type Answer, rejects } from './table.ts';

/** One line of cosign's releases. */
interface Cosign {
  readonly name: string;
  readonly program: string;
  version(): string | undefined;
  /** So that it reads Sigstore bundles. */
  readonly bundles: readonly string[];
}

export const cosign: Cosign = {
  name: 'cosign',
  program: 'cosign',
  version: () => release3.version(),
  bundles: [],
};
export const cosign2: Cosign = {
  name: 'cosign 2',
  program: 'cosign-2',
  version: () => release2.version(),
  bundles: ['--new-bundle-format'],
};

/** A trusted root that names nobody: for keys, so that nothing is fetched. */
export const EMPTY_ROOT: string = JSON.stringify({
  mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
});

export function cosignAnswer({ program, bundles }: Cosign, args: readonly string[], folder: string): Answer {
  const found = findProgram(program);
  if (found === undefined) throw new Error(`${program} is missing`);
  const environment = { HOME: folder, TUF_ROOT: `${folder}/tuf`, ...NO_NETWORK };
  const { status, output } = runProgram(found, ['verify-blob-attestation', ...bundles, ...args], environment);
  if (status === 0) return ACCEPTS;
  const line = output.split('\n').find((line) => line.startsWith('Error: ')) ?? output.trim();
  return rejects(line.replace('Error: ', '').replaceAll(`${folder}/`, ''));
}

/** Whoever asks for anything gets no answer at once. */
export const NO_NETWORK: Readonly<Record<string, string>> = {
  HTTPS_PROXY: 'http://127.0.0.1:9',
  HTTP_PROXY: 'http://127.0.0.1:9',
};
