//! Arguments: which goes to which parameter, what type parameters stand for, and whether each fits.

use std::{collections::BTreeMap, sync::Arc};

use mlp_diagnostics::catalog::{contracts, names, stages as words};
use mlp_plan::{DataType, Literal, Origin, Value, ValueType};
use mlp_source::Span;
use mlp_syntax::tree::{Arg, Expr, ExprKind, StageDecl, TypeExpr, TypeKind};

use super::{Elaborator, FlowInput, Handle, Id, Val, calls::MaybeNone, edges::accepted};
use crate::{
    contracts::Shared,
    literals,
    occurrences::Symbol,
    program::Kind,
    scope::nearest,
    stages::{ParamInfo, Signature},
    subtype::{
        constraints::{Answer, implies},
        values::accepts,
    },
    types::{Generics, Ty},
    values::Scalar,
};

/// An argument with the parameter that it goes to.
#[derive(Debug)]
pub(super) struct Given {
    index: usize,
    expr: Expr,
    /// What an artifact stands for; scalars are read by the type of their parameter.
    val: Option<Val>,
}

/// Arguments that fit.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// Artifacts.
    pub inputs: Vec<MaybeNone>,
    /// Scalars.
    pub params: BTreeMap<String, Value>,
    /// All of them, as they are bound in the body of a stage made of stages.
    pub values: Vec<(String, Val)>,
}

impl Elaborator<'_, '_> {
    /// Gives each argument its parameter; `None` after a report (MLP401).
    pub(super) fn arguments(
        &mut self,
        span: Span,
        signature: &Arc<Signature>,
        args: &[Arg],
        id: &Id,
    ) -> Option<Vec<Given>> {
        let mut given: Vec<Given> = Vec::new();
        let mut fault = None;
        for (position, arg) in args.iter().enumerate() {
            match self.place(span, signature, args, position, arg, &given) {
                Ok(index) => {
                    if let (Some(name), Some(param)) = (&arg.name, signature.params.get(index)) {
                        self.checker.occurs(name.span, || Symbol::Local(param.span));
                    }
                    let artifact = signature
                        .params
                        .get(index)
                        .is_some_and(|param| !param.ty.is_scalar() && !matches!(param.ty, Ty::Error));
                    let val = artifact.then(|| self.eval(&arg.value, &id.inside()));
                    given.push(Given { index, expr: arg.value.clone(), val });
                }
                Err(found) => {
                    fault.get_or_insert(found);
                }
            }
        }
        let missing = signature.params.iter().enumerate().find(|(index, param)| {
            param.default.is_none()
                && !matches!(param.ty, Ty::Optional(_) | Ty::Error)
                && !given.iter().any(|given| given.index == *index)
        });
        if let (None, Some((_, param))) = (&fault, missing) {
            let message = format!("`{}` needs its argument `{}`", signature.name, param.name);
            let declared = Some((param.span, format!("takes {}", param.ty.text())));
            fault = Some(
                words::argument(span, message, span, format!("`{}` is missing", param.name), declared)
                    .help(format!("add `{}: ..` to the call", param.name)),
            );
        }
        match fault {
            Some(found) => {
                self.checker.report(found);
                None
            }
            None => Some(given),
        }
    }

    /// The parameter of an argument.
    #[expect(clippy::result_large_err, reason = "the error is the diagnostic itself, and is reported at once")]
    fn place(
        &self,
        span: Span,
        signature: &Signature,
        args: &[Arg],
        position: usize,
        arg: &Arg,
        given: &[Given],
    ) -> Result<usize, mlp_diagnostics::Diagnostic> {
        let declared = |param: &ParamInfo| Some((param.span, "declared here".to_owned()));
        let Some(name) = &arg.name else {
            let late = args.iter().take(position).any(|arg| arg.name.is_some());
            return match signature.params.get(position) {
                _ if late => Err(words::argument(
                    span,
                    "arguments without a name come first",
                    arg.value.span,
                    "give this one its name",
                    None,
                )
                .help("write `name: value` for each argument behind the first that has a name")),
                Some(_) => Ok(position),
                None => {
                    let message = format!(
                        "`{}` takes {} argument{}",
                        signature.name,
                        signature.params.len(),
                        if signature.params.len() == 1 { "" } else { "s" }
                    );
                    Err(words::argument(
                        span,
                        message,
                        arg.value.span,
                        "this one is too many",
                        Some((signature.span, "declared here".to_owned())),
                    )
                    .help("take it out of the call"))
                }
            };
        };
        let Some(index) = signature.params.iter().position(|param| param.name == name.text) else {
            let found = words::argument(
                span,
                format!("`{}` has no parameter `{}`", signature.name, name.text),
                name.span,
                "unknown parameter",
                Some((signature.span, "its parameters are declared here".to_owned())),
            );
            let known = || signature.params.iter().map(|param| param.name.as_str());
            return Err(match nearest(&name.text, known()) {
                Some(near) => found.fix(format!("did you mean `{near}`?"), name.span, near),
                None => names::listing(found, "its parameters are", known()),
            });
        };
        if given.iter().any(|given| given.index == index) {
            let place = signature.params.get(index).and_then(declared);
            return Err(words::argument(
                span,
                format!("`{}` is given twice", name.text),
                name.span,
                "given again",
                place,
            )
            .help("give it once"));
        }
        Ok(index)
    }

