import type { ChainGraph, ChainNode } from './graph.ts';

const SHAPES = {
  source: ['[(', ')]'],
  dependency: ['([', '])'],
  build: ['{{', '}}'],
  artifact: ['[', ']'],
} as const;

const STYLES = [
  'classDef verified fill:#e6f4ea,stroke:#0a6b2d,color:#111',
  'classDef rejected fill:#fdecea,stroke:#a30000,stroke-width:4px,color:#111',
  'classDef notverified fill:#fff8e1,stroke:#7a5200,stroke-dasharray:6 4,color:#111',
];

/** A flowchart in Mermaid's language, for documents and pull requests. */
export function drawMermaid({ nodes, edges }: ChainGraph): string {
  return [
    'flowchart LR',
    ...nodes.map(drawNode),
    ...edges.map(({ from, to }) => `  ${from} --> ${to}`),
    ...STYLES.map((style) => `  ${style}`),
    '',
  ].join('\n');
}

function drawNode({ id, kind, state, name, facts }: ChainNode): string {
  const [open, close] = SHAPES[kind];
  const lines = [`${kind}: ${state}`, name, ...facts.slice(0, 1)].map(escapeMermaid).join('<br/>');
  return `  ${id}${open}"${lines}"${close}:::${state.replace(' ', '')}`;
}

/** A text within a label: no character of it is syntax, markup or an entity. */
function escapeMermaid(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9 .,:/@+=_-]/gu, (character) => `#${character.codePointAt(0) ?? 0};`);
}
