import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { encodePublicKeyPem } from '@danube/keys';
import { build } from 'esbuild';
import { reportJson } from '../src/index.ts';
import { APP, BUILDER, EVERYTHING, NOW, bytesOf, evaluate, signed } from './fixture.ts';

const src = new URL('../src/', import.meta.url);
const IMPURE =
  /\bfrom '(?!\.\/|in-toto-attestation'|@danube\/keys')|\bimport\(|\brequire\(|Date\.now|new Date\(\)|\bconsole\b|\bprocess\b|\bglobalThis\b|\bfetch\(|\bperformance\b|Math\.random|\bset(?:Timeout|Interval)\b|\bcrypto\b/;

describe('the verifier', () => {
  for (const file of readdirSync(src).filter((name) => name.endsWith('.ts'))) {
    it(`${file} knows no clock, no log, no network, no file, and no other package`, () => {
      const code = readFileSync(new URL(file, src), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
      assert.doesNotMatch(code, IMPURE);
    });
  }

  it('gives the same report in a browser: bundled without Node, run without its globals', async () => {
    const { outputFiles, metafile } = await build({
      stdin: {
        contents: `export * from '@danube/verifier'; export { parsePublicKey } from '@danube/keys';`,
        resolveDir: fileURLToPath(src),
      },
      bundle: true,
      write: false,
      metafile: true,
      platform: 'browser',
      conditions: ['@danube/source'],
      format: 'iife',
      globalName: 'danube',
      target: 'es2024',
    });
    assert.deepEqual(
      Object.keys(metafile.inputs).filter((input) => input.startsWith('node:')),
      [],
    );
    const sandbox = {
      TextEncoder,
      TextDecoder,
      atob,
      btoa,
      Uint8Array,
      Date,
      TypeError,
      pem: bytesOf(encodePublicKeyPem(BUILDER.publicKey)),
      bytes: signed(),
      artifacts: [APP],
      NOW,
      EVERYTHING,
    };
    const report: unknown = runInContext(
      `${outputFiles[0]?.text}
      JSON.stringify(danube.reportJson(danube.evaluateProvenance({
        evidence: danube.loadEvidence([{ path: 'provenance-0.json', bytes }]),
        artifacts,
        expectations: { ...EVERYTHING, publicKeys: [danube.parsePublicKey(pem)] },
        now: NOW,
      })))`,
      createContext(sandbox),
    );
    assert.deepEqual(JSON.parse(String(report)), reportJson(evaluate({ expect: EVERYTHING })));
  });
});