    /// What type parameters stand for: the contract of the first table that is given where `Table<C>` is taken.
    pub(super) fn infer(&self, signature: &Signature, tree: &StageDecl, given: &[Given]) -> Generics {
        let mut generics = Generics::new();
        if !signature.generic {
            return generics;
        }
        for generic in &tree.generics {
            let found = given.iter().find_map(|given| {
                let param = tree.params.get(given.index)?;
                let ty = given.val.as_ref().and_then(Self::ty_of)?;
                unify(&generic.name.text, &param.ty, &ty)
            });
            let contract = found.unwrap_or_else(|| self.checker.no_contract(&generic.name.text, generic.name.span));
            generics.insert(generic.name.text.clone(), contract);
        }
        generics
    }

    /// Whether the contracts that type parameters stand for satisfy their bounds; reports where not.
    pub(super) fn check_bounds(
        &mut self,
        span: Span,
        signature: &Signature,
        tree: &StageDecl,
        generics: &Generics,
    ) -> bool {
        let module = self.checker.module_of(signature.id);
        let mut fits = true;
        for generic in &tree.generics {
            let (Some(bound), Some(given)) = (&generic.bound, generics.get(&generic.name.text)) else { continue };
            let bound = self.checker.quietly(|checker| checker.contract(module, generics, bound));
            let before = self.checker.now.diagnostics.len();
            let what = format!("the rows of `{}`", signature.name);
            let given = Arc::clone(given);
            self.checker.edge(span, &what, &given, &bound);
            fits &= !self.checker.now.diagnostics.iter().skip(before).any(mlp_diagnostics::Diagnostic::is_error);
        }
        fits
    }

    /// Checks every argument against its parameter; `None` where one does not fit, after a report.
    pub(super) fn take(
        &mut self,
        span: Span,
        signature: &Signature,
        params: &[ParamInfo],
        given: Vec<Given>,
    ) -> Option<Taken> {
        let mut taken = Taken::default();
        let mut fits = true;
        for (index, param) in params.iter().enumerate() {
            match given.iter().find(|given| given.index == index) {
                Some(Given { val: Some(val), expr, .. }) => match self.input(span, signature, param, val, expr.span) {
                    Some(input) => {
                        taken.values.push((param.name.clone(), val.clone()));
                        taken.inputs.push(input);
                    }
                    None => fits = false,
                },
                Some(Given { expr, .. }) => match self.parameter(span, signature, param, expr) {
                    Some(scalar) => {
                        taken.params.insert(param.name.clone(), scalar.value.clone());
                        taken.values.push((param.name.clone(), Val::Scalar(scalar)));
                    }
                    None => fits = false,
                },
                None if self.has_columns(span, signature, param) => default(param, &mut taken),
                None => fits = false,
            }
        }
        fits.then_some(taken)
    }

    /// Whether the columns that a parameter stands for where nobody says are those of the table that was given; reports where not.
    fn has_columns(&mut self, span: Span, signature: &Signature, param: &ParamInfo) -> bool {
        let ty = if let Ty::List(element) = &param.ty { element } else { &param.ty };
        let Ty::Column(contract, _) = ty else { return true };
        let names = match &param.default {
            Some(Literal::List(items)) => items.clone(),
            other => other.iter().cloned().collect(),
        };
        let missing = names.iter().find_map(|name| match name {
            Literal::Text(name) if !contract.partial && contract.face.column(name).is_none() => Some(name.clone()),
            _ => None,
        });
        let Some(name) = missing else { return true };
        let owner = &contract.face.name;
        let message = format!(
            "`{}` of `{}` is `.{name}` where it is not given, and {owner} has no such column",
            param.name, signature.name
        );
        let place = Some((param.span, "declared here".to_owned()));
        self.checker.report(words::argument(span, message, span, format!("give `{}`", param.name), place));
        false
    }

