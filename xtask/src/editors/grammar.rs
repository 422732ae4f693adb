//! The grammar of tree-sitter: generated files are current, its own tests, the queries of every editor, and the same declarations as the compiler's.

use std::{collections::BTreeMap, fs, path::Path, path::PathBuf, process::Command};

use super::{
    programs, tools,
    tools::{ABI, must},
};
use crate::{
    count::Count,
    place,
    process::{output, say, watched},
};

pub fn run(count: &mut Count) -> Result<(), String> {
    let cli = tools::tree_sitter()?;
    let home = tools::work("tree-sitter")?;
    let grammar = home.join("tree-sitter-mlp");
    let own = place::root().join("editors/tree-sitter-mlp");
    tools::copy(&own, &grammar)?;

    must(tree_sitter(&cli, &home, &["generate", "--abi", ABI])?.current_dir(&grammar))?;
    let stale: Vec<&str> = ["src/parser.c", "src/grammar.json", "src/node-types.json"]
        .into_iter()
        .filter(|file| fs::read(own.join(file)).ok() != fs::read(grammar.join(file)).ok())
        .collect();
    stale.iter().for_each(|file| {
        say(&format!("editors/tree-sitter-mlp/{file} is out of date: tree-sitter generate --abi {ABI}"))
    });
    count.one("tree-sitter: the generated files are those of the grammar", stale.is_empty());

    corpus(&cli, &home, &grammar, count)?;
    queries(&cli, &home, &grammar, count)?;
    declarations(&cli, &home, &grammar, count)
}

/// The CLI in the copy of the grammar, with settings and parsers of its own.
fn tree_sitter(cli: &Path, home: &Path, arguments: &[&str]) -> Result<Command, String> {
    let mut command = crate::process::command(cli, arguments);
    command.current_dir(home.join("tree-sitter-mlp"));
    command.env("XDG_CACHE_HOME", home.join("cache")).env("XDG_CONFIG_HOME", home.join("config"));
    if let Some(node) = tools::node()? {
        command.env("PATH", tools::before_path([node.as_path()]));
    }
    Ok(command)
}

/// The corpus and the tests of colours: a line `✓ ..` or `✗ ..` for each.
fn corpus(cli: &Path, home: &Path, grammar: &Path, count: &mut Count) -> Result<(), String> {
    let (mut passed, mut failed) = (0, 0);
    let well = watched(tree_sitter(cli, home, &["test"])?.env("NO_COLOR", "1").current_dir(grammar), |line| {
        passed += usize::from(line.contains('✓'));
        failed += usize::from(line.contains('✗'));
    })?;
    count.tests("the corpus of tree-sitter-mlp", passed, failed, well && passed > 0);
    Ok(())
}

/// The queries of every editor are about nodes that there are.
fn queries(cli: &Path, home: &Path, grammar: &Path, count: &mut Count) -> Result<(), String> {
    let program = place::root().join("compiler/syntax/tests/fixtures/everything.mlp");
    let editors = place::root().join("editors");
    for folder in ["tree-sitter-mlp/queries", "neovim/queries/mlp", "helix/runtime/queries/mlp", "zed/languages/mlp"] {
        let entries = fs::read_dir(editors.join(folder)).map_err(|error| format!("{folder}: {error}"))?;
        let mut files: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "scm"));
        files.sort();
        for file in files {
            let mut query = tree_sitter(cli, home, &["query", "--quiet"])?;
            let said =
                query.arg(&file).arg(&program).current_dir(grammar).output().map_err(|error| error.to_string())?;
            if !said.status.success() {
                say(&String::from_utf8_lossy(&said.stderr));
            }
            let name = file.strip_prefix(&editors).unwrap_or(&file).display().to_string();
            count.one(&format!("query {name}"), said.status.success());
        }
    }
    Ok(())
}

/// Programs without errors have none here either, and declare the same; those with errors have some.
fn declarations(cli: &Path, home: &Path, grammar: &Path, count: &mut Count) -> Result<(), String> {
    let declared = programs::declared()?;
    let list = home.join("programs");
    let lines = |files: &mut dyn Iterator<Item = &PathBuf>| {
        files.map(|file| format!("{}\n", file.display())).collect::<String>()
    };

    crate::process::write(&list, &lines(&mut declared.whole.keys()))?;
    let mut parse = tree_sitter(cli, home, &["parse", "--quiet", "--paths"])?;
    let said = parse.arg(&list).current_dir(grammar).output().map_err(|error| error.to_string())?;
    say(String::from_utf8_lossy(&said.stdout).trim());
    count.one(&format!("tree-sitter: {} programs have no error", declared.whole.len()), said.status.success());

    let text =
        output(tree_sitter(cli, home, &["query", "test/items.scm", "--paths"])?.arg(&list).current_dir(grammar))?;
    declared.hold("tree-sitter", &captures(&text), count);

    crate::process::write(&list, &lines(&mut declared.broken.iter()))?;
    let mut parse = tree_sitter(cli, home, &["parse", "--quiet", "--paths"])?;
    let said = parse.arg(&list).current_dir(grammar).output().map_err(|error| error.to_string())?;
    let seen = String::from_utf8_lossy(&said.stdout).into_owned();
    let fine: Vec<&PathBuf> =
        declared.broken.iter().filter(|file| !seen.contains(&file.display().to_string())).collect();
    fine.iter().for_each(|file| say(&format!("{}: an error for the compiler, none for tree-sitter", file.display())));
    // what only the lowering sees, such as a unit that is none, is no matter of a grammar for editors
    count.one(
        "tree-sitter: most programs with errors of syntax have some here, too",
        fine.len() * 2 < declared.broken.len(),
    );
    Ok(())
}

/// The CLI prints the path, and below it lines `capture: 2 - contract, start: .., text: `Flight``.
fn captures(text: &str) -> BTreeMap<PathBuf, Vec<String>> {
    let mut all: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
    let mut file = PathBuf::new();
    for line in text.lines() {
        if let Some((capture, text)) =
            line.trim_start().strip_prefix("capture: ").and_then(|rest| rest.split_once(", text: "))
        {
            let kind = capture.split([' ', ',']).nth(2).unwrap_or_default();
            let name = text.trim_matches('`').trim_matches('"');
            all.entry(file.clone()).or_default().push(format!("{kind} {name}"));
        } else if !line.starts_with(' ') {
            file = line.into();
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::captures;

    #[test]
    fn captures_are_read() {
        let text = "/a.mlp\n  pattern: 2\n    capture: 2 - contract, start: (8, 9), end: (8, 15), text: `Flight`\n";
        assert_eq!(captures(text).into_iter().next(), Some(("/a.mlp".into(), vec!["contract Flight".to_owned()])));
    }
}
