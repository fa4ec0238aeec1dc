export {
  ADMISSION_V1,
  encodeAdmissionResponse,
  parseAdmissionReview,
  type AdmissionRequest,
  type AdmissionResponse,
  type Operation,
  type PatchOperation,
} from './admission-review.ts';
export { findChange, type Change } from './changes.ts';
export { WEBHOOK_ERROR_CODES, WebhookError, type WebhookErrorCode } from './errors.ts';
export { WEBHOOK_CHECKS, isFailure, type Finding, type WebhookCheck } from './finding.ts';
export { ImageJudge, type Judged, type JudgeObserver } from './image-judge.ts';
export { findPodTemplate, imagesOf, isKnownKind, type ImageKind, type ImagePlace } from './images.ts';
export { MODES, type Mode } from './mode.ts';
export { decide, failDecision, type Decision, type Phase, type ReviewContext } from './review.ts';
export { readFound, type Found } from './found.ts';
export type { Exemption, Guard, Judgement, Rules } from './rules.ts';
export type { CacheLimits } from './verdict-cache.ts';
export { createServerCertificate, type CertificateRequest, type ServerCertificate } from './certificate.ts';
export { loadConfig, parseConfig } from './config.ts';
export { webhookConfigJsonSchema, type WebhookConfig } from './config-schema.ts';
export { installCertificate, type CertificatePlace } from './install-certificate.ts';
export { accessOfPod, KubernetesApi, type KubernetesAccess } from './kubernetes-api.ts';
export { loadRules, type ClusterPolicy } from './load-rules.ts';
export { REVIEW_BYTES, reviewOnce, type ReviewOnceOptions } from './review-once.ts';
export { serveWebhook, type RunningWebhook, type ServeOptions } from './serve.ts';
