//! Predicates of policies: metrics of reports, compared with literals and with each other.

use mlp_diagnostics::{
    Diagnostic,
    catalog::{names, policies as words, stages as stage_words},
};
use mlp_plan::{ArithmeticOp, Better, CompareOp, DataType, Expr, Literal, Measure, Metric, SliceAggregate};
use mlp_source::Span;
use mlp_syntax::tree::{self, Arg, BinaryOp, ExprKind, UnaryOp};

use crate::{
    literals,
    policies::PolicyParam,
    predicates::{all_of, any_of, compare_op},
    scope::nearest,
};

const AGGREGATES: [(&str, SliceAggregate); 4] = [
    ("min", SliceAggregate::Min),
    ("max", SliceAggregate::Max),
    ("mean", SliceAggregate::Mean),
    ("spread", SliceAggregate::Spread),
];
/// Slices of fewer rows are passed over unless a policy says otherwise.
const DEFAULT_SUPPORT: u64 = 30;

/// Whether a name called in a policy is a function over slices, and no policy.
#[must_use]
pub fn is_function(name: &str) -> bool {
    AGGREGATES.iter().any(|(word, _)| *word == name) || name == "abs"
}

/// What a clause may speak of.
pub struct Gates<'a> {
    /// The policy's parameters.
    pub params: &'a [PolicyParam],
    /// Optional reports that are there.
    pub when: &'a [String],
    /// Where the clause stands: what is wrong with it begins there.
    pub clause: Span,
    /// Where to report.
    pub diagnostics: &'a mut Vec<Diagnostic>,
}

/// What an expression measures, as far as it can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kind {
    measure: Measure,
    unit: Option<String>,
    better: Option<Better>,
    /// Whether it is of a report that may be none: what a candidate is compared with.
    reference: bool,
    text: String,
    /// Where its metrics are declared.
    declared: Span,
}