    /// An artifact as an argument.
    fn input(
        &mut self,
        span: Span,
        signature: &Signature,
        param: &ParamInfo,
        val: &Val,
        at: Span,
    ) -> Option<MaybeNone> {
        let wanted = param.ty.required();
        let optional = matches!(param.ty, Ty::Optional(_));
        let mut checks = Vec::new();
        let mut proven = 0;
        let what = format!("`{}` of `{}`", param.name, signature.name);
        let mut fits = |this: &mut Self, have: &Ty, wanted: &Ty| match (have, wanted) {
            (Ty::Table(from), Ty::Table(to)) => {
                let (planted, count) = this.checker.edge(span, &what, from, to);
                for rule in planted {
                    if !checks.contains(&rule) {
                        checks.push(rule);
                    }
                }
                proven += count;
                true
            }
            (have, wanted) => accepted(have, wanted),
        };
        let (from, given, maybe_none, good) = match (val, wanted) {
            (Val::Error, _) => return None,
            (Val::None, _) => (Origin::None, wanted.clone(), true, true),
            (Val::Artifact(handle), wanted) => {
                (handle.from.clone(), handle.ty.clone(), handle.optional, fits(self, &handle.ty.clone(), wanted))
            }
            (Val::List(items), Ty::List(element)) => {
                let handles: Option<Vec<&Handle>> = items
                    .iter()
                    .map(|item| if let Val::Artifact(handle) = item { Some(handle) } else { None })
                    .collect();
                let handles = handles.unwrap_or_default();
                let good = !handles.is_empty()
                    && handles.len() == items.len()
                    && handles.iter().all(|handle| fits(self, &handle.ty, element));
                let given =
                    Ty::List(Box::new(handles.first().map_or_else(|| (**element).clone(), |handle| handle.ty.clone())));
                (
                    Origin::List(handles.iter().map(|handle| handle.from.clone()).collect()),
                    given,
                    handles.iter().any(|handle| handle.optional),
                    good,
                )
            }
            _ => (Origin::None, wanted.clone(), false, false),
        };
        if !good {
            let given = (at, &*val.text(), &*format!("this is {}", val.text()));
            self.checker.report(words::wrong_type(span, &what, &param.ty.text(), given, param.span));
            return None;
        }
        let input =
            FlowInput { name: param.name.clone(), from, ty: wanted.clone(), given, optional, checks, proven, span: at };
        Some((input, maybe_none))
    }

    /// A scalar as an argument.
    fn parameter(&mut self, span: Span, signature: &Signature, param: &ParamInfo, expr: &Expr) -> Option<Scalar> {
        match &param.ty {
            Ty::Value(wanted) => self.value(span, signature, param, wanted, expr),
            Ty::Column(contract, data) => self.column(span, signature, param, contract, data.as_ref(), expr),
            Ty::List(element) => {
                let Ty::Column(contract, data) = &**element else { return None };
                if let Some(bound) = self.bound_scalar(expr) {
                    return Some(bound);
                }
                let ExprKind::List(items) = &expr.kind else {
                    let message = format!("`{}` of `{}` takes a list of columns", param.name, signature.name);
                    self.checker.report(words::argument(
                        span,
                        message,
                        expr.span,
                        "write it in square brackets, as in `[.carrier]`",
                        None,
                    ));
                    return None;
                };
                let columns: Option<Vec<Scalar>> = items
                    .iter()
                    .map(|item| self.column(span, signature, param, contract, data.as_ref(), item))
                    .collect();
                Some(Scalar {
                    ty: ValueType::plain(DataType::String),
                    value: Value::List(columns?.into_iter().map(|column| column.value).collect()),
                })
            }
            _ => None,
        }
    }

    /// A parameter of an enclosing stage that is given on.
    fn bound_scalar(&self, expr: &Expr) -> Option<Scalar> {
        match &expr.kind {
            ExprKind::Name(name) => self.scalars.get(&name.text).cloned(),
            _ => None,
        }
    }

