import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mayRunOn, type Platform } from '../src/oci/index.ts';

const platform = (text: string): Platform => {
  const [os = '', architecture = '', variant] = text.split('/');
  return variant === undefined ? { os, architecture } : { os, architecture, variant };
};

// As containerd (platforms.Normalize, platformVector) and CRI-O choose.
describe('mayRunOn', () => {
  const CASES: readonly (readonly [machine: string, runs: string, doesNot: string])[] = [
    [
      'linux/amd64',
      'linux/amd64 linux/amd64/v3 linux/386 linux/x86_64 linux/AMD64 Linux/amd64 /amd64 linux/ plan10/amd64',
      'linux/arm64 linux/arm/v7 linux/s390x windows/amd64 darwin/amd64',
    ],
    ['linux/arm64', 'linux/arm64/v8 linux/arm64/8 linux/arm/v7 linux/aarch64', 'linux/386 linux/amd64'],
    ['linux/arm/v7', 'linux/arm linux/arm/v7 linux/arm/v6 linux/arm/7', 'linux/arm/v8 linux/arm64/v8'],
    ['linux/386', 'linux/386', 'linux/amd64'],
    ['windows/amd64', 'windows/amd64', 'linux/amd64'],
    ['freebsd/amd64', 'freebsd/amd64 linux/amd64', 'windows/amd64'],
  ];
  for (const [machine, runs, doesNot] of CASES) {
    it(`leaves out for ${machine} what no runtime would take there`, () => {
      for (const text of runs.split(' ')) assert.ok(mayRunOn(platform(text), platform(machine)), text);
      for (const text of doesNot.split(' ')) assert.ok(!mayRunOn(platform(text), platform(machine)), text);
    });
  }

  it('leaves out nothing that does not say what it is for', () => {
    assert.ok(mayRunOn(undefined, platform('linux/amd64')));
  });
});