impl Gates<'_> {
    /// The plan's expression; `None` after a report.
    pub fn lower(&mut self, expr: &tree::Expr) -> Option<Expr> {
        self.predicate(expr, false)
    }

    /// Under an odd number of `not`, a comparison asks for its opposite.
    fn predicate(&mut self, expr: &tree::Expr, negated: bool) -> Option<Expr> {
        match &expr.kind {
            ExprKind::Paren(inner) => self.predicate(inner, negated),
            ExprKind::Unary(UnaryOp::Not, inner) => Some(Expr::Not(Box::new(self.predicate(inner, !negated)?))),
            ExprKind::Binary { left, op: BinaryOp::And, right, .. } => {
                Some(all_of(self.predicate(left, negated)?, self.predicate(right, negated)?))
            }
            ExprKind::Binary { left, op: BinaryOp::Or, right, .. } => {
                Some(any_of(self.predicate(left, negated)?, self.predicate(right, negated)?))
            }
            ExprKind::Binary { left, op, op_span, right } if op.is_comparison() => {
                self.compare(left, compare_op(*op)?, *op_span, right, negated)
            }
            ExprKind::In(value, choices) => self.between(value, choices),
            ExprKind::Error => None,
            _ => {
                self.diagnostics.push(stage_words::misplaced(
                    expr.span,
                    "a clause compares something",
                    "as in `require candidate.auc >= 0.65`",
                ));
                None
            }
        }
    }

    fn compare(
        &mut self,
        left: &tree::Expr,
        op: CompareOp,
        sign: Span,
        right: &tree::Expr,
        negated: bool,
    ) -> Option<Expr> {
        let (a, b) = (self.value(left), self.value(right));
        let ((a, a_kind), (b, b_kind)) = (a?, b?);
        self.comparable(a_kind.as_ref(), &a, b_kind.as_ref(), &b)?;
        let asked = if negated { op.negated() } else { op };
        // of a candidate and a champion, the candidate is judged, on whichever side it stands
        let subject = match (&a_kind, &b_kind) {
            (Some(a), Some(b)) if a.reference && !b.reference => Some((b, asked.flipped())),
            (Some(kind), _) => Some((kind, asked)),
            (None, kind) => kind.as_ref().map(|kind| (kind, asked.flipped())),
        };
        if let Some((kind, _)) = subject.filter(|(kind, asked)| against(kind, *asked)) {
            let better = direction_word(kind.better);
            let message = format!("`{}` is better when {better}, and this clause accepts every worse one", kind.text);
            let turned = op.flipped().symbol();
            let found = words::direction(self.clause, message, &format!("{a} {turned} {b}"))
                .because(kind.declared, format!("its report is declared here: {better} is better"));
            self.diagnostics.push(words::turn(found, sign, turned));
            return None;
        }
        Some(Expr::Compare(op, Box::new(a), Box::new(b)))
    }

    /// Like is compared with like: the same measure and unit, and a literal of that kind.
    fn comparable(&mut self, a_kind: Option<&Kind>, a: &Expr, b_kind: Option<&Kind>, b: &Expr) -> Option<()> {
        let fault = match (a_kind, b_kind) {
            (Some(x), Some(y)) if x.measure != y.measure || x.unit != y.unit => {
                Some(format!("`{}` is a {}, and `{}` is a {}", x.text, kind_text(x), y.text, kind_text(y)))
            }
            (Some(kind), None) => self.fault_of(kind, b),
            (None, Some(kind)) => self.fault_of(kind, a),
            _ => None,
        };
        match fault {
            Some(message) => {
                let example = a_kind.or(b_kind).map_or_else(String::new, example);
                self.diagnostics.push(words::unlike(self.clause, message, &example));
                None
            }
            None => Some(()),
        }
    }

    /// Why a literal, or a scalar parameter, cannot be compared with a metric.
    fn fault_of(&self, kind: &Kind, other: &Expr) -> Option<String> {
        let Expr::Param(name) = other else { return literal_fault(kind, other) };
        let scalar = self.params.iter().find(|param| param.name == *name)?.scalar.as_ref()?;
        let fits = match kind.measure {
            Measure::Duration => scalar.data == DataType::Duration,
            // no scalar type is a size: bytes are counted
            _ => matches!(
                scalar.data,
                DataType::Int(_) | DataType::Uint(_) | DataType::Float(_) | DataType::Decimal { .. }
            ),
        };
        (!fits).then(|| format!("`{}` is a {}, and `{name}` is a {}", kind.text, kind_text(kind), scalar.data))
    }

    fn between(&mut self, value: &tree::Expr, choices: &tree::Expr) -> Option<Expr> {
        let (value, kind) = self.value(value)?;
        let ExprKind::Range { low, high } = &choices.kind else {
            self.diagnostics.push(stage_words::misplaced(
                choices.span,
                "a range is meant here",
                "as in `candidate.recall in 0.4 .. 0.6`",
            ));
            return None;
        };
        let end = |this: &mut Self, end: &Option<Box<tree::Expr>>| match end {
            None => Some(None),
            Some(end) => {
                let (end, _) = this.value(end)?;
                this.comparable(kind.as_ref(), &value, None, &end)?;
                Some(Some(Box::new(end)))
            }
        };
        let (low, high) = (end(self, low)?, end(self, high)?);
        Some(Expr::Between { value: Box::new(value), low, high })
    }

    /// A number: a literal, a metric, an aggregate over slices, or arithmetic on them, with what it measures.
    fn value(&mut self, expr: &tree::Expr) -> Option<(Expr, Option<Kind>)> {
        if let Some(value) = literals::literal(expr) {
            return Some((Expr::Literal(value), None));
        }
        match &expr.kind {
            ExprKind::Paren(inner) => self.value(inner),
            ExprKind::Field(..) => self.metric(expr).map(|(metric, kind)| (metric, Some(kind))),
            ExprKind::Name(name) => self.param(name),
            ExprKind::Call { callee, args } => self.call(expr.span, callee, args),
            ExprKind::Unary(UnaryOp::Neg, inner) => {
                let (inner, kind) = self.value(inner)?;
                Some((Expr::Negate(Box::new(inner)), kind.map(undirected)))
            }
            ExprKind::Binary { left, op, right, .. } => {
                let op = arithmetic_op(*op)?;
                let ((a, a_kind), (b, b_kind)) = (self.value(left)?, self.value(right)?);
                let kind = match (a_kind, b_kind) {
                    // the difference of two metrics of one kind has no direction of its own
                    (Some(kind), Some(_)) => Some(undirected(kind)),
                    (kind, None) => kind,
                    (None, kind) => kind.map(|kind| if op == ArithmeticOp::Sub { undirected(kind) } else { kind }),
                };
                Some((Expr::Arithmetic(op, Box::new(a), Box::new(b)), kind))
            }
            ExprKind::Error => None,
            _ => {
                self.diagnostics.push(stage_words::misplaced(
                    expr.span,
                    "a metric or a number is meant here",
                    "as in `candidate.auc`",
                ));
                None
            }
        }
    }

    fn param(&mut self, name: &tree::Name) -> Option<(Expr, Option<Kind>)> {
        match self.params.iter().find(|param| param.name == name.text) {
            Some(param) if param.scalar.is_some() => Some((Expr::Param(name.text.clone()), None)),
            Some(param) => {
                if param.report.is_some() {
                    self.diagnostics.push(stage_words::misplaced(
                        name.span,
                        format!("`{}` is a report", name.text),
                        "name one of its metrics, as in `candidate.auc`",
                    ));
                }
                None
            }
            None => {
                let near = nearest(&name.text, self.params.iter().map(|param| param.name.as_str()));
                self.diagnostics.push(names::unknown_of(
                    name.span,
                    "the policy",
                    "parameter",
                    &name.text,
                    near.as_deref(),
                ));
                None
            }
        }
    }

    /// `candidate.latency.p99`.
    fn metric(&mut self, expr: &tree::Expr) -> Option<(Expr, Kind)> {
        let mut parts = Vec::new();
        let mut inner = expr;
        while let ExprKind::Field(base, name) = &inner.kind {
            parts.push(name.text.as_str());
            inner = base;
        }
        parts.reverse();
        let path = parts.join(".");
        let ExprKind::Name(report) = &inner.kind else {
            self.diagnostics.push(stage_words::misplaced(expr.span, "a metric is meant here", "as in `candidate.auc`"));
            return None;
        };
        let Some(param) = self.params.iter().find(|param| param.name == report.text) else {
            let near = nearest(&report.text, self.params.iter().map(|param| param.name.as_str()));
            self.diagnostics.push(names::unknown_of(
                report.span,
                "the policy",
                "parameter",
                &report.text,
                near.as_deref(),
            ));
            return None;
        };
        let metrics = param.report.as_ref()?;
        let Some(metric) = metrics.metric(&path) else {
            let near = nearest(&path, metrics.face.metrics.iter().map(|metric| metric.name.as_str()));
            let mut found = words::unknown_metric(self.clause, &report.text, &metrics.text(), &path, near.as_deref())
                .because(metrics.span, "its metrics are declared here");
            found =
                names::listing(found, "it measures", metrics.face.metrics.iter().map(|metric| metric.name.as_str()));
            if let Some(near) = near {
                found = found.fix(format!("did you mean `{near}`?"), expr.span, format!("{}.{near}", report.text));
            }
            self.diagnostics.push(found);
            return None;
        };
        if param.optional && !self.when.contains(&param.name) {
            self.diagnostics.push(words::optional_without_when(self.clause, &param.name));
            return None;
        }
        let text = format!("{}.{path}", report.text);
        let kind = kind_of(&metric, param.optional, text, metrics.span);
        Some((Expr::Metric { report: report.text.clone(), metric: path }, kind))
    }

    fn call(&mut self, span: Span, callee: &tree::Expr, args: &[Arg]) -> Option<(Expr, Option<Kind>)> {
        let ExprKind::Name(function) = &callee.kind else { return None };
        if function.text == "abs"
            && let [arg] = args
        {
            let (inner, kind) = self.value(&arg.value)?;
            return Some((Expr::Call { function: "abs".to_owned(), args: vec![inner] }, kind.map(undirected)));
        }
        let Some((_, aggregate)) = AGGREGATES.iter().find(|(word, _)| *word == function.text) else {
            let near = nearest(&function.text, AGGREGATES.iter().map(|(word, _)| *word));
            self.diagnostics.push(names::unknown(
                function.span,
                "function over slices",
                &function.text,
                near.as_deref(),
            ));
            return None;
        };
        let Some((Arg { value: tree::Expr { kind: ExprKind::By(metric, by), .. }, .. }, options)) = args.split_first()
        else {
            self.diagnostics.push(stage_words::misplaced(
                span,
                format!("`{}` goes over slices", function.text),
                "as in `min(candidate.recall by origin)`",
            ));
            return None;
        };
        let (metric, mut kind) = self.metric(metric)?;
        let Expr::Metric { report, metric } = metric else { return None };
        let (support, uncorrected) = self.options(options)?;
        let by = by.segments.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(".");
        if *aggregate == SliceAggregate::Spread {
            kind.better = Some(Better::Lower);
        }
        kind.text = format!("{}({} by {by})", aggregate.word(), kind.text);
        Some((Expr::OverSlices { aggregate: *aggregate, report, metric, by, support, uncorrected }, Some(kind)))
    }

    /// `support: 200`, `correction: none`.
    fn options(&mut self, options: &[Arg]) -> Option<(u64, bool)> {
        let (mut support, mut uncorrected) = (DEFAULT_SUPPORT, false);
        for option in options {
            let name = option.name.as_ref().map_or("", |name| name.text.as_str());
            let is_none = matches!(&option.value.kind, ExprKind::Literal(tree::Lit::None))
                || matches!(&option.value.kind, ExprKind::Name(word) if word.text == "none");
            let is_holm = matches!(&option.value.kind, ExprKind::Name(word) if word.text == "holm");
            match (name, literals::count(&option.value)) {
                ("support", Some(rows)) => support = rows,
                ("correction", None) if is_none => uncorrected = true,
                ("correction", None) if is_holm => uncorrected = false,
                _ => {
                    self.diagnostics.push(stage_words::misplaced(
                        option.value.span,
                        "this is no option of a slice",
                        "`support: 200` or `correction: none`",
                    ));
                    return None;
                }
            }
        }
        Some((support, uncorrected))
    }
}

