// npm run vectors [-- --check]   Writes test-vectors/ anew from fixed seeds; with --check it only reports drift.
import { readArguments } from './arguments.ts';
import { ROOT } from './repository.ts';
import { VECTORS } from './vectors/all.ts';
import { findDrift, layOut, writeTree } from './vectors/tree.ts';
import { join } from 'node:path';

const { values } = readArguments('vectors', { options: { check: { type: 'boolean', default: false } } });
const root = join(ROOT, 'test-vectors');
const tree = layOut(VECTORS);
if (values.check) {
  const drift = findDrift(root, tree);
  for (const line of drift) process.stderr.write(`vectors: ${line}\n`);
  process.exitCode = drift.length === 0 ? 0 : 1;
} else {
  writeTree(root, tree);
  process.stdout.write(`${VECTORS.length} cases in test-vectors/\n`);
}
