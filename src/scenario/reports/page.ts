import { escapeText } from './svg.ts';

const STYLE = `
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 1000px; margin: 2em auto; padding: 0 1em; color: #1b1b1b; background: #fff; }
h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 2em; border-bottom: 1px solid #ccc; }
.pass { color: #1e7b34; } .fail, .crash { color: #b3261e; }
table { border-collapse: collapse; width: 100%; font-size: 13px; } td, th { text-align: left; vertical-align: top; padding: 2px 8px 2px 0; border-bottom: 1px solid #eee; }
td.time { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; color: #555; }
code, pre { font-family: ui-monospace, monospace; font-size: 13px; background: #f4f4f4; padding: 1px 4px; } pre { padding: 8px; white-space: pre-wrap; }
.wide { overflow-x: auto; } svg { width: 100%; height: auto; font: 11px system-ui, sans-serif; fill: #333; margin: 0.6em 0; }
svg .title { font-weight: 600; font-size: 12px; } svg .grid { stroke: #ddd; } svg .lane { stroke: #999; } svg .fault { fill: #f3c6bd; fill-opacity: 0.45; }
svg .halo { paint-order: stroke; stroke: #fff; stroke-width: 3px; } svg .up { fill: #1e7b34; } svg .gone { fill: #b3261e; } svg .lost line, svg .lost path { stroke: #b3261e; stroke-dasharray: 3 2; fill: none; }
.rings { display: grid; grid-template-columns: 1fr 1fr; gap: 1em; break-inside: avoid; } @media (max-width: 640px) { .rings { grid-template-columns: 1fr; } } .none { color: #666; } details summary { cursor: pointer; }
@media print { body { margin: 0; max-width: none; font-size: 11pt; } details::details-content { content-visibility: visible; block-size: auto; } .wide { overflow: visible; } h2 { break-after: avoid; } svg, pre, tr { break-inside: avoid; } }
`;

/** One HTML file that needs nothing else: no script, no font, no picture from elsewhere. `sections` are headings and their HTML. */
export function page(title: string, begin: string, sections: ReadonlyArray<readonly [heading: string, body: string]>): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src 'none'">
<title>${escapeText(title)}</title><style>${STYLE}</style></head><body>
${begin}
<nav>${sections.map(([heading], index) => `<a href="#s${index + 1}">${escapeText(heading)}</a>`).join(' · ')}</nav>
${sections.map(([heading, body], index) => `<h2 id="s${index + 1}">${escapeText(heading)}</h2>\n${body}`).join('\n')}
</body></html>
`;
}
