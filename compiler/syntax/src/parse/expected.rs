//! What the grammar would go on with behind a text that is being typed: pest says how far it came, and what it tried there.

use mlp_source::FileId;
use pest::{
    Parser as _,
    error::{ErrorVariant, InputLocation},
};

use super::grammar::{Mlp, Rule};
use crate::{
    layout::lay_out,
    lexer::{Kind, Token, lex},
    words,
};

/// A character that no program has, in the place of the cursor.
const CURSOR: char = '\u{4}';
/// A name that is no word of the language.
const NO_WORD: &str = "x";

/// What could follow a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// Words of the language, each with those that always follow it (`known at`).
    pub words: Vec<&'static str>,
    /// Whether a declaration or entry would begin.
    pub begins: bool,
    /// Whether a value could stand there.
    pub value: bool,
    /// Whether a type could stand there.
    pub ty: bool,
}

/// What could follow a text that ends where somebody is typing, between two words.
#[must_use]
pub fn expected(text: &str) -> Expected {
    let text = shortened(text);
    let Tried { rules, apart } = tried(&text).unwrap_or_default();
    let any = |of: &[Rule]| rules.iter().any(|rule| of.contains(rule));
    let begins = apart
        && (any(&[Rule::setting, Rule::field, Rule::metric]) || rules.iter().any(|rule| !entry(*rule).is_empty()));
    let value = any(&[
        Rule::expr,
        Rule::single,
        Rule::arg,
        Rule::bound,
        Rule::word,
        Rule::list,
        Rule::promote,
        Rule::k_promote,
    ]);
    let ty = any(&[Rule::ty, Rule::named, Rule::bare]);
    let mut found: Vec<&'static str> =
        rules.iter().flat_map(|rule| if begins { entry(*rule) } else { within(*rule) }).copied().collect();
    // words that go on with an entry and are no rules of their own: those with which the grammar comes further, where a name alone does not
    let goes_on = |word: &str| self::tried(&format!("{text} {word} ")).is_some();
    if !begins && !goes_on(NO_WORD) {
        let known = |word: &str| found.iter().any(|found| found.split(' ').next() == Some(word));
        let more: Vec<&str> = words::CLAUSES.iter().copied().filter(|word| !known(word) && goes_on(word)).collect();
        found.extend(more);
    }
    found.sort_unstable();
    found.dedup();
    Expected { words: found, begins, value, ty }
}

/// What was tried at the end of a text.
#[derive(Default)]
struct Tried {
    /// The rules that could begin there.
    rules: Vec<Rule>,
    /// Whether it stands apart from what is before it: behind a line end, a comma or an opening brace.
    apart: bool,
}

/// What the grammar tries at the end of a text; none where it does not come so far.
fn tried(text: &str) -> Option<Tried> {
    let layout = lay_out(FileId(0), &format!("{text}{CURSOR}"));
    let start = layout.copy.pieces.last().copied().unwrap_or_default();
    let piece = layout.copy.text.get(start..)?;
    // a character that no program has is junk to the layout
    let at = piece.rfind("\u{3}\u{3}")?;
    let piece = format!("{}{CURSOR}{}", piece.get(..at)?, piece.get(at + 2..)?);
    let error = Mlp::parse(Rule::file, &piece).err()?;
    let (InputLocation::Pos(reached) | InputLocation::Span((reached, _))) = error.location;
    let ErrorVariant::ParsingError { positives, .. } = error.variant else { return None };
    let apart = piece.get(..at)?.ends_with(['\n', '{', ',', '/']) || at == 0;
    (reached == at).then_some(Tried { rules: positives, apart })
}

