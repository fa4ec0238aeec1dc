import { describe, it } from 'node:test';
import { casesOf } from './vectors/cases.ts';
import { verifyByCommand } from './vectors/verify-by-command.ts';
import { verifyByLibrary } from './vectors/verify-by-library.ts';

describe('test-vectors/verify, by the library', () => {
  for (const stored of casesOf('verify')) {
    it(`${stored.name}: ${stored.content.description}`, () => verifyByLibrary(stored));
  }
});

describe('test-vectors/verify, by the command', { concurrency: 2 }, () => {
  // Nothing sets the clock of the command.
  for (const stored of casesOf('verify').filter(({ content }) => content.now === undefined)) {
    it(`${stored.name}: ${stored.content.description}`, () => verifyByCommand(stored));
  }
});
