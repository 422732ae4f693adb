//! Settings of pipelines and monitors: schedule, concurrency and the rest.

use mlp_diagnostics::catalog::stages as words;
use mlp_plan::{DataType, Literal, Schedule, ValueType};
use mlp_source::Span;
use mlp_syntax::tree::{Arg, Expr, ExprKind, Setting};

use crate::{checker::Checker, flow::clock, literals, overhear, program::Kind, scope::nearest};

/// What a pipeline says about itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PipelineSettings {
    /// When it runs by itself.
    pub schedule: Option<Schedule>,
    /// Whether missed runs are made up for.
    pub catchup: bool,
    /// How many runs at once.
    pub concurrency: Option<u32>,
    /// Priority against other pipelines.
    pub priority: Option<i64>,
    /// Queue of the workers.
    pub queue: Option<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// How long a run may take, ns.
    pub deadline: Option<i64>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Whom to tell when it fails.
    pub on_failure: Option<String>,
    /// Where each setting stands.
    pub places: Vec<(String, Span)>,
}

/// Settings of a pipeline.
pub const PIPELINE: &[&str] =
    &["schedule", "catchup", "concurrency", "priority", "queue", "tags", "deadline", "owner", "on_failure"];

impl Checker<'_> {
    /// Reads one setting of a pipeline or monitor.
    pub fn pipeline_setting(&mut self, module: usize, settings: &mut PipelineSettings, setting: &Setting, owner: &str) {
        let (name, value) = (setting.name.text.as_str(), &setting.value);
        settings.places.push((name.to_owned(), setting.span));
        let text = ValueType::plain(DataType::String);
        match name {
            "schedule" => settings.schedule = self.schedule(module, value, setting.span),
            "catchup" => settings.catchup = self.flag(value, name).unwrap_or(false),
            "concurrency" => settings.concurrency = self.whole(value, name).and_then(|count| u32::try_from(count).ok()),
            "priority" => settings.priority = self.whole(value, name),
            "queue" => settings.queue = self.text_of(setting, &text),
            "tags" => settings.tags = self.texts(value, name),
            "deadline" => settings.deadline = self.duration(value, name),
            "owner" => settings.owner = self.text_of(setting, &text),
            "on_failure" => match call(value) {
                Some(("notify", [Arg { value: to, .. }]))
                    if matches!(literals::literal(to), Some(Literal::Text(_))) =>
                {
                    if let Some(Literal::Text(to)) = literals::literal(to) {
                        settings.on_failure = Some(to);
                    }
                }
                _ => self.misfits(value, name, "a call such as `notify(\"team@example.com\")`"),
            },
            other => self.unknown_setting(&setting.name, owner, other, PIPELINE),
        }
    }

    fn schedule(&mut self, module: usize, value: &Expr, at: Span) -> Option<Schedule> {
        match call(value) {
            Some(("cron", args)) => self.cron(args, at),
            Some(("every", [every])) => match literals::literal(&every.value) {
                Some(Literal::Duration(nanoseconds)) if nanoseconds > 0 => Some(Schedule::Every(nanoseconds)),
                _ => self.no_schedule(at, "`every` needs a duration above zero, as in `every(1d)`"),
            },
            Some(("update", sources)) if !sources.is_empty() => {
                let mut names = Vec::new();
                for source in sources {
                    match &source.value.kind {
                        ExprKind::Name(name) => {
                            self.find(module, &name.text, name.span, "source", &[Kind::Source])?;
                            names.push(name.text.clone());
                        }
                        _ => return self.no_schedule(at, "`update` needs the names of sources"),
                    }
                }
                Some(Schedule::Update(names))
            }
            _ if matches!(value.kind, ExprKind::Error) => None,
            other => {
                overhear::offer(other.map_or("", |(word, _)| word), ["cron", "every", "update"]);
                self.no_schedule(at, "a schedule is `cron(..)`, `every(..)` or `update(..)`")
            }
        }
    }

    fn no_schedule(&mut self, at: Span, message: &str) -> Option<Schedule> {
        self.report(words::schedule(at, message));
        None
    }

    fn cron(&mut self, args: &[Arg], at: Span) -> Option<Schedule> {
        let text = |arg: &Arg| match literals::literal(&arg.value) {
            Some(Literal::Text(text)) => Some(text),
            _ => None,
        };
        let expression = args.iter().find(|arg| arg.name.is_none()).and_then(text);
        let Some(expression) = expression else { return self.no_schedule(at, "`cron` needs five fields in quotes") };
        let mut timezone = "UTC".to_owned();
        let mut zone_at = at;
        for arg in args.iter().filter(|arg| arg.name.is_some()) {
            match (arg.name.as_ref().map(|name| name.text.as_str()), text(arg)) {
                (Some("timezone"), Some(zone)) => {
                    timezone = zone;
                    zone_at = arg.value.span;
                }
                (name, _) => {
                    overhear::offer(name.unwrap_or_default(), ["timezone"]);
                    return self.no_schedule(at, "`cron` takes `timezone:` and nothing else");
                }
            }
        }
        let Ok(zone) = timezone.parse::<chrono_tz::Tz>() else {
            let near = nearest(&timezone, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()));
            self.report(words::unknown_timezone(at, &timezone, zone_at, near.as_deref()));
            return None;
        };
        if let Some(why) = clock::fault(&expression, zone) {
            return self.no_schedule(at, &why);
        }
        if let Some(bent) = clock::bent(&expression, zone) {
            self.report(words::bent_schedule(at, &bent.message, &bent.hours));
        }
        Some(Schedule::Cron { expression, timezone })
    }
}

/// The name and arguments of a call.
fn call(expr: &Expr) -> Option<(&str, &[Arg])> {
    let ExprKind::Call { callee, args } = &expr.kind else { return None };
    let ExprKind::Name(name) = &callee.kind else { return None };
    Some((&name.text, args))
}
