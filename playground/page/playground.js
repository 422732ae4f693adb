// The page: an editor, what the compiler says of its text, and what the text becomes.
import { basicSetup, EditorView } from 'codemirror';
import { syntaxHighlighting } from '@codemirror/language';
import { setDiagnostics } from '@codemirror/lint';
import { classHighlighter } from '@lezer/highlight';

import { mlp } from '../../editors/codemirror/mlp.js';
import { Compiler } from './compiler.js';
import { examples } from './examples.js';
import { pack, unpack } from './share.js';

const at = (selector) => document.querySelector(selector);
const [state, problems, which, output, graph, stale] = ['#state', '#problems', '#which', '#text', '#graph', '#stale'].map(at);
/** What the last text without errors became, the view that is open, and what of it is chosen. */
let made;
let view = 'graph';
const chosen = {};
/** What the frame was told, and whether it listens. */
let [drawn, listens, marked] = [undefined, false, ''];
/** The text that `made` is of: places in it are those of the picture. */
let madeOf = '';

const say = (text, bad = false) => {
  state.textContent = text;
  state.classList.toggle('bad', bad);
};

/** From bytes, as the compiler counts, to the editor's places. */
function places(text) {
  const bytes = new TextEncoder().encode(text);
  const decoder = new TextDecoder();
  if (bytes.length === text.length) return (offset) => Math.min(offset, text.length);
  return (offset) => decoder.decode(bytes.subarray(0, offset)).length;
}

function shown(found, text) {
  const place = places(text);
  const range = ({ start, end }) => ({ from: place(start.offset), to: place(end.offset) });
  return found.map(({ range: where, severity, code, message, help, fix }) => ({
    ...range(where),
    line: where.start.line,
    severity,
    code,
    message: `${message} [${code}]${help ? `\n${help}` : ''}`,
    head: message,
    help,
    actions: fix ? [mend(fix, range)] : [],
  }));
}

function mend({ title, edits }, range) {
  const changes = edits.map((edit) => ({ ...range(edit.range), insert: edit.text }));
  return { name: title, apply: (editor) => editor.dispatch({ changes }) };
}

function list(found) {
  problems.replaceChildren(
    ...found.map(({ from, line, severity, code, head, help }) => {
      const item = document.createElement('li');
      const [name, small] = [document.createElement('b'), document.createElement('small')];
      item.className = severity;
      name.textContent = `${code} `;
      small.textContent = `line ${line}${help ? ` · ${help}` : ''}`;
      item.append(name, head, small);
      item.onclick = () => {
        editor.dispatch({ selection: { anchor: from }, scrollIntoView: true });
        editor.focus();
      };
      return item;
    }),
  );
}

/** The names among which one chooses in the open view. */
const names = () => (view === 'graph' ? made.pipelines.map(({ name }) => name) : made.targets[view].files.map(({ path }) => path));

function show() {
  if (!made) return;
  const all = names();
  if (!all.includes(chosen[view])) chosen[view] = all[0];
  which.replaceChildren(...all.map((name) => new Option(name, name, false, name === chosen[view])));
  which.hidden = all.length < 2;
  graph.hidden = view !== 'graph';
  output.hidden = view === 'graph';
  if (view === 'graph') draw();
  else {
    const { files, refusals } = made.targets[view];
    const file = files.find(({ path }) => path === chosen[view]);
    output.textContent = refusals.length ? refusals.join('\n') : (file?.content ?? '');
  }
}

const tell = (kind, value) => graph.contentWindow.postMessage({ kind, value }, '*');

function draw() {
  const pipeline = made?.pipelines.find(({ name }) => name === chosen.graph);
  if (!pipeline || !listens) return;
  if (drawn !== pipeline.svg) {
    tell('picture', { title: `Pipeline ${pipeline.name}`, svg: pipeline.svg, arrows: pipeline.arrows });
    [drawn, marked] = [pipeline.svg, ''];
  }
  follow();
}

/** Marks the call at the cursor; in another pipeline, shows that. */
function follow() {
  const text = editor.state.doc.toString();
  if (view !== 'graph' || !made || !listens || text !== madeOf) return;
  const offset = new TextEncoder().encode(text.slice(0, editor.state.selection.main.head)).length;
  const holds = ([from, to]) => from <= offset && offset <= to;
  const here = made.pipelines.find(({ place }) => holds(place));
  if (here && here.name !== chosen.graph) {
    chosen.graph = here.name;
    return show();
  }
  const calls = (here?.calls ?? []).filter(holds);
  const least = Math.min(...calls.map(([from, to]) => to - from));
  const boxes = calls.filter(([from, to]) => to - from === least).map(([, , box]) => box);
  if (String(boxes) === marked) return;
  marked = String(boxes);
  tell('here', boxes);
}

function answered({ ready, answer, took, fault }) {
  if (ready) return;
  if (fault) return say(fault, true);
  const text = editor.state.doc.toString();
  const { diagnostics, summary } = answer.check;
  const found = shown(diagnostics, text);
  list(found);
  editor.dispatch(setDiagnostics(editor.state, found));
  const counted = (count, word) => `${count} ${word}${count === 1 ? '' : 's'}`;
  say(`${counted(summary.errors, 'error')}, ${counted(summary.warnings, 'warning')} · ${Math.round(took)} ms`, summary.errors > 0);
  if (!graph.srcdoc) graph.srcdoc = answer.frame;
  if (answer.made) [made, madeOf] = [answer.made, text];
  stale.hidden = Boolean(answer.made) || !made;
  show();
}

const editor = new EditorView({
  parent: at('#editor'),
  extensions: [
    basicSetup,
    mlp(),
    syntaxHighlighting(classHighlighter),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) compiler.ask(update.state.doc.toString());
      else if (update.selectionSet) follow();
    }),
  ],
});
const compiler = new Compiler(answered);
const put = (text) => editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text }, selection: { anchor: 0 }, scrollIntoView: true });

addEventListener('message', ({ source, data }) => {
  if (source !== graph.contentWindow || data !== 'ready') return;
  listens = true;
  draw();
});
for (const tab of document.querySelectorAll('[role=tab]')) {
  tab.onclick = () => {
    for (const other of document.querySelectorAll('[role=tab]')) other.setAttribute('aria-selected', String(other === tab));
    view = tab.dataset.view;
    show();
  };
}
which.onchange = () => {
  chosen[view] = which.value;
  show();
};
at('#examples').append(...Object.keys(examples).map((name) => new Option(name)));
at('#examples').onchange = ({ target }) => {
  if (examples[target.value]) put(examples[target.value]);
  history.replaceState(null, '', location.pathname);
  target.value = '';
};
at('#share').onclick = async () => {
  history.replaceState(null, '', await pack(editor.state.doc.toString()));
  const copied = await navigator.clipboard?.writeText(location.href).then(() => true, () => false);
  say(copied ? 'the link is copied' : 'the link is in the address bar');
};
const load = async () => put((await unpack(location.hash)) ?? Object.values(examples)[0]);
addEventListener('hashchange', load);
await load();
