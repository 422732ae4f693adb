//! Rules of quality: those of the library that the language has words for, and our own.

use bigdecimal::BigDecimal;
use mlp_plan::{CompareOp, Constraint, Contract, DataType, Expectation, Expr, Literal, Place, ValueType};

use super::OPERATORS;
use crate::{
    fault::Fault,
    note::{Note, Outcome, Thing},
    read::{Map, Node},
    rest::{KEY, parsed},
    values,
};

/// The comparison of a rule of the library.
fn comparison(rule: &mut Map<'_>) -> Result<Option<(CompareOp, BigDecimal)>, Fault> {
    for (op, word) in OPERATORS {
        if let Some(node) = rule.take(word) {
            let number = node.spelled().and_then(|text| values::number(&text));
            return number.map(|number| Some((op, number))).ok_or_else(|| node.wrong(rule.at(word), "a number"));
        }
    }
    Ok(None)
}

pub(super) fn quality(
    map: &mut Map<'_>,
    contract: &mut Contract,
    column: Option<&str>,
    notes: &mut Vec<Note>,
) -> Result<(), Fault> {
    for (at, node) in map.list("quality")?.iter().enumerate() {
        let path = format!("{}.quality[{at}]", map.path);
        let mut rule = node.map(path.as_str())?;
        let mut found = Rule::default();
        if !found.read(&mut rule, column, contract, node)? {
            lost(node, &path, notes);
            continue;
        }
        rule.finish(notes);
        if let Some(expr) = found.expr {
            contract.expectations.push(Expectation {
                warn: found.warn,
                expr,
                message: found.message,
                place: Place::default(),
            });
        }
        if let (Some(constraint), Some(column)) = (found.constraint, contract.columns.last_mut()) {
            column.value.constraints.push(constraint);
        }
        contract.uniques.extend(found.unique);
    }
    Ok(())
}

/// The rules of what is inside of a column: only sets of valid values have a place there.
pub(super) fn inner_quality(map: &mut Map<'_>, value: &mut ValueType, notes: &mut Vec<Note>) -> Result<(), Fault> {
    for (at, node) in map.list("quality")?.iter().enumerate() {
        let path = format!("{}.quality[{at}]", map.path);
        match valid_values(&mut node.map(path.as_str())?, &value.data) {
            Some(constraint) => value.constraints.push(constraint),
            None => lost(node, &path, notes),
        }
    }
    Ok(())
}

fn lost(node: &Node, path: &str, notes: &mut Vec<Note>) {
    let text = mlp_write::json::flat(&node.doc());
    notes.push(Note::new(Outcome::Lost, Thing::Expectation, format!("{path}, line {}", node.line), text));
}

/// `invalidValues` of a set, of which there must be none.
fn valid_values(rule: &mut Map<'_>, data: &DataType) -> Option<Constraint> {
    let none = rule.take("mustBe").and_then(Node::spelled)? == "0";
    let arguments = rule.take("arguments")?;
    let members: Option<Vec<Literal>> =
        arguments.get("validValues")?.as_list()?.iter().map(|member| values::literal(member, data)).collect();
    members.filter(|_| none).map(Constraint::OneOf)
}

/// What a rule of quality becomes.
#[derive(Default)]
struct Rule {
    warn: bool,
    message: Option<String>,
    expr: Option<Expr>,
    constraint: Option<Constraint>,
    unique: Option<Vec<String>>,
}

impl Rule {
    /// Reads it; `false` where the language has no word for it.
    fn read(
        &mut self,
        rule: &mut Map<'_>,
        column: Option<&str>,
        contract: &Contract,
        node: &Node,
    ) -> Result<bool, Fault> {
        let kind = rule.text("type")?.unwrap_or("library");
        self.warn = matches!(rule.text("severity")?, Some("warning" | "info"));
        self.message = rule.text("description")?.map(str::to_owned);
        let own = node.get("engine").and_then(Node::as_text) == Some(KEY);
        if kind == "custom"
            && own
            && let Some(tree) = node.get("implementation").and_then(|tree| tree.get("expect"))
        {
            for key in ["engine", "implementation", "name"] {
                rule.take(key);
            }
            self.expr = Some(parsed(tree, &rule.path)?);
            return Ok(true);
        }
        if kind != "library" {
            return Ok(false);
        }
        let Some(metric) = rule.text("metric")?.or(rule.text("rule")?) else { return Ok(false) };
        let percent = rule.text("unit")?.is_some_and(|unit| unit == "percent");
        let metric = metric.to_owned();
        if metric == "invalidValues" {
            let data = contract.columns.last().map_or(DataType::String, |column| column.value.data.clone());
            self.constraint = column.and_then(|_| valid_values(rule, &data));
            return Ok(self.constraint.is_some());
        }
        let Some((op, bound)) = comparison(rule)? else { return Ok(false) };
        let none = op == CompareOp::Eq && bound == 0;
        let compared = |function: &str, args: Vec<Expr>, bound: BigDecimal| {
            let call = Expr::Call { function: function.to_owned(), args };
            Some(Expr::Compare(op, Box::new(call), Box::new(Expr::Literal(Literal::Number(bound)))))
        };
        match (metric.as_str(), column) {
            ("rowCount", _) if !percent => self.expr = compared("rows", Vec::new(), bound),
            ("nullValues" | "nullCheck" | "nullCount", Some(column)) if percent || none => {
                let share = if percent { bound / BigDecimal::from(100) } else { bound };
                self.expr = compared("null_rate", vec![Expr::Column(column.to_owned())], share);
            }
            ("duplicateValues" | "duplicateCount", Some(_)) if none => self.constraint = Some(Constraint::Unique),
            ("duplicateValues" | "duplicateCount", None) if none => {
                let columns = match rule.take("arguments") {
                    Some(node) => node.map(rule.at("arguments"))?.texts("properties")?,
                    None => Vec::new(),
                };
                let known = !columns.is_empty() && columns.iter().all(|name| contract.column(name).is_some());
                self.unique = known.then_some(columns);
                return Ok(known);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}
