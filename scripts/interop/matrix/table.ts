/** `n.a.`: it has no way to read this form of attestation. `not run`: it was not there when the answers were recorded. */
export type Verdict = 'accepts' | 'rejects' | 'n.a.' | 'not run';

/** What a verifier made of the files that it was shown. */
export interface Answer {
  readonly verdict: Verdict;
  /** Its own words, without what is different in every run. Empty when it accepts. */
  readonly reason: string;
}

/** A verifier, as it is called in the tables. */
export interface Column<Files> {
  readonly name: string;
  /** Undefined when it is not installed. */
  version(): string | undefined;
  /** @param folder an empty folder for the files that it reads. */
  verify(files: Files, folder: string): Promise<Answer> | Answer;
}

/** Files that every verifier of a table is shown. */
export interface Row<Files> {
  readonly what: string;
  /** Whether they are to be believed: we must accept exactly these. */
  readonly good: boolean;
  readonly files: Files;
  /** Where a verifier says otherwise than we do: why, by its name. */
  readonly why?: Readonly<Record<string, string>>;
}

/** The same files, verifier by verifier. We are the first column. */
export interface Table<Files> {
  /** As the recorded answers are found by. */
  readonly id: string;
  readonly title: string;
  readonly intro: string;
  readonly columns: readonly Column<Files>[];
  readonly rows: readonly Row<Files>[];
}

/** A table whose files are nobody's business: only asking is left of it. */
export interface AnyTable extends Omit<Table<unknown>, 'columns' | 'rows'> {
  /** Why nobody can be asked in this run. */
  readonly missing?: string;
  readonly columns: readonly Pick<Column<unknown>, 'name' | 'version'>[];
  readonly rows: readonly (Omit<Row<unknown>, 'files'> & {
    /** Why nobody can be asked about it in this run. */
    readonly missing?: string;
    ask(column: string, folder: string): Promise<Answer>;
  })[];
}

/** The name of the first column. */
export const OURS = 'danube';

export function tableOf<Files>({ rows, ...table }: Table<Files>): AnyTable {
  return {
    ...table,
    rows: rows.map(({ files, ...row }) => ({
      ...row,
      async ask(name, folder) {
        const column = table.columns.find((column) => column.name === name);
        if (column === undefined) throw new Error(`there is no verifier ${name}`);
        return column.verify(files, folder);
      },
    })),
  };
}

export const ACCEPTS: Answer = { verdict: 'accepts', reason: '' };

export const rejects = (reason: string): Answer => ({ verdict: 'rejects', reason });

export const notAsked = (reason: string): Answer => ({ verdict: 'n.a.', reason });
