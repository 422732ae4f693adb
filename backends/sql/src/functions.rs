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
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "ceil",
    "cos",
    "cosh",
    "cot",
    "degrees",
    "exp",
    "factorial",
    "floor",
    "gcd",
    "isnan",
    "iszero",
    "lcm",
    "ln",
    "log",
    "log10",
    "log2",
    "nanvl",
    "pi",
    "power",
    "radians",
    "round",
    "signum",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
    "trunc",
    // text
    "ascii",
    "bit_length",
    "btrim",
    "character_length",
    "chr",
    "concat_ws",
    "contains",
    "ends_with",
    "find_in_set",
    "initcap",
    "left",
    "levenshtein",
    "lower",
    "lpad",
    "ltrim",
    "octet_length",
    "overlay",
    "regexp_count",
    "regexp_instr",
    "regexp_like",
    "regexp_replace",
    "repeat",
    "replace",
    "reverse",
    "right",
    "rpad",
    "rtrim",
    "split_part",
    "starts_with",
    "strpos",
    "substr",
    "substr_index",
    "to_hex",
    "translate",
    "upper",
    // times
    "date_bin",
    "date_part",
    "date_trunc",
    "from_unixtime",
    "make_date",
    "make_time",
    "to_char",
    "to_date",
    "to_local_time",
    "to_time",
    "to_timestamp",
    "to_timestamp_micros",
    "to_timestamp_millis",
    "to_timestamp_nanos",
    "to_timestamp_seconds",
    "to_unixtime",
    // types
    "arrow_cast",
    // lists
    "array_concat",
    "array_has",
    "array_has_all",
    "array_has_any",
    "array_reverse",
    "array_to_string",
    "cardinality",
    "empty",
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
        "coalesce",
        "nvl",
        "greatest",
        "least",
        "min",
        "max",
        "first_value",
        "last_value",
        "nth_value",
        "any_value",
        "lag",
        "lead",
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
        "any_value"
        | "array_agg"
        | "first_value"
        | "last_value"
        | "sum"
        | "max"
        | "min"
        | "median"
        | "avg"
        | "approx_median"
        | "approx_percentile_cont"
        | "percentile_cont"
        | "string_agg"
        | "bit_and"
        | "bit_or"
        | "bit_xor"
        | "bool_and"
        | "bool_or"
        | "var_pop"
        | "stddev_pop"
        | "covar_pop" => AggregateNulls::Empty,
        _ => AggregateNulls::Maybe,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Values at the edges of their types, none of them null.
    const FROM: &str = "from (values (0), (1), (-1), (7), (100)) as a(i)
        cross join (values (0.0), (-1.5), (1.0), (1e308), (cast('NaN' as double)), (cast('inf' as double))) as b(f)
        cross join (values (''), ('a'), ('é,b'), ('  '), ('a,b,,c')) as c(s)
        cross join (values (timestamp '1970-01-01'), (timestamp '2013-02-28 23:59:59.999999999'), (timestamp '1700-01-01')) as d(t)
        cross join (values (make_array('a', 'b')), (make_array('')), (arrow_cast(make_array(), 'List(Utf8)'))) as e(l)
        cross join (values (cast(0.5 as decimal(10, 2))), (cast(-9999999.99 as decimal(10, 2)))) as g(d)";

    /// Calls of each function; the name of the function is the first word.
    const CALLS: &[&str] = &[
        "abs(f)",
        "abs(i)",
        "abs(d)",
        "acos(f)",
        "acosh(f)",
        "asin(f)",
        "asinh(f)",
        "atan(f)",
        "atan2(f, i)",
        "atanh(f)",
        "cbrt(f)",
        "ceil(f)",
        "ceil(d)",
        "cos(f)",
        "cosh(f)",
        "cot(f)",
        "degrees(f)",
        "exp(f)",
        "factorial(abs(i) % 10)",
        "floor(f)",
        "floor(d)",
        "gcd(i, 12)",
        "isnan(f)",
        "iszero(f)",
        "lcm(i, 12)",
        "ln(f)",
        "log(f)",
        "log(2, f)",
        "log(d)",
        "log10(f)",
        "log2(f)",
        "nanvl(f, f)",
        "pi()",
        "power(f, abs(i))",
        "power(2, f)",
        "radians(f)",
        "round(f)",
        "round(f, i)",
        "round(d, 1)",
        "signum(f)",
        "sin(f)",
        "sinh(f)",
        "sqrt(abs(f))",
        "tan(f)",
        "tanh(f)",
        "trunc(f)",
        "trunc(f, 2)",
        "ascii(s)",
        "bit_length(s)",
        "btrim(s)",
        "btrim(s, 'a')",
        "character_length(s)",
        "chr(abs(i) + 32)",
        "concat_ws(s, s, s)",
        "contains(s, 'a')",
        "ends_with(s, s)",
        "find_in_set(s, 'a,b')",
        "find_in_set('a', s)",
        "initcap(s)",
        "left(s, i)",
        "levenshtein(s, 'ab')",
        "lower(s)",
        "lpad(s, abs(i))",
        "lpad(s, 5, s)",
        "ltrim(s)",
        "octet_length(s)",
        "overlay(s placing 'x' from 1)",
        "regexp_count(s, 'a')",
        "regexp_instr(s, 'a')",
        "regexp_like(s, 'a')",
        "regexp_like(s, s)",
        "regexp_replace(s, 'a', 'b')",
        "regexp_replace(s, 'a', s, 'g')",
        "repeat(s, i)",
        "replace(s, 'a', s)",
        "reverse(s)",
        "right(s, i)",
        "rpad(s, abs(i))",
        "rpad(s, 5, s)",
        "rtrim(s)",
        "split_part(s, ',', 3)",
        "split_part(s, s, 1)",
        "starts_with(s, s)",
        "strpos(s, 'b')",
        "substr(s, i)",
        "substr(s, i, 2)",
        "substr_index(s, ',', i)",
        "to_hex(i)",
        "translate(s, 'ab', 'b')",
        "upper(s)",
        "date_bin(interval '1 day', t, timestamp '1970-01-01')",
        "date_part('year', t)",
        "date_part('epoch', t)",
        "date_part('dow', t)",
        "date_part('nanosecond', t)",
        "date_trunc('month', t)",
        "date_trunc('second', t)",
        "from_unixtime(i)",
        "make_date(2000 + i, 2, 1)",
        "make_time(1, 2, 3)",
        "to_char(t, '%Y')",
        "to_char(t, s)",
        "to_date('2013-01-01')",
        "to_date(i)",
        "to_local_time(t)",
        "to_time('12:00:00')",
        "to_timestamp(i)",
        "to_timestamp('2013-01-01')",
        "to_timestamp_micros(i)",
        "to_timestamp_millis(i)",
        "to_timestamp_nanos(i)",
        "to_timestamp_seconds(i)",
        "to_unixtime(t)",
        "arrow_cast(i, 'Float32')",
        "arrow_cast(s, 'LargeUtf8')",
        "array_concat(l, l)",
        "array_has(l, 'a')",
        "array_has(l, s)",
        "array_has_all(l, l)",
        "array_has_any(l, make_array(s))",
        "array_reverse(l)",
        "array_to_string(l, s)",
        "cardinality(l)",
        "empty(l)",
        "string_to_array(s, ',')",
        "string_to_array(s, s)",
    ];

    #[test]
    fn strict_functions_give_no_null_for_values() {
        let called: BTreeSet<&str> = CALLS.iter().filter_map(|call| call.split('(').next()).collect();
        assert_eq!(called, STRICT.iter().copied().collect(), "each strict function is called, and no other");
        let mut wrong = Vec::new();
        for call in CALLS {
            match crate::execute(&format!("select {call} as x {FROM}"), &[]) {
                Err(error) => wrong.push(format!("{call}: {error}")),
                Ok((schema, batches)) => {
                    let nulls: usize = batches.iter().map(|batch| batch.column(0).logical_null_count()).sum();
                    if schema.field(0).is_nullable() || nulls > 0 {
                        wrong.push(format!("{call}: null"));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn aggregates_of_values_give_no_null() {
        let calls = [
            "any_value(s)",
            "array_agg(s)",
            "first_value(s order by i)",
            "last_value(i)",
            "sum(f)",
            "sum(d)",
            "sum(i)",
            "max(s)",
            "min(f)",
            "median(f)",
            "median(i)",
            "avg(f)",
            "avg(d)",
            "avg(i)",
            "approx_median(i)",
            "approx_percentile_cont(0.5) within group (order by i)",
            "percentile_cont(0.5) within group (order by f)",
            "string_agg(s, ',')",
            "bit_and(i)",
            "bit_or(i)",
            "bit_xor(i)",
            "bool_and(f > 0)",
            "bool_or(f > 0)",
            "var_pop(f)",
            "stddev_pop(f)",
            "covar_pop(f, i)",
            "count(f)",
            "approx_distinct(s)",
            "regr_count(f, i)",
        ];
        for call in calls {
            let sql = format!("select {call} as x {FROM} group by i, f, t");
            let (schema, _) = crate::execute(&sql, &[]).unwrap_or_else(|error| panic!("{call}: {error}"));
            assert!(!schema.field(0).is_nullable(), "{call}");
        }
    }

    #[test]
    fn functions_that_never_give_null_do_not_even_for_nulls() {
        for call in [
            "concat(x, x)",
            "make_array(x)",
            "struct(x)",
            "named_struct('a', x)",
            "arrow_typeof(x)",
            "coalesce(x, 'a')",
            "nvl2(x, 'a', 'b')",
        ] {
            let sql = format!("select {call} as x from (values (cast(null as varchar)), ('a')) as t(x)");
            let (schema, _) = crate::execute(&sql, &[]).unwrap_or_else(|error| panic!("{call}: {error}"));
            assert!(!schema.field(0).is_nullable(), "{call}");
        }
    }

    #[test]
    fn every_name_in_a_list_is_a_function() {
        let all = Functions::all();
        let own = [
            "coalesce",
            "nvl",
            "greatest",
            "least",
            "nvl2",
            "concat",
            "make_array",
            "struct",
            "named_struct",
            "arrow_typeof",
            "get_field",
        ];
        for name in STRICT.iter().chain(&own) {
            assert_eq!(all.scalar.get(*name).map(|function| function.name()), Some(*name));
        }
        for name in all.aggregate.values().map(|function| function.name()) {
            let known = aggregate_nulls(name) != AggregateNulls::Maybe;
            let doubtful = name.starts_with("regr_")
                || ["corr", "covar_samp", "var", "stddev", "nth_value", "approx_percentile_cont_with_weight"]
                    .contains(&name);
            assert!(known || doubtful, "what does `{name}` do with nulls?");
        }
    }

    #[test]
    fn the_nearest_name_is_near() {
        assert_eq!(Functions::all().nearest("lenght").as_deref(), Some("length"));
        assert_eq!(Functions::all().nearest("randon"), None, "what may not be called is not proposed");
        assert_eq!(nearest("zzz", ["abc"].into_iter()), None);
    }
}
