/**
 * The grammar of `.mlp` for editors. `compiler/syntax/src/grammar.pest` is the truth; a test holds the declarations of many programs to it.
 *
 * Entries end at line ends. Which line end ends one is decided by `src/scanner.c`, as `layout.rs` does it for the compiler: `_newline` between entries, `_line` within
 * plain lists of names, and neither where the line goes on. A keyword is one only where a rule has it.
 */
/// <reference types="tree-sitter-cli/dsl" />
// @ts-check

const { durations, sizes } = require('./words');

const PRECEDENCE = { or: 1, and: 2, not: 3, compare: 4, range: 5, add: 6, multiply: 7, negate: 8, postfix: 9, loop: 10 };

/** `one, one, ..`, at least once, a comma at the end being fine. */
const commas = (one) => seq(one, repeat(seq(',', one)), optional(','));

/** `{ .. }` of entries, each on a line of its own or behind a comma. */
const block = ($, entry) => braced($._separator, entry);

/** `{ .. }` of names, in which every line end separates. */
const plain = ($, entry) => braced($._plain_separator, entry);

const braced = (separator, entry) =>
  seq('{', optional(separator), optional(seq(entry, repeat(seq(separator, entry)), optional(separator))), '}');

/** Keywords that are names where `:` or `=` follows. */
const names = ($, ...words) => choice($.identifier, ...words.map((word) => alias(word, $.identifier)));

const duration = new RegExp(`[0-9][0-9_]*(\\.[0-9][0-9_]*)?(${durations.join('|')})`);
const size = new RegExp(`[0-9][0-9_]*(\\.[0-9][0-9_]*)?(${sizes.join('|')})`);

