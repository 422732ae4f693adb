; What each piece is. Later patterns win over earlier ones.

(identifier) @variable

; ---- Words ----

[{{items}}] @keyword
[{{entries}}] @keyword
[{{clauses}}] @keyword
[{{algebra}}] @keyword
["deprecated" "in" "known" "length" "matches" "unit" "was" "where"] @keyword
[(key) (label) (unique)] @keyword
["key" "label" "unique"] @keyword
[{{operators}}] @keyword.operator
(binary ["in" "matches"] @keyword.operator)

; ---- Names of declarations ----

(module_path (identifier) @module)
(use_name name: (identifier) @type (#match? @type "^[A-Z]"))
(use_name name: (identifier) @function (#match? @function "^[a-z_]"))
(use_name alias: (identifier) @type (#match? @type "^[A-Z]"))
(use_name alias: (identifier) @function (#match? @function "^[a-z_]"))

(contract_declaration name: (identifier) @type)
(type_declaration name: (identifier) @type)
(enum_declaration name: (identifier) @type)
(metrics_declaration name: (identifier) @type)
(model_declaration name: (identifier) @type)
(policy_declaration name: (identifier) @type)
(deployment_declaration name: (identifier) @type)
(monitor_declaration name: (identifier) @type)
(stage_declaration name: (identifier) @function)
(source_declaration name: (identifier) @function)
(sink_declaration name: (identifier) @function)
(pipeline_declaration name: (identifier) @function)
(retrain pipeline: (identifier) @function)
(env_declaration name: (identifier) @constant)
(secret_declaration name: (identifier) @constant)
(const_declaration name: (identifier) @constant)
(moments_declaration name: (identifier) @constant)
(known moment: (identifier) @constant)
(predicts moment: (identifier) @constant)
(enum_body member: (identifier) @constant)

; ---- Types ----

(type_identifier) @type
((type_identifier) @type.builtin (#any-of? @type.builtin {{types}} {{artifacts}}))
(type_value (identifier) @constant)
(unit_name (identifier) @constant)
(type_parameter name: (identifier) @type)

; ---- Columns, settings, parameters ----

(field name: (identifier) @property)
(metric name: (identifier) @property)
(setting name: (identifier) @property)
(columns (identifier) @property)
(selected (identifier) @property)
(renaming (identifier) @property)
(was (identifier) @property)
(column "." @punctuation.delimiter (identifier) @variable.member)
(member name: (identifier) @variable.member)
(row_field name: (path) @property)
(row_field slice: (identifier) @property)
(path (identifier) @variable)
(parameter name: (identifier) @variable.parameter)
(argument name: (identifier) @variable.parameter)
(type_value name: (identifier) @variable.parameter)
(output name: (identifier) @variable.parameter)
(better (identifier) @constant)
(rollout strategy: (identifier) @function.call)

; ---- Values ----

(call function: (identifier) @function.call)
(call function: (identifier) @type (#match? @type "^[A-Z]"))
(row type: (identifier) @type)
((identifier) @type (#match? @type "^[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*$"))
((identifier) @constant.builtin (#any-of? @constant.builtin {{constants}} "self"))
((identifier) @boolean (#any-of? @boolean "true" "false"))
[(number) (percentage) (duration) (size) (date) (timestamp)] @number
[(string) (long_string) (format_string)] @string
(regex) @string.regexp
(escape_sequence) @string.escape
(interpolation ["{" "}"] @punctuation.special)
(interpolation (format_spec) @string.escape)
(tag) @attribute

; ---- Signs ----

["=" "==" "!=" "<=" ">=" "+" "-" "*" "/" "->" "<:" ".." "?"] @operator
(binary ["<" ">"] @operator)
(moments_declaration "<" @operator)
(open) @operator
["(" ")" "[" "]" "{" "}"] @punctuation.bracket
(type_arguments ["<" ">"] @punctuation.bracket)
(type_parameters ["<" ">"] @punctuation.bracket)
["," ":" "."] @punctuation.delimiter

(comment) @comment
(doc_comment) @comment.documentation
(module_comment) @comment.documentation
