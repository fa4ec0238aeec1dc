import {
  asArray,
  asObject,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  MalformedError,
  type Severity,
  type Vulnerability,
  withDefined,
} from 'in-toto-attestation';
import { timestampSchema, toUtc } from '../timestamp.ts';

/** What a scanner's report says, as far as it says it. Times are UTC. */
export interface ScanReport {
  readonly uri: string;
  readonly version?: string;
  readonly dbLastUpdate?: string;
  readonly finishedOn?: string;
  readonly vulnerabilities: readonly Vulnerability[];
}

/**
 * Reads the JSON report of Trivy (schema version 2) or Grype.
 *
 * @throws {MalformedError} for anything else, and for a report that does not say that packages were looked at.
 */
export function parseScanReport(value: JsonValue): ScanReport {
  const report = asObject(value, '');
  if (report['SchemaVersion'] === 2 && typeof report['ArtifactName'] === 'string') return readTrivy(report);
  const { descriptor } = report;
  if (isObject(descriptor) && descriptor['name'] === 'grype') return readGrype(report, descriptor);
  throw new MalformedError('ERR_VALUE', '', 'neither a Trivy (schema version 2) nor a Grype report in JSON');
}

const PACKAGE_CLASSES: readonly JsonValue[] = ['os-pkgs', 'lang-pkgs'];

function readTrivy(report: JsonObject): ScanReport {
  const results = listOf(report['Results'], '/Results');
  if (!results.some((result) => PACKAGE_CLASSES.includes(result['Class'] ?? null))) {
    throw new MalformedError(
      'ERR_VALUE',
      '/Results',
      'holds no scan of packages: nothing found is not nothing there',
    );
  }
  const about = report['Trivy'];
  return withDefined<ScanReport>(
    {
      uri: 'https://github.com/aquasecurity/trivy',
      vulnerabilities: results.flatMap((result, index) =>
        listOf(result['Vulnerabilities'], `/Results/${index}/Vulnerabilities`).map((found, at) =>
          readTrivyFinding(found, result, `/Results/${index}/Vulnerabilities/${at}`),
        ),
      ),
    },
    {
      version: isObject(about) ? textOf(about['Version']) : undefined,
      finishedOn: timeOf(report['CreatedAt'], '/CreatedAt'),
    },
  );
}

function readTrivyFinding(found: JsonObject, result: JsonObject, pointer: string): Vulnerability {
  const { CVSS: scores, SeveritySource: source, PkgIdentifier: identifier } = found;
  const severity: Severity[] = [
    { method: textOf(source) ?? 'trivy', score: required(found['Severity'], `${pointer}/Severity`) },
  ];
  for (const [method, score] of Object.entries(isObject(scores) ? scores : {})) {
    const value = isObject(score) ? (score['V40Score'] ?? score['V3Score'] ?? score['V2Score']) : undefined;
    if (typeof value === 'number') severity.push({ method: `cvss_score (${method})`, score: String(value) });
  }
  return {
    id: required(found['VulnerabilityID'], `${pointer}/VulnerabilityID`),
    severity,
    annotations: [
      members({
        package: textOf(found['PkgName']),
        purl: isObject(identifier) ? textOf(identifier['PURL']) : undefined,
        installedVersion: textOf(found['InstalledVersion']),
        fixedVersion: textOf(found['FixedVersion']),
        target: textOf(result['Target']),
      }),
    ],
  };
}

function readGrype(report: JsonObject, descriptor: JsonObject): ScanReport {
  // Since 0.88 the state of the database stands one level deeper.
  const { db } = descriptor;
  const status = isObject(db) && isObject(db['status']) ? db['status'] : db;
  const matches = asArray(report['matches'] ?? null, '/matches');
  return withDefined<ScanReport>(
    {
      uri: 'https://github.com/anchore/grype',
      vulnerabilities: matches.map((match, index) =>
        readGrypeMatch(asObject(match, `/matches/${index}`), `/matches/${index}`),
      ),
    },
    {
      version: textOf(descriptor['version']),
      finishedOn: timeOf(descriptor['timestamp'], '/descriptor/timestamp'),
      dbLastUpdate: isObject(status) ? timeOf(status['built'], '/descriptor/db/built') : undefined,
    },
  );
}

function readGrypeMatch(match: JsonObject, pointer: string): Vulnerability {
  const found = asObject(match['vulnerability'] ?? null, `${pointer}/vulnerability`);
  const artifact = asObject(match['artifact'] ?? null, `${pointer}/artifact`);
  const { fix } = found;
  const severity: Severity[] = [
    { method: 'grype', score: required(found['severity'], `${pointer}/vulnerability/severity`) },
  ];
  for (const score of listOf(found['cvss'], `${pointer}/vulnerability/cvss`)) {
    const { metrics, version } = score;
    const value = isObject(metrics) ? metrics['baseScore'] : undefined;
    if (typeof value === 'number') {
      severity.push({ method: `cvss_score (${textOf(version) ?? 'unknown version'})`, score: String(value) });
    }
  }
  return {
    id: required(found['id'], `${pointer}/vulnerability/id`),
    severity,
    annotations: [
      members({
        package: textOf(artifact['name']),
        purl: textOf(artifact['purl']),
        installedVersion: textOf(artifact['version']),
        fixedVersion:
          isObject(fix) && Array.isArray(fix['versions']) ? fix['versions'].join(', ') : undefined,
      }),
    ],
  };
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return value !== undefined && isJsonObject(value);
}

function listOf(value: JsonValue | undefined, pointer: string): JsonObject[] {
  if (value === undefined || value === null) return [];
  return asArray(value, pointer).map((item, index) => asObject(item, `${pointer}/${index}`));
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function required(value: JsonValue | undefined, pointer: string): string {
  const text = textOf(value);
  if (text === undefined) throw new MalformedError('ERR_VALUE', pointer, 'expected text');
  return text;
}

function timeOf(value: JsonValue | undefined, pointer: string): string | undefined {
  const text = textOf(value);
  if (text === undefined) return undefined;
  if (!timestampSchema.safeParse(text).success)
    throw new MalformedError('ERR_VALUE', pointer, 'expected a time');
  return toUtc(text);
}

function members(values: Readonly<Record<string, string | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) =>
      value === undefined || value === '' ? [] : [[key, value]],
    ),
  );
}
