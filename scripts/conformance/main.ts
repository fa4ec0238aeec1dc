// npm run conformance -- FOLDER...   Each FOLDER is a known vector folder, or the parent that holds all of them.
import { KNOWN_FOLDERS } from './known.ts';
import { runConformance } from './run.ts';

process.exitCode = await runConformance(process.argv.slice(2), KNOWN_FOLDERS, {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
});
