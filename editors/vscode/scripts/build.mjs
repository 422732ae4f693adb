// Bundles the extension into dist/, and takes over the grammar and the licence.
import { copyFileSync, mkdirSync } from 'node:fs';
import { build } from 'esbuild';

mkdirSync('syntaxes', { recursive: true });
copyFileSync('../textmate/mlp.tmLanguage.json', 'syntaxes/mlp.tmLanguage.json');
copyFileSync('../../LICENSE', 'LICENSE');
await build({
  entryPoints: ['src/extension.ts'],
  outfile: 'dist/extension.js',
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node18',
  external: ['vscode'],
  minify: true,
});
