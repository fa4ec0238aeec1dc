import { apiServer } from './api-server.ts';
import type { Peer } from './case.ts';
import { CLOUD_KEY_CASES, slsaVerifier } from './cloud-keys.ts';
import { cosign, cosign2 } from './cosign.ts';
import { openbao } from './openbao.ts';
import { kmsPlugin } from './kms-plugin.ts';
import { helm } from './helm.ts';
import { kubernetesSecret } from './kubernetes-secret.ts';
import { linuxTools } from './linux.ts';
import { ministack } from './ministack.ts';
import { opensslPeer } from './openssl.ts';
import { cryptography, inTotoAttestation, securesystemslib } from './python.ts';
import { attLayers } from './att-layers.ts';
import { registries } from './registries.ts';
import { policyController } from './policy-controller.ts';
import { sarifMultitool } from './sarif-multitool.ts';
import { sigstoreVerify } from './sigstore-verify.ts';
import { SUMMARY_CASES } from './slsa-verifier.ts';
import { slsaVerifierParser } from './slsa-verifier-parser.ts';
import { softhsm } from './softhsm.ts';
import { sshAgent } from './ssh-agent.ts';
import { sshKeygenPeer } from './ssh-keygen.ts';
import { timestampAuthority } from './timestamp-authority.ts';
import { versitygw } from './versitygw.ts';

/** The peers, in the order of the report. */
export const PEERS: readonly Peer[] = [
  cosign,
  cosign2,
  { ...cosign, cases: CLOUD_KEY_CASES },
  sigstoreVerify,
  inTotoAttestation,
  securesystemslib,
  opensslPeer,
  cryptography,
  sshKeygenPeer,
  sshAgent,
  openbao,
  softhsm,
  ministack,
  kubernetesSecret,
  kmsPlugin,
  { ...slsaVerifier, cases: [...slsaVerifier.cases, ...SUMMARY_CASES] },
  apiServer,
  policyController,
  helm,
  sarifMultitool,
  timestampAuthority,
  ...registries,
  ...attLayers,
  linuxTools,
  versitygw,
  slsaVerifierParser,
];
