//! The grammars that only colour: TextMate, CodeMirror, Pygments; and what cannot be had here, Helix and Zed, as far as that goes without.

use std::path::PathBuf;

use super::{
    home, programs,
    tools::{cache, copy, must, npm, python_with, with_node, work},
};
use crate::{
    count::Count,
    place,
    process::{cargo, command, succeeds},
};

pub fn textmate(count: &mut Count) -> Result<(), String> {
    let tools = npm("textmate-0.1.3", &["vscode-tmgrammar-test@0.1.3"])?;
    let home = place::root().join("editors/textmate");
    let grammar = home.join("mlp.tmLanguage.json");
    let mut test = with_node("node", &[tools.join("node_modules/.bin/vscode-tmgrammar-test")])?;
    test.arg("-g").arg(&grammar).arg("-g").arg(home.join("test/sql.tmLanguage.json")).arg(home.join("test/quick.mlp"));
    count.one("textmate: each piece has its scope", crate::process::succeeds(&mut test)?);
    let mut items = with_node("node", &[home.join("test/items.mjs"), grammar])?;
    programs::declared()?.compare("textmate", items.current_dir(tools), count)
}

pub fn codemirror(count: &mut Count) -> Result<(), String> {
    let tools = npm("codemirror-6", &["@codemirror/language@6.13.1", "@lezer/highlight@1.2.3"])?;
    let home = tools.join("mlp");
    copy(&place::root().join("editors/codemirror"), &home)?;
    let script = home.join("test/run.mjs");
    let programs = programs::declared()?;
    let mut test = with_node("node", &[&script])?;
    count.script("the CodeMirror mode", test.args(programs.whole.keys()))?;
    programs.compare("codemirror", with_node("node", &[&script])?.arg("items"), count)
}

pub fn pygments(count: &mut Count) -> Result<(), String> {
    let bin = python()?;
    let home = work("pygments")?;
    copy(&place::root().join("editors/pygments"), &home)?;
    let mut pip = command(
        bin.join("python"),
        &["-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--force-reinstall"],
    );
    must(pip.arg(&home))?;
    let script = place::root().join("editors/pygments/test/run.py");
    let programs = programs::declared()?;
    let mut test = command(bin.join("python"), &[&script]);
    count.script("the Pygments lexer", test.args(programs.whole.keys()))?;
    programs.compare("pygments", command(bin.join("python"), &[&script]).arg("items"), count)
}

/// Python with what the tests need.
fn python() -> Result<PathBuf, String> {
    python_with("python", &["pygments==2.19.2", "setuptools", "wheel", "tomli"])
}

/// The settings are read as Helix reads them: a table of languages, each with its servers and its grammar.
pub fn helix(count: &mut Count) -> Result<(), String> {
    const READ: &str = r#"
import pathlib, sys, tomli
settings, root = tomli.loads(sys.argv[1]), pathlib.Path(sys.argv[2])
[language], [grammar] = settings["language"], settings["grammar"]
grammar_at = root / grammar["source"]["path"].split("/mlp/", 1)[1]
for what, holds in {
    "the servers of the language are declared": all(name in settings["language-server"] for name in language["language-servers"]),
    "the server is `mlp lsp`": [settings["language-server"]["mlp"][key] for key in ("command", "args")] == ["mlp", ["lsp"]],
    "files are told by their names": language["file-types"] == ["mlp"],
    "the grammar is where its path says": (grammar_at / "src/parser.c").is_file(),
    "the queries are called as the language": (root / "editors/helix/runtime/queries" / language["name"] / "highlights.scm").is_file(),
}.items():
    print("ok" if holds else "not ok", "helix:", what)
"#;
    let mut read = command(python()?.join("python"), &["-c", READ]);
    count.script("the settings of Helix", read.arg(home::pasted("helix")?).arg(place::root()))
}

/// The extension compiles, and what it names is there.
pub fn zed(count: &mut Count) -> Result<(), String> {
    const READ: &str = r#"
import json, pathlib, sys, tomli
root, pasted = pathlib.Path(sys.argv[1]), json.loads(sys.argv[2])
extension = tomli.loads((root / "editors/zed/extension.toml").read_text())
language = tomli.loads((root / "editors/zed/languages/mlp/config.toml").read_text())
tasks = json.loads((root / "editors/zed/languages/mlp/tasks.json").read_text())
runnables = (root / "editors/zed/languages/mlp/runnables.scm").read_text()
for what, holds in {
    "the grammar is where its path says": (root / extension["grammars"][language["grammar"]]["path"] / "src/parser.c").is_file(),
    "the server is one of the language": language["name"] in extension["language_servers"]["mlp"]["languages"],
    "the settings are those of the server": list(pasted["lsp"]) == list(extension["language_servers"]),
    "what can be started has a task": all(f"(#set! tag {tag})" in runnables for task in tasks for tag in task["tags"]),
}.items():
    print("ok" if holds else "not ok", "zed:", what)
"#;
    let mut read = command(python()?.join("python"), &["-c", READ]);
    count.script("the extension of Zed", read.arg(place::root()).arg(home::pasted("zed")?))?;
    let mut check = cargo(&["check", "--quiet", "--locked"]);
    check.current_dir(place::root().join("editors/zed")).env("CARGO_TARGET_DIR", cache().join("zed"));
    for wrapper in ["RUSTC_WORKSPACE_WRAPPER", "CLIPPY_ARGS"] {
        check.env_remove(wrapper);
    }
    count.one("zed: the extension compiles", succeeds(&mut check)?);
    Ok(())
}
