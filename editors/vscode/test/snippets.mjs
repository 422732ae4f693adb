// `snippets.mjs FOLDER`: each snippet, with what it proposes, as a program of its own.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const [folder] = process.argv.slice(2);
const snippets = JSON.parse(readFileSync(new URL('../snippets/mlp.json', import.meta.url), 'utf8'));

/** `${1:name}` is `name`, `${2|a,b|}` is `a`, `$0` nothing. */
const filled = (text) => text.replace(/\$\{\d+\|([^,|]+)[^|]*\|\}/g, '$1').replace(/\$\{\d+:([^}]*)\}/g, '$1').replace(/\$\{?\d+\}?/g, '');

for (const [name, { prefix, body }] of Object.entries(snippets)) {
  const text = filled(body.join('\n'));
  // a statement stands in a pipeline
  writeFileSync(path.join(folder, `${prefix}.mlp`), name === 'Promotion' ? `pipeline p {\n  ${text}\n}\n` : `${text}\n`);
}
console.log(`${Object.keys(snippets).length} snippets`);