    fn value(
        &mut self,
        span: Span,
        signature: &Signature,
        param: &ParamInfo,
        wanted: &ValueType,
        expr: &Expr,
    ) -> Option<Scalar> {
        let what = format!("`{}` of `{}`", param.name, signature.name);
        let scalars = self.scalars.clone();
        if let ExprKind::Name(name) = &expr.kind
            && let Some(bound) = self.names.get_mut(&name.text)
        {
            bound.used = true;
            let found = bound.val.text();
            let given = (expr.span, found.as_str(), &*format!("this is {found}"));
            self.checker.report(words::wrong_type(span, &what, &wanted.to_string(), given, param.span));
            return None;
        }
        if literals::literal(expr) == Some(Literal::Null) && !wanted.nullable {
            let message = format!("`{}` of `{}` takes {wanted}, and not none", param.name, signature.name);
            let place = Some((param.span, "declared here".to_owned()));
            self.checker.report(words::argument(span, message, expr.span, "this is no value", place));
            return None;
        }
        if let ExprKind::Name(name) = &expr.kind
            && !scalars.contains_key(&name.text)
            && self.checker.is_member(self.module, expr, wanted)
            && literals::typed(expr, wanted).is_err()
        {
            let message =
                format!("`{}` of `{}` takes {wanted}, and `{}` is none of it", param.name, signature.name, name.text);
            let place = Some((param.span, "declared here".to_owned()));
            self.checker.report(words::argument(span, message, expr.span, "no member of that name", place));
            return None;
        }
        let scalar = self.checker.scalar(self.module, &scalars, expr, Some(wanted))?;
        if !scalar.fits(wanted) {
            let label = match &scalar.value {
                Value::Literal(literal) => format!("{literal} is {}", literals::kind_word(literal)),
                _ => format!("this is {}", scalar.ty),
            };
            let given = (expr.span, &*scalar.ty.to_string(), label.as_str());
            let found = words::wrong_type(span, &what, &wanted.to_string(), given, param.span);
            self.checker.report(if wanted.data == DataType::Duration {
                found.help("a duration carries its unit, as in `5s`, `10min` or `2h`")
            } else {
                found
            });
            return None;
        }
        if matches!(scalar.value, Value::Range(..)) && (signature.kind != Kind::Source || wanted.data != DataType::Date)
        {
            let message = format!("`{}` of `{}` takes one {wanted}, not a range", param.name, signature.name);
            let place = Some((param.span, "declared here".to_owned()));
            self.checker.report(words::argument(
                span,
                message,
                expr.span,
                "only a date of a source takes a range",
                place,
            ));
            return None;
        }
        if let Value::Range(low, high) = &scalar.value
            && let (Value::Literal(low), Value::Literal(high)) = (&**low, &**high)
            && low.compare(high) == Some(std::cmp::Ordering::Greater)
        {
            let message = format!("{what} is a range that ends before it begins");
            let found = words::argument(span, message, expr.span, format!("{low} comes after {high}"), None);
            self.checker.report(match literals::turned(expr) {
                Some(turned) => contracts::turned_range(found, expr.span, &turned),
                None => found.help("the lower end comes first"),
            });
            return None;
        }
        if let Value::Literal(literal) = &scalar.value {
            self.checker.check_constraints(literal, wanted, expr.span, &format!("{what},"));
        }
        if let Value::Param(name) = &scalar.value
            && !self.narrow(name, &scalar.ty, wanted)
        {
            let message = format!("{what} takes {wanted}, and `{name}` never is one");
            let declared = Some((param.span, format!("takes {wanted}")));
            self.checker.report(
                words::argument(span, message, expr.span, "no value fits both", declared)
                    .help(format!("let `{name}` and {what} allow some of the same values")),
            );
            return None;
        }
        Some(scalar)
    }

    /// What a stage asks of a parameter of the pipeline, and nothing proves, is asked of who starts a run; `false` where no value can satisfy it.
    fn narrow(&mut self, name: &str, have: &ValueType, wanted: &ValueType) -> bool {
        for constraint in &wanted.constraints {
            match implies(have, wanted, constraint) {
                Answer::Proven => {}
                Answer::Refuted => return false,
                Answer::Unknown => self.narrowed.push((name.to_owned(), constraint.clone())),
            }
        }
        true
    }

