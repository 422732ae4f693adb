// The compiler, beside the page, so that typing never waits for it.
import { run } from './wasi.js';

const compiler = fetch('mlp.wasm')
  .then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(new Error(`mlp.wasm: ${answer.status}`))))
  .then((bytes) => WebAssembly.compile(bytes));
compiler.then(() => postMessage({ ready: true }), (error) => postMessage({ fault: String(error) }));

addEventListener('message', async ({ data: { id, text } }) => {
  try {
    const begun = performance.now();
    const { code, output, errors } = await run(await compiler, new TextEncoder().encode(text));
    if (code !== 0) throw new Error(errors);
    postMessage({ id, answer: JSON.parse(output), took: performance.now() - begun });
  } catch (error) {
    console.error(error);
    postMessage({ id, fault: 'the compiler gave up over this text: that is a bug of mlp' });
  }
});
