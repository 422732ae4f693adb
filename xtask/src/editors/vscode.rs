//! VS Code: the packed extension in code-server, which is VS Code in a browser, driven in Chromium.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    home, programs,
    tools::{self, must, with_node},
};
use crate::{
    count::Count,
    place,
    process::{command, say, write},
};

/// VS Code 1.100.
const CODE_SERVER: &str = "code-server@4.100.3";
/// The parts of VS Code's server that are built for the machine; what else is not built is not needed.
const BUILT: [&str; 4] = ["@vscode/spdlog", "native-watchdog", "@vscode/deviceid", "node-pty"];

pub fn run(count: &mut Count) -> Result<(), String> {
    snippets(count)?;
    let (chromium, playwright) = (tools::chromium()?, tools::playwright()?);
    let server = code_server()?;
    let home = home::make("vscode")?;
    let folder = home.folder().to_owned();

    // `~/mlp` is a copy, since the extension is built in it
    let clone = folder.join("mlp");
    fs::remove_file(&clone).map_err(|error| format!("{}: {error}", clone.display()))?;
    for part in ["editors/vscode", "editors/textmate"] {
        tools::copy(&place::root().join(part), &clone.join(part))?;
    }
    fs::copy(place::root().join("LICENSE"), clone.join("LICENSE")).map_err(|error| error.to_string())?;
    let (extensions, data) = (folder.join("extensions"), folder.join("data"));
    let entry = server.join("node_modules/code-server/out/node/entry.js");
    home.script(
        "code",
        &format!(
            "exec node '{}' --extensions-dir '{}' --user-data-dir '{}' \"$@\"",
            entry.display(),
            extensions.display(),
            data.display()
        ),
    )?;
    let mut install = with_node("sh", &["-euc", &home::pasted("vscode-install")?])?;
    home.settle(&mut install);
    must(install.env("npm_config_cache", tools::cache().join("npm")))?;
    must(with_node("npx", &["tsc", "--noEmit"])?.current_dir(clone.join("editors/vscode")))?;
    count.one("vscode: the extension is typed, packed and installed", true);

    // VS Code takes the PATH from a shell that logs in
    home.write(".profile", "export PATH=\"$HOME/bin:$PATH\"\n")?;
    settings(&data)?;
    let pictures = tools::cache().join("pictures");
    let mut test = with_node("node", &[place::root().join("editors/vscode/test/run.mjs")])?;
    test.arg(entry).args([&extensions, &data, &home.package, &pictures]);
    home.settle(&mut test);
    test.env("MLP_TOOLS", playwright).env("MLP_CHROMIUM", chromium);
    count.script("the tests in VS Code", &mut test)
}

/// What the snippets propose are programs.
fn snippets(count: &mut Count) -> Result<(), String> {
    let folder = tools::work("snippets")?;
    must(with_node("node", &[place::root().join("editors/vscode/test/snippets.mjs")])?.arg(&folder))?;
    let read = programs::read(&[folder])?;
    read.broken.iter().for_each(|file| say(&format!("{}: is no program", file.display())));
    count.one("vscode: what the snippets propose are programs", read.broken.is_empty() && !read.whole.is_empty());
    Ok(())
}

/// The settings of docs/editors.md, and what keeps the window still.
fn settings(data: &Path) -> Result<(), String> {
    const STILL: &str = r#"
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.colorTheme": "Default Light Modern",
  "security.workspace.trust.enabled": false,
  "telemetry.telemetryLevel": "off",
  "editor.minimap.enabled": false,
  "chat.commandCenter.enabled": false,
  "window.commandCenter": false,
  "git.enabled": false,
  "files.autoSave": "off",
"#;
    let folder = data.join("User");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    write(&folder.join("settings.json"), &home::pasted("vscode-settings")?.replacen('{', &format!("{{{STILL}"), 1))
}

/// code-server from npm. Its own install script fetches what cannot be had everywhere, so that the parts are built one by one.
fn code_server() -> Result<PathBuf, String> {
    tools::installed("code-server-4.100.3", |folder| {
        let headers = headers()?;
        let npm = |arguments: &[&str], folder: &Path| -> Result<Command, String> {
            let mut npm = with_node("npm", arguments)?;
            npm.current_dir(folder).env("npm_config_nodedir", &headers).env("JOBS", "2");
            npm.env("npm_config_cache", tools::cache().join("npm"));
            Ok(npm)
        };
        write(&folder.join("package.json"), "{ \"private\": true }\n")?;
        must(&mut npm(&["install", "--ignore-scripts", CODE_SERVER], folder)?)?;
        must(&mut npm(&["rebuild", "argon2"], folder)?)?;
        let vscode = folder.join("node_modules/code-server/lib/vscode");
        must(&mut npm(&["install", "--ignore-scripts", "--omit=dev"], &vscode)?)?;
        must(npm(&["rebuild"], &vscode)?.args(BUILT))?;
        // without it, tasks wait for ever
        let search = vscode.join("node_modules/@vscode/ripgrep/bin");
        fs::create_dir_all(&search).map_err(|error| format!("{}: {error}", search.display()))?;
        must(command("ln", &["-sfn"]).arg(tools::find("rg")?).arg(search.join("rg")))?;
        must(command("ln", &["-sfn", "node_modules", "node_modules.asar"]).current_dir(&vscode))
    })
}

/// Where Node.js has its headers, against which parts are built: beside the program.
fn headers() -> Result<PathBuf, String> {
    let text = crate::process::output(&mut with_node("node", &["-p", "process.execPath"])?)?;
    let program = PathBuf::from(text.trim());
    let folder = program.parent().and_then(Path::parent).ok_or("Node.js stands at the root")?;
    if folder.join("include/node/node.h").is_file() {
        Ok(folder.to_owned())
    } else {
        Err(format!("{} has no headers of Node.js: install libnode-dev", folder.display()))
    }
}
