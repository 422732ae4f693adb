//! Prints files as the formatter writes them.

#![expect(clippy::print_stdout, reason = "an example prints")]

fn main() {
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let parsed = mlp_syntax::parse(mlp_source::FileId(0), &text);
        print!("{}", mlp_syntax::format(&parsed.file, &text));
    }
}
