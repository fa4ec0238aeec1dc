import type { Command } from 'commander';
import { EXIT, type ExitCode } from './exit-code.ts';
import { choice, mandatory, repeatable, single } from './options.ts';
import { FILE_FORMATS, type FileFormat } from './provenance/file-formats.ts';
import { addTimestampOption, type TimestampOptions } from './timestamp-option.ts';
import { addSecretOptions, type SecretOptions } from './secret-options.ts';
import {
  addDataDirOption,
  addDelegateOption,
  addKeyOptions,
  type DelegatingOptions,
} from './signing-key-options.ts';

export interface AttestOptions extends DelegatingOptions, SecretOptions, TimestampOptions {
  readonly predicateType: string;
  readonly predicate: string;
  readonly digest?: readonly string[];
  readonly testConfiguration?: readonly string[];
  readonly scanStartedOn?: string;
  readonly scanFinishedOn?: string;
  readonly dbUpdatedOn?: string;
  readonly format: FileFormat;
  readonly out?: string;
}

export function describe(command: Command): void {
  command
    .description(
      'Sign any statement about artifacts: an SBOM, test results, a vulnerability scan, a release.',
    )
    .argument('[PATH...]', 'what it is about: files, directories')
    .optionsGroup('The statement:')
    .addOption(repeatable('--digest <sha256:HEX>', 'what it is about, without the file'))
    .addOption(
      mandatory(single('--predicate-type <TYPE>', 'a URI, or spdx, cyclonedx, test-result, vulns, release')),
    )
    .addOption(
      mandatory(single('--predicate <FILE>', 'the predicate or the report it is made of; - is stdin')),
    )
    .addOption(repeatable('--test-configuration <FILE>', 'what configured the tests of a test-result'))
    .addOption(single('--scan-started-on <TIME>', 'when the scan of vulns began'))
    .addOption(single('--scan-finished-on <TIME>', 'when it ended, where the report does not say it'))
    .addOption(
      single('--db-updated-on <TIME>', 'how old its database was, where the report does not say it'),
    );
  addTimestampOption(
    addDataDirOption(addDelegateOption(addKeyOptions(addSecretOptions(command)))).optionsGroup('Output:'),
  )
    .addOption(choice('--format <FORMAT>', 'of the file', FILE_FORMATS, 'dsse'))
    .addOption(single('--out <FILE>', 'write the attestation there instead of stdout'))
    .addHelpText(
      'after',
      `
test-result takes TAP (of node:test or any other) and JUnit XML, vulns the JSON of Trivy or Grype; both take a finished
predicate as well. A predicate of a known type is checked before it is signed; times are RFC 3339 in UTC.

Examples:
  danube attest app.tgz --predicate-type spdx --predicate sbom.spdx.json --key signing.key --out app.spdx.json
  danube attest app.tgz --predicate-type test-result --predicate report.tap --test-configuration package.json
  danube attest dist/ --predicate-type https://example.com/review/v1 --predicate review.json`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { attestFiles } = await import('./attesting.ts');
  await attestFiles(command.args, command.opts<AttestOptions>());
  return EXIT.ok;
}
