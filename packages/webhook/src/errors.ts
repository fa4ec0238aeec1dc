import { DanubeError } from 'in-toto-attestation';

/** Every way in which the webhook can fail to start, or a request fail to be one. */
export const WEBHOOK_ERROR_CODES = [
  'ERR_WEBHOOK_CONFIG', // a configuration that cannot mean what it says
  'ERR_WEBHOOK_IO', // a file of the configuration, or an address, that the operating system refused
  'ERR_WEBHOOK_REVIEW', // what came is no AdmissionReview
  'ERR_WEBHOOK_KUBERNETES', // the API server refused or could not be reached
] as const;

export type WebhookErrorCode = (typeof WEBHOOK_ERROR_CODES)[number];

/** What the webhook could not do, and why. */
export class WebhookError extends DanubeError<WebhookErrorCode> {}
