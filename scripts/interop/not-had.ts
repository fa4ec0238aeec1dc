/** What should be tried and cannot be had, with the reason; the report names it as not run. */
export interface NotHad {
  readonly name: string;
  readonly source: string;
  readonly what: string;
  readonly reason: string;
}

export const NOT_HAD: readonly NotHad[] = [
  {
    name: 'Lowkey Vault',
    source: 'Maven com.github.nagyesta.lowkey-vault:lowkey-vault-app',
    what: 'signs with a P-256 key as Azure Key Vault does',
    reason:
      'Maven Central has neither the jar nor its metadata (HTTP 404); our own strict server stands for Azure',
  },
  {
    name: 'localkms',
    source: 'the example plugin of github.com/sigstore/sigstore',
    what: 'signs by the KMS plugin protocol',
    reason:
      'the Go module proxy does not serve it (test/cliplugin/localkms); our plugin of the same helpers stands for it',
  },
  {
    name: 'zot',
    source: 'Go module zotregistry.dev/zot/v2',
    what: 'keeps and lists what we push',
    reason:
      'the Go module proxy does not serve it (HTTP 403), and no package registry has it; olareg stands for registries with the referrers API',
  },
];
