// mlp for CodeMirror 6: `extensions: [mlp()]`. A keyword is one only where no `:` or `=` follows, so that a field may be called `key`.
import { LanguageSupport, StreamLanguage } from '@codemirror/language';
import { tags } from '@lezer/highlight';

import { words } from './words.js';

const NAME = /^[\p{L}_][\p{L}\p{N}_]*/u;
const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}(?::\d{2}){0,2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?)?/;
const UNITS = [...words.durations, ...words.sizes].join('|');
const NUMBER = new RegExp(`^\\d[\\d_]*(?:\\.\\d[\\d_]*)?(?:[eE][+-]?\\d+)?(?:%|(?:${UNITS})(?![\\p{L}\\p{N}_]))?`, 'u');
const NAMED = /^\s*(?::|=(?!=))/;
const ITEMS = new Set(words.items);
const KEYWORDS = new Set([...words.entries, ...words.modifiers, ...words.clauses]);
const OPERATORS = new Set([...words.operators, ...words.algebra]);
const CONSTANTS = new Set(words.constants);
const TYPES = new Set([...words.types, ...words.artifacts]);
const FUNCTIONS = new Set(['stage', 'source', 'sink', 'pipeline']);
const VALUES = new Set(['const', 'env', 'secret', 'moments']);

/** What goes on behind the end of a line: a long text, an f-text and how deep its value is. */
const start = () => ({ long: false, format: false, inner: false, declares: '', matches: false, depth: 0 });

function token(stream, state) {
  if (state.long) return long(stream, state);
  if (state.format && !state.inner) return format(stream, state);
  if (stream.eatSpace()) return null;
  if (stream.match(/^\/\/[/!].*/)) return 'docComment';
  if (stream.match(/^\/\/.*/)) return 'comment';
  const regex = state.matches;
  state.matches = false;
  if (regex && stream.match(/^\/(?:[^/\\]|\\.)+\//)) return 'regexp';
  if (stream.match('"""')) {
    state.long = true;
    return 'string';
  }
  if (stream.match('f"')) {
    state.format = true;
    return 'string';
  }
  if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) return 'string';
  if (stream.match(/^@[\p{L}_][\p{L}\p{N}_]*/u)) return 'annotation';
  if (stream.match(DATE) || stream.match(NUMBER)) return 'number';
  if (state.inner) {
    if (stream.match(/^:[^}"]*/)) return 'escape';
    if (stream.eat('}')) {
      state.inner = false;
      return 'brace';
    }
  }
  return NAME.test(stream.string.slice(stream.pos)) ? name(stream, state) : sign(stream, state);
}

function long(stream, state) {
  if (stream.match(/^(?:[^"]|"(?!""))*"""/)) state.long = false;
  else stream.skipToEnd();
  return 'string';
}

function format(stream, state) {
  if (stream.sol()) state.format = false; // it ends with its line
  if (!state.format) return token(stream, state);
  if (stream.match(/^(?:\{\{|\}\}|\\u[0-9a-fA-F]{4}|\\.)/)) return 'escape';
  if (stream.eat('{')) {
    state.inner = true;
    return 'brace';
  }
  if (stream.eat('"')) state.format = false;
  else stream.match(/^[^"\\{}]+/) || stream.next();
  return 'string';
}

function name(stream, state) {
  const first = /^\s*$/.test(stream.string.slice(0, stream.pos));
  const before = stream.string[stream.pos - 1];
  const [word] = stream.match(NAME);
  const rest = stream.string.slice(stream.pos);
  const declares = state.declares;
  state.declares = '';
  if (declares === 'use') stream.match(/^(?:\.[\p{L}_][\p{L}\p{N}_]*)*/u);
  if (declares) return FUNCTIONS.has(declares) ? 'defFunction' : VALUES.has(declares) ? 'defConstant' : declares === 'use' ? 'namespace' : 'defType';
  if (before === '.') return 'property';
  if (NAMED.test(rest)) return 'defProperty';
  if (first && ITEMS.has(word) && /^\s+["\p{L}_]/u.test(rest)) {
    state.declares = word === 'test' ? '' : word;
    return 'definitionKeyword';
  }
  state.matches = word === 'matches';
  if (KEYWORDS.has(word)) return 'keyword';
  if (OPERATORS.has(word)) return 'operatorKeyword';
  if (CONSTANTS.has(word)) return 'atom';
  if (word === 'self') return 'self';
  if (TYPES.has(word)) return 'builtinType';
  if (/^\p{Lu}.*\p{Ll}/u.test(word)) return 'type';
  if (/^\s*\(/.test(rest)) return 'call';
  return 'variable';
}

function sign(stream, state) {
  if (stream.match(/^(?:->|<:|\.\.|[=!<>]=|[-+*/<>=?])/)) return 'operator';
  const one = stream.next();
  if ('([{'.includes(one)) state.depth += 1;
  if (')]}'.includes(one)) state.depth = Math.max(0, state.depth - 1);
  return '()[]{}'.includes(one) ? 'bracket' : ',:.'.includes(one) ? 'punctuation' : 'invalid';
}


/** The names of the tokens above as tags of a highlight style. */
const tokenTable = {
  docComment: tags.docComment,
  annotation: tags.annotation,
  regexp: tags.regexp,
  escape: tags.escape,
  definitionKeyword: tags.definitionKeyword,
  operatorKeyword: tags.operatorKeyword,
  self: tags.self,
  call: tags.function(tags.variableName),
  property: tags.propertyName,
  variable: tags.variableName,
  namespace: tags.namespace,
  type: tags.typeName,
  builtinType: tags.standard(tags.typeName),
  defFunction: tags.definition(tags.function(tags.variableName)),
  defConstant: tags.definition(tags.constant(tags.variableName)),
  defType: tags.definition(tags.typeName),
  defProperty: tags.definition(tags.propertyName),
};

export const mlpLanguage = StreamLanguage.define({
  name: 'mlp',
  startState: start,
  copyState: (state) => ({ ...state }),
  token,
  tokenTable,
  indent: (state, after, context) => context.unit * Math.max(0, state.depth - (/^\s*[}\])]/.test(after) ? 1 : 0)),
  languageData: { commentTokens: { line: '//' }, closeBrackets: { brackets: ['(', '[', '{', '"'] }, indentOnInput: /^\s*[}\])]$/ },
});

export function mlp() {
  return new LanguageSupport(mlpLanguage);
}
