//! The checker's table of what the standard library has, which its hints are made of, against the library's texts.

use mlp_analysis::{Kind, scope::STD};
use mlp_source::FileId;
use mlp_syntax::tree::ItemKind;

#[test]
fn hints_name_what_the_library_has() {
    let mut known: Vec<(&str, Kind, &str)> =
        STD.iter().flat_map(|(module, kind, names)| names.iter().map(|name| (*module, *kind, *name))).collect();
    let mut declared = Vec::new();
    for (module, text) in mlp_stdlib::MODULES {
        let parsed = mlp_syntax::parse(FileId(0), text);
        for item in parsed.file.items {
            match item.kind {
                ItemKind::Stage(decl) => declared.push((module, Kind::Stage, decl.name.text)),
                ItemKind::Contract(decl) => declared.push((module, Kind::Contract, decl.name.text)),
                ItemKind::Metrics(decl) => declared.push((module, Kind::Metrics, decl.name.text)),
                _ => {}
            }
        }
    }
    let mut declared: Vec<(&str, Kind, &str)> =
        declared.iter().map(|(module, kind, name)| (*module, *kind, name.as_str())).collect();
    known.sort_by_key(|(module, _, name)| (*module, *name));
    declared.sort_by_key(|(module, _, name)| (*module, *name));
    assert_eq!(known, declared);
}
