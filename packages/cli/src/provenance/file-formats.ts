/** The file formats of attestations, as `--format` names them. */
export const FILE_FORMATS = ['dsse', 'bundle', 'jsonl'] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];
