/**
 * A soak of the webhook: 200,000 reviews (or as many as the argument says), after which it may not need more than 1.3 times the
 * memory that it needed after the first three tenths. Exits 1 when it does.
 */
import { soak } from './webhook.ts';

const reviews = Number(process.argv[2] ?? 200_000);
const bytes = await soak(reviews);
const early = Math.max(...bytes.slice(0, 3));
const last = bytes.at(-1) ?? Number.NaN;
console.log(
  `${reviews} reviews; resident MB after each tenth: ${bytes.map((each) => Math.round(each / 1e6)).join(' ')}`,
);
console.log(`last / most of the first three: ${(last / early).toFixed(2)} (at most 1.3)`);
process.exitCode = last <= early * 1.3 ? 0 : 1;
