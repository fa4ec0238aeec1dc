/** Text in XML or HTML, as content or in quotes. What controls a terminal was escaped before, by `printable`. */
export function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Text in a Markdown table: no character of it is markup, link, mention or the end of a cell. */
export function escapeMarkdown(text: string): string {
  const escaped = text.replaceAll(/[^A-Za-z0-9 ]/gu, (character) => `&#${character.codePointAt(0) ?? 0};`);
  return `<code>${escaped}</code>`;
}

/** The message of a GitHub workflow command. */
export function escapeCommand(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** A property of a GitHub workflow command. */
export function escapeProperty(text: string): string {
  return escapeCommand(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
