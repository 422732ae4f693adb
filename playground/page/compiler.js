// Asks the compiler, which answers about the newest text only; one that does not end is given up.
const PATIENCE = 20_000;

export class Compiler {
  /** `told` gets `{answer, took}` or `{fault}`, and `{ready}` once. */
  constructor(told) {
    this.told = told;
    this.begin();
  }

  begin() {
    this.id = 0;
    this.busy = false;
    this.worker = new Worker('worker.js', { type: 'module' });
    this.worker.onmessage = ({ data }) => {
      if (data.id !== undefined) {
        clearTimeout(this.clock);
        this.busy = false;
      }
      if (this.next === undefined || data.id === undefined) this.told(data);
      this.go();
    };
  }

  ask(text) {
    this.next = text;
    this.go();
  }

  go() {
    if (this.busy || this.next === undefined) return;
    const text = this.next;
    this.next = undefined;
    this.busy = true;
    this.clock = setTimeout(() => {
      this.worker.terminate();
      this.begin();
      this.told({ fault: 'the compiler did not come to an end with this text' });
      this.go();
    }, PATIENCE);
    this.worker.postMessage({ id: ++this.id, text });
  }
}
