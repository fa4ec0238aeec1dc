/**
 * The entry of the small bundle that runs `danube provenance verify` (build.ts). A module that is not in it hands the
 * process over to the whole program, which begins again. So whatever may need one, and whatever can be read only once,
 * is left to the whole program at once.
 */
import { statSync } from 'node:fs';
import { readPlainArguments } from './plain-arguments.ts';
import { describe, run } from './provenance/verify.ts';
import { start } from './start.ts';

/** Options that need no module beyond this bundle. With any other, the whole program runs. */
const COMMON: ReadonlySet<string> = new Set(
  `provenance digest checksums job data-dir public-key threshold builder-id source-uri source-ref source-branch
  source-tag source-commit build-type parameter parameter-json allow-parameter predicate-type max-age strict no-extra
  no-missing format`.split(/\s+/),
);

const words = process.argv.slice(4);
const read = words.every(isCommon) ? readPlainArguments(describe, words) : undefined;
if (read === undefined) void import('./main.ts');
else start(() => run(read));

function isCommon(argument: string): boolean {
  const [, option, value = ''] = /^--([^=]+)=?(.*)$/s.exec(argument) ?? [];
  return option === undefined ? isReadAgain(argument) : COMMON.has(option) && isReadAgain(value);
}

/** Not standard input, a pipe or a device. What is no file at all, such as the value of another option, is fine. */
function isReadAgain(path: string): boolean {
  if (path === '-') return false;
  try {
    const status = statSync(path);
    return status.isFile() || status.isDirectory();
  } catch {
    return true; // if it was meant as a file, whoever reads it says what is wrong
  }
}
