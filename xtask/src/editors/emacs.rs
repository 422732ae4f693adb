//! Emacs: the one of the system, by patterns, and one that was built with tree-sitter: the same, or that of Debian's backports, unpacked beside it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{home, home::Home, tools};
use crate::{
    count::Count,
    place,
    process::{command, output, say, step, succeeds, works, write},
};

/// An Emacs, and what it has to be told where it is not installed.
struct Emacs {
    program: PathBuf,
    /// Where it is unpacked.
    root: Option<PathBuf>,
}

pub fn run(count: &mut Count) -> Result<(), String> {
    if !tools::there("emacs") {
        return Err("there is no Emacs: install emacs-nox and elpa-eglot".to_owned());
    }
    let system = Emacs { program: "emacs".into(), root: None };
    say(&tools::version(&system.program));
    one(&system, "emacs", &["emacs", "emacs-settings"], count)?;
    step("editors: emacs with tree-sitter");
    let with_trees = if system.knows_trees() { Ok(system) } else { backported() };
    match with_trees {
        Ok(emacs) => one(&emacs, "emacs-ts", &["emacs", "emacs-settings", "emacs-ts"], count)?,
        Err(why) => count.missing("editors: mlp-ts-mode, which needs an Emacs with tree-sitter", &why),
    }
    Ok(())
}

impl Emacs {
    fn tell(&self, command: &mut Command) {
        if let Some(root) = &self.root {
            let share = root.join("usr/share/emacs");
            let version = only(&share).unwrap_or_default();
            command.env("EMACSLOADPATH", version.join("lisp")).env("EMACSDATA", version.join("etc"));
            let dump = only(&root.join("usr/libexec/emacs")).and_then(|version| only(&version));
            if let Some(dump) = dump.and_then(|folder| named(&folder, "pdmp")) {
                command.arg("--dump-file").arg(dump);
            }
        }
    }

    fn command(&self, home: Option<&Home>) -> Command {
        let mut made = command::<&str>(&self.program, &[]);
        self.tell(&mut made);
        if let Some(home) = home {
            home.settle(&mut made);
        }
        made
    }

    fn knows_trees(&self) -> bool {
        const PROBE: &str = "(unless (and (fboundp 'treesit-available-p) (treesit-available-p)) (kill-emacs 1))";
        works(self.command(None).args(["-Q", "--batch", "--eval", PROBE]))
    }
}

/// The version folder in a folder, which holds no other.
fn only(folder: &Path) -> Option<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    entries.retain(|path| path.is_dir() && !path.ends_with("site-lisp"));
    entries.pop()
}

fn named(folder: &Path, extension: &str) -> Option<PathBuf> {
    let mut entries = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    entries.find(|path| path.extension().is_some_and(|found| found == extension))
}

/// The Emacs of the backports to this Debian, of the mirror that the machine uses; nothing of the system is changed.
fn backported() -> Result<Emacs, String> {
    let root = tools::installed("emacs-backported", |folder| {
        let policy = output(&mut command("apt-cache", &["policy"]))?;
        let line = policy.lines().find_map(|line| {
            let mut words = line.split_whitespace().skip(1);
            let (mirror, suite) = (words.next()?, words.next()?);
            let codename = suite.strip_suffix("/main")?;
            let plain = mirror.ends_with("/debian") && codename.bytes().all(|byte| byte.is_ascii_lowercase());
            plain.then(|| format!("deb {mirror} {codename}-backports main\n"))
        });
        let line = line.ok_or("this is no Debian whose backports could be asked")?;
        write(&folder.join("sources"), &line)?;
        let lists = folder.join("lists");
        fs::create_dir_all(lists.join("partial")).map_err(|error| format!("{}: {error}", lists.display()))?;
        let apt = |arguments: &[&str]| {
            let mut apt =
                command("apt-get", &["-qq", "-o", "Dir::Etc::sourceparts=-", "-o", "APT::Sandbox::User=root"]);
            apt.arg("-o").arg(format!("Dir::Etc::sourcelist={}", folder.join("sources").display()));
            apt.arg("-o").arg(format!("Dir::State::lists={}", lists.display())).args(arguments).current_dir(folder);
            tools::must(&mut apt)
        };
        apt(&["update"])?;
        apt(&["download", "emacs-nox", "emacs-bin-common", "emacs-common"])?;
        while let Some(package) = named(folder, "deb") {
            tools::must(command("dpkg", &["-x"]).arg(&package).arg(folder))?;
            fs::remove_file(&package).map_err(|error| format!("{}: {error}", package.display()))?;
        }
        Ok(())
    })?;
    let emacs = Emacs { program: root.join("usr/bin/emacs-nox"), root: Some(root) };
    if emacs.knows_trees() { Ok(emacs) } else { Err("the Emacs of the backports does not start here".to_owned()) }
}

fn one(emacs: &Emacs, name: &str, settings: &[&str], count: &mut Count) -> Result<(), String> {
    let home = home::make(name)?;
    let pasted: Result<Vec<String>, String> = settings.iter().map(|settings| home::pasted(settings)).collect();
    let init = home.write(".emacs.d/init.el", &pasted?.concat())?;
    let mut run = emacs.command(Some(&home));
    // a batch reads no settings by itself, and knows no packages of the distribution (Eglot, before Emacs 29)
    run.args(["--batch", "--eval", "(package-initialize)", "-l"]).arg(init);
    run.arg("-l").arg(place::root().join("editors/emacs/test/run.el"));
    if name == "emacs-ts" {
        home.shell("emacs-parser")?;
        run.env("MLP_TREE_SITTER", "1");
    }
    count.script(&format!("the tests in {name}"), &mut run)?;
    let mut compile = emacs.command(None);
    compile.args(["-Q", "--batch", "-L", "editors/emacs", "--eval"]);
    compile.arg(
        "(setq byte-compile-error-on-warn t byte-compile-dest-file-function (lambda (_) (make-temp-file \"mlp\")))",
    );
    compile.args(["-f", "batch-byte-compile", "editors/emacs/mlp-words.el", "editors/emacs/mlp-mode.el"]);
    count.one(&format!("{name}: the mode compiles without a warning"), succeeds(&mut compile)?);
    Ok(())
}
