import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePredicate } from 'in-toto-attestation';
import { buildAttestation } from '@danube/builder';

const SUBJECT = [{ name: 'app', digest: { sha256: '1'.repeat(64) } }];

function predicate(xml: string): Record<string, unknown> {
  const statement = buildAttestation('test-result', Buffer.from(xml), SUBJECT);
  parsePredicate(statement);
  return statement.predicate;
}

describe('JUnit XML', () => {
  it('becomes a test result, its tests named by the way to them', () => {
    const found = predicate(`<?xml version="1.0" encoding="utf-8"?>
<testsuites tests="4" failures="1">
  <testsuite name="api" tests="4" failures="1" errors="1">
    <testcase classname="api" name="answers &amp; ends" time="0.1"/>
    <testcase classname="api.Login" name="refuses"><failure message="no">1 != 2</failure></testcase>
    <testcase name="later"><skipped/></testcase>
    <testsuite name="inner"><testcase name="breaks"><error/></testcase></testsuite>
  </testsuite>
</testsuites>`);
    assert.deepEqual(found, {
      result: 'FAILED',
      configuration: [],
      passedTests: ['api > answers & ends'],
      warnedTests: [],
      failedTests: ['api > inner > breaks', 'api > api.Login > refuses'],
    });
  });

  it('passes when all of its tests do', () => {
    assert.equal(predicate('<testsuite name="a"><testcase name="b"/></testsuite>')['result'], 'PASSED');
  });

  it('fails when a suite counts failures that no test has', () => {
    const { result, failedTests } = predicate(
      '<testsuite name="a" errors="1"><testcase name="b"/></testsuite>',
    );
    assert.deepEqual([result, failedTests], ['FAILED', ['a']]);
  });

  for (const [what, xml] of [
    ['that was cut off', '<testsuite name="a"><testcase name="b"/>'],
    ['with a document type', '<!DOCTYPE a [<!ENTITY b "c">]><testsuite><testcase name="&b;"/></testsuite>'],
    ['of something else', '<html><body/></html>'],
    ['in which no test ran', '<testsuite name="a"><testcase name="b"><skipped/></testcase></testsuite>'],
    ['whose counts are none', '<testsuite name="a" failures="many"><testcase name="b"/></testsuite>'],
  ] as const) {
    it(`is refused ${what}`, () => {
      assert.throws(() => predicate(xml), { code: 'ERR_VALUE' });
    });
  }
});
