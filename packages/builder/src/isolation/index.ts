export { judgeEgress, type EgressJudgement } from './egress-policy.ts';
export type { Destinations } from './destinations.ts';
export type { PolicyPod } from './selector.ts';
export * from './report.ts';
