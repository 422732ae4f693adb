; What can be started: `mlp run NAME`, `mlp test --filter NAME` (see tasks.json).

((pipeline_declaration name: (identifier) @run @pipeline) (#set! tag mlp-run))
((test_declaration name: (string (string_content) @run @test)) (#set! tag mlp-test))
