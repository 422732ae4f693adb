; SQL within `sql(""" .. """)` and `sql("select ..")`, and in the query of `postgres(secret, ".. ")`; not in `sql("file.sql")`.

((call
   function: (identifier) @_run
   (arguments (argument value: (long_string (string_content) @injection.content))))
 (#any-of? @_run "sql" "postgres")
 (#set! injection.language "sql"))

((call
   function: (identifier) @_run
   (arguments (argument value: (string (string_content) @injection.content))))
 (#any-of? @_run "sql" "postgres")
 (#match? @injection.content "^\\s*([Ss][Ee][Ll][Ee][Cc][Tt]|[Ww][Ii][Tt][Hh])\\s")
 (#set! injection.language "sql"))

((regex) @injection.content
 (#set! injection.language "regex"))
