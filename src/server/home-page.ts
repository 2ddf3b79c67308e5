import { createHash } from 'node:crypto';

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5a6675; --paper: #fbfcfd; --card: #fff; --line: #dde3ea; --link: #0b5cad; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6ebf1; --soft: #9aa7b6; --paper: #12171d; --card: #1a2129; --line: #2c3641; --link: #7ab8f5; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.6 system-ui, sans-serif; }
main { max-width: 56rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { margin: 0; font-size: 2rem; letter-spacing: -0.02em; }
h2 { margin: 2.5rem 0 0.5rem; font-size: 1.1rem; }
p { margin: 0.5rem 0; max-width: 42rem; }
.promise, small { color: var(--soft); }
ul { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 0.75rem; margin: 1.5rem 0; padding: 0; list-style: none; }
li a { display: block; height: 100%; padding: 0.9rem 1rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--card); text-decoration: none; }
li small { display: block; }
a { color: var(--link); }
a:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
pre { margin: 0.75rem 0; padding: 1rem; white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--card); font-size: 0.875rem; }
`;

/** The front page: one document, no scripts, nothing from elsewhere. */
export const HOME_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>rowferry</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>rowferry</h1>
<p>Moves CSV files and JSON rows into a SQL database and keeps Avro backups that can be restored.</p>
<p class="promise">read = inserted + updated + skipped + rejected, for every file.</p>
<ul>
<li><a href="/docs">REST API<small>every route, with an example</small></a></li>
<li><a href="/openapi.json">openapi.json<small>the same for programs</small></a></li>
<li><a href="/health/ready">Health<small>does the database answer?</small></a></li>
<li><a href="/metrics">Metrics<small>for Prometheus</small></a></li>
</ul>
<h2>The tables</h2>
<p>Everything under /v1 needs an API key. Make one with <code>rowferry keys create</code>, then:</p>
<pre><code>curl -H "Authorization: Bearer $ROWFERRY_KEY" http://127.0.0.1:5000/v1/tables</code></pre>
<h2>Load a file</h2>
<p>Drop a CSV file into <code>data/incoming</code>, or type:</p>
<pre><code>rowferry load hired_employees.csv</code></pre>
<p>Records that were not loaded lie under <code>data/not_added</code>, each with its reasons.</p>
</main>
</body>
</html>
`;

const styleHash = createHash('sha256').update(STYLE).digest('base64');

export const HOME_POLICY = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
