//! SQL stages: what the SELECT gives, against the declared output.

mod names;
mod place;

use std::sync::Arc;

use mlp_diagnostics::{
    Diagnostic,
    catalog::{contracts, stages as words},
};
use mlp_plan::{Column, Contract, DataType, Rule, ValueType};
use mlp_ports::{SqlColumn, SqlFault, SqlInput};
use mlp_source::Span;

use crate::{
    checker::Checker,
    contracts::Shared,
    edges::{Comes, Compared},
    flow::nullable_at,
    scope::nearest,
    stages::Signature,
    subtype::{self, Problem, ProblemKind},
    types::Ty,
};

pub use self::{
    names::{StageSql, StageTable},
    place::SqlPlace,
};

impl Checker<'_> {
    /// Checks the SELECT of a stage against its inputs (MLP404) and its declared output (MLP405).
    pub fn check_sql(&mut self, signature: &Signature, text: &str, file: Option<&str>, at: Span) {
        let Some(output) = sql_output(signature) else {
            self.report(words::unresolved_run(
                at,
                "an SQL stage gives one table",
                "declare the result as `-> Table<..>`",
            ));
            return;
        };
        let Some(inputs) = sql_inputs(signature) else { return };
        let tables: Vec<SqlInput<'_>> =
            inputs.iter().map(|(name, contract)| SqlInput { name, columns: &contract.face.columns }).collect();
        let place = self.sql_place(signature, text, file);
        let place = place.as_ref();
        if let Some(place) = place {
            self.names_in_sql(signature, &inputs, &output, text, place);
        }
        let in_file = place.is_some_and(SqlPlace::is_file);
        let columns = match self.sql.check(text, &tables) {
            Ok(columns) => columns,
            Err(fault) => {
                let word = place::of_fault(place, &fault);
                let found = words::sql(at, word, in_file, &fault.message, fault.help.as_deref());
                let told = inputs.iter().take(3).fold(found, |found, (name, contract)| {
                    found.because(contract.span, format!("the columns of `{name}`"))
                });
                self.report(match meant(&fault, text, place, &inputs) {
                    Some((place, name)) => words::rename_in_sql(told, place, &name),
                    None => told,
                });
                return;
            }
        };
        if !self.sql.infers() {
            return;
        }
        let given = given(&inputs, &columns, &output.face);
        let selected: Vec<String> = columns.iter().map(|column| format!("`{}`", column.name)).collect();
        let edge = subtype::contracts(&given, &output.face);
        self.now.edges.push(Compared {
            span: at,
            what: format!("the SQL of `{}`", signature.name),
            from: Comes::Made(Box::new(given)),
            to: output.clone(),
        });
        let problems: Vec<&Problem> = edge.problems.iter().filter(|problem| !problem.is_warning()).collect();
        if problems.is_empty() || output.partial {
            return;
        }
        let texts: Vec<String> = problems.iter().map(|problem| problem_text(problem)).collect();
        let given = match problems.as_slice() {
            [only] => place.and_then(|place| Some(place.span(self.sql.gives(text, only.column())?))),
            _ => None,
        };
        let mut found = words::sql_output((at, given, in_file), &signature.name, &output.face.name, &texts, &selected);
        for problem in problems.iter().take(3) {
            let place = output.column_span(problem.column());
            let wanted = output.face.column(problem.column()).map(|column| column.value.to_string());
            found =
                found.because(place, format!("{} is expected here", wanted.unwrap_or_else(|| problem.path.clone())));
        }
        self.report(nulls(found, &problems, &output));
    }

    /// Remembers what the names in an SQL stand for, where somebody will ask.
    fn names_in_sql(
        &mut self,
        signature: &Signature,
        inputs: &[(String, Shared)],
        output: &Shared,
        text: &str,
        place: &SqlPlace,
    ) {
        if !self.memo.is_for_edits() {
            return;
        }
        let table = |(name, contract): &(String, Shared)| {
            let param = signature.params.iter().find(|param| param.name == *name)?;
            Some(StageTable { name: name.clone(), span: param.span, contract: Arc::clone(contract) })
        };
        let sql = StageSql {
            stage: signature.id,
            text: text.into(),
            place: place.clone(),
            inputs: inputs.iter().filter_map(table).collect(),
            output: Arc::clone(output),
        };
        for (span, symbol) in sql.names(self.sql) {
            self.occurs(span, || symbol);
        }
        self.now.sql.push(sql);
    }

    /// What was not proven of the output of an SQL stage, and is checked when it ran; nothing where its SQL has no meaning.
    #[must_use]
    pub fn sql_checks(&self, inputs: &[(String, Shared)], output: &Shared, text: &str) -> (Vec<Rule>, Vec<SqlColumn>) {
        let tables: Vec<SqlInput<'_>> =
            inputs.iter().map(|(name, contract)| SqlInput { name, columns: &contract.face.columns }).collect();
        let Ok(columns) = self.sql.check(text, &tables) else { return (Vec::new(), Vec::new()) };
        if !self.sql.infers() {
            return (Vec::new(), Vec::new());
        }
        let mut rules = subtype::contracts(&given(inputs, &columns, &output.face), &output.face).planted;
        rules.extend(
            columns
                .iter()
                .filter(|column| is_text_for_enum(column, &output.face) || is_count(column, &output.face))
                .map(|column| Rule::Type { column: column.name.clone() }),
        );
        rules.extend((0..output.face.expectations.len()).map(Rule::Expectation));
        rules.extend((0..output.face.references.len()).map(Rule::Reference));
        (rules, columns)
    }
}

