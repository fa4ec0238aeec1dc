import type { ChainEdge, ChainGraph, ChainNode } from './graph.ts';

/** Where a node of the picture stands: column and row from the left and the top, both from 0. */
export interface Place {
  readonly node: ChainNode;
  readonly column: number;
  readonly row: number;
}

/**
 * Columns from the inputs, left, to the artifacts, right. Within a column the nodes stand in the order of what was made of
 * them, so that most lines do not cross.
 */
export function layOut({ nodes, edges }: ChainGraph): readonly Place[] {
  const last = Math.max(0, ...nodes.map(({ layer }) => layer));
  const targets = targetsOf(edges);
  const rows = new Map<string, number>();
  const places: Place[] = [];
  for (let layer = 0; layer <= last; layer++) {
    const column = nodes
      .filter((node) => node.layer === layer)
      .map((node) => ({ node, pull: meanRow(targets.get(node.id) ?? [], rows) }))
      .sort((a, b) => a.pull - b.pull);
    for (const [row, { node }] of column.entries()) {
      rows.set(node.id, row);
      places.push({ node, column: last - layer, row });
    }
  }
  return places;
}

function targetsOf(edges: readonly ChainEdge[]): ReadonlyMap<string, readonly string[]> {
  const targets = new Map<string, string[]>();
  for (const { from, to } of edges) targets.set(from, [...(targets.get(from) ?? []), to]);
  return targets;
}

function meanRow(targets: readonly string[], rows: ReadonlyMap<string, number>): number {
  const known = targets.flatMap((id) => rows.get(id) ?? []);
  return known.length === 0 ? 0 : known.reduce((sum, row) => sum + row, 0) / known.length;
}
