import { escapeXml } from '../markup.ts';
import type { ChainGraph, ChainNode } from './graph.ts';
import { describeGraph, drawSvg } from './svg.ts';

const STYLE =
  'body{font:15px system-ui;margin:2em}figure{margin:0;overflow:auto}table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.3em .6em;text-align:left;overflow-wrap:anywhere}td.verified{color:#0a6b2d}td.rejected{color:#a30000;font-weight:bold}td.not-verified{color:#7a5200}';

/** One file that needs no script, no network and nothing beside it: the picture, and the same as a table. */
export function drawHtml(graph: ChainGraph): string {
  const title = escapeXml(describeGraph(graph));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>danube: ${title}</title><style>${STYLE}</style></head>
<body><h1>${title}</h1>
<figure>${drawSvg(graph)}</figure>
<table><tr><th>what</th><th>state</th><th>name</th><th>who says so</th><th>made of</th></tr>
${graph.nodes.map((node) => drawRow(node, graph)).join('\n')}
</table></body></html>`;
}

function drawRow({ id, kind, state, name, facts }: ChainNode, { nodes, edges }: ChainGraph): string {
  const inputs = edges.filter(({ to }) => to === id).map(({ from }) => from);
  const names = nodes.filter((node) => inputs.includes(node.id)).map((node) => node.name);
  const cells = [name, facts.join('; '), names.join(', ')].map((text) => `<td>${escapeXml(text)}</td>`);
  return `<tr><td>${kind}</td><td class="${state.replace(' ', '-')}">${state}</td>${cells.join('')}</tr>`;
}
