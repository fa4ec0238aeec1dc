import { Command, CommanderError } from 'commander';
import { EXIT, type ExitCode, usageError } from './exit-code.ts';
import { checkMandatory } from './options.ts';
import { print } from './terminal.ts';
import { type Group, type Leaf, TREE } from './tree.ts';
import { VERSION } from './version.ts';

/**
 * Runs one command line.
 *
 * @param argv the arguments after the program's name.
 * @throws whatever the command throws; `ERR_USAGE` when the line itself is wrong.
 */
export async function runProgram(argv: readonly string[]): Promise<number> {
  let exitCode: number | undefined;
  const program = await buildProgram(argv, (code) => (exitCode = code));
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return endedByParser(error);
  }
  if (exitCode === undefined)
    throw usageError('no command was run', 'the command comes before `--` and options');
  return exitCode;
}

/** Help and version end the parser with code 0; everything else it throws is a wrong call. */
function endedByParser(error: CommanderError): ExitCode {
  if (error.code === 'commander.helpDisplayed' || error.code === 'commander.version') return EXIT.ok;
  if (error.code === 'commander.help') throw usageError('no command is given', '`danube --help` lists them');
  const [, message = '', suggestion] =
    /^(?:error: )?(.*?)\s*(?:\(Did you mean (.*)\?\))?$/s.exec(error.message) ?? [];
  throw usageError(
    message.replaceAll('\n', ' '),
    suggestion === undefined ? undefined : `did you mean ${suggestion}?`,
  );
}

/** The command tree with only the invoked command in full; without `argv` every command is. */
export async function buildProgram(
  argv: readonly string[] | undefined,
  done: (code: number) => void,
): Promise<Command> {
  const program = configure(new Command(TREE.name)).description(TREE.summary);
  program.version(VERSION, '--version', 'Print the version');
  await addChildren(program, TREE, argv, done);
  return program;
}

function configure(command: Command): Command {
  return command
    .exitOverride()
    .configureOutput({
      writeOut: print,
      // Errors are thrown and said in one place; the parser also writes the help of a group here.
      writeErr: () => {},
      outputError: () => {},
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .helpOption('-h, --help', 'Show help')
    .helpCommand(false);
}

async function addChildren(
  parent: Command,
  group: Group,
  argv: readonly string[] | undefined,
  done: (code: number) => void,
): Promise<void> {
  const invokedChild = group.children.find((child) => child.name === argv?.[0]);
  // Siblings are needed to list them, and to guess which one was meant; not beside the one that was found.
  for (const child of invokedChild === undefined ? group.children : [invokedChild]) {
    const command = configure(new Command(child.name))
      .summary(child.summary)
      .description(`${child.summary}.`);
    parent.addCommand(command);
    const invoked = argv === undefined || child === invokedChild;
    if ('children' in child) {
      if (invoked) await addChildren(command, child, argv?.slice(1), done);
    } else if (invoked) {
      await addLeaf(command, child, done);
    }
  }
}

async function addLeaf(command: Command, leaf: Leaf, done: (code: number) => void): Promise<void> {
  const module = await leaf.load();
  module.describe(command);
  command.action(async () => {
    checkMandatory(command);
    done(await module.run(command));
  });
}
