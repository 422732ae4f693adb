//! `run`, `from` and `to`: what a stage does, resolved as far as the package goes.

use mlp_diagnostics::catalog::{names, stages as words};
use mlp_plan::{Format, Literal};
use mlp_source::Span;
use mlp_syntax::tree::{Arg, Entry, Expr, ExprKind, Item, ItemKind, Lit, Name, StageBody, StageDecl, StageEntry};

use crate::{
    checker::Checker,
    literals,
    memo::Read,
    program::{DeclId, Kind},
    scope::nearest,
    stages::Signature,
    subtype::values::is_nested,
    types::Ty,
    values::{Scalar, Scalars},
};

/// What a stage does.
#[derive(Clone, Debug, PartialEq)]
pub enum RunKind {
    /// `python("module:function")`.
    Python {
        /// The module.
        module: String,
        /// The function.
        function: String,
    },
    /// `command([..])`: the arguments are read at the call, where parameters have values.
    Command(Vec<Expr>),
    /// `container("image", [..])`.
    Container(String, Vec<Expr>),
    /// `sql("file.sql")` or `sql("""text""")`.
    Sql {
        /// The text.
        text: String,
        /// The file, where it is one.
        file: Option<String>,
    },
    /// `builtin("..")`.
    Builtin(String),
    /// `parquet(..)` and so on: outside data; the location is read at the call.
    External {
        /// Its format.
        format: Format,
        /// Where it is.
        location: Expr,
        /// The secret that opens it.
        secret: Option<DeclId>,
    },
    /// A source that reads what one of our sinks writes.
    Sink(DeclId),
}

const STAGE_RUNS: [&str; 5] = ["python", "command", "sql", "container", "builtin"];
const FORMATS: [(&str, Format); 6] = [
    ("parquet", Format::Parquet),
    ("csv", Format::Csv),
    ("jsonl", Format::Jsonl),
    ("dir", Format::Dir),
    ("file", Format::File),
    ("postgres", Format::Postgres),
];