/// Whether a comparison asks a metric to be worse.
const fn against(kind: &Kind, op: CompareOp) -> bool {
    matches!(
        (kind.better, op),
        (Some(Better::Higher), CompareOp::Lt | CompareOp::Le) | (Some(Better::Lower), CompareOp::Gt | CompareOp::Ge)
    )
}

fn kind_of(metric: &Metric, reference: bool, text: String, declared: Span) -> Kind {
    // more rows are only better for the statistics: a bound from above is no mistake
    let better = if metric.name == "rows" { None } else { metric.better };
    Kind { measure: metric.measure, unit: metric.unit.clone(), better, reference, text, declared }
}

/// A comparison of what is measured so.
fn example(kind: &Kind) -> String {
    let value = match kind.measure {
        Measure::Duration => "200ms",
        Measure::Size => "4GiB",
        Measure::Ratio => "80%",
        Measure::Count => "1_000",
        Measure::Real | Measure::Money => "2.5",
    };
    let sign = if matches!(kind.better, Some(Better::Lower)) { "<=" } else { ">=" };
    format!("{} {sign} {value}", kind.text)
}

fn undirected(kind: Kind) -> Kind {
    Kind { better: None, ..kind }
}

fn kind_text(kind: &Kind) -> String {
    match &kind.unit {
        Some(unit) => format!("{} in {unit}", kind.measure.word()),
        None => kind.measure.word().to_owned(),
    }
}

