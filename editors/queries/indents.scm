; What stands between brackets is one step further in, and so is what goes on with an entry.

[
  (use_list)
  (contract_body)
  (enum_body)
  (metrics_body)
  (env_body)
  (stage_body)
  (policy_body)
  (statements)
  (deployment_body)
  (fields)
  (selected)
  (renames)
  (parameters)
  (outputs)
  (arguments)
  (list)
  (parenthesized)
  (map)
  (set)
  (row_body)
  (columns)
] @indent.begin

["}" ")" "]"] @indent.branch @indent.end
