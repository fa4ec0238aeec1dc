/** Text of others as it may stand in a message: quoted, not too long, and nothing in it but plain ASCII. */
export function show(text: string): string {
  const short = text.length > 160 ? `${text.slice(0, 160)}...` : text;
  return JSON.stringify(short).replaceAll(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
