//! What a script says of its tables after it made them, and the types that it declares for them.

use std::collections::BTreeMap;

use mlp_plan::{Constraint, Contract, DataType, StructField, ValueType};
use sqlparser::ast::{
    self, AlterColumnOperation, AlterTableOperation, Statement, TableConstraint, UserDefinedTypeRepresentation,
};

use super::{
    checks,
    read::{Reader, last, listed},
    spelling::{Declared, Reading, key, members},
};
use crate::{names, note::Thing};

impl Reader {
    /// `alter table`, as dumps write keys, references and defaults.
    pub(super) fn alter(&mut self, table: &ast::AlterTable, line: usize) {
        let Some((at, mut contract)) = self.take(&table.name) else {
            return self.pass(&Statement::AlterTable(table.clone()).to_string(), line);
        };
        for operation in &table.operations {
            if !self.operation(&mut contract, operation) {
                self.pass(&format!("ALTER TABLE {} {operation}", table.name), line);
            }
        }
        self.put(at, contract);
    }

    /// Does one; `false` where it says nothing that a contract could.
    fn operation(&mut self, contract: &mut Contract, operation: &AlterTableOperation) -> bool {
        match operation {
            AlterTableOperation::AddConstraint { constraint, .. } => self.constraint(contract, constraint),
            AlterTableOperation::AddColumn { column_def, .. } => self.add(contract, column_def),
            AlterTableOperation::AlterColumn { column_name, op } => {
                let at = format!("{}.{}", contract.name, column_name.value);
                let Some(column) = contract.columns.iter_mut().find(|column| column.name == column_name.value) else {
                    return false;
                };
                match op {
                    AlterColumnOperation::SetNotNull => column.value.nullable = false,
                    AlterColumnOperation::DropNotNull => column.value.nullable = true,
                    AlterColumnOperation::SetDefault { value } => self.default(column, value, &at),
                    AlterColumnOperation::DropDefault => column.default = None,
                    AlterColumnOperation::SetDataType { data_type, .. } => {
                        let value = self.value(data_type, &at);
                        column.value = ValueType { nullable: column.value.nullable, ..value };
                    }
                    AlterColumnOperation::AddGenerated { .. } => return false,
                }
            }
            _ => return false,
        }
        true
    }

    /// An index says nothing but where it is unique, over columns, for all rows.
    pub(super) fn index(&mut self, index: &ast::CreateIndex, line: usize) {
        let columns = listed(&index.columns)
            .filter(|_| index.unique && index.predicate.is_none() && index.nulls_distinct != Some(false));
        let said = columns.and_then(|columns| {
            let (at, mut contract) = self.take(&index.table_name)?;
            let known = columns.iter().all(|name| contract.column(name).is_some());
            if known {
                contract.uniques.push(columns);
            }
            self.put(at, contract);
            known.then_some(())
        });
        if said.is_none() {
            self.pass(&Statement::CreateIndex(index.clone()).to_string(), line);
        }
    }

    /// `create type` and `create domain`.
    pub(super) fn declare(&mut self, statement: &Statement, required: bool, line: usize) {
        let (name, value, default) = match statement {
            Statement::CreateType { name, representation: Some(UserDefinedTypeRepresentation::Enum { labels }) } => {
                (name, members(labels.iter().map(|label| label.value.clone()).collect()), None)
            }
            Statement::CreateType {
                name,
                representation: Some(UserDefinedTypeRepresentation::Composite { attributes }),
            } => {
                let mut fields = Vec::new();
                for attribute in attributes {
                    let at = format!("{}.{}", last(name), attribute.name.value);
                    if let Some(field) = names::column(&attribute.name.value, &last(name), &mut self.notes) {
                        let value = self.value(&attribute.data_type, &at).or_null();
                        fields.push(StructField { name: field, value, default: None });
                    }
                }
                (name, ValueType::plain(DataType::Struct(fields)), None)
            }
            Statement::CreateDomain(domain) => {
                let at = last(&domain.name);
                let mut value = self.value(&domain.data_type, &at);
                for constraint in &domain.constraints {
                    match checked(constraint, &value.data) {
                        Some(held) => value.constraints.push(held),
                        None => self.lost(Thing::Constraint, &at, constraint.to_string()),
                    }
                }
                let default = domain.default.as_ref().and_then(|expr| {
                    let default = checks::literal_of(expr, &value.data);
                    if default.is_none() {
                        self.lost(Thing::Default, &at, format!("default {expr}"));
                    }
                    default
                });
                (&domain.name, value, default)
            }
            other => return self.pass(&other.to_string(), line),
        };
        self.declared.insert(key(name), Declared { value, default, required });
    }

    /// `create type NAME as TYPE`.
    pub(super) fn alias(&mut self, name: &str, spelled: &str) {
        let value = match super::parsed_type(spelled, self.dialect.grammar()) {
            Some(parsed) => self.value(&parsed, name),
            None => {
                self.lost(Thing::Type, name, format!("{spelled}, read as string"));
                Reading::new(self.dialect, &BTreeMap::new()).read(&ast::DataType::Text)
            }
        };
        self.declared.insert(name.to_lowercase(), Declared { value, default: None, required: false });
    }
}

/// The check of a domain, in which `value` stands for the value.
fn checked(constraint: &TableConstraint, data: &DataType) -> Option<Constraint> {
    let TableConstraint::Check(check) = constraint else { return None };
    let this = |name: &str| name.eq_ignore_ascii_case("value").then_some(data);
    checks::read(&check.expr, Some("value"), &this)
}
