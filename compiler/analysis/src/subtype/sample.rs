//! Values that satisfy a type: words of a pattern, and one value of a type with its constraints.

use chrono::{NaiveDate, NaiveTime};
use mlp_plan::{DataType, Literal, ValueType};
use regex_syntax::hir::{Class, Hir, HirKind};

use super::domain::Domain;

/// No word is made that is longer.
const LONGEST_WORD: usize = 4_096;

/// A few words that match a pattern: each repetition as short as it goes, once, and longer. None where the pattern asks what stands around a place.
#[must_use]
pub fn words(pattern: &str) -> Vec<String> {
    let Ok(hir) = regex_syntax::parse(pattern) else { return Vec::new() };
    let mut words: Vec<String> = [0, 1, 2, 3, 5, 8].into_iter().filter_map(|times| word_of(&hir, times)).collect();
    words.dedup();
    words
}

/// The word in which each repetition occurs so often, as far as it may.
fn word_of(hir: &Hir, times: u32) -> Option<String> {
    let mut word = String::new();
    write(hir, times, &mut word)?;
    Some(word)
}

fn write(hir: &Hir, times: u32, word: &mut String) -> Option<()> {
    match hir.kind() {
        HirKind::Empty => {}
        HirKind::Look(_) => return None,
        HirKind::Literal(literal) => word.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => word.push(letter(class)?),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(u32::MAX).max(repetition.min);
            for _ in 0..times.clamp(repetition.min, most) {
                write(&repetition.sub, times, word)?;
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, times, word)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, times, word))?,
        HirKind::Alternation(parts) => write(parts.first()?, times, word)?,
    }
    (word.len() <= LONGEST_WORD).then_some(())
}

/// A letter of a class, one that reads well where there is one.
fn letter(class: &Class) -> Option<char> {
    let Class::Unicode(class) = class else { return None };
    let has = |letter: &char| class.iter().any(|range| (range.start()..=range.end()).contains(letter));
    ['a', 'A', '1', '0'].into_iter().find(has).or_else(|| class.iter().next().map(|range| range.start()))
}

/// A value that satisfies a type's constraints, always the same one, where one can be read off.
#[must_use]
pub fn value(ty: &ValueType) -> Option<Literal> {
    let domain = Domain::of(ty);
    let mut candidates = Vec::new();
    for region in domain.regions() {
        candidates.extend(region.set.iter().flatten().take(8).cloned());
        if ty.data == DataType::String {
            candidates.extend(region.patterns.iter().flat_map(|pattern| words(pattern)).map(Literal::Text));
        }
        candidates.extend(plain(&ty.data, region.shortest));
        let ends = [&region.low, &region.high].into_iter().flatten();
        candidates.extend(ends.filter(|bound| !bound.open).map(|bound| bound.value.clone()));
        candidates = candidates.into_iter().map(|candidate| region.spelled(&candidate)).collect();
    }
    candidates.into_iter().find(|candidate| mlp_plan::holds::broken(&ty.constraints, &ty.data, candidate).is_none())
}

/// A value of a type, of some length where it has one.
fn plain(data: &DataType, shortest: u64) -> Option<Literal> {
    let day = NaiveDate::from_ymd_opt(2000, 1, 1);
    let count = usize::try_from(shortest).ok()?;
    Some(match data {
        DataType::Bool => Literal::Bool(false),
        DataType::Int(_) | DataType::Uint(_) | DataType::Float(_) | DataType::Decimal { .. } => {
            Literal::Number(0.into())
        }
        DataType::String => Literal::Text("a".repeat(count.max(1))),
        DataType::Bytes => Literal::Text("a".repeat(count)),
        DataType::Enum { members, .. } => Literal::Text(members.first()?.clone()),
        DataType::Date => Literal::Date(day?),
        DataType::Timestamp { .. } => Literal::Timestamp(mlp_plan::midnight(day?)),
        DataType::Time => Literal::Time(NaiveTime::MIN),
        DataType::Duration => Literal::Duration(0),
        DataType::Uuid => Literal::Text("00000000-0000-0000-0000-000000000000".to_owned()),
        DataType::List(element) => Literal::List(vec![value(element)?; count]),
        DataType::Vector { element, length } => Literal::List(vec![value(element)?; usize::try_from(*length).ok()?]),
        DataType::Json => Literal::Text("null".to_owned()),
        _ => return None,
    })
}
