/** Reads and hashes files one after the other, on the main thread or in a worker. */
export interface Lane {
  /** Opens a regular file in the folder that its path says, following no link; otherwise says what is there. */
  open(path: string): Opened | Exclude<Outcome, Hashed>;
  /** Closes the file; true when it is still the one that was opened, unchanged. */
  close(file: Opened): boolean;
  /** Opens, reads, hashes and closes a file of at most `maxBytes`, synchronously. */
  hash(path: string): Outcome;
  /** Hashes the next batch of the shared list; false when nothing is left to take. */
  step(report: (index: number, outcome: Outcome) => void): boolean;
  /** Lets go of the folder that is held open. */
  end(): void;
}

export interface Opened {
  readonly kind: 'opened';
  readonly fd: number;
  readonly size: number;
  readonly identity: string;
}

export interface Hashed {
  readonly kind: 'hashed';
  readonly size: number;
  /** In the order of the algorithms. */
  readonly hex: readonly string[];
}

/** Plain data, so that it can pass between threads. */
export type Outcome =
  | Hashed
  /** More than `maxBytes`; not read. */
  | { readonly kind: 'large'; readonly size: number }
  | { readonly kind: 'link' | 'not-a-file' | 'changed' | 'stopped' }
  /** Its folder really is another, `real`: a folder above it is a symbolic link. */
  | { readonly kind: 'elsewhere'; readonly real: string }
  | { readonly kind: 'error'; readonly errno: string };

/** What all lanes of one run share. */
export interface LaneWork {
  /** Absolute, without symbolic links in the folder's part. */
  readonly paths: readonly string[];
  readonly algorithms: readonly string[];
  readonly maxBytes: number;
  readonly bufferBytes: number;
  /** How many files a lane takes at once. */
  readonly batch: number;
  /** Int32: the next index to take; not 0 when all shall stop. */
  readonly control: SharedArrayBuffer;
  /** BigInt64: bytes hashed. */
  readonly progress: SharedArrayBuffer;
}

/**
 * A worker is started from the text of this function (`worker.ts`), because that works alike from sources, from `dist`
 * and inside a bundle. So it uses nothing but its arguments and globals, not even a constant of this module.
 */
