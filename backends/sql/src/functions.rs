//! The engine's functions, known once per process, and what each does with nulls.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use datafusion::{
    execution::SessionStateDefaults,
    logical_expr::{AggregateUDF, HigherOrderUDF, ScalarUDF, Volatility, WindowUDF, planner::ExprPlanner},
};

/// Every function, by name and alias.
pub struct Functions {
    /// Of one row.
    pub scalar: HashMap<String, Arc<ScalarUDF>>,
    /// Of one row, taking lambdas.
    pub higher_order: HashMap<String, Arc<HigherOrderUDF>>,
    /// Of many rows.
    pub aggregate: HashMap<String, Arc<AggregateUDF>>,
    /// Of a window.
    pub window: HashMap<String, Arc<WindowUDF>>,
    /// What turns operators and special syntax into functions.
    pub planners: Vec<Arc<dyn ExprPlanner>>,
}

impl Functions {
    /// The one list.
    pub fn all() -> &'static Self {
        static ALL: LazyLock<Functions> = LazyLock::new(Functions::load);
        &ALL
    }

    fn load() -> Self {
        let mut all = Self {
            scalar: HashMap::new(),
            higher_order: HashMap::new(),
            aggregate: HashMap::new(),
            window: HashMap::new(),
            planners: SessionStateDefaults::default_expr_planners(),
        };
        for function in SessionStateDefaults::default_scalar_functions() {
            for name in names(function.name(), function.aliases()) {
                all.scalar.insert(name, Arc::clone(&function));
            }
        }
        for function in SessionStateDefaults::default_higher_order_functions() {
            for name in names(function.name(), function.aliases()) {
                all.higher_order.insert(name, Arc::clone(&function));
            }
        }
        for function in SessionStateDefaults::default_aggregate_functions() {
            for name in names(function.name(), function.aliases()) {
                all.aggregate.insert(name, Arc::clone(&function));
            }
        }
        for function in SessionStateDefaults::default_window_functions() {
            for name in names(function.name(), function.aliases()) {
                all.window.insert(name, Arc::clone(&function));
            }
        }
        all
    }

    /// The name of any function nearest to `name`, where one is near.
    pub fn nearest(&self, name: &str) -> Option<String> {
        let repeatable = |function: &Arc<ScalarUDF>| function.signature().volatility == Volatility::Immutable;
        let scalar = self.scalar.iter().filter(|(_, function)| repeatable(function)).map(|(name, _)| name);
        let names = scalar.chain(self.aggregate.keys()).chain(self.window.keys()).chain(self.higher_order.keys());
        nearest(name, names.map(String::as_str))
    }
}

fn names(name: &str, aliases: &[String]) -> impl Iterator<Item = String> {
    std::iter::once(name.to_owned()).chain(aliases.iter().cloned())
}

/// The candidate that is nearest to a name, where one is near enough to be meant; of equally near ones the first by spelling.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let name = name.to_lowercase();
    let limit = name.chars().count().div_ceil(3).max(1);
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(&name, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}

/// When the result of a scalar function may be null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nulls {
    /// Where an argument is.
    Strict,
    /// Where all arguments are: it takes the first, least or greatest that is not null.
    All,
    /// Never.
    Never,
    /// Where the second or third argument is (`nvl2`).
    Branches,
    /// Where the struct or its field is.
    Field,
    /// Even where no argument is.
    Maybe,
}

/// Functions that give null only where an argument is null. A function that is in no list may always give null. Bad input (text that is no date, a
/// division by zero) is an error in this engine, not a null. A test calls each of them with all kinds of values.
const STRICT: &[&str] = &[
    // numbers
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "cos", "cosh", "cot", "degrees", "exp",
    "factorial", "floor", "gcd", "isnan", "iszero", "lcm", "ln", "log", "log10", "log2", "nanvl", "pi", "power", "radians",
    "round", "signum", "sin", "sinh", "sqrt", "tan", "tanh", "trunc",
    // text
    "ascii", "bit_length", "btrim", "character_length", "chr", "concat_ws", "contains", "ends_with", "find_in_set", "initcap",
    "left", "levenshtein", "lower", "lpad", "ltrim", "octet_length", "overlay", "regexp_count", "regexp_instr", "regexp_like",
    "regexp_replace", "repeat", "replace", "reverse", "right", "rpad", "rtrim", "split_part", "starts_with", "strpos", "substr",
    "substr_index", "to_hex", "translate", "upper",
    // times
    "date_bin", "date_part", "date_trunc", "from_unixtime", "make_date", "make_time", "to_char", "to_date", "to_local_time",
    "to_time", "to_timestamp", "to_timestamp_micros", "to_timestamp_millis", "to_timestamp_nanos", "to_timestamp_seconds",
    "to_unixtime",
    // types
    "arrow_cast",
    // lists
    "array_concat", "array_has", "array_has_all", "array_has_any", "array_reverse", "array_to_string", "cardinality", "empty",
    "string_to_array",
];

/// What a scalar function does with nulls, by its first name.
pub fn nulls(name: &str) -> Nulls {
    match name {
        "coalesce" | "nvl" | "greatest" | "least" => Nulls::All,
        "nvl2" => Nulls::Branches,
        "concat" | "make_array" | "struct" | "named_struct" | "arrow_typeof" => Nulls::Never,
        "get_field" => Nulls::Field,
        _ if STRICT.contains(&name) => Nulls::Strict,
        _ => Nulls::Maybe,
    }
}

/// Functions whose result is one of their arguments, so that a type that only the contract knows (an enum, a uuid) survives them.
pub fn selects(name: &str) -> bool {
    const SELECTS: &[&str] = &[
        "coalesce", "nvl", "greatest", "least", "min", "max", "first_value", "last_value", "nth_value", "any_value", "lag", "lead",
    ];
    SELECTS.contains(&name)
}

/// When the result of an aggregate may be null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AggregateNulls {
    /// Never: it counts.
    Never,
    /// Where no row has all its arguments; never over a row that has.
    Empty,
    /// Even then: it wants two rows, or a certain one.
    Maybe,
}

/// What an aggregate does with nulls, by its first name.
pub fn aggregate_nulls(name: &str) -> AggregateNulls {
    match name {
        "count" | "approx_distinct" | "regr_count" | "grouping" => AggregateNulls::Never,
        "any_value" | "array_agg" | "first_value" | "last_value" | "sum" | "max" | "min" | "median" | "avg" | "approx_median"
        | "approx_percentile_cont" | "percentile_cont" | "string_agg" | "bit_and" | "bit_or" | "bit_xor" | "bool_and" | "bool_or"
        | "var_pop" | "stddev_pop" | "covar_pop" => AggregateNulls::Empty,
        _ => AggregateNulls::Maybe,
    }
}

#[cfg(test)]
pub(crate) fn strict() -> &'static [&'static str] {
    STRICT
}
