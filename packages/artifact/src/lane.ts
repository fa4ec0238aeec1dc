/** Reads and hashes files one after the other, on the main thread or in a worker. */
export interface Lane {
  /** Opens a regular file in the folder that its path says, following no link; otherwise says what is there. */
  open(name: string): Opened | Exclude<Outcome, Hashed>;
  /** True when the file is still what it was when it was opened. */
  isUnchanged(file: Opened): boolean;
  close(file: Opened): void;
  /** Opens, reads, hashes and closes a file of at most `maxBytes`, synchronously. */
  hash(name: string): Outcome;
  /** Hashes the next batch of the shared list; false when nothing is left to take. */
  step(report: (index: number, outcome: Outcome) => void): boolean;
  /** Lets go of the folder that is held open. */
  end(): void;
}

export interface Opened {
  readonly kind: 'opened';
  readonly fd: number;
  readonly size: number;
  readonly stats: import('node:fs').BigIntStats;
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
  /** Put in front of each name to make it an absolute path: empty, or a folder's real path with a `/` at its end. */
  readonly base: string;
  /** With `/` between segments; no folder of theirs may be a symbolic link. */
  readonly names: readonly string[];
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
  let folder = ''; // as the names have it, with its `/`
  let folderFd = -1;
  let prefix = ''; // what reaches the files of the folder

  return { open, isUnchanged, close, hash, step, end };

  function step(report: (index: number, outcome: Outcome) => void): boolean {
    const first = Atomics.add(control, 0, work.batch);
    for (const [offset, name] of work.names.slice(first, first + work.batch).entries()) {
      if (Atomics.load(control, 1) !== 0) return false;
      report(first + offset, hash(name));
    }
    return first + work.batch < work.names.length;
  }

  function hash(name: string): Outcome {
    const file = open(name);
    if (file.kind !== 'opened') return file;
    try {
      return hashOpened(file);
    } catch (error) {
      return failed(error);
    } finally {
      close(file);
    }
  }

  function hashOpened(file: Opened): Outcome {
    if (file.size > work.maxBytes) return { kind: 'large', size: file.size };
    const result = file.size < buffer.length ? hashAtOnce(file) : hashInParts(file);
    if (result === undefined) return { kind: 'stopped' };
    if (result.bytes !== file.size || !isUnchanged(file)) return { kind: 'changed' };
    return { kind: 'hashed', size: file.size, hex: result.hex };
  }

  // Both ask for more than the file's size says, so that a file that says too little (as some in /proc do) shows.

  function hashAtOnce({ fd, size }: Opened): { bytes: number; hex: readonly string[] } {
    let bytes = 0;
    let read: number;
    do {
      read = fs.readSync(fd, buffer, bytes, buffer.length - bytes, null);
      bytes += read;
    } while (read > 0 && bytes < size);
    Atomics.add(progress, 0, BigInt(bytes));
    const content = buffer.subarray(0, bytes);
    return { bytes, hex: work.algorithms.map((algorithm) => crypto.hash(algorithm, content, 'hex')) };
  }

  function hashInParts({ fd, size }: Opened): { bytes: number; hex: readonly string[] } | undefined {
    const hashes = work.algorithms.map((algorithm) => crypto.createHash(algorithm));
    let bytes = 0;
    let read: number;
    do {
      if (Atomics.load(control, 1) !== 0) return undefined;
      read = fs.readSync(fd, buffer, 0, buffer.length, null);
      const part = buffer.subarray(0, read);
      for (const hash of hashes) hash.update(part);
      Atomics.add(progress, 0, BigInt(read));
      bytes += read;
    } while (read > 0 && bytes < size);
    return { bytes, hex: hashes.map((hash) => hash.digest('hex')) };
  }

  function open(name: string): Opened | Exclude<Outcome, Hashed> {
    try {
      const cut = name.lastIndexOf('/') + 1;
      if (folderFd === -1 || cut !== folder.length || !name.startsWith(folder)) {
        const elsewhere = enter(name.slice(0, cut));
        if (elsewhere !== undefined) return elsewhere;
      }
      const fd = openHere(name.slice(cut));
      return typeof fd === 'number' ? check(fd) : fd;
    } catch (error) {
      return failed(error);
    }
  }

  /** Not waiting for the writer of a FIFO, and not taking a terminal as its own. */
  function openHere(segment: string): number | { kind: 'link' | 'not-a-file' } {
    try {
      return fs.openSync(prefix + segment, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    } catch (error) {
      const { errno } = failed(error);
      if (errno === 'ELOOP') return { kind: 'link' };
      if (errno === 'ENXIO') return { kind: 'not-a-file' }; // a socket, or a device without a driver
      throw error;
    }
  }

  function check(fd: number): Opened | { kind: 'not-a-file' } {
    let isKept = false;
    try {
      const stats = fs.fstatSync(fd, { bigint: true });
      isKept = stats.isFile();
      return isKept ? { kind: 'opened', fd, size: Number(stats.size), stats } : { kind: 'not-a-file' };
    } finally {
      if (!isKept) fs.closeSync(fd);
    }
  }

  function isUnchanged({ fd, stats: before }: Opened): boolean {
    const after = fs.fstatSync(fd, { bigint: true });
    return (
      before.ino === after.ino &&
      before.dev === after.dev &&
      before.size === after.size &&
      before.mtimeNs === after.mtimeNs &&
      before.ctimeNs === after.ctimeNs
    );
  }

  function close({ fd }: Opened): void {
    fs.closeSync(fd);
  }

  /**
   * Holds a folder open and reaches its files through that descriptor, so that no one can put a link in place of a
   * folder between a check and its use. Where there is no /proc, the check is all there is.
   */
  function enter(next: string): { kind: 'elsewhere'; real: string } | undefined {
    end();
    const path = (work.base + next).slice(0, -1) || '/';
    folderFd = fs.openSync(path, O_RDONLY | O_DIRECTORY);
    const link = `/proc/self/fd/${folderFd}`;
    const isLinux = process.platform === 'linux' && fs.existsSync(link);
    const real = isLinux ? fs.readlinkSync(link) : fs.realpathSync.native(path);
    if (real !== path) {
      end();
      return { kind: 'elsewhere', real };
    }
    folder = next;
    prefix = isLinux ? `${link}/` : work.base + next;
    return undefined;
  }

  function end(): void {
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
