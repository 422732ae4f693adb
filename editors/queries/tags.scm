; What a search for names finds.

(contract_declaration name: (identifier) @name) @definition.class
(type_declaration name: (identifier) @name) @definition.type
(enum_declaration name: (identifier) @name) @definition.type
(metrics_declaration name: (identifier) @name) @definition.interface
(model_declaration name: (identifier) @name) @definition.class
(policy_declaration name: (identifier) @name) @definition.function
(stage_declaration name: (identifier) @name) @definition.function
(source_declaration name: (identifier) @name) @definition.function
(sink_declaration name: (identifier) @name) @definition.function
(pipeline_declaration name: (identifier) @name) @definition.function
(deployment_declaration name: (identifier) @name) @definition.module
(monitor_declaration name: (identifier) @name) @definition.module
(env_declaration name: (identifier) @name) @definition.constant
(secret_declaration name: (identifier) @name) @definition.constant
(const_declaration name: (identifier) @name) @definition.constant

(call function: (identifier) @name) @reference.call
(named_type (type_identifier) @name) @reference.class
