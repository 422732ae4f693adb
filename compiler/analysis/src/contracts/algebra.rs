//! Contract algebra: `pick`, `without`, `with`, `rename`, left to right.

use std::{fmt::Write as _, sync::Arc};

use mlp_diagnostics::catalog::{contracts as words, names};
use mlp_plan::{Column, Constraint};
use mlp_syntax::tree::{AlgebraKind, AlgebraOp, Entry, FieldDecl, Name, Selection, TypeExpr, TypeKind};

use super::info::{ContractInfo, Shared};
use crate::{
    checker::Checker,
    occurrences::Symbol,
    program::Kind,
    types::{Generics, dotted},
};

impl Checker<'_> {
    /// The contract that a name or an expression stands for; a broken one, after a report, where it is none.
    pub fn contract(&mut self, module: usize, generics: &Generics, ty: &TypeExpr) -> Shared {
        match &ty.kind {
            TypeKind::Named { path, values: None, args } if args.is_empty() => {
                let text = dotted(path);
                if let Some(bound) = generics.get(&text) {
                    return Arc::clone(bound);
                }
                match self.find(module, &text, path.span, "contract", &[Kind::Contract]) {
                    Some(id) if self.columns_only => self.columns_of(id),
                    Some(id) => self.contract_of(id),
                    None => self.no_contract(&text, path.span),
                }
            }
            TypeKind::Algebra { base, ops } => {
                let base = self.contract(module, generics, base);
                let mut info = (*base).clone();
                info.forget_identity();
                for op in ops {
                    self.apply(module, &mut info, op);
                }
                info.face.name = format!("{}{}", base.face.name, ops.iter().map(op_text).collect::<String>());
                info.span = ty.span;
                Arc::new(info)
            }
            TypeKind::Error => self.no_contract("", ty.span),
            _ => {
                self.report(words::malformed(
                    ty.span,
                    "a contract is meant here",
                    "its name, or an expression such as `Flight pick { carrier }`",
                ));
                self.no_contract("", ty.span)
            }
        }
    }

    fn apply(&mut self, module: usize, info: &mut ContractInfo, op: &AlgebraOp) {
        match &op.kind {
            AlgebraKind::Pick(selection) => {
                let chosen = self.chosen(info, selection);
                info.retain(|column| chosen.contains(&column.name));
            }
            AlgebraKind::Without(selection) => {
                let chosen = self.chosen(info, selection);
                info.retain(|column| !chosen.contains(&column.name));
            }
            AlgebraKind::With(block) => {
                let fields: Vec<&FieldDecl> = block.entries.iter().filter_map(Entry::ok).collect();
                info.partial |= fields.len() < block.entries.len();
                self.fields(module, info, &fields);
            }
            AlgebraKind::Rename(pairs) => self.rename(info, pairs),
        }
    }

    /// The columns that a selection names; those that are not there are reported.
    fn chosen(&mut self, info: &ContractInfo, selection: &Selection) -> Vec<String> {
        let by = |keep: &dyn Fn(&Column) -> bool| {
            info.face.columns.iter().filter(|column| keep(column)).map(|column| column.name.clone()).collect()
        };
        match selection {
            Selection::Names(listed) => {
                self.check_doubles(listed, "column");
                for name in listed {
                    self.check_column(info, name);
                }
                listed.iter().map(|name| name.text.clone()).collect()
            }
            Selection::Label(_) => by(&|column| column.label),
            Selection::Key(_) => by(&|column| info.face.keys.iter().any(|key| key.contains(&column.name))),
            Selection::Tag(tag) => {
                self.check_tag(tag);
                by(&|column| column.tags.contains(&tag.text))
            }
        }
    }

    fn rename(&mut self, info: &mut ContractInfo, pairs: &[(Name, Name)]) {
        let sources: Vec<Name> = pairs.iter().map(|(from, _)| from.clone()).collect();
        self.check_doubles(&sources, "column");
        let mut renames: Vec<(String, String)> = Vec::new();
        for (from, to) in pairs {
            if !self.check_column(info, from) {
                continue;
            }
            let moved = |name: &str| pairs.iter().any(|(from, _)| from.text == name);
            let taken = info.face.columns.iter().any(|column| column.name == to.text && !moved(&column.name))
                || renames.iter().any(|(_, new)| *new == to.text);
            if taken {
                let first = info.column_span(&to.text);
                self.report(names::declared_twice(to.span, "column", &to.text, first));
                continue;
            }
            let column = info.column_span(&from.text);
            self.occurs(to.span, || Symbol::Column(column));
            renames.push((from.text.clone(), to.text.clone()));
        }
        let new = |name: &str| {
            renames.iter().find(|(from, _)| from == name).map_or_else(|| name.to_owned(), |(_, to)| to.clone())
        };
        for column in &mut info.face.columns {
            column.name = new(&column.name);
            for constraint in &mut column.value.constraints {
                if let Constraint::Where(expr) = constraint {
                    expr.rename_columns(&new);
                }
            }
        }
        for columns in info.face.keys.iter_mut().chain(&mut info.face.uniques) {
            columns.iter_mut().for_each(|name| *name = new(name));
        }
    }
}

/// An operation in short, for the name of what it makes.
fn op_text(op: &AlgebraOp) -> String {
    let list = |names: &[&str]| names.join(", ");
    let mut text = String::new();
    let selection = |selection: &Selection| match selection {
        Selection::Names(names) => {
            format!("{{ {} }}", list(&names.iter().map(|name| name.text.as_str()).collect::<Vec<_>>()))
        }
        Selection::Label(_) => "label".to_owned(),
        Selection::Key(_) => "key".to_owned(),
        Selection::Tag(tag) => format!("@{}", tag.text),
    };
    let written = match &op.kind {
        AlgebraKind::Pick(what) => write!(text, " pick {}", selection(what)),
        AlgebraKind::Without(what) => write!(text, " without {}", selection(what)),
        AlgebraKind::With(block) => {
            let names: Vec<&str> =
                block.entries.iter().filter_map(Entry::ok).map(|field| field.name.text.as_str()).collect();
            write!(text, " with {{ {} }}", list(&names))
        }
        AlgebraKind::Rename(pairs) => {
            let pairs: Vec<String> = pairs.iter().map(|(from, to)| format!("{} -> {}", from.text, to.text)).collect();
            write!(text, " rename {{ {} }}", pairs.join(", "))
        }
    };
    written.map_or_else(|_| String::new(), |()| text)
}
