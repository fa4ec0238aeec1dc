import { isTerminal, printable, STDERR, writeAll } from './terminal.ts';

export interface Progress {
  /** Has the shape of `onProgress` of @danube/artifact. */
  readonly update: (done: number, total: number, file: string) => void;
  /** Whether anybody can see it; if not, what is needed to draw it is not worth finding out. */
  readonly isSeen: boolean;
  /** Wipes the line. */
  readonly end: () => void;
}

const APPEARS_AFTER_MS = 1000;
const REDRAWN_EVERY_MS = 100;
const WIDTH = 24;

/** One line on a terminal, from the second second on; nothing anywhere else. What is counted is bytes, or has a name. */
export function startProgress(verb: string, counted?: string): Progress {
  if (!isTerminal(STDERR)) return { update: () => {}, isSeen: false, end: () => {} };
  let next = Date.now() + APPEARS_AFTER_MS;
  let drawn = false;
  return {
    isSeen: true,
    update(done, total, file) {
      if (Date.now() < next) return;
      next = Date.now() + REDRAWN_EVERY_MS;
      drawn = true;
      draw(describeProgress({ verb, counted, done, total, file }, process.stderr.columns || 80));
    },
    end() {
      if (drawn) draw('');
    },
  };
}

/** How far something is. */
interface State {
  readonly verb: string;
  readonly counted: string | undefined;
  readonly done: number;
  readonly total: number;
  readonly file: string;
}

/** At most one row: of a line that the terminal breaks, only the last row could be wiped. */
export function describeProgress({ verb, counted, done, total, file }: State, columns: number): string {
  const amount = counted === undefined ? megabytes(total) : `${total} ${counted}`;
  return `${verb} ${bar(done, total)} of ${amount} ${printable(file)}`.slice(0, columns - 1);
}

function bar(done: number, total: number): string {
  const share = total === 0 ? 0 : Math.min(1, done / total);
  const filled = Math.round(share * WIDTH);
  const percent = `${Math.floor(share * 100)}`.padStart(3);
  return `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${percent} %`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`;
}

function draw(line: string): void {
  try {
    writeAll(STDERR, `\r\u001b[K${line}`);
  } catch {
    // The terminal has gone; so has the reason to draw.
  }
}
