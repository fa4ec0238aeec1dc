/** CI platforms whose jobs can be described from what the platform itself says about them. */
export const PLATFORMS = [
  'github-actions',
  'gitlab-ci',
  'jenkins',
  'buildkite',
  'circleci',
  'azure-pipelines',
  'tekton',
  'danube',
] as const;

export type Platform = (typeof PLATFORMS)[number];
