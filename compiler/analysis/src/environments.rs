//! Environments: Python version, requirements, image.

use mlp_diagnostics::catalog::{contracts as contract_words, stages as words};
use mlp_plan::{DataType, ValueType};
use mlp_source::Span;
use mlp_syntax::tree::{Entry, ItemKind};

use crate::{checker::Checker, program::DeclId};

/// What an `env` says.
#[derive(Clone, Debug, Default)]
pub struct EnvironmentInfo {
    /// Its name.
    pub name: String,
    /// Python version.
    pub python: Option<String>,
    /// Path of the requirements.
    pub requirements: Option<String>,
    /// Their text.
    pub lock: Option<String>,
    /// The image.
    pub image: Option<String>,
    /// Where it is declared.
    pub span: Span,
}

const SETTINGS: [&str; 3] = ["python", "requirements", "image"];

impl Checker<'_> {
    /// Reads an `env`, and says where it is not exact. Findings are the same each time, and reported once, by the check of the declaration.
    pub fn environment(&mut self, id: DeclId) -> Option<EnvironmentInfo> {
        self.quietly(|checker| checker.read_environment(id))
    }

    pub(crate) fn read_environment(&mut self, id: DeclId) -> Option<EnvironmentInfo> {
        let (decl, item) = (self.program.decl(id)?, self.item(id)?);
        let ItemKind::Env(tree) = &item.kind else { return None };
        let mut info = EnvironmentInfo { name: decl.name.clone(), span: decl.span, ..EnvironmentInfo::default() };
        let text = ValueType::plain(DataType::String);
        for setting in tree.body.entries.iter().filter_map(Entry::ok) {
            match setting.name.text.as_str() {
                "python" => {
                    info.python = self.text_of(setting, &text);
                    if let Some(version) = &info.python
                        && !version.chars().all(|letter| letter.is_ascii_digit() || "., <>=!~".contains(letter))
                    {
                        self.report(contract_words::must_be(
                            setting.value.span,
                            "`python`",
                            &format!("{version:?}"),
                            "a version such as \"3.11\" or a range such as \">=3.10\"",
                        ));
                    }
                }
                "requirements" => {
                    info.requirements = self.text_of(setting, &text);
                    info.lock = self.lock(decl.module, setting.span, info.requirements.as_deref());
                }
                "image" => {
                    info.image = self.text_of(setting, &text);
                    if let Some(image) = info.image.as_ref().filter(|image| !image.contains("@sha256:")) {
                        let message = format!("the image `{image}` can change under its name");
                        self.report(words::not_pinned(
                            setting.span,
                            message,
                            "add its digest, as in `image@sha256:..`",
                        ));
                    }
                }
                other => self.unknown_setting(&setting.name, "environment", other, &SETTINGS),
            }
        }
        Some(info)
    }

    /// The text of a requirements file; a line without `==` is not exact.
    fn lock(&mut self, module: usize, span: Span, path: Option<&str>) -> Option<String> {
        let path = path?;
        match self.file(module, path) {
            Ok(text) => {
                if let Some(line) = loose(&text) {
                    let message = format!("`{path}` does not pin `{line}` exactly");
                    self.report(words::not_pinned(
                        span,
                        message,
                        "lock it with hashes: `uv pip compile --generate-hashes requirements.in -o requirements.txt`",
                    ));
                }
                Some(text.to_string())
            }
            Err(why) => {
                self.report(words::unresolved_run(
                    span,
                    format!("the requirements file `{path}`: {why}"),
                    "paths are relative to the package's folder",
                ));
                None
            }
        }
    }
}

/// The first requirement that is not exact: without `==` or `@`.
fn loose(text: &str) -> Option<&str> {
    let requirement = |line: &&str| !line.is_empty() && !line.starts_with('#') && !line.starts_with('-');
    text.lines()
        .filter(|line| !line.starts_with(char::is_whitespace))
        .map(str::trim)
        .filter(requirement)
        .find(|line| !line.contains("==") && !line.contains('@'))
}
