//! Any text parses; what is said about it lies inside of it, and can be drawn.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mlp_diagnostics::{Format, Options, render};
use mlp_source::SourceMap;
use mlp_syntax::parse;

fuzz_target!(|text: &str| {
    let mut sources = SourceMap::new();
    let file = sources.add("fuzz.mlp", text);
    let parsed = parse(file, text);
    for found in &parsed.diagnostics {
        for span in std::iter::once(found.primary).chain(found.labels.iter().map(|label| label.span)) {
            assert!(span.start <= span.end && text.get(span.range()).is_some(), "{span:?} of {}", found.code);
        }
    }
    for format in [Format::Pretty, Format::Short, Format::Json] {
        let _ = render(&parsed.diagnostics, &sources, format, &Options::default());
    }
});
