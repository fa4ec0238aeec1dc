// The hashing of @danube/artifact as a process of its own, bundled as the command is: node hash.cjs FOLDER [NAME...]
// Prints digests and names as openssl does, and the process's peak memory last.
import { readFileSync } from 'node:fs';
import { hashFiles, listFiles } from '@danube/artifact';

async function main([folder, ...names]) {
  const files = await hashFiles(folder, names.length === 0 ? listFiles(folder) : names);
  const lines = files.map(({ name, digest }) => `SHA2-256(${name})= ${digest.sha256}\n`);
  process.stdout.write(`${lines.join('')}peak memory: ${peakMemory()} KiB\n`);
}

/** Of this program alone: what the kernel reports as maxRSS still counts the process that started it. */
function peakMemory() {
  const status = process.platform === 'linux' ? readFileSync('/proc/self/status', 'utf8') : '';
  return /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? process.resourceUsage().maxRSS;
}

void main(process.argv.slice(2));
