//! What is known of the columns of a plan, node by node, from the inputs up.

use std::sync::Arc;

use datafusion::{
    common::{DFSchema, JoinType, NullEquality, tree_node::TreeNode as _, tree_node::TreeNodeRecursion},
    logical_expr::{Distinct, Expr, Filter, Join, LogicalPlan, TableScan, Unnest, utils::split_conjunction},
};
use mlp_engine::table::arrow_type;
use mlp_ports::SqlInput;

use super::{
    Fact, Known, NOTHING_KNOWN, Scope, Sources, aggregate,
    expr::{of_constant, of_expr},
    narrow,
};

/// The inputs of a stage.
pub type Inputs<'a> = [SqlInput<'a>];

/// What is known of each column of a plan's result. `outer` is the query around it, for subqueries.
pub fn of_plan(plan: &LogicalPlan, inputs: &Inputs<'_>, outer: Option<&Scope<'_>>) -> Vec<Fact> {
    let below = |input: &LogicalPlan| of_plan(input, inputs, outer);
    let over = |schema: &DFSchema, facts: &[Fact], exprs: &[Expr]| -> Vec<Fact> {
        let scope = Scope { schema, facts, known: &NOTHING_KNOWN, outer, inputs };
        exprs.iter().map(|expr| of_expr(expr, &scope)).collect()
    };
    let facts = match plan {
        LogicalPlan::TableScan(scan) => of_scan(scan, inputs),
        LogicalPlan::Projection(node) => over(node.input.schema(), &below(&node.input), &node.expr),
        LogicalPlan::Filter(node) => of_filter(node, inputs, outer),
        LogicalPlan::Window(node) => {
            let mut facts = below(&node.input);
            let windows = over(node.input.schema(), &facts, &node.window_expr);
            facts.extend(windows);
            facts
        }
        LogicalPlan::Aggregate(node) => {
            let facts = below(&node.input);
            let schema = node.input.schema();
            aggregate::of_group_by(node, &Scope { schema, facts: &facts, known: &NOTHING_KNOWN, outer, inputs })
        }
        LogicalPlan::Join(node) => of_join(node, inputs, outer),
        LogicalPlan::Union(node) => {
            let branches: Vec<Vec<Fact>> = node.inputs.iter().map(|input| below(input)).collect();
            (0..node.schema.fields().len())
                .map(|at| {
                    Fact::one_of(&branches.iter().filter_map(|branch| branch.get(at).cloned()).collect::<Vec<_>>())
                })
                .collect()
        }
        LogicalPlan::Distinct(Distinct::On(node)) => {
            let facts = below(&node.input);
            let schema = node.input.schema();
            let mut selected = over(schema, &facts, &node.select_expr);
            let mut choosers = over(schema, &facts, &node.on_expr);
            let order: Vec<Expr> = node.sort_expr.iter().flatten().map(|sort| sort.expr.clone()).collect();
            choosers.extend(over(schema, &facts, &order));
            let choosers: Sources = choosers.iter().flat_map(Fact::touches).collect();
            selected.iter_mut().for_each(|fact| fact.conditions.extend(&choosers));
            selected
        }
        LogicalPlan::Values(node) => {
            let scope = Scope { schema: &node.schema, facts: &[], known: &NOTHING_KNOWN, outer, inputs };
            let row = |row: &Vec<Expr>| row.iter().map(|expr| of_constant(expr, &scope)).collect::<Vec<_>>();
            let rows: Vec<Vec<Fact>> = node.values.iter().map(row).collect();
            (0..node.schema.fields().len())
                .map(|at| Fact::computed(rows.iter().filter_map(|row| row.get(at))))
                .collect()
        }
        LogicalPlan::Unnest(node) => of_unnest(node, &below(&node.input)),
        LogicalPlan::Subquery(node) => below(&node.subquery),
        LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Repartition(_)
        | LogicalPlan::Limit(_)
        | LogicalPlan::Distinct(Distinct::All(_)) => plan.inputs().first().map_or_else(Vec::new, |input| below(input)),
        _ => Vec::new(),
    };
    fitted(facts, plan.schema())
}

/// One fact for each column, whatever a node does that we do not know: then it may be null and its origin is what its input's is.
fn fitted(mut facts: Vec<Fact>, schema: &DFSchema) -> Vec<Fact> {
    let width = schema.fields().len();
    if facts.len() != width {
        let any = Fact::computed(&facts).with_nullable(true);
        facts = vec![any; width];
    }
    for (fact, field) in facts.iter_mut().zip(schema.fields()) {
        // A cast that the engine put in changed the type: the contract's is gone.
        if fact.data.as_ref().is_some_and(|data| arrow_type(data) != *field.data_type()) {
            fact.data = None;
            fact.passes = None;
        }
    }
    facts
}

