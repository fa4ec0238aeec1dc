import { explainPolicy, parsePolicyDocument, toPolicy } from '@danube/verifier/documents';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { readPolicy } from '../provenance/policies.ts';
import { print, printable, printJson } from '../terminal.ts';

/** Prints what a policy demands. @throws CliError ERR_USAGE, ERR_IO */
export function explainFile(path: string, format: 'text' | 'json'): ExitCode {
  const document = readPolicy(path, (bytes) => {
    const read = parsePolicyDocument(bytes);
    toPolicy(read);
    return read;
  });
  const { name, description } = document.metadata;
  const demands = explainPolicy(document);
  if (format === 'json') printJson({ name, demands });
  else {
    const lines = demands.flatMap(({ id, text }) => [printable(id), `  ${printable(text)}`]);
    print([printable(description === undefined ? name : `${name}: ${description}`), ...lines].join('\n'));
  }
  return EXIT.ok;
}
