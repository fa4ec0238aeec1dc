import { escapeXml } from '../markup.ts';
import type { ChainGraph, ChainNode } from './graph.ts';
import { layOut, type Place } from './layout.ts';

/** In pixels; letters of the font are all of one width. */
const BOX = { width: 300, height: 62 } as const;
const GAP = { x: 70, y: 18 } as const;
const MARGIN = 20;
const LETTERS = 40;

/** Colour, and for who does not see it another line: thick for what is rejected, dashes for what is not verified. */
const STYLE = `text{font:12px ui-monospace,monospace;fill:#111}.kind{fill:#444}
rect{fill:#fff;stroke:#555;stroke-width:1.5}.verified rect{fill:#e6f4ea;stroke:#0a6b2d}.verified .state{fill:#0a6b2d}
.rejected rect{fill:#fdecea;stroke:#a30000;stroke-width:4}.rejected .state{fill:#a30000;font-weight:bold}
.not-verified rect{fill:#fff8e1;stroke:#7a5200;stroke-dasharray:6 4}.not-verified .state{fill:#7a5200}
path{fill:none;stroke:#555;stroke-width:1.2}`;

/** One picture without script, and without anything outside of it. */
export function drawSvg(graph: ChainGraph): string {
  const places = layOut(graph);
  const at = new Map(places.map((place) => [place.node.id, cornerOf(place)]));
  const width = 2 * MARGIN + Math.max(0, ...[...at.values()].map(({ x }) => x + BOX.width - MARGIN));
  const height = 2 * MARGIN + Math.max(0, ...[...at.values()].map(({ y }) => y + BOX.height - MARGIN));
  const lines = graph.edges.map(({ from, to }) => {
    const [start, end] = [at.get(from), at.get(to)];
    return start === undefined || end === undefined ? '' : drawLine(start, end);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="chain-title chain-text" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<title id="chain-title">${escapeXml(describeGraph(graph))}</title>
<desc id="chain-text">${escapeXml(graph.nodes.map(describeNode).join('; '))}</desc>
<style>${STYLE}</style>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8"/></marker></defs>
<rect x="0" y="0" width="${width}" height="${height}" style="stroke:none"/>
${[...lines, ...places.map(drawBox)].join('\n')}
</svg>`;
}

export function describeGraph({ verdict, nodes }: ChainGraph): string {
  const artifacts = nodes.filter(({ kind }) => kind === 'artifact').length;
  return `The chain of ${artifacts} artifact(s): ${verdict}`;
}

function describeNode({ kind, state, name }: ChainNode): string {
  return `${kind} ${name}: ${state}`;
}

interface Corner {
  readonly x: number;
  readonly y: number;
}

function cornerOf({ column, row }: Place): Corner {
  return { x: MARGIN + column * (BOX.width + GAP.x), y: MARGIN + row * (BOX.height + GAP.y) };
}

function drawBox(place: Place): string {
  const { x, y } = cornerOf(place);
  const { kind, state, name, facts } = place.node;
  const [first = ''] = facts;
  const whole = [`${kind}, ${state}: ${name}`, ...facts].join('; ');
  return `<g class="${state.replace(' ', '-')}"><title>${escapeXml(whole)}</title><rect x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="${kind === 'build' ? 14 : 3}"/>
<text x="${x + 8}" y="${y + 17}"><tspan class="kind">${kind}</tspan>: <tspan class="state">${state}</tspan></text>
<text x="${x + 8}" y="${y + 35}">${escapeXml(shorten(name))}</text>
<text x="${x + 8}" y="${y + 52}" class="kind">${escapeXml(shorten(first))}</text></g>`;
}

/** What tells things apart stands at both ends. */
function shorten(text: string): string {
  if (text.length <= LETTERS) return text;
  const half = Math.floor((LETTERS - 3) / 2);
  return `${text.slice(0, half).toWellFormed()}...${text.slice(-half).toWellFormed()}`;
}

function drawLine(from: Corner, to: Corner): string {
  const [x1, y1, x2, y2] = [from.x + BOX.width, from.y + BOX.height / 2, to.x, to.y + BOX.height / 2];
  const bend = Math.max(20, (x2 - x1) / 2);
  return `<path marker-end="url(#arrow)" d="M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}"/>`;
}
