/** The page's looks: readable from the back of a room, in light and dark, on paper and on a telephone. */
export const styleSheet = `
:root { color-scheme: light dark; --ground: #fff; --ink: #1c2128; --dim: #626b76; --line: #d8dde3; --card: #f6f7f9;
  --plain: #7d8fa6; --good: #1a7f4b; --bad: #c62f2f; --unsure: #9a6400; --word: #0b62a8; }
@media (prefers-color-scheme: dark) { :root { --ground: #14181d; --ink: #e4e8ed; --dim: #97a2af; --line: #323a44; --card: #1c2229;
  --plain: #71849c; --good: #4cc38a; --bad: #ff7b72; --unsure: #e3b04b; --word: #79b8ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 84rem; padding: 1.5rem 2rem 4rem; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1, h2, h3, h4, h5, p, ul, ol { margin: 0; padding: 0; }
h1 { font-size: 1.6rem; }
h2 { font-size: 1.35rem; margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h2 .dim, .overview th .dim { font-weight: normal; }
h3 { font: 600 1rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
h4 { font-size: .85rem; color: var(--dim); margin-top: .6rem; font-weight: normal; }
h5 { font-size: .95rem; }
a { color: var(--word); }
.dim { color: var(--dim); } .bold { font-weight: 600; } .good { color: var(--good); } .bad { color: var(--bad); }
.unsure { color: var(--unsure); } .word { color: var(--word); white-space: pre; }
.mark { font-weight: 700; display: inline-block; min-width: 1em; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.6rem; list-style: none; font-size: .85rem; color: var(--dim); margin-top: .4rem; }
.legend i { display: inline-block; position: static; width: 1.6rem; height: .6rem; margin: 0; } .legend .end { width: .7rem; height: .7rem; }
.about { max-width: 52rem; white-space: pre-line; margin: .5rem 0 1rem; }
ul.lanes, .missing { list-style: none; font-size: .9rem; }
.why { margin-left: 1.5rem; } .why .dim { display: block; }
ol.steps { list-style: none; counter-reset: step; margin-top: 1rem; }
ol.steps > li { counter-increment: step; margin-top: 1rem; padding: .7rem 1rem .9rem; background: var(--card); border-radius: .5rem;
  border-left: .3rem solid var(--line); }
ol.steps > li > h3::before { content: counter(step) "  "; color: var(--dim); }
ol.steps > li.fault, ol.steps > li.lift { border-left-color: var(--unsure); }
ol.steps > li > p { font-size: .85rem; overflow-wrap: anywhere; }
.waterfall { margin-top: .5rem; font-size: .85rem; }
.lane { padding: .3rem 0; border-top: 1px solid var(--line); }
.overview th[scope=row] { min-width: 12rem; }
.row, .ruler { display: grid; grid-template-columns: 5rem 4.5rem minmax(8rem, 1fr) minmax(20rem, 1.1fr); column-gap: .8rem; }
.at { text-align: right; color: var(--dim); font-variant-numeric: tabular-nums; }
.words, .what, .at { font-family: ui-monospace, monospace; font-size: .8rem; }
.words { overflow-wrap: anywhere; }
.track { position: relative; height: 1.1rem; align-self: stretch; min-height: 1.1rem;
  background: repeating-linear-gradient(90deg, var(--line) 0 1px, transparent 1px var(--tick)); }
.ruler .track { background: none; } .ruler .track span { position: absolute; font-size: .72rem; color: var(--dim); white-space: nowrap; }
.bar { background: currentColor; border-radius: 2px; }
.bar.plain, .end.plain { color: var(--plain); }
.track .bar { position: absolute; top: .2rem; height: .7rem; min-width: 3px; }
.end { position: absolute; top: .2rem; width: .7rem; height: .7rem; margin-left: -.35rem; border-radius: 50%; background: currentColor; }
table { border-collapse: collapse; font-size: .85rem; margin-top: .8rem; }
th, td { text-align: left; vertical-align: top; padding: .2rem 1.2rem .2rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
thead th { border-top: 0; color: var(--dim); font-weight: normal; white-space: nowrap; }
tbody th { font-weight: 600; } .checks th { white-space: nowrap; }
.shares { width: 100%; table-layout: fixed; } .shares th:first-child { width: 10rem; } .shares .bar { display: inline-block; height: .7rem; }
@media (max-width: 60rem) { body { padding: 1rem; } .row, .ruler { grid-template-columns: 4.5rem 4.2rem 1fr; } .words { grid-column: 2 / -1; }
  table { display: block; overflow-x: auto; } }
@media print { body { max-width: none; padding: 0; } ol.steps > li { break-inside: avoid; } h2 { break-after: avoid; } }
`
