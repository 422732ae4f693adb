//! Prints what the parser says about files: `line:column: code: message`.

#![expect(clippy::print_stdout, reason = "an example prints")]

fn main() {
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let parsed = mlp_syntax::parse(mlp_source::FileId(0), &text);
        for found in parsed.diagnostics {
            let before = text.get(..found.primary.start as usize).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
            println!("{path}:{line}:{column}: {}: {}", found.code, found.message);
        }
    }
}
