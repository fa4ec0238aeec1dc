import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildAttestation, parseTap } from '@danube/builder';
import { MalformedError, parsePredicate } from 'in-toto-attestation';

const SUBJECT = [{ name: 'app.tgz', digest: { sha256: 'a'.repeat(64) } }];
const TIMES = { scanStartedOn: '2026-01-10T12:00:00Z' };

function build(type: string, document: unknown, options: object = {}): ReturnType<typeof buildAttestation> {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  return buildAttestation(type, Buffer.from(text), SUBJECT, options);
}

function refuses(type: string, document: unknown, options: object = {}): void {
  assert.throws(() => build(type, document, options), MalformedError, JSON.stringify(document));
}

/** As node:test writes it. */
const TAP = `TAP version 13
# Subtest: math
    # Subtest: adds
    ok 1 - adds
      ---
      duration_ms: 1
      note: |
        not ok 9 - inside a diagnostic
      ...
    # Subtest: divides
    not ok 2 - divides
      ---
      error: 'no'
      ...
    # Subtest: later
    ok 3 - later # SKIP
    # Subtest: soon
    not ok 4 - soon # TODO
    1..4
not ok 1 - math
# Subtest: alone
ok 2 - alone
1..2
# tests 5
`;

describe('parseTap', () => {
  it('names tests by the way to them, and leaves suites and skipped tests out', () => {
    assert.deepEqual(parseTap(TAP), {
      passed: ['math > adds', 'alone'],
      failed: ['math > divides'],
      warned: ['math > soon'],
    });
  });

  it('lists a suite that fails although its tests pass', () => {
    const tap = '# Subtest: s\n    ok 1 - a\n    1..1\nnot ok 1 - s\n1..1\n';
    assert.deepEqual(parseTap(tap).failed, ['s']);
  });

  it('refuses a report that was cut off, bailed out or ran nothing', () => {
    const lines = TAP.split('\n');
    for (const tap of [
      '',
      'ok 1 - a\n',
      '1..2\nok 1 - a\n',
      '1..0 # skip\n',
      '1..1\nok 1 - a # skip\n',
      'ok 1\nBail out! gone\n1..1\n',
      lines.slice(0, 12).join('\n'),
      TAP.replace('    1..4\n', ''),
    ]) {
      assert.throws(() => parseTap(tap), MalformedError, tap);
    }
  });
});

const TRIVY = {
  SchemaVersion: 2,
  CreatedAt: '2026-01-10T13:01:02.5+01:00',
  ArtifactName: 'app',
  Results: [
    {
      Target: 'package-lock.json',
      Class: 'lang-pkgs',
      Vulnerabilities: [
        {
          VulnerabilityID: 'CVE-2021-44906',
          PkgName: 'minimist',
          PkgIdentifier: { PURL: 'pkg:npm/minimist@1.2.5' },
          InstalledVersion: '1.2.5',
          FixedVersion: '1.2.6',
          Severity: 'CRITICAL',
          SeveritySource: 'ghsa',
          CVSS: { nvd: { V3Score: 9.8 } },
        },
      ],
    },
  ],
};

const GRYPE = {
  matches: [
    {
      vulnerability: {
        id: 'GHSA-xvch-5gv4-984h',
        severity: 'Critical',
        cvss: [{ version: '3.1', metrics: { baseScore: 9.8 } }],
        fix: { versions: ['1.2.6'], state: 'fixed' },
      },
      artifact: { name: 'minimist', version: '1.2.5', purl: 'pkg:npm/minimist@1.2.5' },
    },
  ],
  descriptor: {
    name: 'grype',
    version: '0.90.0',
    timestamp: '2026-01-10T12:01:02.123456789Z',
    db: { status: { built: '2026-01-10T06:00:00Z' } },
  },
};

describe('buildAttestation', () => {
  it('makes a test result of TAP', () => {
    const { predicateType, predicate } = build('test-result', TAP);
    assert.equal(predicateType, 'https://in-toto.io/attestation/test-result/v0.1');
    assert.equal(predicate['result'], 'FAILED');
    assert.equal(build('test-result', '1..1\nok 1 - a\n').predicate['result'], 'PASSED');
  });

  it('makes a vulnerability scan of a Trivy report, with what it does not say from the caller', () => {
    const options = { ...TIMES, dbUpdatedOn: '2026-01-09T00:00:00Z' };
    const scan = parsePredicate(build('vulns', TRIVY, options));
    assert.equal(scan?.kind, 'vulns');
    assert.deepEqual(scan.value.metadata, {
      scanStartedOn: '2026-01-10T12:00:00Z',
      scanFinishedOn: '2026-01-10T12:01:02.5Z',
    });
    assert.deepEqual(scan.value.scanner.result[0]?.severity, [
      { method: 'ghsa', score: 'CRITICAL' },
      { method: 'cvss_score (nvd)', score: '9.8' },
    ]);
    refuses('vulns', TRIVY, TIMES);
    refuses('vulns', TRIVY, { ...options, scanFinishedOn: '2026-01-10T12:02:00Z' });
    refuses('vulns', { ...TRIVY, Results: [] }, options);
    refuses('vulns', { ...TRIVY, Results: [{ Target: 'x', Class: 'secret' }] }, options);
    refuses('vulns', { ...TRIVY, SchemaVersion: 3 }, options);
  });

  it('makes a vulnerability scan of a Grype report', () => {
    const { predicate } = build('vulns', GRYPE, TIMES);
    assert.equal(JSON.stringify(predicate).includes('"lastUpdate":"2026-01-10T06:00:00Z"'), true);
    assert.equal(JSON.stringify(predicate).includes('"fixedVersion":"1.2.6"'), true);
    refuses('vulns', GRYPE);
    const { matches, ...withoutMatches } = GRYPE;
    assert.equal(matches.length, 1);
    refuses('vulns', withoutMatches, TIMES);
  });

  it('takes documents of known types only when they are of that type', () => {
    build('spdx', { spdxVersion: 'SPDX-2.3', SPDXID: 'SPDXRef-DOCUMENT' });
    build('cyclonedx', { bomFormat: 'CycloneDX', specVersion: '1.6' });
    build('release', { purl: 'pkg:npm/app@1.2.0' });
    build('https://example.com/review/v1', { verdict: 'fine' });
    refuses('spdx', { bomFormat: 'CycloneDX', specVersion: '1.6' });
    refuses('cyclonedx', { spdxVersion: 'SPDX-2.3' });
    refuses('release', { purl: 'pkg:npm/app' });
    refuses('https://in-toto.io/attestation/release/v0.2', {});
    refuses('https://slsa.dev/provenance/v1', {});
    refuses('https://example.com/review/v1', '[]');
    refuses('https://example.com/review/v1', '{"a":1,"a":2}');
    refuses('no uri', {});
  });
});
