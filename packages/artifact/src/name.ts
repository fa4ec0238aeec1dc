import { ArtifactError, quote } from './errors.ts';

// C0, DEL, C1, line and paragraph separators; bidirectional controls; soft hyphen, zero-width and other
// invisible characters; the tag block. They make two different names look the same, or one name look like another.
const INVISIBLE =
  /[\p{Cc}\p{Zl}\p{Zp}\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u;

// Characters that are drawn like `/`, `\` or `.`, so that a name seems to lie in another folder.
const LOOKALIKE = /[\u2024\u2025\u2026\u2044\u2215\u2216\u29f5\u29f8\u29f9\ufe52\ufe68\uff0e\uff0f\uff3c]/u;

// What needs no closer look: nearly every name there is.
const PLAIN = /^[A-Za-z0-9_+@=,~%-][A-Za-z0-9_+@=,~%.-]*(?:\/[A-Za-z0-9_+@=,~%-][A-Za-z0-9_+@=,~%.-]*)*$/;

// What case folding or normalisation could change.
const FOLDS = /[A-Z\u0080-\u{10ffff}]/u;

/**
 * Checks that `name` can be the name of a subject: relative, `/` between segments, no empty or dot segment, no
 * backslash, no control, bidirectional or invisible character, none that only looks like a separator or a dot.
 *
 * @throws ArtifactError ERR_ARTIFACT_NAME_PATH, ERR_ARTIFACT_NAME_CONTROL, ERR_ARTIFACT_NAME_UTF8
 */
export function checkName(name: string): void {
  if (PLAIN.test(name)) return;
  if (!name.isWellFormed()) refuse('ERR_ARTIFACT_NAME_UTF8', name, 'half of a surrogate pair');
  if (INVISIBLE.test(name)) {
    refuse('ERR_ARTIFACT_NAME_CONTROL', name, 'a control, bidirectional or invisible character');
  }
  if (name.includes('\\'))
    refuse('ERR_ARTIFACT_NAME_PATH', name, 'a backslash, which some systems read as a separator');
  if (LOOKALIKE.test(name))
    refuse('ERR_ARTIFACT_NAME_PATH', name, 'a character that looks like a separator or a dot');
  for (const segment of name.split('/')) {
    if (segment === '') refuse('ERR_ARTIFACT_NAME_PATH', name, 'an empty segment');
    if (segment === '.' || segment === '..')
      refuse('ERR_ARTIFACT_NAME_PATH', name, `the segment "${segment}"`);
  }
}

/**
 * Refuses names that a file system or a reader could take for one another: equal after Unicode normalisation (NFKC)
 * and case folding, whole or in a leading folder.
 *
 * @throws ArtifactError ERR_ARTIFACT_NAME_CLASH
 */
export function checkClashes(names: readonly string[]): void {
  if (!names.some((name) => FOLDS.test(name))) return;
  const seen = new Map<string, string>();
  let folder = '';
  for (const name of names) {
    claim(seen, name);
    const parent = name.slice(0, Math.max(0, name.lastIndexOf('/')));
    if (parent !== folder) claimFolders(seen, parent);
    folder = parent;
  }
}

function claimFolders(seen: Map<string, string>, folder: string): void {
  for (let path = folder; path !== ''; path = path.slice(0, Math.max(0, path.lastIndexOf('/')))) {
    claim(seen, path);
  }
}

function claim(seen: Map<string, string>, name: string): void {
  const key = fold(name);
  const other = seen.get(key);
  if (other === undefined) seen.set(key, name);
  else if (other !== name) {
    throw new ArtifactError(
      'ERR_ARTIFACT_NAME_CLASH',
      `${quote(other)} and ${quote(name)} are equal but for case or Unicode normalisation`,
      { path: name },
    );
  }
}

function fold(name: string): string {
  if (!FOLDS.test(name)) return name;
  // Upper case first: it folds what has one upper but several lower forms (s and long s, k and the Kelvin sign).
  return name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
}

function refuse(
  code: 'ERR_ARTIFACT_NAME_UTF8' | 'ERR_ARTIFACT_NAME_CONTROL' | 'ERR_ARTIFACT_NAME_PATH',
  name: string,
  why: string,
): never {
  throw new ArtifactError(code, `the name ${quote(name)} holds ${why}`, { path: name });
}
