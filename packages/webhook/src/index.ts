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
export {
  RegistryError,
  type Exemption,
  type Guard,
  type Judgement,
  type Registry,
  type Rules,
} from './rules.ts';
export type { CacheLimits } from './verdict-cache.ts';
