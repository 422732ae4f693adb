//! Settings of stages, sources and sinks: read, and checked against what each may be.

use mlp_diagnostics::catalog::{contracts as words, names, stages};
use mlp_plan::{CachePolicy, DataType, Literal, Resources, Retries, ValueType, WriteMode};
use mlp_source::Span;
use mlp_syntax::tree::{Expr, ExprKind, Name, Setting};

use crate::{
    checker::Checker,
    literals,
    program::{DeclId, Kind},
    scope::nearest,
};

/// What a stage, source or sink says about itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// `run`, `from` or `to`, with where the setting stands.
    pub run: Option<(Expr, Span)>,
    /// The environment that it names.
    pub env: Option<DeclId>,
    /// What it needs.
    pub resources: Resources,
    /// Time limit of one attempt, ns.
    pub timeout: Option<i64>,
    /// How often it is tried again.
    pub retries: Option<Retries>,
    /// Whether results may be taken from the cache.
    pub cache: CachePolicy,
    /// Secrets that it sees.
    pub secrets: Vec<DeclId>,
    /// Hosts that it may reach.
    pub network: Vec<String>,
    /// Programs that it needs.
    pub needs: Vec<String>,
    /// The seed, as a setting.
    pub seed: Option<i64>,
    /// `deterministic = false`.
    pub random: bool,
    /// Share of rows that may be set aside.
    pub rejects: Option<Literal>,
    /// Tags that it may take.
    pub clearance: Vec<String>,
    /// Slices that its report has.
    pub slices: Vec<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// `drops @tag`.
    pub drops: Vec<Name>,
    /// `uses @tag`.
    pub uses: Vec<Name>,
    /// How old a source may be, ns.
    pub freshness: Option<i64>,
    /// What a sink does with what is there.
    pub write: WriteMode,
}

/// Settings of a stage.
pub const STAGE: &[&str] = &[
    "run",
    "env",
    "resources",
    "timeout",
    "retries",
    "cache",
    "secrets",
    "network",
    "needs",
    "warm",
    "seed",
    "slices",
    "deterministic",
    "rejects",
    "clearance",
    "owner",
];
/// Settings of a source.
pub const SOURCE: &[&str] =
    &["from", "freshness", "env", "timeout", "retries", "cache", "secrets", "network", "rejects", "owner"];
/// Settings of a sink.
pub const SINK: &[&str] = &["to", "clearance", "write", "timeout", "retries", "secrets", "network", "owner"];

