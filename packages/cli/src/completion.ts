import { Argument, type Command, type Option } from 'commander';
import { EXIT, type ExitCode } from './exit-code.ts';
import { buildProgram } from './program.ts';
import { print } from './terminal.ts';

const SHELLS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;
type Shell = keyof typeof SHELLS;

export function describe(command: Command): void {
  command.addArgument(new Argument('<shell>', 'bash, zsh or fish').choices(Object.keys(SHELLS))).addHelpText(
    'after',
    `
Examples:
  danube completion bash > /etc/bash_completion.d/danube
  danube completion zsh > "\${fpath[1]}/_danube"
  danube completion fish > ~/.config/fish/completions/danube.fish`,
  );
}

export async function run(command: Command): Promise<ExitCode> {
  const places = listPlaces(await buildProgram(undefined, () => {}), []);
  print(SHELLS[isShell(command.args[0]) ? command.args[0] : 'bash'](places));
  return EXIT.ok;
}

function isShell(name: string | undefined): name is Shell {
  return name !== undefined && Object.hasOwn(SHELLS, name);
}

/** A command with what may follow it. */
interface Place {
  /** The words that lead there, without `danube`. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
  readonly options: readonly Choice[];
  /** Words an argument may be; empty where it is a file. */
  readonly argumentWords: readonly string[];
}

interface Choice {
  readonly flag: string;
  readonly summary: string;
  readonly takesValue: boolean;
  readonly words: readonly string[];
}

function listPlaces(command: Command, path: readonly string[]): Place[] {
  const help = command.createHelp();
  const place: Place = {
    path: path.join(' '),
    commands: command.commands.map((child) => ({ name: child.name(), summary: child.summary() })),
    options: help.visibleOptions(command).flatMap(readOption),
    argumentWords: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
  };
  return [place, ...command.commands.flatMap((child) => listPlaces(child, [...path, child.name()]))];
}

function readOption(option: Option): Choice[] {
  if (option.long === undefined || option.long === null) return [];
  const takesValue = option.required || option.optional;
  return [{ flag: option.long, summary: option.description, takesValue, words: option.argChoices ?? [] }];
}

function wordsAt(place: Place): string {
  const names = place.commands.map((child) => child.name);
  return [...names, ...place.argumentWords, ...place.options.map((option) => option.flag)].join(' ');
}

function bashScript(places: readonly Place[]): string {
  return `# bash completion for danube
_danube() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} at='' word words=''
  [[ $cur == = ]] && cur=''
  [[ $prev == = ]] && prev=\${COMP_WORDS[COMP_CWORD-2]}
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${at:+$at }$word" in
      ${pathPattern(places)}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at $prev" in
${valueCases(places, (words) => `words='${words}'`, 'COMPREPLY=(); return')}
    *)
      case "$at" in
${places.map((place) => `        '${place.path}') words='${wordsAt(place)}' ;;`).join('\n')}
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o bashdefault -o default -F _danube danube`;
}

function zshScript(places: readonly Place[]): string {
  return `#compdef danube
# zsh completion for danube
_danube() {
  local at='' word prev=\${words[CURRENT-1]}
  for word in \${words[2,CURRENT-1]}; do
    case "\${at:+$at }$word" in
      ${pathPattern(places)}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at $prev" in
${valueCases(places, (words) => `compadd -- ${words}; return`, '_files; return')}
  esac
  case "$at" in
${places.map((place) => `    '${place.path}') compadd -- ${wordsAt(place)} ;;`).join('\n')}
  esac
  _files
}
if [ "$funcstack[1]" = _danube ]; then _danube "$@"; else compdef _danube danube; fi`;
}

function pathPattern(places: readonly Place[]): string {
  return places
    .filter((place) => place.path !== '')
    .map((place) => `'${place.path}'`)
    .join(' | ');
}

/** The `case` branches for a word that follows an option with a value: known words, or a file. */
function valueCases(
  places: readonly Place[],
  complete: (words: string) => string,
  completeFile: string,
): string {
  const branches: string[] = [];
  for (const place of places) {
    for (const { flag, takesValue, words } of place.options) {
      const action = words.length > 0 ? complete(words.join(' ')) : completeFile;
      if (takesValue) branches.push(`    '${place.path} ${flag}') ${action} ;;`);
    }
  }
  return branches.join('\n');
}

function fishScript(places: readonly Place[]): string {
  const lines = places.flatMap((place) => {
    const when = `complete -c danube -n '__danube_at "${place.path}"'`;
    return [
      ...place.commands.map((child) => `${when} -f -a ${child.name} -d '${fishText(child.summary)}'`),
      ...place.argumentWords.map((word) => `${when} -f -a ${word}`),
      ...place.options.map(
        ({ flag, summary, takesValue, words }) =>
          `${when} -l ${flag.slice(2)}${takesValue ? ' -r' : ''}${words.length > 0 ? ` -f -a '${words.join(' ')}'` : ''} -d '${fishText(summary)}'`,
      ),
    ];
  });
  const paths = places.map((place) => `'${place.path}'`).join(' ');
  return `# fish completion for danube
function __danube_at
  set -l at ''
  for word in (commandline -opc)[2..]
    set -l longer (string trim -- "$at $word")
    contains -- $longer ${paths}; and set at $longer
  end
  test "$at" = "$argv[1]"
end
${lines.join('\n')}`;
}

function fishText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}
