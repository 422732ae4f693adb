//! What follows a type: `in`, `length`, `unit`, `= default`, tags and the rest.

use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
};

use mlp_diagnostics::{
    Diagnostic,
    catalog::{contracts as words, names, stages},
};
use mlp_plan::{Column, Constraint, DataType, Literal, ValueType};
use mlp_source::Span;
use mlp_syntax::tree::{self, Expr, FieldDecl, Modifier, ModifierKind, Name};

use super::info::ColumnSpans;
use crate::{checker::Checker, literals, occurrences::Symbol, predicates::Predicates, subtype, types::NamedType};

impl Checker<'_> {
    /// A column as far as it stands on its own; `where` comes later, when its siblings are known. `None` where its type could not be made out.
    pub fn field(&mut self, module: usize, field: &FieldDecl) -> Option<(Column, ColumnSpans)> {
        self.occurs(field.name.span, || Symbol::Column(field.name.span));
        let modifiers = self.once(&field.modifiers);
        let base = self.value_type(module, &field.ty);
        let Some(base) = base else {
            self.flags(&field.modifiers);
            return None;
        };
        let named = base.value.clone();
        let plain = Column::plain(field.name.text.clone(), base.value);
        let mut column = Column { tags: base.tags, doc: field.lead.docs(), ..plain };
        let mut spans = ColumnSpans { name: field.name.span, ty: Some(field.ty.span), constraints: base.spans };
        for modifier in modifiers {
            self.modifier(&mut column, &mut spans, &named, modifier);
        }
        column.tags.sort();
        column.tags.dedup();
        Some((column, spans))
    }

    /// Names in the modifiers of a field whose type is unknown are still looked at.
    fn flags(&mut self, modifiers: &[Modifier]) {
        for modifier in modifiers {
            if let ModifierKind::KnownAt(moment) = &modifier.kind {
                self.check_moment(moment);
            }
        }
    }

    /// The modifiers without those that say again what can be said once. Constraints may stand several times: all of them hold.
    pub fn once<'m>(&mut self, modifiers: &'m [Modifier]) -> Vec<&'m Modifier> {
        let mut kept: Vec<&Modifier> = Vec::with_capacity(modifiers.len());
        let mut seen: HashMap<String, Span> = HashMap::new();
        for modifier in modifiers {
            match said_once(&modifier.kind).map(|what| (seen.get(&what).copied(), what)) {
                Some((Some(first), what)) if is_bare(&modifier.kind) => {
                    self.report(names::said_again(modifier.span, &what, first));
                }
                Some((Some(first), what)) => self.report(names::given_twice(modifier.span, &what, first)),
                Some((None, what)) => {
                    seen.insert(what, modifier.span);
                    kept.push(modifier);
                }
                None => kept.push(modifier),
            }
        }
        kept
    }

    /// `named` is the field's type before its modifiers: what a named type says already.
    fn modifier(&mut self, column: &mut Column, spans: &mut ColumnSpans, named: &ValueType, modifier: &Modifier) {
        match &modifier.kind {
            ModifierKind::Label => column.label = true,
            ModifierKind::KnownAt(moment) => {
                if self.check_moment(moment) {
                    column.known_at = Some(moment.text.clone());
                }
            }
            ModifierKind::Was(name) => column.was = Some(name.text.clone()),
            ModifierKind::Deprecated(why) => column.deprecated = Some(why.clone()),
            ModifierKind::Tag(tag) => {
                self.occurs(tag.span, || Symbol::Tag(tag.text.clone()));
                column.tags.push(tag.text.clone());
            }
            ModifierKind::Key | ModifierKind::Where(_) | ModifierKind::Default(_) => {}
            _ => {
                if let Some(constraint) = self.constraint(&mut column.value, modifier)
                    && self.narrows(named, &constraint, modifier.span)
                {
                    column.value.constraints.push(constraint);
                    spans.constraints.push(modifier.span);
                }
            }
        }
    }

    /// A constraint that stands on its own, or a unit, which goes into the type; `None` where nothing is to be added.
    fn constraint(&mut self, value: &mut ValueType, modifier: &Modifier) -> Option<Constraint> {
        let data = value.data.clone();
        match &modifier.kind {
            ModifierKind::Unit(unit) => {
                self.unit(value, unit, modifier.span);
                None
            }
            ModifierKind::Unique => Some(Constraint::Unique),
            ModifierKind::Range { low, high } => {
                if !data.is_ordered() {
                    return self.misfit(
                        modifier.span,
                        "in",
                        &data,
                        "numbers, dates, times and durations; for text use `in { \"a\", \"b\" }` or `matches`",
                    );
                }
                let ends = ValueType::plain(widest(&data));
                let low = self.ends(low.as_deref(), &ends)?;
                let high = self.ends(high.as_deref(), &ends)?;
                Some(Constraint::Range { low, high })
            }
            ModifierKind::OneOf(members) => {
                if let Some(members) = members_of_enum(members, &data) {
                    return Some(Constraint::OneOf(members));
                }
                let plain = ValueType::plain(data);
                let members: Option<Vec<Literal>> =
                    members.iter().map(|member| self.value_of(member, &plain, "the member")).collect();
                Some(Constraint::OneOf(members?))
            }
            ModifierKind::Length { low, high } => {
                if !matches!(
                    data,
                    DataType::String | DataType::Bytes | DataType::Json | DataType::List(_) | DataType::Map(..)
                ) {
                    return self.misfit(modifier.span, "length", &data, "strings, bytes, lists and maps");
                }
                let min = self.length(low.as_deref())?.unwrap_or(0);
                Some(Constraint::Length { min, max: self.length(high.as_deref())? })
            }
            ModifierKind::Matches(pattern) => {
                if !matches!(data, DataType::String | DataType::Enum { open: true, .. }) {
                    return self.misfit(modifier.span, "matches", &data, "strings");
                }
                if let Some(fault) = subtype::regular::fault(pattern) {
                    self.report(words::bad_pattern(modifier.span, pattern, &fault));
                    return None;
                }
                Some(Constraint::Matches(pattern.clone()))
            }
            _ => None,
        }
    }

    fn unit(&mut self, value: &mut ValueType, unit: &Name, span: Span) {
        let data = match &value.data {
            DataType::List(element) | DataType::Vector { element, .. } => &element.data,
            other => other,
        };
        if !data.is_numeric() {
            let data = data.clone();
            self.misfit::<()>(span, "unit", &data, "numbers");
            return;
        }
        match &value.unit {
            Some(known) if *known != unit.text => self.report(words::unit_of_type(span, &unit.text, known)),
            _ => value.unit = Some(unit.text.clone()),
        }
    }

    /// Whether a use of a named type leaves what the type says: it may narrow, never lose. Reports where not.
    fn narrows(&mut self, named: &ValueType, said: &Constraint, span: Span) -> bool {
        let Some(held) = named.constraints.iter().find(|held| is_beyond(said, held, &named.data)) else { return true };
        let mut both = named.clone();
        both.constraints.push(said.clone());
        // where nothing is left at all, that is what is said
        if subtype::domain::Domain::of(&both).empty().is_some() {
            return true;
        }
        let both = common(said, held).map(|both| both.to_string());
        self.report(words::widened(span, &said.to_string(), &held.to_string(), both.as_deref()));
        false
    }

    fn misfit<T>(&mut self, span: Span, modifier: &str, data: &DataType, fits: &str) -> Option<T> {
        self.report(words::modifier(span, modifier, &data.to_string(), fits));
        None
    }

    /// One end of a range: `Some(None)` where it is open.
    fn ends(&mut self, end: Option<&Expr>, ty: &ValueType) -> Option<Option<Literal>> {
        match end {
            None => Some(None),
            Some(end) => self.value_of(end, ty, "the bound").map(Some),
        }
    }

    fn length(&mut self, end: Option<&Expr>) -> Option<Option<u64>> {
        match end {
            None => Some(None),
            Some(end) => match literals::count(end) {
                Some(count) => Some(Some(count)),
                None => {
                    self.report(words::must_be(end.span, "a length", "", "a whole number, zero or more"));
                    None
                }
            },
        }
    }

    /// A literal as a value of a type; reports where it is none.
    pub fn value_of(&mut self, expr: &Expr, ty: &ValueType, what: &str) -> Option<Literal> {
        match literals::typed(expr, ty) {
            Ok(value) => {
                self.occurs_member(&ty.data, expr);
                Some(value)
            }
            Err(literals::Fault::NotLiteral) => {
                if !matches!(expr.kind, tree::ExprKind::Error) {
                    self.report(stages::misplaced(
                        expr.span,
                        format!("{} must be spelled out", what.trim_end_matches(',')),
                        "an expression belongs in `where`",
                    ));
                }
                None
            }
            Err(literals::Fault::Breaks(rule)) => {
                let written = literals::literal(expr).map_or_else(|| name_of(expr), |value| value.to_string());
                self.report(words::bad_literal(expr.span, what, &written, &rule));
                None
            }
        }
    }

    /// What a named type adds to its base.
    pub fn narrowed(&mut self, mut base: NamedType, modifiers: &[Modifier], name: &Name) -> Option<NamedType> {
        let named = base.value.clone();
        for modifier in self.once(modifiers) {
            match &modifier.kind {
                ModifierKind::Tag(tag) => {
                    self.occurs(tag.span, || Symbol::Tag(tag.text.clone()));
                    base.tags.push(tag.text.clone());
                }
                ModifierKind::Where(expr) => {
                    let this = base.value.clone();
                    let lowered = Predicates {
                        columns: &[],
                        this: Some(&this),
                        owner: &name.text,
                        set: false,
                        others: &[],
                        partial: false,
                        diagnostics: &mut self.now.diagnostics,
                    }
                    .condition(expr);
                    if let Some(expr) = lowered {
                        base.value.constraints.push(Constraint::Where(expr));
                        base.spans.push(modifier.span);
                    }
                }
                ModifierKind::Unit(_)
                | ModifierKind::Range { .. }
                | ModifierKind::OneOf(_)
                | ModifierKind::Length { .. }
                | ModifierKind::Matches(_) => {
                    if let Some(constraint) = self.constraint(&mut base.value, modifier)
                        && self.narrows(&named, &constraint, modifier.span)
                    {
                        base.value.constraints.push(constraint);
                        base.spans.push(modifier.span);
                    }
                }
                _ => self.report(stages::misplaced(
                    modifier.span,
                    "this says something about a field, not about a type",
                    "a named type carries unit, bounds, length, regex, `where self ..` and tags",
                )),
            }
        }
        self.check_satisfiable(&base.value, &name.text, base.spans.last().copied().unwrap_or(name.span));
        Some(base)
    }

    /// Says where no value satisfies all constraints of a type; answers whether some may.
    pub fn check_satisfiable(&mut self, value: &ValueType, name: &str, span: Span) -> bool {
        let why = if value.constraints.is_empty() { None } else { subtype::domain::Domain::of(value).empty() };
        match why {
            Some(why) => {
                let found = words::unsatisfiable(span, name, &why);
                self.report(match value.constraints.last().and_then(turned) {
                    Some(turned) => words::turned_range(found, span, &turned.to_string()),
                    None => found,
                });
                false
            }
            None => true,
        }
    }

    /// The default of a field or parameter, looked at against its type and constraints. The range of a parameter may be widened to its default; that of a
    /// field promises something about data, and is not for an edit to loosen.
    pub fn default_of(
        &mut self,
        value: &ValueType,
        name: &str,
        modifiers: &[Modifier],
        is_param: bool,
    ) -> Option<Literal> {
        let expr = modifiers.iter().find_map(|modifier| match &modifier.kind {
            ModifierKind::Default(expr) => Some(expr),
            _ => None,
        })?;
        let literal = self.value_of(expr, value, &format!("the default of `{name}`,"))?;
        if let Some(mut found) = broken(&literal, value, expr.span, &format!("the default of `{name}`,")) {
            if is_param && let Some((range, said, wide)) = widened(value, modifiers, &literal) {
                found = words::widen_to_default(found, range, &said.to_string(), &wide.to_string());
            }
            self.report(found);
        }
        Some(literal)
    }

    /// Says where a literal breaks a constraint of its type.
    pub fn check_constraints(&mut self, literal: &Literal, value: &ValueType, span: Span, what: &str) {
        let found = broken(literal, value, span, what);
        self.now.diagnostics.extend(found);
    }

    /// Says where a field is named twice in a list of names.
    pub fn check_doubles(&mut self, listed: &[Name], kind: &str) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for name in listed {
            match seen.get(name.text.as_str()) {
                Some(first) => self.report(names::declared_twice(name.span, kind, &name.text, *first)),
                None => {
                    seen.insert(&name.text, name.span);
                }
            }
        }
    }
}