impl Checker<'_> {
    /// Reads one setting; `known` are those that its owner may have.
    pub fn stage_setting(
        &mut self,
        module: usize,
        settings: &mut Settings,
        setting: &Setting,
        owner: &str,
        known: &[&str],
    ) {
        let (name, value) = (setting.name.text.as_str(), &setting.value);
        if !known.contains(&name) {
            self.unknown_setting(&setting.name, owner, name, known);
            return;
        }
        match name {
            "run" | "from" | "to" => settings.run = Some((value.clone(), setting.span)),
            "env" => settings.env = self.named(module, value, "environment", Kind::Env),
            "resources" => settings.resources = self.resources(value),
            "timeout" => settings.timeout = self.duration(value, name),
            "freshness" => settings.freshness = self.duration(value, name),
            "retries" => settings.retries = self.retries(value),
            "cache" => {
                settings.cache = self
                    .word(value, name, &[("content", CachePolicy::Content), ("never", CachePolicy::Never)])
                    .unwrap_or_default()
            }
            "write" => {
                let modes =
                    [("replace", WriteMode::Replace), ("append", WriteMode::Append), ("merge", WriteMode::Merge)];
                settings.write = self.word(value, name, &modes).unwrap_or_default();
            }
            "secrets" => {
                for secret in self.items(value, name) {
                    settings.secrets.extend(self.named(module, &secret, "secret", Kind::Secret));
                }
            }
            "network" => settings.network = self.hosts(value),
            "needs" => settings.needs = self.texts(value, name),
            "seed" => settings.seed = self.whole(value, name),
            "deterministic" => settings.random = self.flag(value, name) == Some(false),
            "rejects" => settings.rejects = self.share(value, name),
            "clearance" => settings.clearance = self.clearance(value),
            "owner" => settings.owner = self.text_of(setting, &ValueType::plain(DataType::String)),
            "slices" => settings.slices = self.columns(value, name),
            "warm" if !is_flag_or_list(value) => self.misfits(value, name, "`true`, `false` or a list of modules"),
            _ => {}
        }
    }

    /// Says that a setting holds something else than it should.
    pub fn misfits(&mut self, value: &Expr, name: &str, wanted: &str) {
        if !matches!(value.kind, ExprKind::Error) {
            let written = literals::literal(value).map_or_else(String::new, |literal| literal.to_string());
            self.report(words::must_be(value.span, &format!("`{name}`"), &written, wanted));
        }
    }

    fn typed_setting(&mut self, value: &Expr, name: &str, data: DataType, wanted: &str) -> Option<Literal> {
        let ty = ValueType::plain(data);
        match literals::typed(value, &ty) {
            Ok(literal) => Some(literal),
            Err(_) => {
                self.misfits(value, name, wanted);
                None
            }
        }
    }

    /// A duration above zero, ns.
    pub fn duration(&mut self, value: &Expr, name: &str) -> Option<i64> {
        match self.typed_setting(value, name, DataType::Duration, "a duration such as `30min`")? {
            Literal::Duration(nanoseconds) if nanoseconds > 0 => Some(nanoseconds),
            _ => {
                self.misfits(value, name, "a duration above zero");
                None
            }
        }
    }

    /// A whole number.
    pub fn whole(&mut self, value: &Expr, name: &str) -> Option<i64> {
        self.typed_setting(value, name, DataType::Int(64), "a whole number")?.as_i64()
    }

    /// `true` or `false`.
    pub fn flag(&mut self, value: &Expr, name: &str) -> Option<bool> {
        match self.typed_setting(value, name, DataType::Bool, "`true` or `false`")? {
            Literal::Bool(flag) => Some(flag),
            _ => None,
        }
    }

    fn share(&mut self, value: &Expr, name: &str) -> Option<Literal> {
        let literal = self.typed_setting(value, name, DataType::Float(64), "a share such as `0.1%`")?;
        if literal.as_f64().is_some_and(|share| (0.0..=1.0).contains(&share)) {
            return Some(literal);
        }
        self.misfits(value, name, "a share from 0% to 100%");
        None
    }

    /// One of a few words.
    pub fn word<T: Copy>(&mut self, value: &Expr, name: &str, words: &[(&str, T)]) -> Option<T> {
        let written = match &value.kind {
            ExprKind::Name(word) => word.text.as_str(),
            _ => "",
        };
        let found = words.iter().find(|(word, _)| *word == written).map(|(_, meaning)| *meaning);
        if found.is_none() && !matches!(value.kind, ExprKind::Error) {
            let near = nearest(written, words.iter().map(|(word, _)| *word));
            let choices: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let diagnostic = names::unknown_of(value.span, &format!("`{name}`"), "value", written, near.as_deref());
            self.report(if near.is_none() {
                diagnostic.help(format!("one of {}", choices.join(", ")))
            } else {
                diagnostic
            });
        }
        found
    }

    /// The elements of a list.
    pub fn items(&mut self, value: &Expr, name: &str) -> Vec<Expr> {
        match &value.kind {
            ExprKind::List(items) => items.clone(),
            _ => {
                self.misfits(value, name, "a list in square brackets");
                Vec::new()
            }
        }
    }

    /// A list of texts.
    pub fn texts(&mut self, value: &Expr, name: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for item in self.items(value, name) {
            match literals::literal(&item) {
                Some(Literal::Text(text)) => texts.push(text),
                _ => self.misfits(&item, name, "a text in quotes"),
            }
        }
        texts
    }

    fn hosts(&mut self, value: &Expr) -> Vec<String> {
        let hosts = self.texts(value, "network");
        for host in &hosts {
            let port =
                host.rsplit_once(':').is_some_and(|(name, port)| !name.is_empty() && port.parse::<u16>().is_ok());
            if !port {
                self.report(words::must_be(
                    value.span,
                    "a host",
                    &format!("{host:?}"),
                    "a name with a port, as in \"db.example.com:5432\"",
                ));
            }
        }
        hosts
    }

    /// `[internal]` or `[@internal]`.
    pub fn clearance(&mut self, value: &Expr) -> Vec<String> {
        let mut tags = Vec::new();
        for item in self.items(value, "clearance") {
            match &item.kind {
                ExprKind::Name(tag) | ExprKind::Tag(tag) => {
                    self.check_tag(tag);
                    tags.push(tag.text.clone());
                }
                _ => self.misfits(&item, "clearance", "a tag"),
            }
        }
        tags
    }

    fn columns(&mut self, value: &Expr, name: &str) -> Vec<String> {
        let mut columns = Vec::new();
        for item in self.items(value, name) {
            match &item.kind {
                ExprKind::Column(column) | ExprKind::Name(column) => columns.push(column.text.clone()),
                _ => self.misfits(&item, name, "a column such as `.origin`"),
            }
        }
        columns
    }

    fn named(&mut self, module: usize, value: &Expr, wanted: &str, kind: Kind) -> Option<DeclId> {
        match &value.kind {
            ExprKind::Name(name) => self.find(module, &name.text, name.span, wanted, &[kind]),
            _ => {
                self.misfits(value, wanted, "a name");
                None
            }
        }
    }

    /// `{ cpu: 2, memory: 4GiB }`.
    pub fn resources(&mut self, value: &Expr) -> Resources {
        let mut resources = Resources::default();
        for NamedArg { name, value } in
            self.entries(value, "resources", &["cpu", "memory", "gpu", "disk", "accelerator"])
        {
            match name.as_str() {
                "cpu" => resources.cpu = self.typed_setting(&value, "cpu", DataType::Float(64), "a number of cores"),
                "gpu" => resources.gpu = self.whole(&value, "gpu").and_then(|count| u32::try_from(count).ok()),
                "memory" => resources.memory = self.size(&value, "memory"),
                "disk" => resources.disk = self.size(&value, "disk"),
                _ => match literals::literal(&value) {
                    Some(Literal::Text(text)) => resources.accelerator = Some(text),
                    _ => self.misfits(&value, "accelerator", "a text in quotes"),
                },
            }
        }
        resources
    }

    fn size(&mut self, value: &Expr, name: &str) -> Option<u64> {
        match literals::literal(value) {
            Some(Literal::Size(bytes)) if bytes > 0 => Some(bytes),
            _ => {
                self.misfits(value, name, "a size such as `4GiB`");
                None
            }
        }
    }

    /// `{ limit: 2, backoff: 10s .. 5min }`, or the limit alone.
    pub fn retries(&mut self, value: &Expr) -> Option<Retries> {
        const DEFAULT: (i64, i64) = (10_000_000_000, 300_000_000_000);
        let mut retries = Retries { limit: 0, backoff_min: DEFAULT.0, backoff_max: DEFAULT.1 };
        if let Some(limit) = literals::count(value) {
            retries.limit = u32::try_from(limit).unwrap_or(u32::MAX);
            return Some(retries);
        }
        for NamedArg { name, value } in self.entries(value, "retries", &["limit", "backoff"]) {
            match (name.as_str(), &value.kind) {
                ("limit", _) => match literals::count(&value) {
                    Some(limit) => retries.limit = u32::try_from(limit).unwrap_or(u32::MAX),
                    None => self.misfits(&value, "limit", "a whole number"),
                },
                (_, ExprKind::Range { low: Some(low), high: Some(high) }) => {
                    retries.backoff_min = self.duration(low, "backoff")?;
                    retries.backoff_max = self.duration(high, "backoff")?;
                    if retries.backoff_min > retries.backoff_max {
                        self.misfits(&value, "backoff", "a shorter and then a longer duration");
                    }
                }
                _ => {
                    retries.backoff_min = self.duration(&value, "backoff")?;
                    retries.backoff_max = retries.backoff_min;
                }
            }
        }
        Some(retries)
    }

    /// The entries of a record, each under one of `known` names.
    fn entries(&mut self, value: &Expr, setting: &str, known: &[&str]) -> Vec<NamedArg> {
        let ExprKind::Record(args) = &value.kind else {
            self.misfits(value, setting, &format!("a record such as `{{ {}: .. }}`", known.first().unwrap_or(&"")));
            return Vec::new();
        };
        let mut entries = Vec::new();
        for arg in args {
            let Some(name) = &arg.name else {
                self.report(stages::misplaced(arg.value.span, "an entry of a record has a name", "as in `cpu: 2`"));
                continue;
            };
            if known.contains(&name.text.as_str()) {
                entries.push(NamedArg { name: name.text.clone(), value: arg.value.clone() });
            } else {
                let near = nearest(&name.text, known.iter().copied());
                self.report(names::unknown_of(
                    name.span,
                    &format!("`{setting}`"),
                    "entry",
                    &name.text,
                    near.as_deref(),
                ));
            }
        }
        entries
    }
}

/// An entry of a record.
struct NamedArg {
    name: String,
    value: Expr,
}

fn is_flag_or_list(value: &Expr) -> bool {
    matches!(literals::literal(value), Some(Literal::Bool(_)))
        || matches!(value.kind, ExprKind::List(_) | ExprKind::Error)
}
