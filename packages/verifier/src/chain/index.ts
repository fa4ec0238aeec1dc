export { MAX_DEPENDENCIES, MAX_JUDGED } from './chain.ts';
export { followDependencies, type FollowOptions, MAX_DEPTH } from './follow.ts';