fn of_scan(scan: &TableScan, inputs: &Inputs<'_>) -> Vec<Fact> {
    let name = scan.table_name.table();
    let Some((table, input)) = inputs.iter().enumerate().find(|(_, input)| input.name == name) else {
        return Vec::new();
    };
    let facts = input.columns.iter().enumerate().map(|(at, column)| Fact {
        nullable: column.value.nullable,
        passes: Some((table, at)),
        data: Some(Arc::new(column.value.data.clone())),
        values: Sources::from([(table, at)]),
        conditions: Sources::new(),
    });
    match &scan.projection {
        None => facts.collect(),
        Some(kept) => {
            let facts: Vec<Fact> = facts.collect();
            kept.iter().filter_map(|at| facts.get(*at).cloned()).collect()
        }
    }
}

/// Narrows what the condition proves. A condition between two sides of an inner join below (`from a, b where a.k = b.k`), or between a subquery and the
/// query around it, is a join condition wherever it is written.
fn of_filter(node: &Filter, inputs: &Inputs<'_>, outer: Option<&Scope<'_>>) -> Vec<Fact> {
    let mut facts = of_plan(&node.input, inputs, outer);
    let schema = node.input.schema();
    let (known, links) = {
        let scope = Scope { schema, facts: &facts, known: &NOTHING_KNOWN, outer, inputs };
        let known = narrow::when_true(&node.predicate, &scope);
        let links: Vec<(Known, bool, Sources)> = split_conjunction(&node.predicate)
            .into_iter()
            .map(|part| (columns(part, &scope), is_correlated(part), of_expr(part, &scope).touches().collect()))
            .collect();
        (known, links)
    };
    for (columns, correlated, sources) in links {
        if correlated {
            facts.iter_mut().for_each(|fact| fact.conditions.extend(&sources));
        } else {
            link(&node.input, &mut facts, &columns, &sources);
        }
    }
    forget_nulls(&mut facts, &known);
    facts
}

fn forget_nulls(facts: &mut [Fact], known: &Known) {
    for at in known {
        if let Some(fact) = facts.get_mut(*at) {
            fact.nullable = false;
        }
    }
}

/// Numbers of the columns that an expression reads.
fn columns(expr: &Expr, scope: &Scope<'_>) -> Known {
    expr.column_refs().into_iter().filter_map(|column| scope.index(column)).collect()
}

