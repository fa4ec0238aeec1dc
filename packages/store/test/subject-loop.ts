/*
 * A process that puts: `subject-loop FOLDER SUBJECT NAME` puts twenty attestations of the subject that tell its name, and
 * looks for all of them after each.
 */
import { openSubjectDirectory } from '@danube/store';
import { allOf, dsseAbout } from './attestation.ts';

const [folder = '', subject = '', name = ''] = process.argv.slice(2);
const store = openSubjectDirectory(folder);
for (let index = 0; index < 20; index += 1) {
  await store.put(dsseAbout(subject, `${name} ${index}`));
  await allOf(store.find(subject));
}
