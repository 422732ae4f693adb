//! 2xx: names, imports, packages.

use mlp_source::Span;

use crate::{Code, Diagnostic, Edit};

/// A name that nothing answers to. `kind` is what was looked for, in words: `contract`, `stage`, `setting`.
#[must_use]
pub fn unknown(span: Span, kind: &str, name: &str, nearest: Option<&str>) -> Diagnostic {
    let message = if name.is_empty() {
        format!("{} is missing here", with_article(kind))
    } else {
        format!("there is no {kind} `{name}`")
    };
    suggest(Diagnostic::new(Code::UnknownName, span, message).here("not found"), span, nearest)
}

/// A declaration that nothing answers to, here or in what is imported.
#[must_use]
pub fn undeclared(span: Span, kind: &str, name: &str, nearest: Option<&str>) -> Diagnostic {
    let found = unknown(span, kind, name, nearest);
    if nearest.is_some() || name.is_empty() {
        found
    } else {
        found.help("declare it in this file, or bring it in with `use`")
    }
}

/// A setting, entry or parameter that its owner does not know. `owner` stands as in a sentence: "a stage", "`retries`".
#[must_use]
pub fn unknown_of(span: Span, owner: &str, kind: &str, name: &str, nearest: Option<&str>) -> Diagnostic {
    let message =
        if name.is_empty() { format!("{owner} needs a {kind}") } else { format!("{owner} has no {kind} `{name}`") };
    suggest(Diagnostic::new(Code::UnknownName, span, message).here("not found"), span, nearest)
}

/// A name that exists in another module, but is not imported here; `import` is the edit that brings it in.
#[must_use]
pub fn not_imported(span: Span, name: &str, module: &str, import: Option<Edit>) -> Diagnostic {
    let found = Diagnostic::new(Code::UnknownName, span, format!("`{name}` is not imported here"))
        .here("not visible in this file")
        .help(format!("add `use {module}.{{{name}}}`"));
    match import {
        Some(edit) => found.edits(format!("import `{name}` from `{module}`"), vec![edit]),
        None => found,
    }
}

/// A name of one kind where another kind is meant.
#[must_use]
pub fn wrong_kind(span: Span, name: &str, is: &str, wanted: &str, declared: Span) -> Diagnostic {
    let (is, wanted) = (with_article(is), with_article(wanted));
    Diagnostic::new(Code::UnknownName, span, format!("`{name}` is {is}, and {wanted} is meant here"))
        .here(format!("not {wanted}"))
        .because(declared, format!("declared as {is} here"))
        .help(format!("write the name of {wanted}"))
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

/// The same thing said twice over: what stands there the second time can go.
#[must_use]
pub fn said_again(span: Span, what: &str, first: Span) -> Diagnostic {
    given_twice(span, what, first).fix(format!("delete the second `{what}`"), span, "")
}

/// `use` of a module that is not there; `within` are those below it, as of a package that is named without its module.
#[must_use]
pub fn unknown_module(span: Span, module: &str, nearest: Option<&str>, within: &[&str]) -> Diagnostic {
    let found = Diagnostic::new(Code::UnknownImport, span, format!("there is no module `{module}`")).here("not found");
    match (within, nearest) {
        ([only], _) => suggest(found, span, Some(only)),
        ([_, ..], _) => listing(found, "there are", within.iter().copied()),
        ([], Some(_)) => suggest(found, span, nearest),
        ([], None) => found.help("a module is one of `std`, one of a dependency in mlp.toml, or a file below `src`"),
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

/// What an owner has instead, where no name is near and there are few enough to list.
#[must_use]
pub fn listing<'n>(found: Diagnostic, what: &str, names: impl IntoIterator<Item = &'n str>) -> Diagnostic {
    const FEW: usize = 12;
    let names: Vec<&str> = names.into_iter().collect();
    if found.help.is_some() || names.is_empty() || names.len() > FEW {
        return found;
    }
    let listed = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    found.help(format!("{what} {listed}"))
}

/// A name that is not in its style.
#[must_use]
pub fn style(span: Span, kind: &str, name: &str, wanted: &str, better: &str) -> Diagnostic {
    let found = Diagnostic::new(Code::NameStyle, span, format!("the {kind} `{name}` is not in {wanted}"))
        .here(format!("by convention in {wanted}"));
    if better.is_empty() || better == name {
        found
    } else {
        found.help(format!("rename it to `{better}`, here and where it is used"))
    }
}

/// A noun with its article.
#[must_use]
pub fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}

fn suggest(found: Diagnostic, span: Span, nearest: Option<&str>) -> Diagnostic {
    match nearest {
        Some(name) => found.fix(format!("did you mean `{name}`?"), span, name),
        None => found,
    }
}