/// What is wrong with a literal that breaks a constraint of its type.
fn broken(literal: &Literal, value: &ValueType, span: Span, what: &str) -> Option<Diagnostic> {
    let constraint = mlp_plan::holds::broken(&value.constraints, &value.data, literal)?;
    Some(words::bad_literal(span, what, &literal.to_string(), &constraint.to_string()))
}

/// The one range among the modifiers of a field, where it is all that keeps the default out: where it stands, and as it is when it is widened to it.
fn widened(value: &ValueType, modifiers: &[Modifier], default: &Literal) -> Option<(Span, Constraint, Constraint)> {
    let mut ranges = modifiers.iter().filter(|modifier| matches!(modifier.kind, ModifierKind::Range { .. }));
    let (range, None) = (ranges.next()?, ranges.next()) else { return None };
    let mut broken =
        value.constraints.iter().filter(|one| mlp_plan::holds::holds(one, &value.data, default) == Some(false));
    let (Some(said @ Constraint::Range { low, high }), None) = (broken.next(), broken.next()) else { return None };
    let is_below = low.as_ref().is_some_and(|low| default.compare(low) == Some(Ordering::Less));
    let wide = if is_below {
        Constraint::Range { low: Some(default.clone()), high: high.clone() }
    } else {
        Constraint::Range { low: low.clone(), high: Some(default.clone()) }
    };
    // a percentage that was written as a number is no reason to give up the range of a share
    (said.to_string() != "in 0 .. 1").then(|| (range.span, said.clone(), wide))
}