module.exports = grammar({
  name: 'mlp',

  word: ($) => $.identifier,
  externals: ($) => [$._newline, $._line, $._error_sentinel],
  extras: ($) => [/[\s\uFEFF]/, $.comment, $.doc_comment, $.module_comment],
  inline: ($) => [$._declaration],

  conflicts: ($) => [
    // `a < b` and `Report<Binary> { .. }`; `expect Order <: Slim` and `expect Order { .. } fails`
    [$._operand, $._type_name],
  ],

  rules: {
    source_file: ($) =>
      seq(optional($._lines), optional(seq($._declaration, repeat(seq($._lines, $._declaration)), optional($._lines)))),
    _lines: ($) => repeat1($._newline),
    _separator: ($) => repeat1(choice($._newline, ',')),
    _plain_separator: ($) => repeat1(choice($._line, ',')),

    _declaration: ($) =>
      choice(
        $.use_declaration,
        $.moments_declaration,
        $.contract_declaration,
        $.type_declaration,
        $.enum_declaration,
        $.metrics_declaration,
        $.env_declaration,
        $.stage_declaration,
        $.source_declaration,
        $.sink_declaration,
        $.secret_declaration,
        $.const_declaration,
        $.model_declaration,
        $.policy_declaration,
        $.pipeline_declaration,
        $.deployment_declaration,
        $.monitor_declaration,
        $.test_declaration,
      ),

    // ---- Declarations ----

    use_declaration: ($) => seq('use', field('module', $.module_path), '.', field('names', $.use_list)),
    module_path: ($) => choice($.identifier, seq($.module_path, '.', $.identifier)),
    use_list: ($) => plain($, $.use_name),
    use_name: ($) => seq(field('name', $.identifier), optional(seq('as', field('alias', $.identifier)))),

    moments_declaration: ($) =>
      seq('moments', field('name', $.identifier), repeat(seq('<', field('name', $.identifier))), optional($.within)),

    contract_declaration: ($) =>
      seq(
        'contract',
        field('name', $.identifier),
        choice(field('body', $.contract_body), seq('=', field('value', $._type))),
      ),
    contract_body: ($) => block($, choice($.field, alias($._contract_setting, $.setting), $._contract_rule)),

    type_declaration: ($) => seq('type', field('name', $.identifier), '=', field('type', $._type), repeat($._modifier)),

    enum_declaration: ($) => seq('enum', field('name', $.identifier), field('body', $.enum_body)),
    enum_body: ($) => plain($, choice(field('member', $.identifier), $.open)),
    open: (_) => '..',

    metrics_declaration: ($) =>
      seq('metrics', field('name', $.identifier), optional($.parameters), field('body', $.metrics_body)),
    metrics_body: ($) => block($, $.metric),
    metric: ($) =>
      seq(
        field('name', $.identifier),
        ':',
        choice(
          field('group', $.metrics_body),
          seq(field('kind', alias($.identifier, $.type_identifier)), repeat(choice($.better, $._modifier))),
        ),
      ),
    better: ($) => seq('better', $.identifier),

    env_declaration: ($) => seq('env', field('name', $.identifier), field('body', $.env_body)),
    env_body: ($) => block($, $.setting),

    stage_declaration: ($) => seq('stage', $._signature, $._stage_definition),
    source_declaration: ($) => seq('source', $._signature, $._stage_definition),
    sink_declaration: ($) => seq('sink', $._signature, $._stage_definition),
    _signature: ($) =>
      seq(
        field('name', $.identifier),
        optional($.type_parameters),
        $.parameters,
        optional(seq('->', field('result', choice($.outputs, $._type)), optional('disjoint'))),
      ),
    _stage_definition: ($) => choice(field('body', $.stage_body), seq('=', field('value', $._value))),
    stage_body: ($) => block($, choice(alias($._stage_setting, $.setting), $.let, $.drops, $.uses, $.predicts)),
    type_parameters: ($) => seq('<', commas($.type_parameter), '>'),
    type_parameter: ($) => seq(field('name', $.identifier), optional(seq('<:', field('bound', $._type)))),
    parameters: ($) => seq('(', optional(commas($.parameter)), ')'),
    parameter: ($) => seq(field('name', $.identifier), ':', field('type', $._type), repeat($._modifier)),
    outputs: ($) => seq('(', commas($.output), ')'),
    output: ($) => seq(field('name', $.identifier), ':', field('type', $._type)),

    secret_declaration: ($) => seq('secret', field('name', $.identifier), '=', field('value', $._expression)),
    const_declaration: ($) =>
      seq('const', field('name', $.identifier), ':', field('type', $._type), '=', field('value', $._expression)),

    model_declaration: ($) =>
      seq('model', field('name', $.identifier), ':', field('type', $._type), field('body', $.stage_body)),

    policy_declaration: ($) => seq('policy', field('name', $.identifier), $.parameters, field('body', $.policy_body)),
    policy_body: ($) => block($, choice($.require, $.warn, $.nothing, $.when, $.approve)),

    pipeline_declaration: ($) =>
      seq('pipeline', field('name', $.identifier), optional($.parameters), field('body', $.statements)),
    deployment_declaration: ($) =>
      seq('deployment', field('name', $.identifier), 'of', field('model', $.path), field('body', $.deployment_body)),
    deployment_body: ($) => block($, choice(alias($._deployment_setting, $.setting), $.rollback)),
    monitor_declaration: ($) =>
      seq('monitor', field('name', $.identifier), 'of', field('deployment', $.path), field('body', $.statements)),
    test_declaration: ($) => seq('test', field('name', $._text), field('body', $.statements)),

    // ---- Entries ----

    field: ($) =>
      seq(
        field('name', names($, 'key', 'unique', 'references', 'expect', 'warn', 'accepts')),
        ':',
        field('type', $._type),
        repeat($._modifier),
      ),
    plain_field: ($) => seq(field('name', $.identifier), ':', field('type', $._type), repeat($._modifier)),

    setting: ($) => seq(field('name', $.identifier), $._is),
    _contract_setting: ($) =>
      seq(field('name', names($, 'key', 'unique', 'references', 'expect', 'warn', 'accepts')), $._is),
    _stage_setting: ($) => seq(field('name', names($, 'let', 'drops', 'uses', 'predicts')), $._is),
    _statement_setting: ($) =>
      seq(field('name', names($, 'let', 'promote', 'expect', 'alert', 'retrain')), $._is),
    _deployment_setting: ($) => seq(field('name', names($, 'rollback')), $._is),
    _is: ($) => seq('=', field('value', choice($.rollout, $._value))),
    rollout: ($) => seq(field('strategy', $.identifier), $.list),
    let: ($) => seq('let', field('name', $.identifier), '=', field('value', $._value)),
    drops: ($) => seq('drops', $.tag, 'because', $._text),
    uses: ($) => seq('uses', $.tag, 'because', $._text),
    predicts: ($) => seq('predicts', 'at', field('moment', $.identifier)),
    else: ($) => seq('else', $._text),
    over: ($) => seq('over', $._single),
    within: ($) => seq('within', $._single),

    _contract_rule: ($) => choice($.key_rule, $.unique_rule, $.references_rule, $.expect_rule, $.warn_rule, $.accepts),
    key_rule: ($) => seq('key', $.columns),
    unique_rule: ($) => seq('unique', $.columns),
    references_rule: ($) => seq('references', field('contract', $.path), $.columns, 'from', $.columns),
    expect_rule: ($) => seq('expect', $._expression, optional($.else)),
    warn_rule: ($) => seq('warn', $._expression, optional($.else)),
    accepts: ($) => seq('accepts', 'break', 'on', $.path, 'because', $._text, optional(seq('until', $._single))),
    columns: ($) => seq('(', commas($.identifier), ')'),

    require: ($) => seq('require', $._clause),
    warn: ($) => seq('warn', $._clause),
    _clause: ($) => seq($._expression, optional($.confidence), optional($.else)),
    nothing: ($) => seq('require', 'nothing', 'because', $._text, optional($.else)),
    when: ($) => seq('when', field('report', $.path), field('body', $.policy_body), optional($.else)),
    approve: ($) =>
      seq('approve', 'by', $._single, 'of', $._single, optional($.except), optional($.within), optional($.else)),
    except: (_) => seq('except', 'author'),
    confidence: ($) => seq('at', $._single, 'confidence'),

    statements: ($) =>
      block(
        $,
        choice(
          $.let,
          alias($._statement_setting, $.setting),
          $.alert,
          $.retrain,
          $.expectation,
          $.promote,
          $.call,
        ),
      ),
    alert: ($) => seq('alert', 'when', $._expression, optional($.over), optional($.else)),
    retrain: ($) =>
      seq(
        'retrain',
        field('pipeline', $.identifier),
        optional($.arguments),
        'when',
        $._expression,
        repeat(choice($.over, $.cooldown, $.budget)),
      ),
    cooldown: ($) => seq('cooldown', $._single),
    budget: ($) => seq('at', 'most', $._single, 'per', $._single),
    expectation: ($) => seq('expect', choice($.subtype, seq($._expression, optional($.verdict)))),
    subtype: ($) => seq(optional('not'), field('of', $._type), '<:', field('is', $._type)),
    verdict: ($) => seq(choice('passes', 'fails', 'unknown'), optional(seq('at', $.path))),
    rollback: ($) => seq('rollback', 'when', $._expression, optional($.over), optional($.else)),
    promote: ($) =>
      seq('promote', field('model', $._expression), 'to', field('rung', $.path), optional(seq('when', $._expression))),

    // ---- Types ----

    _type: ($) => choice($.named_type, $.enum_type, $.struct_type, $.unit_type, $.nullable_type, $.algebra_type),
    named_type: ($) => seq($._type_name, optional($.type_values), optional($.type_arguments)),
    _type_name: ($) => choice(alias($.identifier, $.type_identifier), $.qualified_type),
    qualified_type: ($) => seq($._type_name, '.', alias($.identifier, $.type_identifier)),
    type_values: ($) => seq('(', optional(commas($.type_value)), ')'),
    type_value: ($) => seq(optional(seq(field('name', $.identifier), ':')), choice($._bound, $.identifier)),
    type_arguments: ($) => seq('<', commas(choice($._type, $._number, $._text)), '>'),
    enum_type: ($) => seq('enum', $.enum_body),
    struct_type: ($) => seq('struct', $.fields),
    fields: ($) => block($, alias($.plain_field, $.field)),
    unit_type: (_) => seq('(', ')'),
    nullable_type: ($) => seq($._plain_type, repeat1('?')),
    algebra_type: ($) => seq($._algebra_base, repeat1($.algebra)),
    _algebra_base: ($) => choice($._plain_type, $.nullable_type),
    _plain_type: ($) => choice($.named_type, $.enum_type, $.struct_type, $.unit_type),
    algebra: ($) =>
      choice(
        seq('pick', $._selection),
        seq('without', $._selection),
        seq('with', $.fields),
        seq('rename', $.renames),
      ),
    _selection: ($) => choice($.selected, 'label', 'key', $.tag),
    selected: ($) => plain($, $.identifier),
    renames: ($) => plain($, $.renaming),
    renaming: ($) => seq(field('from', $.identifier), '->', field('to', $.identifier)),

    _modifier: ($) =>
      choice(
        $.default,
        $.in,
        $.unit,
        $.length,
        $.matches,
        $.where,
        $.known,
        $.was,
        $.deprecated,
        $.key,
        $.label,
        $.unique,
        $.tag,
      ),
    default: ($) => seq('=', field('value', $._single)),
    key: (_) => 'key',
    label: (_) => 'label',
    unique: (_) => 'unique',
    unit: ($) => seq('unit', $.unit_name),
    unit_name: ($) => seq($.identifier, repeat(seq('/', $.identifier))),
    in: ($) => seq('in', choice($.set, $.bounds)),
    length: ($) => seq('length', choice($._bound, $.bounds)),
    bounds: ($) => choice(seq($._bound, '..', optional($._bound)), seq('..', $._bound)),
    _bound: ($) => seq(optional('-'), choice($._number, $._text)),
    matches: ($) => seq('matches', $.regex),
    where: ($) => seq('where', $._expression),
    known: ($) => seq('known', 'at', field('moment', $.identifier)),
    was: ($) => seq('was', $.identifier),
    deprecated: ($) => seq('deprecated', $._text),

    // ---- Expressions ----

    _value: ($) => choice($.promote, $._expression),
    _expression: ($) => choice($._operand, $.unary, $.binary, $.range),
    /** One operand, so that what follows may be a modifier. */
    _single: ($) => choice($._operand, alias($._single_unary, $.unary)),
    _single_unary: ($) => prec(PRECEDENCE.negate, seq(choice('-', 'not'), $._single)),
    _operand: ($) =>
      choice(
        $.identifier,
        $._number,
        $._text,
        $.format_string,
        $.column,
        $.tag,
        $.list,
        $.map,
        $.parenthesized,
        $.member,
        $.call,
        $.row,
        $.by,
        $.algebra_expression,
      ),

    unary: ($) =>
      choice(
        prec(PRECEDENCE.negate, seq('-', $._expression)),
        prec(PRECEDENCE.not, seq('not', $._expression)),
      ),
    binary: ($) =>
      choice(
        ...[
          ['or', PRECEDENCE.or],
          ['and', PRECEDENCE.and],
          ['==', PRECEDENCE.compare],
          ['!=', PRECEDENCE.compare],
          ['<', PRECEDENCE.compare],
          ['<=', PRECEDENCE.compare],
          ['>', PRECEDENCE.compare],
          ['>=', PRECEDENCE.compare],
          ['+', PRECEDENCE.add],
          ['-', PRECEDENCE.add],
          ['*', PRECEDENCE.multiply],
          ['/', PRECEDENCE.multiply],
        ].map(([operator, precedence]) =>
          prec.left(precedence, seq(field('left', $._expression), field('operator', operator), field('right', $._expression))),
        ),
        prec.left(PRECEDENCE.compare, seq(field('left', $._expression), 'in', field('right', $._expression))),
        prec.left(PRECEDENCE.compare, seq(field('left', $._expression), 'matches', field('right', $.regex))),
      ),
    range: ($) =>
      prec.right(
        PRECEDENCE.range,
        choice(seq($._expression, '..', optional($._expression)), seq('..', $._expression)),
      ),
    parenthesized: ($) => seq('(', $._expression, ')'),
    column: ($) => seq('.', $.identifier),
    member: ($) => prec(PRECEDENCE.postfix, seq(field('of', $._operand), '.', field('name', $.identifier))),
    call: ($) => prec(PRECEDENCE.postfix, seq(field('function', $._operand), $.arguments)),
    arguments: ($) => seq('(', optional(commas($.argument)), ')'),
    argument: ($) => seq(optional(seq(field('name', $.identifier), ':')), field('value', $._expression)),
    by: ($) => prec(PRECEDENCE.postfix, seq($._operand, 'by', field('slice', $.path))),
    algebra_expression: ($) => prec(PRECEDENCE.postfix, seq($._operand, $.algebra)),

    /** `Flight { distance: 1, .. }`, `Report<Binary> { auc: 0.7 [0.6 .. 0.8], .. }`. */
    row: ($) =>
      prec(
        PRECEDENCE.postfix,
        seq(
          field('type', choice($._operand, alias($.generic_type, $.named_type))),
          field('body', $.row_body),
        ),
      ),
    generic_type: ($) => seq($._type_name, $.type_arguments),
    row_body: ($) => block($, choice($.open, $.row_field)),
    row_field: ($) =>
      seq(
        field('name', $.path),
        choice(seq('by', field('slice', $.identifier), optional(':')), ':'),
        field('value', $._expression),
        optional($.interval),
      ),
    interval: ($) => seq('[', $._expression, ']'),

    list: ($) =>
      seq('[', optional(choice(commas($._element), seq($._expression, repeat1($.loop)))), ']'),
    _element: ($) => choice($._expression, $.step),
    step: ($) => seq($._expression, 'for', $._expression),
    loop: ($) => prec(PRECEDENCE.loop, seq('for', field('name', $.identifier), 'in', $._expression)),
    map: ($) => block($, $.argument),
    set: ($) => plain($, $.argument),

    path: ($) => choice($.identifier, seq($.path, '.', $.identifier)),

    // ---- Tokens ----

    identifier: (_) => /[\p{XID_Start}_][\p{XID_Continue}]*/,
    tag: (_) => /@[\p{XID_Start}_][\p{XID_Continue}]*/,
    _number: ($) => choice($.number, $.percentage, $.duration, $.size, $.date, $.timestamp),
    number: (_) => /[0-9][0-9_]*(\.[0-9][0-9_]*)?([eE][+-]?[0-9]+)?/,
    percentage: (_) => /[0-9][0-9_]*(\.[0-9][0-9_]*)?([eE][+-]?[0-9]+)?%/,
    duration: (_) => duration,
    size: (_) => size,
    date: (_) => /[0-9]{4}-[0-9]{2}-[0-9]{2}/,
    timestamp: (_) => /[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}(:[0-9]{2}){0,2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?/,

    _text: ($) => choice($.string, $.long_string),
    string: ($) =>
      seq('"', repeat(choice(alias($._string_content, $.string_content), $.escape_sequence)), token.immediate('"')),
    _string_content: (_) => token.immediate(prec(1, /[^"\\\n]+/)),
    escape_sequence: (_) => token.immediate(/\\(u[0-9a-fA-F]{4}|[^\n])/),
    long_string: ($) => seq('"""', optional(alias($._long_content, $.string_content)), token.immediate('"""')),
    _long_content: (_) => token.immediate(prec(1, /([^"]|"[^"]|""[^"])+/)),

    format_string: ($) =>
      seq(
        'f"',
        repeat(
          choice(alias($._format_content, $.string_content), $.escape_sequence, alias($._brace, $.escape_sequence), $.interpolation),
        ),
        token.immediate('"'),
      ),
    _format_content: (_) => token.immediate(prec(1, /[^"\\{}\n]+/)),
    _brace: (_) => token.immediate(choice('{{', '}}')),
    interpolation: ($) => seq(token.immediate('{'), $._expression, optional($.format_spec), '}'),
    format_spec: (_) => seq(':', token.immediate(/[^}"\n]+/)),

    regex: (_) => /\/([^\/\\\n]|\\[^\n])+\//,

    comment: (_) => token(choice('//', /\/\/[^\/!\r\n][^\r\n]*/)),
    doc_comment: (_) => token(prec(1, /\/\/\/[^\r\n]*/)),
    module_comment: (_) => token(prec(1, /\/\/![^\r\n]*/)),
  },
});
