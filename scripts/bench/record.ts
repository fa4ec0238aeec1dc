import { meetsTarget, type Outcome } from './row.ts';

const HEAD = `# Speed

\`npm run bench\` measures what this project promises about its speed. Written by \`npm run bench -- --record\`.

Only ratios are given. Both sides of a ratio run in the same run, taking turns in random order, and the median over the
rounds counts: a machine's clock and its neighbours change from minute to minute, and seconds from two runs cannot be
compared. \`NODE_EXTRA_CA_CERTS\` and other variables that change how Node.js starts are not passed on to what is measured.
The figures below are from a virtual machine with two processors, with Node.js ${process.versions.node}.

| row | what is divided by what | target | measured |
| --- | ----------------------- | ------ | -------- |
`;

const TAIL = `
How it is reached:

- **Start-up.** \`danube provenance verify\` has a minified CommonJS file of its own, because V8 reads all of a file before it
  runs any of it, and reads plain arguments itself instead of loading the parser. The build keeps what V8 made of that file
  beside it, which saves a fifth of the time. Published packages come without it; whoever installs one and verifies often
  makes it, for the Node.js at hand, by \`node node_modules/@danube/cli/bin/precompile.cjs\`. There is no cache in a home or
  temporary folder: earlier steps of a job could write there what verifies later. Never measure through \`npx\`: it costs
  ten times as much as the command.
- **Verification.** Nearly all of it is the signature. Everything else (strict parsing, all checks, the report) has to fit
  into the small rest, of which \`JSON.parse\` of envelope and statement alone takes a tenth of a signature. Expectations are
  read once (\`createVerifier\`), objects that need no change are handed out as they were parsed, and a payload is decoded to
  where the message that was signed needs it. A libsodium that the caller brings (\`LibsodiumSignatures\`, measured with
  \`sodium-native\`) halves the signature itself. With two workers, this thread is one of them: it judges what the other has
  verified. Two \`openssl speed ed25519\` at once make 1.8 times the checks of one on that machine, and \`node:crypto\` makes 0.92 of
  OpenSSL's: so 1.7 is the ceiling of \`library-verify-two-workers\`, and its target leaves a sixth of a signature for all else.
- **Releases.** Other processors begin before the first of a thousand attestation files is read, and check signatures from then
  on; nothing waits for them, and what they have not said is verified by the thread that judges. Files are read through one
  buffer, and kept only for a summary that will name them. Of what the command computes, signatures are two fifths, and a fifth
  is V8's own threads, which compile what became hot and collect garbage; a larger young generation or other limits for
  compiling made no clear difference. The floor is a program that only hashes the files and checks the signatures, on as many processors.
- **Hashing.** Reading and hashing overlap, in buffers that are used again: memory does not grow with the input. Worker
  threads are started only where there is enough to do for them to pay: for several large files, and for more than 20,000
  small ones. What is measured is one bundled file, as the command is.
- **Large envelopes.** Base64 is read once, and judged by its length, alphabet and last digit instead of being written again;
  what it holds is not copied to be verified.
- **The webhook.** The server that is measured has a process and a processor of its own; who asks, and the registry, share the other
  one. Counted are answers by the second that the server computed. What is remembered is answered at once, without a timer, a
  signal or a promise; what remains is to parse the review, which alone takes two fifths of the time of an echo, and to write the
  line of the log. An image never seen costs four requests to its registry (what refers to it, the manifest, the attestation, the
  tag of cosign), which take several times as long as a signature check even by bare \`node:http\`: no program on one processor
  can reach that row, and beside it stands one that compares with a program that reads the same.

\`in-toto-verify\` verifies a layout with one step and one link there. \`@sigstore/verify\` checks the signature of the bundle
alone, ours the statement, the subject and the expectations as well.
`;

/** The page of figures. */
export function encodeFigures(outcomes: readonly Outcome[]): string {
  return `${HEAD}${outcomes.map((outcome) => `| ${cells(outcome).join(' | ')} |\n`).join('')}${TAIL}`;
}

function cells(outcome: Outcome): string[] {
  const what = outcome.what.replaceAll('|', String.raw`\|`);
  if ('notRun' in outcome) return [`\`${outcome.name}\``, what, '-', `not run: ${outcome.notRun}`];
  const { name, ratio, target, better } = outcome;
  const verdict = meetsTarget(outcome) ? '' : ' (missed)';
  return [
    `\`${name}\``,
    what,
    `${better === 'lower' ? 'at most' : 'at least'} ${target}`,
    `${ratio.toFixed(2)}${verdict}`,
  ];
}
