/**
 * Until a command writes, a signal ends it at once, as it ends any program. What is being written is finished first, so
 * that an interrupted command leaves no partial file.
 */
const EXIT_CODES: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGINT: 130,
  SIGTERM: 143,
  SIGHUP: 129,
};

let isGuarded = false;
let unfinished = 0;
let exitCode: number | undefined;

/** From now on signals wait for {@link finish}, and for whatever runs synchronously. */
export function holdSignals(): void {
  if (isGuarded) return;
  isGuarded = true;
  for (const [signal, code] of Object.entries(EXIT_CODES)) {
    process.on(signal, () => {
      exitCode = code;
      if (unfinished === 0) process.exit(code);
    });
  }
}

/** Lets the work come to its end when a signal arrives meanwhile, and then ends the process. */
export async function finish<T>(work: () => Promise<T>): Promise<T> {
  holdSignals();
  unfinished += 1;
  try {
    return await work();
  } finally {
    unfinished -= 1;
    if (exitCode !== undefined) process.exit(exitCode);
  }
}
