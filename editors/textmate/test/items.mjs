// `items.mjs GRAMMAR.json FILES..`: prints what programs declare, by the scopes that the grammar gives: the keyword and the name behind it.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const require = createRequire(`${process.cwd()}/`);
const { INITIAL, Registry, parseRawGrammar } = require('vscode-textmate');
const { loadWASM, OnigScanner, OnigString } = require('vscode-oniguruma');

const wasm = readFileSync(require.resolve('vscode-oniguruma/release/onig.wasm'));
await loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
const [path, ...files] = process.argv.slice(2);
const registry = new Registry({
  onigLib: Promise.resolve({ createOnigScanner: (patterns) => new OnigScanner(patterns), createOnigString: (text) => new OnigString(text) }),
  loadGrammar: async (scope) => (scope === 'source.mlp' ? parseRawGrammar(readFileSync(path, 'utf8'), path) : null),
});
const grammar = await registry.loadGrammar('source.mlp');

for (const file of files) {
  let stack = INITIAL;
  let keyword = '';
  let name = '';
  const tell = () => {
    if (keyword && name) console.log(`${file}\t${keyword} ${name}`);
    keyword = name = '';
  };
  for (const line of readFileSync(file, 'utf8').split(/\r?\n/)) {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, stack);
    stack = ruleStack;
    for (const { startIndex, endIndex, scopes } of tokens) {
      const piece = line.slice(startIndex, endIndex);
      const scope = scopes.at(-1);
      if (scope === 'storage.type.mlp') {
        tell();
        keyword = piece;
      } else if (keyword === 'test' && scopes.some((one) => one.startsWith('string.'))) {
        name += piece;
      } else if (keyword === 'use' && scope === 'entity.name.namespace.mlp') {
        name += name ? `.${piece}` : piece;
      } else if (keyword && keyword !== 'use' && !name && /^[\p{L}_]/u.test(piece)) {
        name = piece;
        tell();
      } else if (keyword === 'test' && name) {
        name = name.replace(/^"|"$/g, '');
        tell();
      }
    }
    if (keyword === 'use' && name) tell();
  }
  tell();
}
