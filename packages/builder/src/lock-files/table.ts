import { LockFileError } from './errors.ts';
import { purl } from './locked.ts';

/** Values of JSON, YAML and TOML as they were parsed: told apart before anything is read out of them. */
export type Table = Readonly<Record<string, unknown>>;

export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads one lock file; every error names the file and the place in it. */
export class LockFileReader {
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  wrong(place: string, message: string, hint?: string): LockFileError {
    return new LockFileError(this.file, place, message, hint === undefined ? {} : { hint });
  }

  table(value: unknown, place: string): Table {
    if (isTable(value)) return value;
    throw this.wrong(place, 'expected a table of names and values');
  }

  /** The members of a table; none when it is not there. */
  entries(value: unknown, place: string): [string, Table][] {
    if (value === undefined || value === null) return [];
    return Object.entries(this.table(value, place)).map(([key, member]) => [
      key,
      this.table(member, `${place}/${key}`),
    ]);
  }

  /** The tables of a list; none when it is not there. */
  list(value: unknown, place: string): Table[] {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw this.wrong(place, 'expected a list');
    return value.map((item, index) => this.table(item, `${place}/${index}`));
  }

  text(value: unknown, place: string): string {
    if (typeof value === 'string' && value !== '') return value;
    throw this.wrong(place, 'expected a text');
  }

  optionalText(value: unknown, place: string): string | undefined {
    return value === undefined || value === null ? undefined : this.text(value, place);
  }

  /** A package URL, where name and version make one. */
  purl(place: string, ...parts: Parameters<typeof purl>): string {
    try {
      return purl(...parts);
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new LockFileError(this.file, place, `expected name and version of a package: ${message}`, {
        cause,
      });
    }
  }
}