impl Checker<'_> {
    /// Checks `run`, `from` or `to` of a declaration, once.
    pub fn check_run(&mut self, signature: &Signature) {
        let Some((_, at)) = signature.settings.run.clone() else { return };
        let Some(run) = self.run_kind(signature) else { return };
        let module = self.module_of(signature.id);
        match &run {
            RunKind::Python { module: name, function } => self.check_python(module, at, name, function),
            RunKind::Command(argv) | RunKind::Container(_, argv) if argv.is_empty() => {
                self.report(words::unresolved_run(
                    at,
                    "there is no program to run",
                    "as in `command([\"Rscript\", \"fit.R\"])`",
                ));
            }
            RunKind::Container(image, _) if !image.contains("@sha256:") => self.report(words::not_pinned(
                at,
                format!("the image `{image}` can change under its name"),
                "add its digest, as in `image@sha256:..`",
            )),
            RunKind::Sql { text, file } => self.check_sql(signature, text, file.as_deref(), at),
            RunKind::Command(values) | RunKind::Container(_, values) => self.check_values(signature, values),
            RunKind::External { format, location, .. } => {
                self.check_values(signature, std::slice::from_ref(location));
                if *format == Format::Csv {
                    self.check_flat(signature, at);
                }
            }
            _ => {}
        }
    }

    /// CSV has cells, and nothing inside of them.
    fn check_flat(&mut self, signature: &Signature, at: Span) {
        let tables = signature.params.iter().map(|param| &param.ty).chain(signature.outputs.iter().map(|(_, ty)| ty));
        let columns = tables
            .filter_map(|ty| if let Ty::Table(contract) = ty.required() { Some(contract) } else { None })
            .flat_map(|contract| &contract.face.columns);
        let nested = columns.filter(|column| is_nested(&column.value.data));
        let found: Vec<_> = nested.map(|column| format!("`{}` is {}", column.name, column.value.data)).collect();
        if !found.is_empty() {
            self.report(words::misplaced(
                at,
                format!("CSV holds no lists, maps and structs: {}", found.join(", ")),
                "take `jsonl(..)` or `parquet(..)`",
            ));
        }
    }

    /// Locations and arguments that hold parameters: every name in them is there.
    fn check_values(&mut self, signature: &Signature, values: &[Expr]) {
        let module = self.module_of(signature.id);
        let scalars: Scalars = signature
            .params
            .iter()
            .filter(|param| matches!(param.ty, Ty::Value(_)))
            .map(|param| (param.name.clone(), Scalar::of_param(param)))
            .collect();
        for value in values {
            self.scalar(module, &scalars, value, None);
        }
    }

    /// What a stage, source or sink does; `None` after a report.
    pub fn run_kind(&mut self, signature: &Signature) -> Option<RunKind> {
        let (expr, at) = signature.settings.run.clone()?;
        let module = self.module_of(signature.id);
        if let ExprKind::Name(name) = &expr.kind
            && signature.kind == Kind::Source
        {
            return self.find(module, &name.text, name.span, "sink", &[Kind::Sink]).map(RunKind::Sink);
        }
        let ExprKind::Call { callee, args } = &expr.kind else {
            if !matches!(expr.kind, ExprKind::Error) {
                self.report(words::unresolved_run(
                    at,
                    "this says nothing that can be run",
                    "as in `python(\"module:function\")` or `sql(\"file.sql\")`",
                ));
            }
            return None;
        };
        let ExprKind::Name(word) = &callee.kind else {
            self.report(words::unresolved_run(
                at,
                "this says nothing that can be run",
                "as in `python(\"module:function\")`",
            ));
            return None;
        };
        if signature.kind == Kind::Stage {
            self.stage_run(module, at, word, args)
        } else {
            self.external(module, at, word, args)
        }
    }

    pub(crate) fn stage_run(&mut self, module: usize, at: Span, word: &Name, args: &[Arg]) -> Option<RunKind> {
        match (word.text.as_str(), args) {
            ("python", [target]) => {
                let text = self.text_arg(at, &target.value, "python")?;
                match text.split_once(':').filter(|(module, function)| is_module(module) && is_module(function)) {
                    Some((module, function)) => {
                        Some(RunKind::Python { module: module.to_owned(), function: function.to_owned() })
                    }
                    None => {
                        self.report(words::unresolved_run(
                            at,
                            format!("`{text}` is not a Python function"),
                            "write `module:function`, as in `python(\"model:fit\")`",
                        ));
                        None
                    }
                }
            }
            ("command", [argv]) => self.list_arg(at, &argv.value, "command").map(RunKind::Command),
            ("container", [image, rest @ ..]) if rest.len() <= 1 => {
                let image = self.text_arg(at, &image.value, "container")?;
                let argv = match rest {
                    [argv] => self.list_arg(at, &argv.value, "container")?,
                    _ => Vec::new(),
                };
                Some(RunKind::Container(image, argv))
            }
            ("sql", [text]) => {
                let text = self.text_arg(at, &text.value, "sql")?;
                self.sql_text(module, at, text)
            }
            ("builtin", [name]) if self.is_std(module) => {
                self.text_arg(at, &name.value, "builtin").map(RunKind::Builtin)
            }
            ("builtin", _) if !self.is_std(module) => {
                self.report(words::unresolved_run(
                    at,
                    "`builtin` is for the standard library only",
                    "use `python`, `sql`, `command` or `container`",
                ));
                None
            }
            (known, _) if STAGE_RUNS.contains(&known) => {
                self.report(words::unresolved_run(
                    at,
                    format!("`{known}` has the wrong number of arguments"),
                    "as in `python(\"module:function\")`, `command([..])`, `sql(\"file.sql\")`",
                ));
                None
            }
            (other, _) => {
                let near = nearest(other, STAGE_RUNS);
                self.report(names::unknown(word.span, "way to run a stage", other, near.as_deref()));
                None
            }
        }
    }

    /// SQL that is one word ending in `.sql` is a file of the package; everything else is the text.
    fn sql_text(&mut self, module: usize, at: Span, text: String) -> Option<RunKind> {
        if !is_sql_file(&text) {
            return Some(RunKind::Sql { text, file: None });
        }
        match self.file(module, &text) {
            Ok(content) => Some(RunKind::Sql { text: content.to_string(), file: Some(text) }),
            Err(why) => {
                self.report(words::unresolved_run(
                    at,
                    format!("the SQL file `{text}`: {why}"),
                    "paths are relative to the package's folder",
                ));
                None
            }
        }
    }

    fn external(&mut self, module: usize, at: Span, word: &Name, args: &[Arg]) -> Option<RunKind> {
        let Some((_, format)) = FORMATS.iter().find(|(name, _)| *name == word.text) else {
            let near = nearest(&word.text, FORMATS.iter().map(|(name, _)| *name));
            self.report(names::unknown(word.span, "format", &word.text, near.as_deref()));
            return None;
        };
        match (format, args) {
            (Format::Postgres, [secret, location]) => {
                let ExprKind::Name(name) = &secret.value.kind else {
                    self.report(words::unresolved_run(
                        at,
                        "`postgres` needs a secret and a table or query",
                        "as in `postgres(pg, \"public.flights\")`",
                    ));
                    return None;
                };
                let secret = self.find(module, &name.text, name.span, "secret", &[Kind::Secret])?;
                Some(RunKind::External { format: *format, location: location.value.clone(), secret: Some(secret) })
            }
            (Format::Postgres, _) => {
                self.report(words::unresolved_run(
                    at,
                    "`postgres` needs a secret and a table or query",
                    "as in `postgres(pg, \"public.flights\")`",
                ));
                None
            }
            (_, [location]) => {
                Some(RunKind::External { format: *format, location: location.value.clone(), secret: None })
            }
            _ => {
                self.report(words::unresolved_run(
                    at,
                    format!("`{}` needs one path", word.text),
                    format!("as in `{}(\"data/x.{}\")`", word.text, word.text),
                ));
                None
            }
        }
    }

    fn text_arg(&mut self, at: Span, expr: &Expr, word: &str) -> Option<String> {
        match literals::literal(expr) {
            Some(Literal::Text(text)) => Some(text),
            _ => {
                if !matches!(expr.kind, ExprKind::Error) {
                    self.report(words::unresolved_run(
                        at,
                        format!("`{word}` needs a text in quotes"),
                        "what is run is known when compiling",
                    ));
                }
                None
            }
        }
    }

    fn list_arg(&mut self, at: Span, expr: &Expr, word: &str) -> Option<Vec<Expr>> {
        match &expr.kind {
            ExprKind::List(items) => Some(items.clone()),
            ExprKind::Error => None,
            _ => {
                self.report(words::unresolved_run(
                    at,
                    format!("`{word}` needs its arguments as a list"),
                    "as in `command([\"Rscript\", \"fit.R\"])`",
                ));
                None
            }
        }
    }

    pub(crate) fn check_python(&mut self, module: usize, at: Span, name: &str, function: &str) {
        let file = name.replace('.', "/");
        let paths = [format!("{file}.py"), format!("{file}/__init__.py")];
        let text = paths.iter().find_map(|path| self.file(module, path).ok());
        match text {
            None => {
                let path = paths.first().map_or("", String::as_str);
                self.report(words::unresolved_run(
                    at,
                    format!("there is no Python module `{name}` in the package"),
                    format!("expected the file `{path}`"),
                ));
            }
            Some(text) if !binds(&text, function) => {
                let near = nearest(function, text.lines().filter_map(defined));
                let help = near.map_or_else(
                    || format!("add `def {function}(..):` to it"),
                    |near| format!("did you mean `{name}:{near}`?"),
                );
                self.report(words::unresolved_run(
                    at,
                    format!("the Python module `{name}` has no function `{function}`"),
                    help,
                ));
            }
            Some(_) => {}
        }
    }

    /// The environment of a stage: the one that it names, else the package's `default`.
    #[must_use]
    pub fn environment_of(&self, module: usize, signature: &Signature) -> Option<DeclId> {
        self.environment_or_default(module, signature.settings.env)
    }

    /// The environment that something names, else the package's `default`.
    #[must_use]
    pub fn environment_or_default(&self, module: usize, named: Option<DeclId>) -> Option<DeclId> {
        named.or_else(|| {
            self.note(|| Read::Environments);
            self.names.environments.get(self.package_of(module)).copied()
        })
    }
}

