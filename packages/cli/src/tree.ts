import type { Command } from 'commander';

/** A command as its module exports it. The module is loaded when the command is invoked or its options are listed. */
export interface CommandModule {
  /** Adds arguments, options and examples. */
  describe(command: Command): void;
  /** Does the work; `command` holds the parsed arguments and options. Gives an exit code of danube (exit-code.ts), or that of what it ran. */
  run(command: Command): Promise<number>;
}

export interface Leaf {
  readonly name: string;
  readonly summary: string;
  load(): Promise<CommandModule>;
}

export interface Group {
  readonly name: string;
  readonly summary: string;
  readonly children: readonly (Group | Leaf)[];
}

/** All commands. Names and summaries only: a module is loaded by the command that needs it. */
export const TREE: Group = {
  name: 'danube',
  summary:
    'SLSA provenance: written when a CI job ends, signed with your own keys, verified by anyone, offline.',
  children: [
    {
      name: 'provenance',
      summary: 'Write, sign, verify and read provenance',
      children: [
        {
          name: 'generate',
          summary: 'Build the provenance statement of a job, unsigned',
          load: () => import('./provenance/generate.ts'),
        },
        {
          name: 'sign',
          summary: 'Sign a statement',
          load: () => import('./provenance/sign.ts'),
        },
        {
          name: 'attest',
          summary: 'Build, sign and store the provenance of a job',
          load: () => import('./provenance/attest.ts'),
        },
        {
          name: 'run',
          summary: 'Run a command, and attest what it made',
          load: () => import('./provenance/run.ts'),
        },
        {
          name: 'verify',
          summary: 'Check artifacts against their provenance',
          load: () => import('./provenance/verify.ts'),
        },
        {
          name: 'lock',
          summary: 'Remember what was accepted, so that nothing weaker or older is',
          load: () => import('./provenance/lock.ts'),
        },
        {
          name: 'graph',
          summary: 'Draw the chain from source to artifact, with what is verified of it',
          load: () => import('./provenance/graph.ts'),
        },
        {
          name: 'diff',
          summary: 'Tell what differs between two builds',
          load: () => import('./provenance/diff.ts'),
        },
        {
          name: 'inspect',
          summary: 'Show what an attestation file says, without verifying it',
          load: () => import('./provenance/inspect.ts'),
        },
        {
          name: 'convert',
          summary: 'Change the file format of attestations, signatures untouched',
          load: () => import('./provenance/convert.ts'),
        },
        {
          name: 'push',
          summary: 'Store attestations beside their image in an OCI registry',
          load: () => import('./provenance/push.ts'),
        },
        {
          name: 'pull',
          summary: 'Fetch the attestations of an image from its OCI registry',
          load: () => import('./provenance/pull.ts'),
        },
      ],
    },
    {
      name: 'attest',
      summary: 'Sign other statements: SBOM, test results, vulnerability scan, release',
      load: () => import('./attest.ts'),
    },
    {
      name: 'keys',
      summary: 'Make, look at, examine and rotate signing keys',
      children: [
        {
          name: 'generate',
          summary: 'Make an Ed25519 key pair',
          load: () => import('./keys/generate.ts'),
        },
        {
          name: 'show',
          summary: 'Show key id, algorithm and place of keys',
          load: () => import('./keys/show.ts'),
        },
        {
          name: 'public',
          summary: 'Print the public key of a key file or key service',
          load: () => import('./keys/public.ts'),
        },
        {
          name: 'doctor',
          summary: 'Look for what would keep a key from signing, without signing',
          load: () => import('./keys/doctor.ts'),
        },
        {
          name: 'rotate',
          summary: 'Make a new version of a key in a key service',
          load: () => import('./keys/rotate.ts'),
        },
      ],
    },
    {
      name: 'policy',
      summary: 'Write, check, try and compare policies',
      children: [
        {
          name: 'init',
          summary: 'Write a tight policy from good provenance',
          load: () => import('./policy/init.ts'),
        },
        {
          name: 'lint',
          summary: 'Look for mistakes in policies',
          load: () => import('./policy/lint.ts'),
        },
        {
          name: 'test',
          summary: 'Try policies on provenance with expected verdicts',
          load: () => import('./policy/test.ts'),
        },
        {
          name: 'explain',
          summary: 'Say in words what a policy demands',
          load: () => import('./policy/explain.ts'),
        },
        {
          name: 'diff',
          summary: 'Tell which artifacts another policy would judge otherwise',
          load: () => import('./policy/diff.ts'),
        },
      ],
    },
    {
      name: 'trust',
      summary: 'Keep a trust root: who may sign what, for how long',
      children: [
        {
          name: 'init',
          summary: 'Begin a trust root with one key and one builder',
          load: () => import('./trust/init.ts'),
        },
        {
          name: 'add-key',
          summary: 'Add a key to a trust root',
          load: () => import('./trust/add-key.ts'),
        },
        {
          name: 'rotate',
          summary: 'Let a new key take the place of an old one',
          load: () => import('./trust/rotate.ts'),
        },
        {
          name: 'revoke',
          summary: 'Take the trust from what a key signed since a moment',
          load: () => import('./trust/revoke.ts'),
        },
        {
          name: 'add-builder',
          summary: 'Add a builder to a trust root',
          load: () => import('./trust/add-builder.ts'),
        },
        {
          name: 'add-verifier',
          summary: 'Add a verifier whose summaries are believed',
          load: () => import('./trust/add-verifier.ts'),
        },
        {
          name: 'add-timestamp-authority',
          summary: 'Add an authority that proves when it was signed',
          load: () => import('./trust/add-timestamp-authority.ts'),
        },
        {
          name: 'add-sigstore',
          summary: 'Add an instance of Sigstore',
          load: () => import('./trust/add-sigstore.ts'),
        },
        {
          name: 'sign',
          summary: 'Sign a trust root with a root key',
          load: () => import('./trust/sign.ts'),
        },
        {
          name: 'show',
          summary: 'Show what a trust root says, without verifying it',
          load: () => import('./trust/show.ts'),
        },
        {
          name: 'check',
          summary: 'Look for what is wrong with a trust root, or soon will be',
          load: () => import('./trust/check.ts'),
        },
        {
          name: 'update',
          summary: 'Get the current trust root from a TUF repository',
          load: () => import('./trust/update.ts'),
        },
      ],
    },
    {
      name: 'webhook',
      summary: 'Let a cluster run only images with acceptable provenance',
      children: [
        {
          name: 'serve',
          summary: 'Serve the admission webhook',
          load: () => import('./webhook/serve.ts'),
        },
        {
          name: 'review',
          summary: 'Answer a recorded AdmissionReview',
          load: () => import('./webhook/review.ts'),
        },
        {
          name: 'certificate',
          summary: 'Make and renew the certificate of a webhook, inside its cluster',
          load: () => import('./webhook/certificate.ts'),
        },
      ],
    },
    {
      name: 'completion',
      summary: 'Print a completion script for a shell',
      load: () => import('./completion.ts'),
    },
  ],
};
