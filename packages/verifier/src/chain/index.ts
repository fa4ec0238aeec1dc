export { MAX_DEPENDENCIES } from './chain.ts';
export { followDependencies, type FollowOptions, MAX_DEPTH } from './follow.ts';
