import type { Platform } from './registry-client.ts';

/** Machines on which a runtime may take an image of an index for its own; `undefined` where nobody can tell. */
export interface Machines {
  readonly os: readonly string[] | undefined;
  readonly architecture: readonly string[] | undefined;
}

/** Names as Go has them, which is how indexes spell them; and who else runs such images when there is no better one. */
const SYSTEMS: ReadonlyMap<string, readonly string[]> = new Map([
  ['linux', ['linux', 'darwin', 'freebsd']],
  ...['windows', 'darwin', 'freebsd'].map((os): [string, string[]] => [os, [os]]),
]);
const ARCHITECTURES: ReadonlyMap<string, readonly string[]> = new Map([
  ['386', ['386', 'amd64']],
  ['arm', ['arm', 'arm64']],
  ...['amd64', 'arm64', 'loong64', 'mips64le', 'ppc64le', 'riscv64', 's390x'].map(
    (architecture): [string, string[]] => [architecture, [architecture]],
  ),
]);

/**
 * Where an image may run that an index has for this platform. Runtimes are lenient: `x86_64` and `AMD64` are amd64 to them, an
 * empty name is their own, and an amd64 machine takes an image for 386 where there is none for itself. So only a name that
 * has one meaning leaves anything out.
 */
export function machinesFor({ os, architecture }: Platform): Machines {
  return { os: SYSTEMS.get(os), architecture: ARCHITECTURES.get(architecture) };
}

/** Whether a machine of this platform may run an image that an index has for another, or for none in particular. */
export function mayRunOn(image: Platform | undefined, machine: Platform): boolean {
  if (image === undefined) return true;
  const { os, architecture } = machinesFor(image);
  if (os?.includes(machine.os) === false || architecture?.includes(machine.architecture) === false)
    return false;
  return image.architecture !== machine.architecture || !isLater(image.variant, machine.variant);
}

/** `v8` is later than `v7`, and no machine runs what was built for a later variant than its own. */
function isLater(image: string | undefined, machine: string | undefined): boolean {
  const [of, own] = [image, machine].map((variant) => /^v([0-9]{1,3})$/.exec(variant ?? '')?.[1]);
  return of !== undefined && own !== undefined && Number(of) > Number(own);
}
