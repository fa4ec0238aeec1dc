/** So many bits that few groups of four characters of a large document share one. */
const BITS = 20;
const MULTIPLIER = 0x9e37_79b1;
const GROUP = 4;

/**
 * A quick no to whether a text contains a word: one look through the text marks all groups of four characters, and a
 * word with a group that is not marked is not there. A yes means that somebody must look.
 */
export function markGroups(text: string): (word: string) => boolean {
  const marks = new Uint8Array(1 << (BITS - 3));
  let group = 0;
  for (let index = 0; index < text.length; index += 1) {
    group = (group << 8) | (text.charCodeAt(index) & 255);
    const mark = Math.imul(group, MULTIPLIER) >>> (32 - BITS);
    marks[mark >> 3] = (marks[mark >> 3] ?? 0) | (1 << (mark & 7));
  }
  return (word) => mayContain(marks, word);
}

function mayContain(marks: Uint8Array, word: string): boolean {
  let group = 0;
  for (let index = 0; index < word.length; index += 1) {
    group = (group << 8) | (word.charCodeAt(index) & 255);
    if (index < GROUP - 1) continue;
    const mark = Math.imul(group, MULTIPLIER) >>> (32 - BITS);
    if (((marks[mark >> 3] ?? 0) & (1 << (mark & 7))) === 0) return false;
  }
  return true;
}
