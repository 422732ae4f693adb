; What the outline lists.

(contract_declaration "contract" @context name: (identifier) @name) @item
(type_declaration "type" @context name: (identifier) @name) @item
(enum_declaration "enum" @context name: (identifier) @name) @item
(metrics_declaration "metrics" @context name: (identifier) @name) @item
(env_declaration "env" @context name: (identifier) @name) @item
(stage_declaration "stage" @context name: (identifier) @name) @item
(source_declaration "source" @context name: (identifier) @name) @item
(sink_declaration "sink" @context name: (identifier) @name) @item
(secret_declaration "secret" @context name: (identifier) @name) @item
(const_declaration "const" @context name: (identifier) @name) @item
(model_declaration "model" @context name: (identifier) @name) @item
(policy_declaration "policy" @context name: (identifier) @name) @item
(pipeline_declaration "pipeline" @context name: (identifier) @name) @item
(deployment_declaration "deployment" @context name: (identifier) @name) @item
(monitor_declaration "monitor" @context name: (identifier) @name) @item
(test_declaration "test" @context name: (_) @name) @item
(field name: (identifier) @name) @item
(let "let" @context name: (identifier) @name) @item
