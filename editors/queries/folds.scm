; What can be folded.

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
  (parameters)
  (arguments)
  (list)
  (map)
  (row_body)
  (long_string)
] @fold
