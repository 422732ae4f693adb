//! Prints the declarations of files, one a line: `path<TAB>kind name`, and `path<TAB>!` where the file has errors of syntax.
//! `cargo xtask editors` holds the grammars of editors to it.

#![expect(clippy::print_stdout, reason = "an example prints")]

use mlp_syntax::tree::{ItemKind, Path};

fn main() {
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let parsed = mlp_syntax::parse(mlp_source::FileId(0), &text);
        for item in &parsed.file.items {
            if let Some(face) = face(&item.kind) {
                println!("{path}\t{face}");
            }
        }
        if !parsed.diagnostics.is_empty() {
            println!("{path}\t!");
        }
    }
}

/// The keyword and the name; nothing of what is broken.
fn face(kind: &ItemKind) -> Option<String> {
    let (keyword, name) = match kind {
        ItemKind::Use(item) => ("use", dotted(&item.module)),
        ItemKind::Moments(item) => ("moments", item.names.first().map(|name| name.text.clone()).unwrap_or_default()),
        ItemKind::Contract(item) => ("contract", item.name.text.clone()),
        ItemKind::Type(item) => ("type", item.name.text.clone()),
        ItemKind::Enum(item) => ("enum", item.name.text.clone()),
        ItemKind::Metrics(item) => ("metrics", item.name.text.clone()),
        ItemKind::Env(item) => ("env", item.name.text.clone()),
        ItemKind::Stage(item) => ("stage", item.name.text.clone()),
        ItemKind::Source(item) => ("source", item.name.text.clone()),
        ItemKind::Sink(item) => ("sink", item.name.text.clone()),
        ItemKind::Secret(item) => ("secret", item.name.text.clone()),
        ItemKind::Const(item) => ("const", item.name.text.clone()),
        ItemKind::Model(item) => ("model", item.name.text.clone()),
        ItemKind::Policy(item) => ("policy", item.name.text.clone()),
        ItemKind::Pipeline(item) => ("pipeline", item.name.text.clone()),
        ItemKind::Deployment(item) => ("deployment", item.name.text.clone()),
        ItemKind::Monitor(item) => ("monitor", item.name.text.clone()),
        ItemKind::Test(item) => ("test", item.name.clone()),
        ItemKind::Broken(_) => return None,
    };
    Some(format!("{keyword} {name}"))
}

fn dotted(path: &Path) -> String {
    path.segments.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(".")
}
