import { type ExitCode, usageError } from '../exit-code.ts';
import { print, printJson } from '../terminal.ts';
import { type ChainGraph, graphOf } from './chain-graph/graph.ts';
import { drawHtml } from './chain-graph/html.ts';
import { drawMermaid } from './chain-graph/mermaid.ts';
import { drawSvg } from './chain-graph/svg.ts';
import type { GraphOptions } from './graph.ts';
import { sayBeside } from './report.ts';
import { exitCodeOf, judgeArtifacts } from './verification.ts';

/** More would be a picture that nobody reads. */
const DRAWN = 1000;

const DRAW = { svg: drawSvg, mermaid: drawMermaid, html: drawHtml } as const;

/**
 * Verifies artifacts and prints the chain that they come from.
 *
 * @throws DanubeError when there is nothing to judge, or more than can be drawn.
 */
export async function drawArtifacts(paths: readonly string[], options: GraphOptions): Promise<ExitCode> {
  const { format, follow = 1, ...others } = options;
  const judged = await judgeArtifacts(paths, { ...others, follow, format: 'json' }, undefined);
  const graph = graphOf(judged.report, judged.problems);
  if (format === 'json') printJson(graph);
  else print(DRAW[format](drawable(graph)));
  sayBeside(judged.report, judged.problems);
  return exitCodeOf(judged);
}

/** @throws CliError ERR_USAGE */
function drawable(graph: ChainGraph): ChainGraph {
  if (graph.nodes.length <= DRAWN) return graph;
  throw usageError(
    `there are ${graph.nodes.length} things to draw, more than ${DRAWN}`,
    'name fewer artifacts, or use --format json',
  );
}
