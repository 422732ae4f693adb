//! Any text is checked, and where nothing is wrong with it, planned; what is said about it can be drawn.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mlp_diagnostics::{Diagnostic, Format, Options, render};
use mlp_lower::{Context, lower};
use mlp_plan::Package;
use mlp_ports::{NoFiles, NoSql};

fuzz_target!(|text: &str| {
    let loaded = mlp_workspace::in_memory(&[("main", text)]);
    let mut checked = mlp_analysis::check(&loaded.program, &NoSql, &NoFiles);
    let mut found = loaded.diagnostics.clone();
    found.extend_from_slice(checked.diagnostics());
    for format in [Format::Short, Format::Json] {
        let _ = render(&found, &loaded.sources, format, &Options::default());
    }
    if !found.iter().any(Diagnostic::is_error) {
        let (target, _) = mlp_workspace::target_of(&loaded.manifest, "local").expect("a target that is always there");
        let package = Package {
            name: "memory".to_owned(),
            version: Some("1.0.0".to_owned()),
            owner: None,
            digest: String::new(),
        };
        let context = Context { places: &loaded, package, target, files: &NoFiles };
        let plan = lower(&mut checked, &context);
        let _ = plan.to_json();
    }
});
