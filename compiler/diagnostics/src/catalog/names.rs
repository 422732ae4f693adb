//! 2xx: names, imports, packages.

use mlp_source::Span;

use crate::{Code, Diagnostic};

/// A name that nothing answers to. `kind` is what was looked for, in words: `contract`, `stage`, `setting`.
#[must_use]
pub fn unknown(span: Span, kind: &str, name: &str, nearest: Option<&str>) -> Diagnostic {
    let message =
        if name.is_empty() { format!("a {kind} is missing here") } else { format!("there is no {kind} `{name}`") };
    suggest(Diagnostic::new(Code::UnknownName, span, message).here("not found"), span, nearest)
}

/// A setting, entry or parameter that its owner does not know. `owner` stands as in a sentence: "a stage", "`retries`".
#[must_use]
pub fn unknown_of(span: Span, owner: &str, kind: &str, name: &str, nearest: Option<&str>) -> Diagnostic {
    let message =
        if name.is_empty() { format!("{owner} needs a {kind}") } else { format!("{owner} has no {kind} `{name}`") };
    suggest(Diagnostic::new(Code::UnknownName, span, message).here("not found"), span, nearest)
}

/// A name that exists in another module, but is not imported here.
#[must_use]
pub fn not_imported(span: Span, name: &str, module: &str) -> Diagnostic {
    Diagnostic::new(Code::UnknownName, span, format!("`{name}` is not imported here"))
        .here("not visible in this file")
        .help(format!("add `use {module}.{{{name}}}`"))
}

/// A name of one kind where another kind is meant.
#[must_use]
pub fn wrong_kind(span: Span, name: &str, is: &str, wanted: &str, declared: Span) -> Diagnostic {
    Diagnostic::new(Code::UnknownName, span, format!("`{name}` is a {is}, and a {wanted} is meant here"))
        .here(format!("not a {wanted}"))
        .because(declared, "declared here")
}

/// The second declaration of a name.
#[must_use]
pub fn declared_twice(span: Span, kind: &str, name: &str, first: Span) -> Diagnostic {
    if kind == "setting" {
        return given_twice(span, name, first);
    }
    Diagnostic::new(Code::DeclaredTwice, span, format!("the {kind} `{name}` is declared twice"))
        .here("declared again")
        .because(first, "first declared here")
        .help("rename one of the two, or delete it")
}

/// Something said a second time that can be said once: `key key`.
#[must_use]
pub fn given_twice(span: Span, what: &str, first: Span) -> Diagnostic {
    let what = if what == "=" { "the default".to_owned() } else { format!("`{what}`") };
    Diagnostic::new(Code::DeclaredTwice, span, format!("{what} is given twice"))
        .here("given again")
        .because(first, "first given here")
        .help("delete one of the two")
}

/// `use` of a module that is not there.
#[must_use]
pub fn unknown_module(span: Span, module: &str, nearest: Option<&str>) -> Diagnostic {
    let found = Diagnostic::new(Code::UnknownImport, span, format!("there is no module `{module}`")).here("not found");
    match nearest {
        Some(name) => found.help(format!("did you mean `{name}`?")),
        None => found.help("a module is `std`, a dependency of mlp.toml, or a file below `src`"),
    }
}

/// `use` of a name that the module does not declare.
#[must_use]
pub fn unknown_import(span: Span, module: &str, name: &str, nearest: Option<&str>) -> Diagnostic {
    let found =
        Diagnostic::new(Code::UnknownImport, span, format!("module `{module}` declares no `{name}`")).here("not found");
    suggest(found, span, nearest)
}

/// A column, output or rung that its owner does not have.
#[must_use]
pub fn unknown_field(span: Span, owner: &str, name: &str, nearest: Option<&str>) -> Diagnostic {
    suggest(
        Diagnostic::new(Code::UnknownField, span, format!("{owner} has no `{name}`")).here("not found"),
        span,
        nearest,
    )
}

/// A name that is not in its style.
#[must_use]
pub fn style(span: Span, kind: &str, name: &str, wanted: &str, better: &str) -> Diagnostic {
    let found = Diagnostic::new(Code::NameStyle, span, format!("the {kind} `{name}` is not in {wanted}"))
        .here("by convention written otherwise");
    if better.is_empty() || better == name { found } else { found.help(format!("write `{better}`")) }
}

fn suggest(found: Diagnostic, span: Span, nearest: Option<&str>) -> Diagnostic {
    match nearest {
        Some(name) => found.fix(format!("did you mean `{name}`?"), span, name),
        None => found,
    }
}
