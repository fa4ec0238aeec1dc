// The hashing of @danube/artifact as a process of its own: node hash.mjs FOLDER [NAME...]
// Prints digests and names as openssl does, and the process's peak memory last.
import { hashFiles, listFiles } from '@danube/artifact';

const [folder, ...names] = process.argv.slice(2);
const files = await hashFiles(folder, names.length === 0 ? listFiles(folder) : names);
process.stdout.write(files.map(({ name, digest }) => `SHA2-256(${name})= ${digest.sha256}\n`).join(''));
process.stdout.write(`peak memory: ${process.resourceUsage().maxRSS} KiB\n`);
