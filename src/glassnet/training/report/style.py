"""The style sheet of the page: light and dark, from a phone's width to a desk's, and on paper."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark;
  --paper: #fbfbfa; --card: #ffffff; --ink: #1c2024; --faint: #5d666f; --line: #e3e5e8; --grid: #eceef0;
  --blue: #1f6fb2; --orange: #c2550a; --wrong: 217, 95, 2; --right: 31, 119, 180; --on: #ffffff; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #111417; --card: #181c20; --ink: #e7eaed; --faint: #9ba5af; --line: #2c3238; --grid: #262b31;
  --blue: #6cb2eb; --orange: #f59a55; --wrong: 217, 95, 2; --right: 47, 129, 190; --on: #ffffff; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); overflow-wrap: anywhere;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Apple SD Gothic Neo", "Malgun Gothic",
  "Noto Sans CJK KR", sans-serif; }
main, header, footer { max-width: 66rem; margin: 0 auto; padding: 0 clamp(1rem, 4vw, 2.5rem); }
header { padding-top: clamp(1.75rem, 6vw, 4rem); }
h1 { font-size: clamp(1.6rem, 1.2rem + 2vw, 2.4rem); line-height: 1.15; letter-spacing: -0.02em; margin: 0; }
header p { color: var(--faint); margin: 0.5rem 0 0; }
h2 { font-size: 1.2rem; letter-spacing: -0.01em; margin: 0 0 0.75rem; line-height: 1.3; }
section { margin-top: clamp(2.25rem, 6vw, 3.5rem); }
.lead { margin: -0.4rem 0 1rem; color: var(--faint); max-width: 44rem; }
.note { margin: 0.75rem 0 0; color: var(--faint); font-size: 0.875rem; max-width: 44rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 13rem), 1fr)); gap: 0.75rem;
  margin: 1.75rem 0 0; }
.tiles div { background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  padding: 0.9rem 1.1rem 1rem; }
.tiles dt { color: var(--faint); font-size: 0.875rem; }
.tiles dd { margin: 0; }
.tiles strong { display: block; font-size: 1.9rem; line-height: 1.25; letter-spacing: -0.02em; font-weight: 650;
  font-variant-numeric: tabular-nums; }
.tiles small { color: var(--faint); font-size: 0.875rem; }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); margin: 0;
  border-top: 1px solid var(--line); }
.facts > * { margin: 0; padding: 0.5rem 0; border-bottom: 1px solid var(--line); }
.facts dt { color: var(--faint); padding-right: 2rem; max-width: 14rem; }
.facts dd { white-space: pre-line; font-variant-numeric: tabular-nums; }
@media (max-width: 34rem) { .facts { grid-template-columns: minmax(0, 1fr); }
  .facts dt { border: 0; padding-bottom: 0; font-size: 0.875rem; max-width: none; } .facts dd { padding-top: 0; } }
.grid-of-charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1rem; }
.grid-of-charts figure { max-width: 36rem; width: 100%; margin: 0; background: var(--card);
  border: 1px solid var(--line);
  border-radius: 12px; padding: 0.9rem 1rem 0.6rem; }
figcaption { display: flex; flex-wrap: wrap; gap: 0.1rem 1rem; align-items: baseline;
  justify-content: space-between; }
.grid-of-charts figcaption { margin-bottom: 0.5rem; }
.legend { display: inline-flex; flex-wrap: wrap; gap: 0 1rem; font-size: 0.875rem; color: var(--faint); }
.key::before { content: ""; display: inline-block; width: 1.4em; margin-right: 0.45em; vertical-align: 0.25em;
  border-top: 2.5px solid var(--orange); }
.key.only::before { border-top-color: var(--blue); }
.key.training::before { border-top: 2.5px dashed var(--blue); }
.key.beside::before { border-top: 2px dotted var(--faint); }
.key.diagonal-key::before { border-top: 1.5px dashed var(--faint); }
.chart { display: block; width: 100%; height: auto; overflow: visible; }
.chart text { font: 12.5px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; fill: var(--faint);
  font-variant-numeric: tabular-nums; }
.grid { stroke: var(--grid); } .tick { stroke: var(--faint); stroke-opacity: 0.6; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; stroke: var(--orange); }
.line.beside { stroke: var(--faint); stroke-width: 1.5; stroke-dasharray: 2 3; } .dot.beside { fill: var(--faint); }
.line.only { stroke: var(--blue); }
.line.training { stroke: var(--blue); stroke-dasharray: 5 4; }
.dot { fill: var(--orange); stroke-width: 10; } .dot, .dot.only { stroke: transparent; }
.dot.training, .dot.only { fill: var(--blue); }
.dot:hover, .point:hover { stroke: currentColor; stroke-width: 2; }
.point { fill: var(--blue); fill-opacity: 0.45; }
.bar { fill: var(--blue); fill-opacity: 0.75; } .bar:hover { fill-opacity: 1; }
.diagonal { stroke: var(--faint); stroke-width: 1.5; stroke-dasharray: 5 4; }
.scroll { overflow-x: auto; max-width: 100%; border-radius: 4px; overflow-wrap: normal; }
.scroll:focus-visible { outline: 2px solid var(--blue); outline-offset: 3px; }
.stack { display: grid; gap: 1.5rem; } .stack > * { margin: 0; min-width: 0; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
.numbers th, .numbers td { padding: 0.35rem 0 0.35rem 1.5rem; text-align: right; border-bottom: 1px solid var(--line);
  white-space: nowrap; font-weight: 400; }
.numbers th:first-child { padding-left: 0; text-align: left; }
.numbers .words { text-align: left; }
.numbers thead th { color: var(--faint); font-size: 0.85rem; vertical-align: bottom; }
.bad { color: var(--orange); font-weight: 600; }
.matrix { border-spacing: 2px; border-collapse: separate; font-size: 0.85rem; }
.matrix th { font-weight: 500; color: var(--faint); padding: 0.1rem 0.4rem; white-space: nowrap; }
.matrix tbody th, .matrix tfoot th { text-align: right; position: sticky; left: 0; background: var(--paper); }
.matrix tbody th { color: var(--ink); }
.matrix thead th { vertical-align: bottom; color: var(--ink); } .matrix thead th:last-child { color: var(--faint); }
.matrix .corner { font-size: 0.75rem; color: var(--faint); white-space: normal; text-align: right; line-height: 1.25;
  min-width: 4.6rem; }
.matrix.upright thead th:not(.corner):not(:last-child) span { writing-mode: vertical-rl;
  text-orientation: sideways; transform: rotate(180deg); }
.matrix td { min-width: 2.25rem; height: 2.1rem; padding: 0 0.35rem; text-align: center; border-radius: 4px; }
.matrix .right { background: rgba(var(--right), calc(var(--share) * 0.9)); font-weight: 600; }
.matrix .wrong { background: rgba(var(--wrong), calc(0.08 + var(--share) * 0.72)); }
.matrix .right.strong { color: var(--on); }
.matrix .none { color: var(--faint); opacity: 0.55; }
.matrix .share { color: var(--faint); white-space: nowrap; font-size: 0.8rem; padding: 0 0.4rem; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(7rem, 1fr)); gap: 1rem 0.9rem; margin: 0;
  padding: 0; list-style: none; }
.pictures figure { margin: 0; } .pictures img { display: block; width: 100%; aspect-ratio: auto;
  image-rendering: pixelated;
  border-radius: 6px; border: 1px solid var(--line); background: var(--card); }
.pictures figcaption { display: block; font-size: 0.9rem; line-height: 1.35; margin-top: 0.4rem; }
.pictures small { display: block; color: var(--faint); font-size: 0.8rem; }
.note + .units { margin-top: 1rem; }
.units { grid-template-columns: repeat(auto-fill, minmax(3.9rem, 1fr)); gap: 0.5rem; }
.colours { display: flex; align-items: center; gap: 0.6rem; font-size: 0.875rem; color: var(--faint);
  margin: 0 0 1rem;
  font-variant-numeric: tabular-nums; }
.scale { width: 10rem; height: 0.7rem; border-radius: 4px; border: 1px solid var(--line);
  background: linear-gradient(90deg, rgb(31, 119, 180), rgba(31, 119, 180, 0) 50%, rgba(217, 95, 2, 0) 50%,
  rgb(217, 95, 2)); }
@media (max-width: 34rem) { .chart text { font-size: 15px; } .matrix { border-spacing: 1px; font-size: 0.75rem; }
  .matrix td { min-width: 1.3rem;
    height: 1.75rem; padding: 0; } .matrix .share { font-size: 0.62rem; padding: 0 1px; } .matrix .corner,
    .matrix tfoot th, .matrix thead th:last-child { font-size: 0.62rem; min-width: 0; padding: 0 2px;
  white-space: normal; }
  .pictures { grid-template-columns: repeat(auto-fill, minmax(5.4rem, 1fr)); } .units {
    grid-template-columns: repeat(auto-fill, minmax(3.2rem, 1fr)); } }
details { margin-top: 1rem; } summary { cursor: pointer; color: var(--faint); font-size: 0.9rem;
  margin-bottom: 0.5rem; }
pre { margin: 0; padding: 0.9rem 1.1rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  font: 0.875rem/1.6 ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace; white-space: pre-wrap;
  user-select: all; -webkit-user-select: all; }
pre span { display: inline-block; max-width: 100%; }
footer { margin-top: 3.5rem; padding-bottom: 2.5rem; color: var(--faint); font-size: 0.85rem; }
@media print { :root { --paper: #fff; --card: #fff; --ink: #000; --faint: #444; --line: #bbb; --grid: #ddd;
    --blue: #1f6fb2; --orange: #c2550a; color-scheme: light; }
  body { font-size: 10.5pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  figure, .tiles div, tr, li, pre { break-inside: avoid; } h2 { break-after: avoid; }
  .scroll { overflow: visible; } details { display: none; } section { margin-top: 1.5rem; }
  .pictures { grid-template-columns: repeat(6, 1fr); } .units { grid-template-columns: repeat(12, 1fr); } }
""".strip()
