//! `cargo xtask playground`: the compiler as a page of static files, in `target/playground/site`, and that page in Chromium.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    count::Count,
    editors::tools::{self, must, npm, with_node},
    place,
    process::{cargo, command, complain, fresh, output, say, step, succeeds},
};

/// What a browser runs: with standard input and output, so that the compiler is a program as any other.
const TARGET: &str = "wasm32-wasip1";
/// The editor of the page, and what puts it into one file.
const PACKAGES: [&str; 5] = [
    "codemirror@6.0.2",
    "@codemirror/language@6.13.1",
    "@codemirror/lint@6.9.7",
    "@lezer/highlight@1.2.3",
    "esbuild@0.28.1",
];
/// Programs nest as deep as in the binary.
const STACK: &str = "-Clink-arg=-zstack-size=8388608";

/// Builds and tests it, with the result at the end.
pub fn run() -> Result<bool, String> {
    let mut count = Count::default();
    all(&mut count)?;
    Ok(count.result())
}

/// Builds and tests it; what cannot be had here is told.
pub fn all(count: &mut Count) -> Result<(), String> {
    step("playground");
    if let Err(why) = build().and_then(|site| test(&site, count)) {
        complain(&why);
        count.missing("playground", why.lines().next().unwrap_or_default());
    }
    Ok(())
}

/// The page, in a folder of static files.
fn build() -> Result<PathBuf, String> {
    target()?;
    let home = place::target().join("playground");
    let (built, site, page) = (home.join("build"), home.join("site"), place::root().join("playground/page"));
    let mut compile =
        cargo(&["build", "--profile", "playground", "--target", TARGET, "--locked", "-p", "mlp-playground"]);
    for wrapper in ["RUSTC_WORKSPACE_WRAPPER", "CLIPPY_ARGS"] {
        compile.env_remove(wrapper);
    }
    must(compile.env("CARGO_TARGET_DIR", &built).env("CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS", STACK))?;
    fresh(&site)?;
    let copy = |from: &Path, name: &str| {
        fs::copy(from, site.join(name)).map(drop).map_err(|error| format!("{}: {error}", from.display()))
    };
    copy(&built.join(TARGET).join("playground/mlp-playground.wasm"), "mlp.wasm")?;
    copy(&page.join("index.html"), "index.html")?;
    copy(&page.join("page.css"), "page.css")?;
    let modules = npm("playground-codemirror-6", &PACKAGES)?.join("node_modules");
    let mut bundle = command(modules.join(".bin/esbuild"), &[page.join("playground.js"), page.join("worker.js")]);
    bundle.args([
        "--bundle",
        "--minify",
        "--format=esm",
        "--target=es2022",
        "--loader:.mlp=text",
        "--log-level=warning",
    ]);
    must(bundle.arg(format!("--outdir={}", site.display())).env("NODE_PATH", &modules))?;
    say(&format!("the page is in {}", site.display()));
    Ok(site)
}

/// The target of Rust, installed where rustup can do that.
fn target() -> Result<(), String> {
    let there = || {
        let folder = output(&mut command("rustc", &["--print", "target-libdir", "--target", TARGET]));
        folder.is_ok_and(|folder| Path::new(folder.trim()).is_dir())
    };
    if there() || (succeeds(&mut command("rustup", &["target", "add", TARGET])).unwrap_or(false) && there()) {
        return Ok(());
    }
    Err(format!("NOT BUILT: Rust's target {TARGET} is not there and cannot be installed: `rustup target add {TARGET}`"))
}

fn test(site: &Path, count: &mut Count) -> Result<(), String> {
    let (chromium, playwright) = (tools::chromium()?, tools::playwright()?);
    let mut test = with_node("node", &[place::root().join("playground/test/run.mjs")])?;
    test.arg(site).arg(tools::cache().join("pictures"));
    count.script("the playground", test.env("MLP_TOOLS", playwright).env("MLP_CHROMIUM", chromium))
}
