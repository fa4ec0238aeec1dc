import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { LockFileError, readLockFile, type LockedDependency } from '@danube/builder';

const HEX = { sha1: '1a'.repeat(20), sha256: '2b'.repeat(32), sha512: '3c'.repeat(64) } as const;
const COMMIT = '4d'.repeat(20);

function sri(algorithm: keyof typeof HEX): string {
  return `${algorithm}-${Buffer.from(HEX[algorithm], 'hex').toString('base64')}`;
}

function read(name: string, content: string | object): LockedDependency[] {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return readLockFile(name, Buffer.from(text));
}

function assertRefused(name: string, content: string | object, message: RegExp): void {
  assert.throws(
    () => read(name, content),
    (error) => {
      assert.ok(error instanceof LockFileError, String(error));
      assert.equal(error.code, 'ERR_LOCK_FILE');
      assert.match(error.message, message);
      return true;
    },
  );
}

const LODASH = { uri: 'pkg:npm/lodash@4.17.21', digest: { sha512: HEX.sha512 } };
const CORE = { uri: 'pkg:npm/%40babel/core@7.0.0', digest: { sha512: HEX.sha512 } };

describe('readLockFile', () => {
  describe('package-lock.json', () => {
    const packages = {
      '': { name: 'app', version: '1.0.0' },
      'packages/ui': { version: '1.0.0' },
      'node_modules/ui': { resolved: 'packages/ui', link: true },
      'node_modules/lodash': {
        version: '4.17.21',
        resolved: 'https://registry.npmjs.org/lodash/-/lodash-4.17.21.tgz',
        integrity: sri('sha512'),
      },
      'node_modules/a/node_modules/lodash': { version: '4.17.21', integrity: sri('sha512') },
      'node_modules/@babel/core': { version: '7.0.0', integrity: sri('sha512'), optional: true },
    };

    it('gives every package once, and none of the project itself', () => {
      for (const lockfileVersion of [2, 3]) {
        assert.deepEqual(read('package-lock.json', { lockfileVersion, packages }), [LODASH, CORE]);
      }
    });

    it('reads aliases, other registries without credentials, Git, and what has no digest', () => {
      const found = read('npm-shrinkwrap.json', {
        lockfileVersion: 3,
        packages: {
          'node_modules/alias': { name: 'lodash', version: '4.17.21', integrity: sri('sha512') },
          'node_modules/own': {
            version: '1.0.0',
            resolved: 'https://bot:hunter2@npm.example.com/own/-/own-1.0.0.tgz?token=x',
            integrity: `${sri('sha1')} ${sri('sha512')}`,
          },
          'node_modules/git': {
            version: '1.0.0',
            resolved: `git+ssh://git@github.com/acme/git.git#${COMMIT}`,
          },
          'node_modules/own/node_modules/bundled': { version: '2.0.0', inBundle: true },
        },
      });
      assert.deepEqual(found, [
        LODASH,
        {
          uri: 'pkg:npm/own@1.0.0',
          downloadLocation: 'https://npm.example.com/own/-/own-1.0.0.tgz',
          digest: { sha1: HEX.sha1, sha512: HEX.sha512 },
        },
        { name: 'git', uri: 'git+ssh://git@github.com/acme/git.git', digest: { gitCommit: COMMIT } },
        { uri: 'pkg:npm/bundled@2.0.0' },
      ]);
    });

    it('reads lockfileVersion 1', () => {
      const found = read('package-lock.json', {
        lockfileVersion: 1,
        dependencies: {
          lodash: {
            version: '4.17.21',
            integrity: sri('sha512'),
            dependencies: { '@babel/core': { version: '7.0.0', integrity: sri('sha512') } },
          },
          other: { version: 'npm:lodash@4.17.21', integrity: sri('sha512') },
          local: { version: 'file:../local' },
        },
      });
      assert.deepEqual(found, [LODASH, CORE]);
    });

    it('is complete for this repository', () => {
      const bytes = readFileSync(new URL('../../../../package-lock.json', import.meta.url));
      const { packages: entries } = JSON.parse(bytes.toString());
      const found = new Set(
        readLockFile('package-lock.json', bytes).map(({ uri }) => decodeURIComponent(uri)),
      );
      const missing = Object.entries<{ link?: boolean; name?: string; version: string }>(entries).filter(
        ([key, { link, name, version }]) =>
          key.includes('node_modules/') &&
          link !== true &&
          !found.has(`pkg:npm/${name ?? key.replace(/^.*node_modules\//, '')}@${version}`),
      );
      assert.deepEqual(missing, []);
      assert.ok(found.size > 50);
    });

    it('refuses what is none', () => {
      assertRefused('package-lock.json', 'hello', /package-lock\.json: no JSON/);
      assertRefused('package-lock.json', '{"a":1,"a":2}', /no JSON/);
      assertRefused('package-lock.json', { lockfileVersion: 4 }, /\/lockfileVersion: expected 1, 2 or 3/);
      const packages1 = { 'node_modules/a': { version: '1', integrity: 'sha512-AAAA' } };
      assertRefused(
        'package-lock.json',
        { lockfileVersion: 3, packages: packages1 },
        /\/packages\/node_modules\/a\/integrity: expected digests/,
      );
    });
  });

  it('reads pnpm-lock.yaml of all versions', () => {
    const resolution = `    resolution: {integrity: ${sri('sha512')}}\n`;
    for (const [version, keys] of [
      ['5.4', ['/lodash/4.17.21', '/@babel/core/7.0.0_x@1.0.0']],
      ['6.0', ['/lodash@4.17.21', '/@babel/core@7.0.0(x@1.0.0)']],
      ['9.0', ['lodash@4.17.21', '@babel/core@7.0.0']],
    ] as const) {
      const packages = keys.map((key) => `  '${key}':\n${resolution}`).join('');
      const text = `lockfileVersion: '${version}'\npackages:\n${packages}`;
      assert.deepEqual(read('pnpm-lock.yaml', text), [LODASH, CORE], version);
    }
    const git = `lockfileVersion: '9.0'\npackages:\n  g@https://x:\n    resolution: {type: git, repo: https://github.com/acme/g.git, commit: ${COMMIT}}\n`;
    assert.deepEqual(read('pnpm-lock.yaml', git), [
      { name: 'g', uri: 'git+https://github.com/acme/g.git', digest: { gitCommit: COMMIT } },
    ]);
    assertRefused('pnpm-lock.yaml', 'lockfileVersion: 7\n', /expected 5, 6 or 9/);
    assertRefused('pnpm-lock.yaml', 'a: [', /no YAML/);
    assertRefused('pnpm-lock.yaml', 'a: &a [x]\nb: [*a, *a]\n', /no YAML/);
  });

  it('reads yarn.lock of Yarn 1', () => {
    const text = `# yarn lockfile v1


"@babel/core@^7.0.0", "@babel/core@~7.0.0":
  version "7.0.0"
  resolved "https://registry.yarnpkg.com/@babel/core/-/core-7.0.0.tgz#${HEX.sha1}"
  integrity ${sri('sha512')}

old@1:
  version "1.0.0"
  resolved "https://registry.yarnpkg.com/old/-/old-1.0.0.tgz#${HEX.sha1}"

"short@npm:lodash@^4":
  version "4.17.21"
  integrity ${sri('sha512')}
`;
    assert.deepEqual(read('yarn.lock', text), [
      CORE,
      { uri: 'pkg:npm/old@1.0.0', digest: { sha1: HEX.sha1 } },
      LODASH,
    ]);
    assertRefused('yarn.lock', 'a: [', /no lock file of Yarn/);
  });

  it('reads yarn.lock of Yarn 2 and later, and says what its checksums are of', () => {
    const text = `__metadata:
  version: 8
  cacheKey: 10c0

"@babel/core@npm:^7.0.0":
  version: 7.0.0
  resolution: "@babel/core@npm:7.0.0"
  checksum: 10c0/${HEX.sha512}
  languageName: node
  linkType: hard

"app@workspace:.":
  version: 0.0.0-use.local
  resolution: "app@workspace:."
  linkType: soft

"git@https://github.com/acme/git.git":
  version: 1.0.0
  resolution: "git@https://github.com/acme/git.git#commit=${COMMIT}"
  linkType: hard
`;
    assert.deepEqual(read('yarn.lock', text), [
      { ...CORE, mediaType: 'application/zip', annotations: { yarnCacheKey: '10c0' } },
      { name: 'git', uri: 'git+https://github.com/acme/git.git', digest: { gitCommit: COMMIT } },
    ]);
  });

  it('reads go.sum, whose hashes are of folders and of go.mod', () => {
    const h1 = Buffer.from(HEX.sha256, 'hex').toString('base64');
    const module = 'golang.org/x/mod';
    assert.deepEqual(read('go.sum', `${module} v0.35.0 h1:${h1}\n${module} v0.35.0/go.mod h1:${h1}\n`), [
      { uri: 'pkg:golang/golang.org/x/mod@v0.35.0', digest: { dirHash: HEX.sha256 } },
      { uri: 'pkg:golang/golang.org/x/mod@v0.35.0#go.mod', digest: { dirHash: HEX.sha256 } },
    ]);
    assertRefused('go.sum', `${module} v0.35.0 h2:${h1}\n`, /line 1: expected module, version/);
  });

  it('reads Cargo.lock', () => {
    const registry = 'registry+https://github.com/rust-lang/crates.io-index';
    const text = `version = 4
[[package]]
name = "app"
version = "0.1.0"
[[package]]
name = "serde"
version = "1.0.228"
source = "${registry}"
checksum = "${HEX.sha256}"
[[package]]
name = "g"
version = "0.1.0"
source = "git+https://github.com/acme/g?branch=main#${COMMIT}"
`;
    const serde = { uri: 'pkg:cargo/serde@1.0.228', digest: { sha256: HEX.sha256 } };
    assert.deepEqual(read('Cargo.lock', text), [
      serde,
      { name: 'g', uri: 'git+https://github.com/acme/g', digest: { gitCommit: COMMIT } },
    ]);
    const first = `[[package]]\nname = "serde"\nversion = "1.0.228"\nsource = "${registry}"\n[metadata]\n"checksum serde 1.0.228 (${registry})" = "${HEX.sha256}"\n`;
    assert.deepEqual(read('Cargo.lock', first), [serde]);
    assertRefused('Cargo.lock', text.replace(`checksum = "${HEX.sha256}"`, ''), /\/package\/1\/checksum/);
    assertRefused('Cargo.lock', '= 1', /no TOML/);
  });

  describe('of Python', () => {
    const six = (file: string): LockedDependency => ({
      uri: `pkg:pypi/six@1.17.0?file_name=${file}`,
      digest: { sha256: HEX.sha256 },
    });
    const wheel = 'six-1.17.0-py2.py3-none-any.whl';
    const sdist = 'six-1.17.0.tar.gz';

    it('reads requirements.txt with hashes', () => {
      const text = `# pinned
--index-url https://pypi.example.com/simple
six==1.17.0 ; python_version < '4' \\
    --hash=sha256:${HEX.sha256} \\
    --hash=sha256:${'5e'.repeat(32)}  # both files
Foo.Bar[extra] == 2.0
`;
      assert.deepEqual(read('requirements-dev.txt', text), [
        { uri: 'pkg:pypi/six@1.17.0', digest: { sha256: HEX.sha256 } },
        { uri: 'pkg:pypi/six@1.17.0', digest: { sha256: '5e'.repeat(32) } },
        { uri: 'pkg:pypi/foo.bar@2.0' },
      ]);
      assertRefused('requirements.txt', '-r other.txt\n', /line 1: .*another file/);
      assertRefused('requirements.txt', 'six>=1\n', /line 1: expected name and version/);
    });

    it('reads repositories of requirements.txt, with a user or without', () => {
      const commit = '7'.repeat(40);
      for (const [url, uri] of [
        ['git+https://git.example.com/a.git', 'git+https://git.example.com/a.git'],
        ['git+ssh://git@git.example.com/a', 'git+ssh://git@git.example.com/a'],
      ] as const)
        assert.equal(read('requirements.txt', `a @ ${url}@${commit}#egg=a\n`)[0]?.uri, uri);
    });

    // What a tenant writes must not keep whoever attests busy: a million of each would take hours otherwise.
    it('takes time linear in a line of requirements.txt', () => {
      const many = 1_000_000;
      for (const line of [`a${' '.repeat(many)}!`, `a${' '.repeat(many)}==1.0 b`, `${'a-'.repeat(many)}!`])
        assertRefused('requirements.txt', `${line}\n`, /line 1: expected name and version/);
      const url = `a @ git+${'a'.repeat(many)}\n`;
      assert.deepEqual(read('requirements.txt', url), [{ uri: 'pkg:pypi/a' }]);
      const spaced = `six==1.17.0${' '.repeat(many)}# a comment\n`;
      assert.deepEqual(read('requirements.txt', spaced), [{ uri: 'pkg:pypi/six@1.17.0' }]);
    });

    it('reads poetry.lock, each file of a package', () => {
      const files = [wheel, sdist].map((file) => `{file = "${file}", hash = "sha256:${HEX.sha256}"}`);
      const text = `[[package]]\nname = "six"\nversion = "1.17.0"\nfiles = [${files.join(', ')}]\n[metadata]\nlock-version = "2.1"\n`;
      assert.deepEqual(read('poetry.lock', text), [six(wheel), six(sdist)]);
      const before = `[[package]]\nname = "six"\nversion = "1.17.0"\n[metadata.files]\nsix = [${files.join(', ')}]\n`;
      assert.deepEqual(read('poetry.lock', before), [six(wheel), six(sdist)]);
    });

    it('reads uv.lock', () => {
      const entry = (file: string): string =>
        `{ url = "https://files.example.com/a/${file}", hash = "sha256:${HEX.sha256}", size = 1 }`;
      const text = `version = 1
[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
[[package]]
name = "six"
version = "1.17.0"
source = { registry = "https://pypi.org/simple" }
sdist = ${entry(sdist)}
wheels = [${entry(wheel)}]
[[package]]
name = "g"
version = "0.1.0"
source = { git = "https://github.com/acme/g?rev=main#${COMMIT}" }
`;
      assert.deepEqual(read('uv.lock', text), [
        six(sdist),
        six(wheel),
        { name: 'g', uri: 'git+https://github.com/acme/g', digest: { gitCommit: COMMIT } },
      ]);
      assertRefused('uv.lock', 'version = 2\n', /\/version: expected 1/);
    });
  });

  describe('of Java', () => {
    const guava = { uri: 'pkg:maven/com.google.guava/guava@33.0.0', digest: { sha256: HEX.sha256 } };

    it('reads the lockfile.json of maven-lockfile, with plugins', () => {
      const checked = { checksumAlgorithm: 'SHA-256', checksum: HEX.sha256 };
      const found = read('lockfile.json', {
        dependencies: [
          {
            groupId: 'com.google.guava',
            artifactId: 'guava',
            version: '33.0.0',
            ...checked,
            children: [{ groupId: 'g', artifactId: 'a', version: '1', classifier: 'linux', ...checked }],
          },
        ],
        mavenPlugins: [{ groupId: 'p', artifactId: 'q', version: '2', ...checked, dependencies: [] }],
      });
      assert.deepEqual(
        found.map(({ uri }) => uri),
        [guava.uri, 'pkg:maven/g/a@1?classifier=linux', 'pkg:maven/p/q@2'],
      );
      assert.deepEqual(found[0], guava);
    });

    it("reads Maven's trusted checksums", () => {
      const path = 'com/google/guava/guava/33.0.0/guava-33.0.0';
      const text = `${HEX.sha256}  ${path}.jar\n${HEX.sha256}  ${path}.pom\n`;
      assert.deepEqual(read('checksums-central.sha256', text), [
        guava,
        { ...guava, uri: `${guava.uri}?type=pom` },
      ]);
      assertRefused('checksums.sha256', `${HEX.sha1}  ${path}.jar\n`, /line 1: expected a sha256/);
    });

    it("takes time linear in a line of Maven's checksums", () => {
      const file = `b-1-${'.a'.repeat(500_000)}!`;
      const [found] = read('checksums.sha256', `${HEX.sha256}  g/b/1/${file}\n`);
      assert.ok(found?.uri.includes('file_name='));
    });

    it("reads Gradle's verification-metadata.xml, with what is trusted as well", () => {
      const text = `<?xml version="1.0" encoding="UTF-8"?>
<verification-metadata xmlns="https://schema.gradle.org/dependency-verification">
  <configuration><verify-metadata>true</verify-metadata></configuration>
  <components>
    <component group="com.google.guava" name="guava" version="33.0.0">
      <artifact name="guava-33.0.0.jar">
        <sha256 value="${HEX.sha256}" origin="Generated by Gradle"><also-trust value="${'5e'.repeat(32)}"/></sha256>
        <sha512 value="${HEX.sha512}"/>
      </artifact>
      <artifact name="guava-33.0.0.module"><pgp value="ABCD"/></artifact>
    </component>
  </components>
</verification-metadata>`;
      assert.deepEqual(read('verification-metadata.xml', text), [
        { ...guava, digest: { sha256: HEX.sha256, sha512: HEX.sha512 } },
        { ...guava, digest: { sha256: '5e'.repeat(32) } },
      ]);
      assertRefused('verification-metadata.xml', '<a>', /no XML/);
      assertRefused('verification-metadata.xml', '<a/>', /expected the element/);
      const bomb = '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>';
      assertRefused('verification-metadata.xml', bomb, /no XML/);
    });
  });

  it('refuses files of other names, and bytes that are no text', () => {
    assertRefused('Gemfile.lock', '', /not a lock file that is known/);
    assert.throws(() => readLockFile('go.sum', Uint8Array.of(0xff)), LockFileError);
  });
});
