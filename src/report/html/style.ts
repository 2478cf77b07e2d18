/** The style sheet of the page: light or dark as the reader's system is, from a phone's width on, and on paper. */

const light = `
  --paper: #fbfaf8; --card: #ffffff; --ink: #1f2328; --soft: #5d646d; --line: #e2dfd9; --code: #f3f1ec;
  --good: #1a7f4b; --bad: #b3261e; --note: #8a5a00; --shade-right: 26 127 75; --shade-wrong: 190 60 40;
  --t1: #2a6fbb; --t2: #c2571a; --t3: #1a7f6b; --t4: #9a3d8f; --t5: #7d6608; --t6: #5b55c4; --t7: #b3264f; --t8: #5d646d;
`;

const dark = `
  --paper: #15171a; --card: #1d2024; --ink: #e6e3de; --soft: #a2a8b0; --line: #33373d; --code: #24282d;
  --good: #5cc48d; --bad: #f08a7e; --note: #e0b25a; --shade-right: 92 196 141; --shade-wrong: 240 120 90;
  --t1: #6cb0f5; --t2: #f2995c; --t3: #5fcdb6; --t4: #d98bd0; --t5: #d8c15a; --t6: #a7a2f5; --t7: #f58fae; --t8: #a2a8b0;
`;

const dashes = ['none', '7 4', '2 3', '10 3 2 3', '4 2', '12 4', '1 4', '6 2 1 2'];

const tones = dashes
  .map(
    (dash, index) =>
      `.line.tone-${index + 1} { stroke: var(--t${index + 1}); stroke-dasharray: ${dash}; }\n.dot.tone-${index + 1} { fill: var(--t${index + 1}); }`,
  )
  .join('\n');

/** Shades of the confusion matrix, from zero to all images of a class. */
const shades = Array.from({ length: 10 }, (_, index) => index + 1)
  .flatMap((step) =>
    ['right', 'wrong'].map(
      (kind) =>
        `.confusion .${kind}.shade-${step} { background: rgb(var(--shade-${kind}) / ${(step * 0.045).toFixed(3)}); }`,
    ),
  )
  .join('\n');