/// The text without the entries before the one that is being typed: they say nothing about it, and would be read again and again.
fn shortened(text: &str) -> String {
    let tokens = lex(text).tokens;
    let mut open: Vec<&Token> = Vec::new();
    for token in &tokens {
        match token.kind {
            Kind::Open => open.push(token),
            Kind::Close => {
                open.pop();
            }
            _ => {}
        }
    }
    let block = open.iter().rposition(|token| token.text(text) == "{");
    let Some(block) =
        block.and_then(|at| Some((open.get(at)?.end, open.get(at + 1).map_or(text.len(), |next| next.start))))
    else {
        return text.to_owned();
    };
    let line = text.get(..block.1).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    if line <= block.0 {
        return text.to_owned();
    }
    let kept = format!("{}\n{}", text.get(..block.0).unwrap_or_default(), text.get(line..).unwrap_or_default());
    // a line may go on with the one before it
    if tried(&kept).is_some() { kept } else { text.to_owned() }
}

/// The words that a declaration or an entry begins with.
const fn entry(rule: Rule) -> &'static [&'static str] {
    match rule {
        Rule::use_ => &["use"],
        Rule::moments => &["moments"],
        Rule::contract => &["contract"],
        Rule::type_decl => &["type"],
        Rule::enum_decl => &["enum"],
        Rule::metrics => &["metrics"],
        Rule::env => &["env"],
        Rule::stage => &["stage"],
        Rule::source => &["source"],
        Rule::sink => &["sink"],
        Rule::secret => &["secret"],
        Rule::const_ => &["const"],
        Rule::model => &["model"],
        Rule::policy => &["policy"],
        Rule::pipeline => &["pipeline"],
        Rule::deployment => &["deployment"],
        Rule::monitor => &["monitor"],
        Rule::test => &["test"],
        Rule::rule_key => &["key"],
        Rule::rule_unique => &["unique"],
        Rule::rule_references => &["references"],
        Rule::rule_expect | Rule::k_expect => &["expect", "warn"],
        Rule::rule_accepts => &["accepts break on"],
        Rule::let_ => &["let"],
        Rule::because | Rule::k_drops | Rule::k_uses => &["drops", "uses"],
        Rule::predicts => &["predicts at"],
        Rule::clause => &["require", "warn", "when", "approve by"],
        Rule::alert => &["alert when"],
        Rule::retrain => &["retrain"],
        Rule::expectation => &["expect"],
        Rule::promotion => &["promote"],
        Rule::rollback => &["rollback when"],
        _ => &[],
    }
}

/// The words that something within an entry begins with.
const fn within(rule: Rule) -> &'static [&'static str] {
    match rule {
        Rule::m_key => &["key"],
        Rule::m_label => &["label"],
        Rule::role => &["label", "key"],
        Rule::m_unique => &["unique"],
        Rule::m_unit => &["unit"],
        Rule::m_in | Rule::k_in => &["in"],
        Rule::m_length | Rule::k_length => &["length"],
        Rule::m_matches | Rule::k_matches => &["matches"],
        Rule::m_where | Rule::k_where => &["where"],
        Rule::m_known => &["known at"],
        Rule::m_was => &["was"],
        Rule::m_deprecated => &["deprecated"],
        Rule::algebra => &["pick", "without", "with", "rename"],
        Rule::infix => &["and", "or", "in", "matches"],
        Rule::expr | Rule::k_not => &["not"],
        Rule::by | Rule::k_by => &["by"],
        Rule::step | Rule::loops | Rule::k_for => &["for"],
        Rule::else_ => &["else"],
        Rule::over => &["over"],
        Rule::cooldown => &["cooldown"],
        Rule::budget => &["at most"],
        Rule::within => &["within"],
        Rule::except => &["except author"],
        Rule::confidence => &["at 95% confidence"],
        Rule::nothing => &["nothing because"],
        Rule::better => &["better higher", "better lower"],
        Rule::k_when => &["when"],
        Rule::disjoint => &["disjoint"],
        Rule::verdict => &["passes", "fails", "unknown"],
        Rule::enum_ty => &["enum"],
        Rule::struct_ty => &["struct"],
        _ => &[],
    }
}