/// A range whose ends stand the wrong way round, turned; of times of day none, which programs spell as texts.
fn turned(constraint: &Constraint) -> Option<Constraint> {
    match constraint {
        Constraint::Range { low: Some(Literal::Time(_)), .. } => None,
        Constraint::Range { low: Some(low), high: Some(high) } if low.compare(high) == Some(Ordering::Greater) => {
            Some(Constraint::Range { low: Some(high.clone()), high: Some(low.clone()) })
        }
        Constraint::Length { min, max: Some(max) } if min > max => {
            Some(Constraint::Length { min: *max, max: Some(*min) })
        }
        _ => None,
    }
}

/// What satisfies two ranges, or two lengths.
fn common(said: &Constraint, held: &Constraint) -> Option<Constraint> {
    let further = |a: &Option<Literal>, b: &Option<Literal>, wanted: Ordering| match (a, b) {
        (Some(a), Some(b)) if a.compare(b) == Some(wanted) => Some(a.clone()),
        (_, Some(b)) => Some(b.clone()),
        (a, None) => a.clone(),
    };
    match (said, held) {
        (Constraint::Range { low, high }, Constraint::Range { low: lowest, high: highest }) => {
            Some(Constraint::Range {
                low: further(low, lowest, Ordering::Greater),
                high: further(high, highest, Ordering::Less),
            })
        }
        (Constraint::Length { min, max }, Constraint::Length { min: least, max: most }) => {
            Some(Constraint::Length { min: *min.max(least), max: max.iter().chain(most).min().copied() })
        }
        _ => None,
    }
}

