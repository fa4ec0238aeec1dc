import { runProgram } from './program.ts';
import { start } from './start.ts';

start(() => runProgram(process.argv.slice(2)));
