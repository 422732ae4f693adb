//! What two stages of the standard library mean beyond their signatures: `join_truth(served, truth)` gives the columns of both, and the function that
//! `load_test` asks is one of the package.

use std::{collections::BTreeMap, sync::Arc};

use mlp_diagnostics::catalog::stages as words;
use mlp_plan::{Literal, Value};
use mlp_source::Span;

use super::{Elaborator, arguments::Taken};
use crate::{
    contracts::Shared,
    types::{Generics, Ty},
};

const JOIN_TRUTH: &str = "std.tables.join_truth";
const ASK: &str = "std.serving.ask";
const LOAD_TEST: &str = "std.serving.load_test";

/// Module and function that a built-in stage asks; `None` for the others.
#[must_use]
pub fn asked(builtin: &str, params: &BTreeMap<String, Value>) -> Option<(String, String)> {
    match params.get("serve") {
        Some(Value::Literal(Literal::Text(target))) if builtin == "serving.ask" => split(target),
        _ => None,
    }
}

/// `module:function`.
fn split(target: &str) -> Option<(String, String)> {
    target.split_once(':').map(|(module, function)| (module.to_owned(), function.to_owned()))
}

impl Elaborator<'_, '_> {
    /// Looks at a call of a stage whose signature does not say everything; `None` after a report.
    pub(super) fn library_stage(
        &mut self,
        span: Span,
        stage: &str,
        generics: &Generics,
        taken: &mut Taken,
        outputs: &mut [(String, Ty)],
    ) -> Option<()> {
        match stage {
            JOIN_TRUTH => self.join_truth(span, generics, taken, outputs),
            // of `load_test` here, where the user calls it: what is wrong inside of it is not told again
            ASK | LOAD_TEST => self.ask(span, taken),
            _ => Some(()),
        }
    }

    /// The function is spelled out, and is in the package of who calls.
    fn ask(&mut self, span: Span, taken: &Taken) -> Option<()> {
        let target = match taken.params.get("serve") {
            Some(Value::Literal(Literal::Text(target))) => target.clone(),
            // in `load_test` itself it is a parameter
            _ if self.checker.is_std(self.home) => return Some(()),
            _ => String::new(),
        };
        let Some((module, function)) = split(&target) else {
            let message = format!("`serve` is `module:function`, spelled out, not \"{target}\"");
            self.checker.report(words::unresolved_run(span, message, "as in `serve: \"model:score\"`"));
            return None;
        };
        self.checker.check_python(self.home, span, &module, &function);
        Some(())
    }

    /// Gives the result its type, and says which columns are joined on: the key of what was served, else what both have. `None` after a report.
    fn join_truth(
        &mut self,
        span: Span,
        generics: &Generics,
        taken: &mut Taken,
        outputs: &mut [(String, Ty)],
    ) -> Option<()> {
        let (Some(served), Some(truth)) = (generics.get("C"), generics.get("T")) else { return Some(()) };
        let on = self.joined_on(span, served, truth)?;
        let names = on.into_iter().map(|name| Value::Literal(Literal::Text(name))).collect();
        taken.params.insert("on".to_owned(), Value::List(names));
        for (_, ty) in outputs {
            *ty = Ty::Table(beside(served, truth));
        }
        Some(())
    }

    fn joined_on(&mut self, span: Span, served: &Shared, truth: &Shared) -> Option<Vec<String>> {
        let both = |name: &String| truth.face.column(name).is_some();
        let names = || served.face.columns.iter().map(|column| column.name.clone());
        let on: Vec<String> = match served.face.keys.first() {
            Some(key) => key.clone(),
            None => names().filter(both).collect(),
        };
        let missing = on.iter().find(|name| !both(name));
        if truth.partial || served.partial || (missing.is_none() && !on.is_empty()) {
            return Some(on.into_iter().filter(both).collect());
        }
        let message = match missing {
            Some(name) => {
                format!("`{}` has no column `{name}`, and `{}` is found by it", truth.face.name, served.face.name)
            }
            None => format!("`{}` and `{}` have no column in common", served.face.name, truth.face.name),
        };
        let declared = Some((truth.span, "the truth is declared here".to_owned()));
        self.checker.report(words::argument(span, message, span, "nothing to join on", declared));
        None
    }
}

/// The columns of `served`, then those that only `truth` has.
fn beside(served: &Shared, truth: &Shared) -> Shared {
    let mut both = (**served).clone();
    both.forget_identity();
    both.face.name = format!("{} beside {}", served.face.name, truth.face.name);
    both.partial |= truth.partial;
    for (column, spans) in truth.face.columns.iter().zip(&truth.columns) {
        if both.face.column(&column.name).is_none() {
            both.put(column.clone(), spans.clone());
        }
    }
    Arc::new(both)
}