/// Whether a modifier has nothing behind its keyword, so that two of them say the same.
const fn is_bare(kind: &ModifierKind) -> bool {
    matches!(kind, ModifierKind::Key | ModifierKind::Label | ModifierKind::Unique | ModifierKind::Tag(_))
}

/// What a modifier says that can be said once; `None` of constraints, which add up.
fn said_once(kind: &ModifierKind) -> Option<String> {
    Some(match kind {
        ModifierKind::Key => "key".to_owned(),
        ModifierKind::Label => "label".to_owned(),
        ModifierKind::Unique => "unique".to_owned(),
        ModifierKind::Unit(_) => "unit".to_owned(),
        ModifierKind::Default(_) => "=".to_owned(),
        ModifierKind::KnownAt(_) => "known at".to_owned(),
        ModifierKind::Was(_) => "was".to_owned(),
        ModifierKind::Deprecated(_) => "deprecated".to_owned(),
        ModifierKind::Tag(tag) => format!("@{}", tag.text),
        ModifierKind::Range { .. }
        | ModifierKind::OneOf(_)
        | ModifierKind::Length { .. }
        | ModifierKind::Matches(_)
        | ModifierKind::Where(_) => return None,
    })
}

/// Whether a constraint spells out values that one of a named type does not allow.
fn is_beyond(said: &Constraint, held: &Constraint, data: &DataType) -> bool {
    let less = |a: &Option<Literal>, b: &Option<Literal>| {
        a.as_ref().zip(b.as_ref()).is_some_and(|(a, b)| a.compare(b) == Some(Ordering::Less))
    };
    match (said, held) {
        (Constraint::Range { low, high }, Constraint::Range { low: lowest, high: highest }) => {
            less(low, lowest) || less(highest, high)
        }
        (Constraint::Length { min, max }, Constraint::Length { min: least, max: most }) => {
            // an open lower end is 0, and says nothing
            (*min > 0 && min < least) || max.zip(*most).is_some_and(|(max, most)| max > most)
        }
        (Constraint::OneOf(members), held) => {
            members.iter().any(|member| mlp_plan::holds::holds(held, data, member) == Some(false))
        }
        _ => false,
    }
}

/// Members of a closed enum, looked up in one step each; `None` where some are none.
fn members_of_enum(written: &[Expr], data: &DataType) -> Option<Vec<Literal>> {
    let DataType::Enum { members, open: false } = data else { return None };
    let known: HashSet<&str> = members.iter().map(String::as_str).collect();
    let member = |expr: &Expr| match (&expr.kind, literals::literal(expr)) {
        (tree::ExprKind::Name(name), _) => known.contains(name.text.as_str()).then(|| Literal::Text(name.text.clone())),
        (_, Some(Literal::Text(text))) => known.contains(text.as_str()).then_some(Literal::Text(text)),
        _ => None,
    };
    written.iter().map(member).collect()
}

/// Bounds of whole numbers may lie beyond the type: then they bind nothing, unless nothing is left.
fn widest(data: &DataType) -> DataType {
    match data {
        DataType::Int(_) | DataType::Uint(_) | DataType::Decimal { .. } => DataType::Float(64),
        other => other.clone(),
    }
}

fn name_of(expr: &Expr) -> String {
    match &expr.kind {
        tree::ExprKind::Name(name) => format!("`{}`", name.text),
        _ => String::new(),
    }
}
