// As much of WASI as a program needs that reads standard input and writes standard output.
const ENOSYS = 52;
const EBADF = 8;

class Exit {
  constructor(code) {
    this.code = code;
  }
}

/** Runs a program to its end: what it wrote, and its exit code. A trap is thrown, with what it wrote to standard error. */
export async function run(module, input) {
  const written = { 1: [], 2: [] };
  let [memory, read] = [undefined, 0];
  const view = () => new DataView(memory.buffer);
  /** The pieces of memory that a list of them names. */
  const pieces = (list, count) =>
    Array.from({ length: count }, (_, at) => {
      const [start, length] = [view().getUint32(list + at * 8, true), view().getUint32(list + at * 8 + 4, true)];
      return new Uint8Array(memory.buffer, start, length);
    });
  const counted = (at, number) => (view().setUint32(at, number, true), 0);
  const calls = {
    args_sizes_get: (count, size) => counted(count, 0) || counted(size, 0),
    args_get: () => 0,
    environ_sizes_get: (count, size) => counted(count, 0) || counted(size, 0),
    environ_get: () => 0,
    fd_prestat_get: () => EBADF,
    fd_read(file, list, count, done) {
      if (file !== 0) return EBADF;
      let total = 0;
      for (const piece of pieces(list, count)) {
        const part = input.subarray(read, read + piece.length);
        piece.set(part);
        read += part.length;
        total += part.length;
      }
      return counted(done, total);
    },
    fd_write(file, list, count, done) {
      if (!written[file]) return EBADF;
      let total = 0;
      for (const piece of pieces(list, count)) {
        written[file].push(piece.slice());
        total += piece.length;
      }
      return counted(done, total);
    },
    clock_time_get: (_clock, _precision, at) => (view().setBigUint64(at, BigInt(Date.now()) * 1_000_000n, true), 0),
    random_get: (at, length) => (crypto.getRandomValues(new Uint8Array(memory.buffer, at, length)), 0),
    sched_yield: () => 0,
    proc_exit(code) {
      throw new Exit(code);
    },
  };
  const unknown = () => ENOSYS;
  const imports = { wasi_snapshot_preview1: new Proxy(calls, { get: (known, name) => known[name] ?? unknown }) };
  const instance = await WebAssembly.instantiate(module, imports);
  memory = instance.exports.memory;
  const text = async (file) => new Blob(written[file]).text();
  let code = 0;
  try {
    instance.exports._start();
  } catch (error) {
    if (!(error instanceof Exit)) throw new Error(`${error}\n${await text(2)}`);
    code = error.code;
  }
  return { code, output: await text(1), errors: await text(2) };
}