/// Why a literal cannot be compared with a metric.
fn literal_fault(kind: &Kind, other: &Expr) -> Option<String> {
    let Expr::Literal(value) = other else { return None };
    (!measures(kind.measure, value))
        .then(|| format!("`{}` is a {}, and {value} is {}", kind.text, kind_text(kind), literals::kind_word(value)))
}

/// Whether a literal can be compared with what is measured so.
#[must_use]
pub const fn measures(measure: Measure, value: &Literal) -> bool {
    match measure {
        Measure::Duration => matches!(value, Literal::Duration(_)),
        Measure::Size => matches!(value, Literal::Size(_)),
        _ => matches!(value, Literal::Number(_)),
    }
}

/// Which way is better, in a word.
#[must_use]
pub const fn direction_word(better: Option<Better>) -> &'static str {
    if matches!(better, Some(Better::Higher)) { "higher" } else { "lower" }
}

/// The plan's operator; `None` for one that is no arithmetic.
#[must_use]
pub const fn arithmetic_op(op: BinaryOp) -> Option<ArithmeticOp> {
    Some(match op {
        BinaryOp::Add => ArithmeticOp::Add,
        BinaryOp::Sub => ArithmeticOp::Sub,
        BinaryOp::Mul => ArithmeticOp::Mul,
        BinaryOp::Div => ArithmeticOp::Div,
        _ => return None,
    })
}