/// Whether what is given to `sql(..)` names a file: one word that ends in `.sql`.
fn is_sql_file(text: &str) -> bool {
    text.to_ascii_lowercase().ends_with(".sql") && !text.contains(char::is_whitespace)
}

/// The SQL file that a stage runs.
#[must_use]
pub fn sql_file(item: &Item) -> Option<&str> {
    let ItemKind::Stage(StageDecl { body: StageBody::Block(block), .. }) = &item.kind else { return None };
    block.entries.iter().filter_map(Entry::ok).find_map(|entry| {
        let StageEntry::Setting(setting) = entry else { return None };
        let ExprKind::Call { callee, args } = &setting.value.kind else { return None };
        match (&callee.kind, args.as_slice()) {
            (ExprKind::Name(word), [Arg { value, .. }]) if word.text == "sql" => match &value.kind {
                ExprKind::Literal(Lit::Text(text)) => Some(text.value.as_str()).filter(|text| is_sql_file(text)),
                _ => None,
            },
            _ => None,
        }
    })
}

/// `a.b_c`: names joined by dots.
fn is_module(text: &str) -> bool {
    let word = |part: &str| {
        !part.is_empty()
            && !part.starts_with(|letter: char| letter.is_ascii_digit())
            && part.chars().all(|letter| letter == '_' || letter.is_alphanumeric())
    };
    !text.is_empty() && text.split('.').all(word)
}

/// The name that a line at the top of a Python module defines.
fn defined(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("async ").unwrap_or(line);
    let rest = rest.strip_prefix("def ").or_else(|| rest.strip_prefix("class "))?;
    let end = rest.find(|letter: char| letter != '_' && !letter.is_alphanumeric())?;
    rest.get(..end)
}

/// Whether a Python module binds a name at its top: a `def`, a `class`, an assignment or an import.
fn binds(text: &str, name: &str) -> bool {
    text.lines().any(|line| {
        if line.starts_with(|letter: char| letter.is_whitespace() || letter == '#') {
            return false;
        }
        let imported = line.starts_with("from ")
            && line
                .split_once(" import ")
                .is_some_and(|(_, names)| words_of(names).any(|word| word == name || word == "*"));
        let assigned = line.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with(['=', ':']));
        defined(line) == Some(name) || imported || assigned
    })
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| letter != '_' && letter != '*' && !letter.is_alphanumeric())
}
