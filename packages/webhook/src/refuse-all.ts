import type { BrokenPolicy } from './custom-resources.ts';
import type { Mode } from './mode.ts';
import type { Guard } from './rules.ts';

/** Stands for a policy that cannot be read: nobody knows which images it is about, or what it demands of them. */
export function refuseAll({ name, namespace, reason }: BrokenPolicy, mode: Mode): Guard {
  return {
    name: namespace === '' ? name : `${namespace}/${name}`,
    mode,
    ...(namespace === '' ? {} : { namespaces: [namespace] }),
    isAddition: namespace !== '',
    fingerprint: `broken ${namespace}/${name} ${reason}`,
    matchImage: () => true,
    judge: () => ({
      verdict: 'rejected',
      check: 'policy.format',
      expected: 'a policy that can be read',
      actual: reason,
      hint: 'Mend the policy, or delete it.',
    }),
  };
}
