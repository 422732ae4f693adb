// The mode on programs: `run.mjs items FILES..` prints what they declare, `run.mjs FILES..` tests it.
import { readFileSync } from 'node:fs';
import { classHighlighter, highlightTree } from '@lezer/highlight';

import { mlpLanguage } from '../mlp.js';

/** The pieces of a text, each with the classes that it is shown in. */
function pieces(text) {
  const found = [];
  highlightTree(mlpLanguage.parser.parse(text), classHighlighter, (from, to, classes) => found.push([text.slice(from, to), classes.replaceAll('tok-', '')]));
  return found;
}

const EXAMPLE = `/// Docs.
contract Flight {  // why
  key: string  length 2  matches /[A-Z]\\/x/  @pii
  day: date  in 2013-10-01 ..
}
stage build(rows: Table<Flight>) -> Table<Features without label> {
  run = sql("""select "day"
    from rows""")
  timeout = 30min
}
policy Release(candidate: Report<Binary>) { require candidate.in >= 5% and true }
source lake(day: date) -> Dir { from = dir(f"a{{b}}/{day - 1d:%Y}") }
`;

const EXPECTED = [
  ['/// Docs.', 'comment'],
  ['contract', 'keyword'],
  ['Flight', 'typeName'],
  ['// why', 'comment'],
  ['key', 'propertyName definition'],
  ['string', 'typeName'],
  ['length', 'keyword'],
  ['2', 'number'],
  ['/[A-Z]\\/x/', 'string2'],
  ['2013-10-01', 'number'],
  ['build', 'variableName definition'],
  ['Table', 'typeName'],
  ['without', 'keyword'],
  ['label', 'keyword'],
  ['run', 'propertyName definition'],
  ['"""select "day"', 'string'],
  ['    from rows"""', 'string'],
  ['30min', 'number'],
  ['require', 'keyword'],
  ['in', 'propertyName'],
  ['5%', 'number'],
  ['and', 'keyword'],
  ['true', 'atom'],
  ['1d', 'number'],
];

function test(paths) {
  const found = pieces(EXAMPLE);
  for (const [text, classes] of EXPECTED) {
    const wanted = ([piece, shown]) => piece === text && classes.split(' ').every((one) => shown.split(' ').includes(one));
    while (found.length && !wanted(found[0])) found.shift();
    console.log(found.length ? 'ok' : 'not ok', 'codemirror:', text, classes);
  }
  const bad = paths.filter((path) => pieces(readFileSync(path, 'utf8')).some(([, classes]) => classes.includes('invalid')));
  console.log(bad.length ? 'not ok' : 'ok', `codemirror: ${paths.length} programs have no text that is no token`, ...bad);
}

/** What a file declares: the keyword and the name behind it. */
function items(path) {
  const text = readFileSync(path, 'utf8');
  let keyword = '';
  mlpLanguage.parser.parse(text).iterate({
    enter({ name, from, to }) {
      const piece = text.slice(from, to);
      if (keyword && !/omment/.test(name)) {
        console.log(`${path}\t${keyword} ${keyword === 'test' ? piece.slice(1, -1) : piece}`);
        keyword = '';
      } else if (/definitionKeyword/.test(name)) keyword = piece;
    },
  });
}

const [first, ...rest] = process.argv.slice(2);
if (first === 'items') rest.forEach(items);
else test([first, ...rest].filter(Boolean));