    /// `.late` as an argument.
    fn column(
        &mut self,
        span: Span,
        signature: &Signature,
        param: &ParamInfo,
        contract: &Shared,
        data: Option<&ValueType>,
        expr: &Expr,
    ) -> Option<Scalar> {
        if let Some(bound) = self.bound_scalar(expr) {
            return Some(bound);
        }
        let ExprKind::Column(name) = &expr.kind else {
            if !matches!(expr.kind, ExprKind::Error) {
                let message = format!("`{}` of `{}` takes {}", param.name, signature.name, param.ty.text());
                self.checker.report(words::argument(
                    span,
                    message,
                    expr.span,
                    "write a column with a dot before it, as in `.late`",
                    None,
                ));
            }
            return None;
        };
        let made = Scalar { ty: ValueType::plain(DataType::String), value: Value::Column(name.text.clone()) };
        self.checker.occurs_column(contract, name);
        let Some(column) = contract.face.column(&name.text) else {
            let near = nearest(&name.text, contract.face.columns.iter().map(|column| column.name.as_str()));
            if contract.partial {
                return Some(made);
            }
            let found =
                names::unknown_field(name.span, &format!("`{}`", contract.face.name), &name.text, near.as_deref())
                    .because(contract.span, "its columns are declared here");
            let columns = contract.face.columns.iter().map(|column| column.name.as_str());
            self.checker.report(names::listing(found, "its columns are", columns));
            return None;
        };
        if let Some(wanted) = data
            && accepts(&column.value.data, &wanted.data).is_none()
        {
            let message = format!(
                "`{}` of `{}` takes a column of {wanted}, and `{}` is {}",
                param.name, signature.name, name.text, column.value
            );
            let place = contract.column_span(&name.text);
            self.checker.report(
                words::argument(
                    span,
                    message,
                    expr.span,
                    format!("a column of {}", column.value),
                    Some((place, format!("declared as {} here", column.value))),
                )
                .help(format!("name a column of {wanted}")),
            );
            return None;
        }
        Some(made)
    }
}

/// The contract that `name` must stand for so that a type is accepted.
fn unify(name: &str, wanted: &TypeExpr, have: &Ty) -> Option<Shared> {
    match (&wanted.kind, have) {
        (TypeKind::Nullable(inner), have) => unify(name, inner, have.required()),
        (TypeKind::Named { path, args, .. }, have) => {
            let head = path.segments.first().map_or("", |segment| segment.text.as_str());
            match (head, args.as_slice(), have) {
                ("Table", [contract], Ty::Table(given)) => is_name(contract, name).then(|| Arc::clone(given)),
                ("Model", [input, output], Ty::Model(reads, gives)) => {
                    if is_name(input, name) {
                        Some(Arc::clone(reads))
                    } else {
                        is_name(output, name).then(|| Arc::clone(gives))
                    }
                }
                ("list", [element], Ty::List(given)) => unify(name, element, given),
                _ => None,
            }
        }
        _ => None,
    }
}

fn is_name(ty: &TypeExpr, name: &str) -> bool {
    matches!(&ty.kind, TypeKind::Named { path, .. } if path.segments.len() == 1 && path.segments.first().is_some_and(|segment| segment.text == name))
}

/// What a parameter is where nobody says.
fn default(param: &ParamInfo, taken: &mut Taken) {
    match (&param.ty, &param.default) {
        (Ty::Optional(_), _) => {
            let input = FlowInput {
                name: param.name.clone(),
                from: Origin::None,
                ty: param.ty.required().clone(),
                given: param.ty.required().clone(),
                optional: true,
                checks: Vec::new(),
                proven: 0,
                span: param.span,
            };
            taken.inputs.push((input, true));
            taken.values.push((param.name.clone(), Val::None));
        }
        (Ty::Column(..) | Ty::List(_), Some(value)) => {
            let column = |value: &Literal| match value {
                Literal::Text(name) => Value::Column(name.clone()),
                other => Value::Literal(other.clone()),
            };
            let value = match value {
                Literal::List(items) if !items.is_empty() => Value::List(items.iter().map(column).collect()),
                value => column(value),
            };
            let scalar = Scalar { ty: ValueType::plain(DataType::String), value };
            taken.params.insert(param.name.clone(), scalar.value.clone());
            taken.values.push((param.name.clone(), Val::Scalar(scalar)));
        }
        (ty, Some(value)) => {
            let scalar = match ty {
                Ty::Value(ty) => Scalar { ty: ty.clone(), value: Value::Literal(value.clone()) },
                _ => Scalar { ty: ValueType::plain(DataType::String), value: Value::Literal(value.clone()) },
            };
            taken.params.insert(param.name.clone(), scalar.value.clone());
            taken.values.push((param.name.clone(), Val::Scalar(scalar)));
        }
        _ => {}
    }
}
