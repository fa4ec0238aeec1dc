import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writePlugin } from '../../packages/signer/test/servers/plugin.ts';
import { findProgram } from '../peers.ts';
import { DANUBE } from '../repository.ts';
import { accepts, refuses, same, type Peer } from './case.ts';
import { cosignVerifies, differ, type Signed, signByCommand, verifies } from './key-service.ts';
import { danube, type Material } from './material.ts';

const PLUGIN = 'sigstore-kms-pemfile';

function program(name: string): string {
  const found = findProgram(name);
  if (found === undefined) throw new Error(`${name} is missing`);
  return found;
}

/** A PATH that has this folder and what programs need. */
function pathWith(folder: string): { readonly PATH: string } {
  return { PATH: [folder, dirname(process.execPath), '/usr/bin', '/bin'].join(':') };
}

function folderOf(m: Material, name: string): string {
  const folder = join(m.folder, `plugin-${name}`);
  mkdirSync(folder);
  return folder;
}

function signByPlugin(m: Material, name: string, key: string): Signed {
  return signByCommand(m, `plugin-${name}`, `pemfile://${key}`, pathWith(dirname(program(PLUGIN))));
}

/** cosign signs provenance of its own about our artifact with a key that a plugin has. */
function attestByCosign(m: Material, folder: string, uri: string, env: { readonly PATH: string }): string {
  const [predicate, bundle] = [join(folder, 'predicate.json'), join(folder, 'sigstore.json')];
  const build = { buildType: 'https://example.com/type', externalParameters: { target: 'all' } };
  const run = { builder: { id: 'https://example.com/builder' } };
  writeFileSync(predicate, JSON.stringify({ buildDefinition: build, runDetails: run }));
  const what = ['--predicate', predicate, '--type', 'slsaprovenance1', '--bundle', bundle];
  const how = ['--tlog-upload=false', '--yes', '--use-signing-config=false'];
  accepts(program('cosign'), ['attest-blob', '--key', uri, ...what, ...how, m.artifact], env);
  return bundle;
}

/** Our side of Sigstore's KMS plugin protocol with a plugin made of Sigstore's code, and cosign with one of ours. */
export const kmsPlugin: Peer = {
  name: 'KMS plugin',
  source: 'Go module github.com/sigstore/sigstore, scripts/interop/sigstore-kms-pemfile.go',
  version() {
    const found = findProgram(PLUGIN);
    if (found === undefined) return undefined;
    return /dep\tgithub\.com\/sigstore\/sigstore\t(v[0-9.]+)/.exec(readFileSync(found, 'latin1'))?.[1];
  },
  cases: [
    {
      what: "signs with Ed25519 keys by Sigstore's plugin helpers; with an old and a new one, both verify, and cosign accepts both",
      run(m) {
        const folder = folderOf(m, 'ed25519');
        const signed = [m.key, join(folder, 'new.key')].map((key, number) => {
          if (key !== m.key) danube('keys', 'generate', '--out', key);
          const made = signByPlugin(m, `ed25519-${number}`, key);
          same(readFileSync(`${key}.pub`, 'utf8'), readFileSync(made.publicKey, 'utf8'));
          return made;
        });
        const [old, next] = signed;
        if (old === undefined || next === undefined) throw new Error('not signed');
        differ(old, next);
        for (const one of signed) {
          verifies(m, one);
          cosignVerifies(m, one);
        }
      },
    },
    {
      what: 'signs with a P-256 key that cosign made by the same plugin: we show the public key that cosign wrote, and each accepts what the other signs',
      run(m) {
        const folder = folderOf(m, 'p256');
        const env = pathWith(dirname(program(PLUGIN)));
        const [uri, prefix] = [`pemfile://${join(folder, 'p256.key')}`, join(folder, 'cosign')];
        accepts(program('cosign'), ['generate-key-pair', '--kms', uri, '--output-key-prefix', prefix], env);
        const signed = signByPlugin(m, 'p256', join(folder, 'p256.key'));
        same(readFileSync(signed.publicKey, 'utf8'), readFileSync(`${prefix}.pub`, 'utf8'));
        verifies(m, signed);
        cosignVerifies(m, signed);
        verifies(m, { ...signed, provenance: attestByCosign(m, folder, uri, env) });
      },
    },
    {
      what: 'reports a key that is not there: we say that the plugin reports an error, and its own words are shown',
      run(m) {
        const missing = join(folderOf(m, 'missing'), 'missing.key');
        const more = pathWith(dirname(program(PLUGIN)));
        const said = /no such file or directory[^]*the plugin reports an error/;
        refuses(process.execPath, [DANUBE, 'keys', 'public', `pemfile://${missing}`], said, {
          code: 3,
          more,
        });
        copyFileSync(m.publicKey, missing);
        refuses(process.execPath, [DANUBE, 'keys', 'public', `pemfile://${missing}`], /reports an error/, {
          code: 3,
          more,
        });
      },
    },
    {
      what: 'the other way round: cosign signs with a P-256 key by a plugin of ours what we accept, and reads our public key by it',
      run(m) {
        const folder = folderOf(m, 'ours');
        writePlugin(folder);
        const env = pathWith(folder);
        const signed = signByCommand(m, 'plugin-ours', 'testkms://p256', env);
        verifies(m, signed);
        const theirs = accepts(program('cosign'), ['public-key', '--key', 'testkms://p256'], env);
        same(readFileSync(signed.publicKey, 'utf8').trim(), theirs.trim());
        verifies(m, { ...signed, provenance: attestByCosign(m, folder, 'testkms://p256', env) });
      },
    },
  ],
};