fn is_correlated(expr: &Expr) -> bool {
    let mut found = false;
    let _ = expr.apply(|inner| {
        found |= matches!(inner, Expr::OuterReferenceColumn(..));
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    found
}

/// Finds the innermost inner join whose two sides the condition connects, and marks the columns of its joined-in side.
fn link(plan: &LogicalPlan, facts: &mut [Fact], columns: &Known, sources: &Sources) {
    let LogicalPlan::Join(join) = plan else { return };
    if join.join_type != JoinType::Inner {
        return;
    }
    let width = join.left.schema().fields().len();
    let in_left = columns.iter().any(|at| *at < width);
    let in_right = columns.iter().any(|at| *at >= width);
    let Some((left, right)) = facts.split_at_mut_checked(width) else { return };
    match (in_left, in_right) {
        (true, true) => right.iter_mut().for_each(|fact| fact.conditions.extend(sources)),
        (true, false) => link(&join.left, left, columns, sources),
        (false, true) => link(&join.right, right, &columns.iter().map(|at| at - width).collect(), sources),
        (false, false) => {}
    }
}

/// Left columns, then right columns: each side nullable where the other may stand alone, keys narrowed where rows match.
fn of_join(node: &Join, inputs: &Inputs<'_>, outer: Option<&Scope<'_>>) -> Vec<Fact> {
    let mut left = of_plan(&node.left, inputs, outer);
    let mut right = {
        // A lateral subquery on the right sees the left.
        let beside = Scope { schema: node.left.schema(), facts: &left, known: &NOTHING_KNOWN, outer, inputs };
        of_plan(&node.right, inputs, Some(&beside))
    };
    let (known, sources) = matches(node, &left, &right, inputs, outer);
    let width = left.len();
    let narrow_left =
        |facts: &mut [Fact]| forget_nulls(facts, &known.iter().copied().filter(|at| *at < width).collect());
    let narrow_right =
        |facts: &mut [Fact]| forget_nulls(facts, &known.iter().filter_map(|at| at.checked_sub(width)).collect());
    let open = |facts: &mut [Fact]| facts.iter_mut().for_each(|fact| fact.nullable = true);
    let joined = |facts: &mut [Fact]| facts.iter_mut().for_each(|fact| fact.conditions.extend(&sources));
    match node.join_type {
        JoinType::Inner => {
            narrow_left(&mut left);
            narrow_right(&mut right);
            joined(&mut right);
        }
        JoinType::Left => {
            open(&mut right);
            joined(&mut right);
        }
        JoinType::Right => {
            open(&mut left);
            joined(&mut left);
        }
        JoinType::Full => {
            open(&mut left);
            open(&mut right);
            joined(&mut left);
            joined(&mut right);
        }
        JoinType::LeftSemi | JoinType::RightSemi => {
            narrow_left(&mut left);
            narrow_right(&mut right);
        }
        JoinType::LeftAnti | JoinType::RightAnti | JoinType::LeftMark | JoinType::RightMark => {}
    }
    let mark = || Fact { conditions: sources.clone(), ..Fact::constant(true) };
    match node.join_type {
        JoinType::LeftSemi | JoinType::LeftAnti => left,
        JoinType::RightSemi | JoinType::RightAnti => right,
        JoinType::LeftMark => left.into_iter().chain([mark()]).collect(),
        JoinType::RightMark => right.into_iter().chain([mark()]).collect(),
        JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => left.into_iter().chain(right).collect(),
    }
}

/// What holds where two rows match: which columns (numbered through both sides) are not null, and the columns that decide it.
fn matches(
    node: &Join,
    left: &[Fact],
    right: &[Fact],
    inputs: &Inputs<'_>,
    outer: Option<&Scope<'_>>,
) -> (Known, Sources) {
    let left_scope = Scope { schema: node.left.schema(), facts: left, known: &NOTHING_KNOWN, outer, inputs };
    let right_scope = Scope { schema: node.right.schema(), facts: right, known: &NOTHING_KNOWN, outer, inputs };
    let mut known = Known::new();
    let mut sources = Sources::new();
    for (on_left, on_right) in &node.on {
        if node.null_equality == NullEquality::NullEqualsNothing {
            known.extend(narrow::strict(on_left, &left_scope));
            known.extend(narrow::strict(on_right, &right_scope).into_iter().map(|at| at + left.len()));
        }
        sources.extend(of_expr(on_left, &left_scope).touches());
        sources.extend(of_expr(on_right, &right_scope).touches());
    }
    if let Some(filter) = &node.filter {
        let both: Vec<Fact> = left.iter().chain(right).cloned().collect();
        if let Ok(schema) = node.left.schema().join(node.right.schema()) {
            let scope = Scope { schema: &schema, facts: &both, known: &NOTHING_KNOWN, outer, inputs };
            known.extend(narrow::when_true(filter, &scope));
            sources.extend(of_expr(filter, &scope).touches());
        }
    }
    (known, sources)
}

/// An element of a list may be null, and so may a list that has none.
fn of_unnest(node: &Unnest, facts: &[Fact]) -> Vec<Fact> {
    let spread = |at: usize| {
        node.list_type_columns.iter().any(|(list, _)| *list == at) || node.struct_type_columns.contains(&at)
    };
    let fact = |at: &usize| {
        let fact = facts.get(*at).cloned().unwrap_or_else(|| Fact::constant(true));
        if spread(*at) { Fact::computed([&fact]).with_nullable(true) } else { fact }
    };
    node.dependency_indices.iter().map(fact).collect()
}

/// `exists (..)`: computed from whatever its filters and joins read.
pub fn of_existence(plan: &LogicalPlan, scope: &Scope<'_>) -> Fact {
    let mut fact = Fact::constant(false);
    existence(plan, scope, &mut fact);
    fact
}

fn existence(plan: &LogicalPlan, scope: &Scope<'_>, fact: &mut Fact) {
    let conditions: Vec<&Expr> = match plan {
        LogicalPlan::Filter(node) => vec![&node.predicate],
        LogicalPlan::Join(node) => {
            node.filter.iter().chain(node.on.iter().flat_map(|(left, right)| [left, right])).collect()
        }
        _ => Vec::new(),
    };
    if !conditions.is_empty() {
        let inputs = plan.inputs();
        let facts: Vec<Fact> = inputs.iter().flat_map(|input| of_plan(input, scope.inputs, Some(scope))).collect();
        let schema =
            inputs.iter().skip(1).fold(inputs.first().map(|input| input.schema().as_ref().clone()), |all, next| {
                all.and_then(|all| all.join(next.schema()).ok())
            });
        if let Some(schema) = schema {
            let inner = Scope {
                schema: &schema,
                facts: &facts,
                known: &NOTHING_KNOWN,
                outer: Some(scope),
                inputs: scope.inputs,
            };
            for condition in conditions {
                fact.absorb(&of_expr(condition, &inner));
            }
        }
    }
    for input in plan.inputs() {
        existence(input, scope, fact);
    }
}

/// `(select ..)` as a value: null where it gives no row, which only an aggregate over everything never does.
pub fn of_scalar_subquery(plan: &LogicalPlan, scope: &Scope<'_>) -> Fact {
    let mut facts = of_plan(plan, scope.inputs, Some(scope));
    if facts.is_empty() {
        return Fact::constant(true);
    }
    let fact = facts.swap_remove(0);
    let nullable = fact.nullable || !gives_one_row(plan);
    let fact = fact.with_nullable(nullable);
    Fact { passes: None, ..fact }
}

fn gives_one_row(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Projection(node) => gives_one_row(&node.input),
        LogicalPlan::SubqueryAlias(node) => gives_one_row(&node.input),
        LogicalPlan::Aggregate(node) => node.group_expr.is_empty() && !is_correlated_plan(&node.input),
        LogicalPlan::EmptyRelation(node) => node.produce_one_row,
        _ => false,
    }
}

fn is_correlated_plan(plan: &LogicalPlan) -> bool {
    let mut found = false;
    let _ = plan.apply(|node| {
        node.apply_expressions(|expr| {
            found |= is_correlated(expr);
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    found
}