export const style = `
:root { color-scheme: light dark; ${light} }
@media (prefers-color-scheme: dark) { :root { ${dark} } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: anywhere; }
main, footer { max-width: 68rem; margin: 0 auto; padding: 0 1.25rem; }
main { padding-top: 2.5rem; }
h1 { font-size: 2.1rem; line-height: 1.2; margin: 0; letter-spacing: -0.015em; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 0 0 1rem; letter-spacing: -0.01em; scroll-margin-top: 1rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 0.5rem; }
p { margin: 0 0 0.8rem; max-width: 46rem; }
a { color: var(--t1); text-underline-offset: 0.2em; }
code, pre { font: 0.87em/1.5 ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace; }
small { color: var(--soft); font-weight: 400; }
:focus-visible { outline: 2px solid var(--t1); outline-offset: 2px; border-radius: 3px; }
section { margin: 0 0 1.5rem; padding: 1.5rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.kind { color: var(--soft); font-size: 0.9rem; margin: 0 0 0.2rem; }
.facts-line { color: var(--soft); margin: 0.5rem 0 0; max-width: none; }
.run-state { font-weight: 600; color: var(--bad); }
.run-state.ok { color: var(--good); }
.run-state.gate-missed, .run-state.interrupted, .run-state.running { color: var(--note); }
nav ul { display: flex; flex-wrap: wrap; gap: 0.3rem 1.2rem; list-style: none; margin: 1.2rem 0 1.6rem; padding: 0; font-size: 0.95rem; }
.problems { border-color: var(--bad); margin-top: 1.5rem; }
.problems ul { list-style: none; margin: 0; padding: 0; }
.problems li + li { border-top: 1px solid var(--line); padding-top: 0.8rem; }
.verdict { margin-top: 1.5rem; border-left: 4px solid var(--note); }
.verdict.good { border-left-color: var(--good); }
.verdict.bad { border-left-color: var(--bad); }
.verdict ul { margin: 0 0 0.8rem; padding-left: 1.2rem; }
.verdict > :last-child { margin-bottom: 0; }
.missing { border-left: 3px solid var(--note); padding-left: 0.8rem; color: var(--soft); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); gap: 0.75rem; margin: 0 0 1.5rem; }
.cards div { border: 1px solid var(--line); border-radius: 9px; padding: 0.7rem 0.9rem; }
.cards dt { color: var(--soft); font-size: 0.85rem; }
.interval { display: block; font-size: 0.75rem; letter-spacing: 0; white-space: nowrap; line-height: 1.3; }
.cards dd { margin: 0; font-size: 1.55rem; line-height: 1.25; font-variant-numeric: tabular-nums; letter-spacing: -0.01em; }
.cards dd small { display: block; font-size: 0.9rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1.5rem; align-items: start; }
.split { display: grid; grid-template-columns: minmax(0, auto) minmax(0, 1fr); gap: 2rem; align-items: start; }
.pair > *, .split > * { min-width: 0; }
/* Shadows at the sides where something is hidden: the inner two move with what is scrolled, and cover the outer two. */
.scroll { overflow-x: auto; container-type: inline-size; background: linear-gradient(to right, var(--card) 1.2rem, transparent) left / 2.4rem 100% no-repeat local, linear-gradient(to left, var(--card) 1.2rem, transparent) right / 2.4rem 100% no-repeat local, linear-gradient(to right, var(--line), transparent) left / 0.8rem 100% no-repeat scroll, linear-gradient(to left, var(--line), transparent) right / 0.8rem 100% no-repeat scroll; }
.tall { max-height: 36rem; overflow: auto; }
table { border-collapse: separate; border-spacing: 0; font-variant-numeric: tabular-nums; font-size: 0.93rem; }
.scroll > .wide { min-width: 100%; }
.scroll + *, .pair + .scroll, figure + .scroll { margin-top: 1.5rem; }
.scroll + p { margin-top: 1rem; }
caption { text-align: left; color: var(--soft); padding-bottom: 0.5rem; font-size: 0.9rem; }
th, td { padding: 0.36rem 0.7rem; text-align: right; border-top: 1px solid var(--line); vertical-align: top; white-space: nowrap; }
thead th, thead td { border-top: 0; color: var(--soft); font-weight: 500; }
tbody th, tfoot th { text-align: left; font-weight: 600; }
th:first-child, td:first-child { padding-left: 0; }
th.text, td.text, .facts td { text-align: left; }
td.text { white-space: normal; min-width: 9rem; }
thead th:first-child { text-align: left; }
tfoot th, tfoot td, .total { color: var(--soft); font-weight: 500; }
.facts th { font-weight: 500; color: var(--soft); white-space: normal; }
tbody th, tfoot th { white-space: normal; }
.names th:first-child { white-space: nowrap; }
.names.long th:first-child { white-space: normal; min-width: 14rem; max-width: 36rem; font-weight: 500; line-height: 1.35; }
/* What explains the numbers stays in view: the names of rows, and the heads of columns. Borders of sticky cells move only if they are separate. */
.names th:first-child, .names thead td:first-child { position: sticky; left: 0; background: var(--card); }
.tall thead th, .tall thead td { position: sticky; top: 0; background: var(--card); }
.names thead th:first-child, .names thead td:first-child { z-index: 1; }
caption > span { position: sticky; left: 0; display: inline-block; max-width: 100cqi; }
.confusion td { text-align: center; padding: 0.75rem 0.9rem; min-width: 4.2rem; }
.confusion { min-width: 20rem; }
.confusion tbody th { vertical-align: middle; }
.confusion thead th:not(:first-child) { text-align: center; }
.confusion .right { font-weight: 600; }
.confusion .shade-0 { color: var(--soft); font-weight: 400; }
.confusion .number { position: absolute; left: 0; color: var(--soft); font-weight: 500; }
.confusion.numbered td, .confusion.numbered thead th { min-width: 1.6rem; padding: 0.36rem 0.2rem; }
.confusion.numbered tbody th { padding-left: 2em; padding-right: 0.7rem; font-size: 0.82rem; }
.confusion.numbered .total { padding-left: 0.7rem; }
figure { margin: 0; }
figcaption { font-weight: 600; margin-bottom: 0.3rem; }
svg { display: block; }
svg text { fill: var(--soft); font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
.chart { width: 100%; max-width: 32rem; height: auto; overflow: visible; }
.grid, .axis { stroke: var(--line); }
.axis { stroke: var(--soft); }
.chance { stroke: var(--soft); stroke-dasharray: 2 4; }
.line { fill: none; stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round; }
.dot { stroke: var(--card); stroke-width: 1; }
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1.1rem; list-style: none; padding: 0; margin: 0 0 0.4rem; font-size: 0.9rem; color: var(--soft); }
.legend li { display: flex; align-items: center; gap: 0.45rem; }
.legend svg { width: 26px; height: 8px; flex: none; }
details { margin-top: 0.8rem; }
summary { cursor: pointer; color: var(--soft); font-size: 0.9rem; }
details > .scroll { margin-top: 0.6rem; max-height: 24rem; overflow: auto; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.2rem, 1fr)); gap: 1.1rem; list-style: none; margin: 1rem 0 0; padding: 0; }
.pictures.long { grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); }
.pictures li { min-width: 0; font-size: 0.88rem; }
.pictures p { margin: 0; }
.frame { aspect-ratio: 1; display: grid; place-items: center; background: var(--code); border-radius: 9px; overflow: hidden; margin-bottom: 0.5rem; }
.frame img { width: 100%; height: 100%; object-fit: contain; }
.absent { color: var(--soft); padding: 0.8rem; text-align: center; }
.file { color: var(--soft); }
.tag { font-weight: 600; }
.state { text-align: left; }
.tag.wrong, .state.failed { color: var(--bad); }
.tag.right, .state.ran { color: var(--good); }
.state.restored { color: var(--t1); }
.graph { max-width: 100%; height: auto; }
.scroll > .graph { max-width: none; }
.graph rect { fill: var(--code); stroke: var(--line); stroke-width: 1.5; }
.graph .ran rect { stroke: var(--good); }
.graph .restored rect { stroke: var(--t1); }
.graph .failed rect { stroke: var(--bad); stroke-width: 2.5; }
.graph .interrupted rect { stroke: var(--note); stroke-width: 2.5; }
.graph .skipped rect, .graph .none rect { stroke-dasharray: 4 3; }
.graph .name { fill: var(--ink); font-weight: 600; font-size: 13px; }
.edge { fill: none; stroke: var(--soft); stroke-width: 1.3; opacity: 0.65; }
pre { margin: 0; padding: 1rem; background: var(--code); border-radius: 9px; overflow-x: auto; white-space: pre; }
pre code { overflow-wrap: normal; }
.plain { padding-left: 1.1rem; margin: 0 0 1rem; }
footer { color: var(--soft); font-size: 0.88rem; padding-bottom: 2rem; }
${tones}
${shades}
@media (max-width: 68rem) {
  .split { grid-template-columns: minmax(0, 1fr); }
  th, td { padding: 0.36rem 0.5rem; }
}
@media (max-width: 32rem) {
  main { padding-top: 1.5rem; }
  main, footer { padding-left: 0.75rem; padding-right: 0.75rem; }
  section { padding: 1.1rem 0.9rem; }
  .chart text { font-size: 15px; }
  th, td { padding: 0.36rem 0.4rem; }
  td.text { min-width: 5.5rem; }
  table { font-size: 0.88rem; }
  .confusion { min-width: 0; }
  .confusion td { min-width: 3rem; padding: 0.6rem; }
  .names.long th:first-child { min-width: 9rem; }
  .names.long th:first-child, .names.long td.text { font-size: 0.78rem; }
  .pictures, .pictures.long { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .facts th, .facts td { display: block; padding-left: 0; border-top: 0; }
  .facts th { border-top: 1px solid var(--line); padding-bottom: 0; }
}
@media (max-width: 26rem) { .chart text { font-size: 17px; } }
@media print {
  :root { ${light} }
  nav { display: none; }
  .scroll, .tall, details > .scroll { max-height: none; overflow: visible; }
  section { break-inside: avoid-page; border: 0; padding: 0; }
}
`;
