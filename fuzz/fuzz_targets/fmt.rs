//! Formatting keeps every token, settles at once, and leaves alone what does not parse.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mlp_source::SourceMap;
use mlp_syntax::{format, parse, tokens};

fuzz_target!(|text: &str| {
    let mut sources = SourceMap::new();
    let once = format(&parse(sources.add("once.mlp", text), text).file, text);
    assert_eq!(tokens(&once), tokens(text), "a token is lost or made up");
    let twice = format(&parse(sources.add("twice.mlp", once.as_str()), &once).file, &once);
    assert_eq!(once, twice, "formatting does not settle");
});