export function createLane(
  fs: typeof import('node:fs'),
  crypto: typeof import('node:crypto'),
  work: LaneWork,
): Lane {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = fs.constants;
  const control = new Int32Array(work.control);
  const progress = new BigInt64Array(work.progress);
  const buffer = Buffer.allocUnsafeSlow(work.bufferBytes);
  let folder = '';
  let folderFd = -1;
  let prefix = '';

  return { open, close, hash, step, end };

  function step(report: (index: number, outcome: Outcome) => void): boolean {
    const first = Atomics.add(control, 0, work.batch);
    for (const [offset, path] of work.paths.slice(first, first + work.batch).entries()) {
      if (Atomics.load(control, 1) !== 0) return false;
      report(first + offset, hash(path));
    }
    return first + work.batch < work.paths.length;
  }

  function hash(path: string): Outcome {
    const file = open(path);
    if (file.kind !== 'opened') return file;
    if (file.size > work.maxBytes) {
      close(file);
      return { kind: 'large', size: file.size };
    }
    let result: { bytes: number; hex: readonly string[] } | undefined;
    let unchanged = false;
    try {
      result = file.size < buffer.length ? hashAtOnce(file) : hashInParts(file);
    } catch (error) {
      return failed(error);
    } finally {
      unchanged = close(file);
    }
    if (result === undefined) return { kind: 'stopped' };
    if (!unchanged || result.bytes !== file.size) return { kind: 'changed' };
    return { kind: 'hashed', size: file.size, hex: result.hex };
  }

  // Both ask for more than the file's size says, so that a file that says too little (as some in /proc do) shows.

  function hashAtOnce(file: Opened): { bytes: number; hex: readonly string[] } {
    let bytes = 0;
    for (let read = -1; read !== 0 && (bytes < file.size || read === -1); bytes += read) {
      read = fs.readSync(file.fd, buffer, bytes, buffer.length - bytes, null);
    }
    Atomics.add(progress, 0, BigInt(bytes));
    const content = buffer.subarray(0, bytes);
    return { bytes, hex: work.algorithms.map((algorithm) => crypto.hash(algorithm, content, 'hex')) };
  }

  function hashInParts(file: Opened): { bytes: number; hex: readonly string[] } | undefined {
    const hashes = work.algorithms.map((algorithm) => crypto.createHash(algorithm));
    let bytes = 0;
    for (let read = -1; read !== 0 && bytes < file.size; bytes += read) {
      if (Atomics.load(control, 1) !== 0) return undefined;
      read = fs.readSync(file.fd, buffer, 0, buffer.length, null);
      const part = buffer.subarray(0, read);
      for (const hash of hashes) hash.update(part);
      Atomics.add(progress, 0, BigInt(read));
    }
    return { bytes, hex: hashes.map((hash) => hash.digest('hex')) };
  }

  function open(path: string): Opened | Exclude<Outcome, Hashed> {
    const cut = path.lastIndexOf('/');
    try {
      const elsewhere = enter(path.slice(0, cut) || '/');
      if (elsewhere !== undefined) return elsewhere;
      const name = prefix + path.slice(cut + 1);
      // Before it is opened, because opening a device can set it to work.
      const stats = fs.lstatSync(name, { bigint: true });
      if (stats.isSymbolicLink()) return { kind: 'link' };
      if (!stats.isFile()) return { kind: 'not-a-file' };
      return openRegular(name, stats);
    } catch (error) {
      return failed(error);
    }
  }

  function openRegular(name: string, stats: import('node:fs').BigIntStats): Opened | { kind: 'changed' } {
    try {
      const fd = fs.openSync(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
      return { kind: 'opened', fd, size: Number(stats.size), identity: identify(stats) };
    } catch (error) {
      if (failed(error).errno === 'ELOOP') return { kind: 'changed' };
      throw error;
    }
  }

  function close(file: Opened): boolean {
    const identity = identify(fs.fstatSync(file.fd, { bigint: true }));
    fs.closeSync(file.fd);
    return identity === file.identity;
  }

  /** Two calls give the same text exactly when nothing but the access time changed. */
  // eslint-disable-next-line unicorn/consistent-function-scoping -- this text must be whole in itself
  function identify(stats: import('node:fs').BigIntStats): string {
    return `${stats.dev} ${stats.ino} ${stats.mode} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`;
  }

  /**
   * Holds a folder open and reaches its files through that descriptor, so that no one can put a link in place of a
   * folder between a check and its use. Where there is no /proc, the check is all there is.
   */
  function enter(path: string): { kind: 'elsewhere'; real: string } | undefined {
    if (path === folder) return undefined;
    end();
    folderFd = fs.openSync(path, O_RDONLY | O_DIRECTORY);
    const link = `/proc/self/fd/${folderFd}`;
    const isLinux = process.platform === 'linux' && fs.existsSync(link);
    const real = isLinux ? fs.readlinkSync(link) : fs.realpathSync.native(path);
    if (real !== path) return { kind: 'elsewhere', real };
    folder = path;
    prefix = `${isLinux ? link : path}/`;
    return undefined;
  }

  function end(): void {
    folder = '';
    if (folderFd !== -1) fs.closeSync(folderFd);
    folderFd = -1;
  }

  // eslint-disable-next-line unicorn/consistent-function-scoping -- this text must be whole in itself
  function failed(error: unknown): { kind: 'error'; errno: string } {
    if (error instanceof Error && 'code' in error && 'syscall' in error) {
      return { kind: 'error', errno: String(error.code) };
    }
    throw error;
  }
}
