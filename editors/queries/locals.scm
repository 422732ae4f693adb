; Where names hold, where they are given, and where they are used.

(stage_declaration) @local.scope
(source_declaration) @local.scope
(sink_declaration) @local.scope
(policy_declaration) @local.scope
(metrics_declaration) @local.scope
(pipeline_declaration) @local.scope
(monitor_declaration) @local.scope
(test_declaration) @local.scope
(list) @local.scope

(parameter name: (identifier) @local.definition.parameter)
(type_parameter name: (identifier) @local.definition.type)
(let name: (identifier) @local.definition.var)
(loop name: (identifier) @local.definition.var)

(call function: (identifier) @local.reference)
(call (arguments (argument value: (identifier) @local.reference)))
(member of: (identifier) @local.reference)
(binary (identifier) @local.reference)
(range (identifier) @local.reference)
(list (identifier) @local.reference)
(let value: (identifier) @local.reference)
(named_type (type_identifier) @local.reference)