/// The name that the checker of the SQL proposes for one that stands in it once, with its place.
fn meant(
    fault: &SqlFault,
    text: &str,
    place: Option<&SqlPlace>,
    inputs: &[(String, Shared)],
) -> Option<(Span, String)> {
    let word = text.get(fault.at?.0..fault.at?.1)?;
    let columns = inputs.iter().flat_map(|(_, contract)| &contract.face.columns).map(|column| column.name.as_str());
    let name = nearest(word, inputs.iter().map(|(name, _)| name.as_str()).chain(columns))?;
    let proposed = fault.help.as_ref().is_some_and(|help| help.contains(&format!("`{name}`")));
    let span = place::of_fault(place, fault)?;
    (proposed && text.matches(word).count() == 1).then_some((span, name))
}

/// With how to mend it where nothing but nulls stands in the way.
fn nulls(found: Diagnostic, problems: &[&Problem], output: &Shared) -> Diagnostic {
    let columns: Option<Vec<(String, Span)>> = problems
        .iter()
        .filter(|problem| problem.kind == ProblemKind::Null)
        .map(|problem| Some((problem.path.clone(), nullable_at(output, &problem.path)?)))
        .collect();
    match (columns, problems.first()) {
        (Some(columns), Some(first)) if columns.len() == problems.len() => {
            contracts::may_be_null(words::sql_nulls(found, &first.path), &columns)
        }
        _ => found,
    }
}

/// The only table that a stage gives.
fn sql_output(signature: &Signature) -> Option<Shared> {
    match signature.outputs.as_slice() {
        [(_, Ty::Table(contract))] => Some(contract.clone()),
        _ => None,
    }
}

/// The tables that a stage reads; `None` where one of them could not be made out, which was reported.
fn sql_inputs(signature: &Signature) -> Option<Vec<(String, Shared)>> {
    let mut inputs = Vec::new();
    for param in &signature.params {
        match param.ty.required() {
            Ty::Table(contract) if contract.partial => return None,
            Ty::Table(contract) => inputs.push((param.name.clone(), contract.clone())),
            Ty::Error => return None,
            _ => {}
        }
    }
    Some(inputs)
}

/// The contract that a SELECT gives: a column passed through keeps its type, unit and rules; a computed one takes the declared unit, and a computed string
/// for an enum is checked at run time.
fn given(inputs: &[(String, Shared)], columns: &[SqlColumn], declared: &Contract) -> Contract {
    let mut made = Contract { name: "the SELECT".to_owned(), ..Contract::default() };
    for column in columns {
        let source = column.passes.as_ref().and_then(|(table, name)| {
            let (_, contract) = inputs.iter().find(|(input, _)| input == table)?;
            contract.face.column(name)
        });
        let wanted = declared.column(&column.name);
        let value = match (source, wanted) {
            (Some(source), _) => passed(&source.value, column.nullable),
            (None, Some(wanted)) => computed(column, &wanted.value),
            (None, None) => ValueType { nullable: column.nullable, ..ValueType::plain(column.data.clone()) },
        };
        made.columns.push(Column::plain(column.name.clone(), value));
    }
    made
}

/// `unique` and `where` over siblings do not survive joins and renames.
fn passed(source: &ValueType, nullable: bool) -> ValueType {
    let mut value = source.clone();
    value.nullable = nullable;
    value.constraints.retain(|constraint| match constraint {
        mlp_plan::Constraint::Unique => false,
        mlp_plan::Constraint::Where(expr) => expr.columns().is_empty(),
        _ => true,
    });
    value
}

fn computed(column: &SqlColumn, wanted: &ValueType) -> ValueType {
    let text_for_enum = column.data == DataType::String && matches!(wanted.data, DataType::Enum { .. });
    // its members, or that a count is not beyond all int64, are checked as the values are cast
    let data = if text_for_enum || is_count_for(&column.data, &wanted.data) {
        wanted.data.clone()
    } else {
        column.data.clone()
    };
    ValueType { data, nullable: column.nullable, unit: wanted.unit.clone(), constraints: Vec::new() }
}

/// Whether a computed string stands for an enum: then its members are checked at run time.
fn is_text_for_enum(column: &SqlColumn, declared: &Contract) -> bool {
    column.passes.is_none()
        && column.data == DataType::String
        && declared.column(&column.name).is_some_and(|wanted| matches!(wanted.value.data, DataType::Enum { .. }))
}

/// Whether a computed count (`row_number()` and its like are uint64) stands for an int64.
fn is_count(column: &SqlColumn, declared: &Contract) -> bool {
    column.passes.is_none()
        && declared.column(&column.name).is_some_and(|wanted| is_count_for(&column.data, &wanted.value.data))
}

const fn is_count_for(computed: &DataType, wanted: &DataType) -> bool {
    matches!((computed, wanted), (DataType::Uint(64), DataType::Int(64)))
}

/// A problem in the words of a SELECT.
fn problem_text(problem: &Problem) -> String {
    let path = &problem.path;
    match &problem.kind {
        ProblemKind::Missing => format!("column `{path}` is not selected"),
        ProblemKind::Type { found, expected } => format!("`{path}` is {found}, not {expected}"),
        ProblemKind::Null => format!("`{path}` may be null"),
        ProblemKind::Refuted { found, expected, .. } => {
            format!("no value of `{path}` satisfies both `{found}` and `{expected}`")
        }
        ProblemKind::Unit { found, expected } => {
            format!(
                "`{path}` has unit {}, not {}",
                found.as_deref().unwrap_or("none"),
                expected.as_deref().unwrap_or("none")
            )
        }
    }
}
