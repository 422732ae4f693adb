//! Whole numbers that leave their type: the engine lets `+`, `-` and `*` wrap around, and a wrong number is worse than no run. Here they are an error.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::LazyLock,
};

use arrow::{
    compute::kernels::numeric::{add, mul, sub},
    datatypes::DataType,
};
use datafusion::{
    common::{
        DFSchema, Result,
        tree_node::{Transformed, TreeNode as _},
    },
    logical_expr::{
        BinaryExpr, ColumnarValue, Expr, ExprSchemable as _, LogicalPlan, Operator, ScalarFunctionArgs, ScalarUDF,
        ScalarUDFImpl, Signature, Volatility, expr_rewriter::NamePreserver, utils::merge_schema,
    },
    physical_expr_common::datum,
};

/// The plan with every sum, difference and product of whole numbers checked; names and types stay as they are.
pub fn checked(plan: LogicalPlan) -> Result<LogicalPlan> {
    let made = plan.transform_up_with_subqueries(|node| {
        let schema = merge_schema(&node.inputs());
        let names = NamePreserver::new(&node);
        let rewritten = node.map_expressions(|expr| {
            let name = names.save(&expr);
            Ok(expr.transform_up(|inner| Ok(of_expr(inner, &schema)))?.update_data(|expr| name.restore(expr)))
        })?;
        if rewritten.transformed { rewritten.map_data(LogicalPlan::recompute_schema) } else { Ok(rewritten) }
    })?;
    Ok(made.data)
}

fn of_expr(expr: Expr, schema: &DFSchema) -> Transformed<Expr> {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = expr else { return Transformed::no(expr) };
    let whole = |side: &Expr| side.get_type(schema).is_ok_and(|data| data.is_integer());
    match function(op).filter(|_| whole(&left) && whole(&right)) {
        Some(function) => Transformed::yes(function.call(vec![*left, *right])),
        None => Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right })),
    }
}

fn function(op: Operator) -> Option<&'static ScalarUDF> {
    static FUNCTIONS: LazyLock<[ScalarUDF; 3]> =
        LazyLock::new(|| [Operator::Plus, Operator::Minus, Operator::Multiply].map(|op| Checked::new(op).into()));
    let [plus, minus, multiply] = &*FUNCTIONS;
    match op {
        Operator::Plus => Some(plus),
        Operator::Minus => Some(minus),
        Operator::Multiply => Some(multiply),
        _ => None,
    }
}

/// One of the three.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Checked {
    op: Operator,
    signature: Signature,
}

impl Checked {
    fn new(op: Operator) -> Self {
        Self { op, signature: Signature::any(2, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Checked {
    fn name(&self) -> &str {
        match self.op {
            Operator::Plus => "checked_add",
            Operator::Minus => "checked_subtract",
            _ => "checked_multiply",
        }
    }

    /// Short, whatever is inside: names that hold the names of their arguments make a sum of a thousand columns cost minutes. What a user sees is kept by
    /// [`NamePreserver`].
    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        let mut hasher = DefaultHasher::new();
        args.hash(&mut hasher);
        Ok(format!("{}({:016x})", self.name(), hasher.finish()))
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Both sides were brought to one type before.
    fn return_type(&self, args: &[DataType]) -> Result<DataType> {
        Ok(args.first().cloned().unwrap_or(DataType::Null))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [left, right] = args.args.as_slice() else {
            return datafusion::common::internal_err!("`{}` takes two numbers", self.name());
        };
        match self.op {
            Operator::Plus => datum::apply(left, right, add),
            Operator::Minus => datum::apply(left, right, sub),
            _ => datum::apply(left, right, mul),
        }
    }
}
