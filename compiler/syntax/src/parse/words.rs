//! What was expected, in the user's words.

use super::{grammar::Rule, trivia::Place};

/// What a place holds.
pub(super) const fn holds(place: Place) -> &'static str {
    match place {
        Place::File => "a declaration such as `contract`, `stage`, `policy` or `pipeline`",
        Place::Contract => "a field (`name: Type`), a setting (`name = value`) or a rule",
        Place::Fields => "a field (`name: Type`)",
        Place::Stage => "a setting (`name = value`), `let`, `drops`, `uses` or `predicts`",
        Place::Env => "a setting (`name = value`)",
        Place::Metrics => "a metric (`name: ratio better higher`)",
        Place::Policy => "`require`, `warn`, `when` or `approve`",
        Place::Statements => "a setting, `let`, `promote`, `expect`, `alert`, `retrain` or a call",
        Place::Deployment => "a setting (`name = value`) or `rollback`",
    }
}

/// The words with which a line of a place may begin.
pub(super) const fn keywords(place: Place) -> &'static [&'static str] {
    match place {
        Place::File => crate::words::ITEMS,
        Place::Contract => &["key", "unique", "references", "expect", "warn", "accepts"],
        Place::Fields | Place::Env | Place::Metrics => &[],
        Place::Stage => &["let", "drops", "uses", "predicts"],
        Place::Policy => &["require", "warn", "when", "approve"],
        Place::Statements => &["let", "promote", "expect", "alert", "retrain"],
        Place::Deployment => &["rollback"],
    }
}

/// The words that may follow within a line of a place.
pub(super) const fn followers(place: Place) -> &'static [&'static str] {
    match place {
        Place::File | Place::Contract | Place::Fields => &[
            "key",
            "label",
            "unique",
            "unit",
            "in",
            "length",
            "matches",
            "where",
            "known",
            "was",
            "deprecated",
            "and",
            "or",
            "else",
            "until",
            "because",
            "pick",
            "without",
            "with",
            "rename",
        ],
        Place::Metrics => &["better", "unit", "in"],
        Place::Stage | Place::Env => &["and", "or", "because"],
        Place::Policy => &["and", "or", "in", "at", "else", "because", "except", "within", "confidence"],
        Place::Statements | Place::Deployment => {
            &["and", "or", "in", "over", "cooldown", "when", "else", "at", "passes", "fails", "unknown"]
        }
    }
}

/// What must stand behind a word or sign that ends in nothing.
pub(super) fn behind(token: &str) -> Option<&'static str> {
    Some(match token {
        "in" => "a range such as `0 .. 10` or a set such as `{ \"a\", \"b\" }`",
        "length" => "a length such as `3` or `1 .. 64`",
        "matches" => "a regular expression between slashes",
        "unit" => "the name of a unit",
        "known" | "predicts" => "`at` and the name of a moment",
        "was" => "the old name",
        "deprecated" | "because" | "else" => "a text in double quotes that says why",
        "where" | "when" | "require" | "expect" => "a condition",
        "over" | "within" | "cooldown" => "a duration such as `5min`",
        "until" => "a date such as `2026-12-31`",
        "at" => "`95% confidence`",
        "by" => "the name of a slice",
        "->" | "<:" => "a type",
        "let" | "." => "a name",
        "pick" | "without" => "columns in braces, `label`, `key` or a `@tag`",
        "with" | "rename" => "columns in braces",
        "=" | "+" | "-" | "*" | "/" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "and" | "or" | "not" => "a value",
        _ => return None,
    })
}

/// What a rule stands for, in words; `None` where another rule says it better.
const fn words(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::name | Rule::path | Rule::module | Rule::target | Rule::use_name => "a name",
        Rule::ty | Rule::named | Rule::enum_ty | Rule::struct_ty | Rule::unit_ty | Rule::bare => "a type",
        Rule::expr | Rule::single | Rule::word | Rule::number | Rule::arg | Rule::bound | Rule::promote => "a value",
        Rule::list | Rule::paren | Rule::column | Rule::format => "a value",
        Rule::text => "a text in double quotes",
        Rule::tag => "a tag such as `@pii`",
        Rule::regex => "a regular expression between slashes",
        Rule::columns => "names in parentheses",
        Rule::params => "`(` and parameters",
        Rule::param | Rule::output => "a parameter (`name: Type`)",
        Rule::result => "`->` and a type",
        Rule::contract_block | Rule::stage_block | Rule::env_block | Rule::metric_block => "`{`",
        Rule::clause_block | Rule::statement_block | Rule::deployment_block | Rule::enum_body | Rule::use_names => {
            "`{`"
        }
        Rule::fields | Rule::name_set | Rule::renames | Rule::braces => "`{`",
        Rule::k_when => "`when`",
        Rule::verdict => "`passes`, `fails` or `unknown`",
        Rule::EOI => "the end of the line",
        _ => return None,
    })
}

/// The rules that would have gone on, in words.
pub(super) fn expected(rules: &[Rule]) -> Option<String> {
    let mut found: Vec<&str> = Vec::new();
    for rule in rules {
        if let Some(words) = words(*rule).filter(|words| !found.contains(words)) {
            found.push(words);
        }
    }
    if found.contains(&"a value") {
        found.retain(|words| {
            !matches!(
                *words,
                "a text in double quotes" | "a tag such as `@pii`" | "`{`" | "a regular expression between slashes"
            )
        });
    }
    found.truncate(3);
    let last = found.pop()?;
    Some(if found.is_empty() { last.to_owned() } else { format!("{} or {last}", found.join(", ")) })
}

/// What words of other languages are called here.
pub(super) fn foreign_keyword(word: &str) -> Option<(&'static str, &'static str)> {
    Some(match word {
        "import" | "from" | "include" | "using" | "require" => ("use", "names are imported with `use module.{Name}`"),
        "def" | "fn" | "func" | "function" | "task" | "step" | "op" => {
            ("stage", "a step of a pipeline is declared with `stage name(..) -> Type { .. }`")
        }
        "class" | "struct" | "schema" | "table" | "message" | "record" => {
            ("contract", "the shape of a table is declared with `contract Name { .. }`")
        }
        "flow" | "dag" | "workflow" => ("pipeline", "a dataflow is declared with `pipeline name { .. }`"),
        "let" | "var" | "val" => {
            ("const", "a value of a whole file is declared with `const name: Type = value`; `let` stands in pipelines")
        }
        "gate" | "rule" => ("policy", "a predicate over reports is declared with `policy Name(..) { .. }`"),
        _ => return None,
    })
}

/// The nearest of some words, where one is near.
pub(super) fn nearest<'w>(word: &str, of: &[&'w str]) -> Option<&'w str> {
    let limit = match word.chars().count() {
        0..=2 => 0,
        3..=4 => 1,
        _ => 2,
    };
    // every third word is near to one of two letters
    let long = of.iter().filter(|other| other.len() > 2);
    let near = long.map(|other| (strsim::damerau_levenshtein(word, other), *other));
    near.filter(|(distance, _)| *distance > 0 && *distance <= limit).min().map(|(_, other)| other)
}
