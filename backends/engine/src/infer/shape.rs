//! What the texts of a column look like: runs of letters and digits, or else which characters they have and how many.

use std::collections::BTreeSet;

/// Characters beyond which a text is prose.
const LONGEST: usize = 64;
/// Runs beyond which a text has no shape.
const RUNS: usize = 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Upper,
    Lower,
    Digit,
    Other(char),
}

impl Class {
    const fn of(letter: char) -> Self {
        match letter {
            'A'..='Z' => Self::Upper,
            'a'..='z' => Self::Lower,
            '0'..='9' => Self::Digit,
            other => Self::Other(other),
        }
    }
}

/// Characters of one class, side by side.
#[derive(Clone, Debug)]
struct Run {
    class: Class,
    shortest: usize,
    longest: usize,
    /// The text, while it is the same everywhere.
    same: Option<String>,
}

/// The shape of all texts so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    seen: bool,
    /// None where texts have different runs.
    runs: Option<Vec<Run>>,
    /// None where there were too many characters for a shape.
    classes: Option<BTreeSet<Class>>,
    /// Whether every small letter is one of a hexadecimal number.
    hexadecimal: bool,
    /// Whether there are blanks.
    pub spaced: bool,
    pub shortest: usize,
    pub longest: usize,
}

impl Shape {
    pub fn see(&mut self, text: &str) {
        let length = text.chars().count();
        if !self.seen {
            *self = Self {
                seen: true,
                runs: Some(Vec::new()),
                classes: Some(BTreeSet::new()),
                hexadecimal: true,
                spaced: false,
                shortest: length,
                longest: length,
            };
            if length <= LONGEST {
                self.runs = Some(runs(text));
            }
        }
        self.shortest = self.shortest.min(length);
        self.longest = self.longest.max(length);
        if length > LONGEST {
            self.runs = None;
            self.classes = None;
        }
        if let Some(known) = &mut self.runs
            && !merge(known, text)
        {
            self.runs = None;
        }
        if let Some(classes) = &mut self.classes {
            classes.extend(text.chars().map(Class::of));
            if classes.len() > 8 {
                self.classes = None;
            }
        }
        self.spaced |= text.contains(char::is_whitespace);
        self.hexadecimal &= text.chars().all(|letter| !letter.is_ascii_lowercase() || letter <= 'f');
    }

    /// Whether there are nothing but capitals and digits.
    pub fn is_code(&self) -> bool {
        self.classes.as_ref().is_some_and(|classes| {
            !classes.is_empty() && classes.iter().all(|class| matches!(class, Class::Upper | Class::Digit))
        })
    }

    fn has_digits(&self) -> bool {
        self.classes.as_ref().is_some_and(|classes| classes.contains(&Class::Digit))
    }

    /// A pattern that all texts match and that says something: some digits are in it, no blanks, and what varies is little or of one kind.
    pub fn pattern(&self) -> Option<String> {
        if !self.seen || !self.has_digits() || self.spaced || self.shortest == 0 {
            return None;
        }
        if let Some(runs) = &self.runs {
            return Some(runs.iter().map(Run::pattern).collect());
        }
        let classes = self.classes.as_ref()?;
        let plain = classes.iter().all(|class| !matches!(class, Class::Other(_)));
        if !plain || self.longest - self.shortest > 4 {
            return None;
        }
        let set: String = classes
            .iter()
            .map(|class| match class {
                Class::Upper => "A-Z",
                Class::Lower if self.hexadecimal => "a-f",
                Class::Lower => "a-z",
                _ => "0-9",
            })
            .collect();
        Some(format!("[{set}]{}", times(self.shortest, self.longest)))
    }
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for letter in text.chars() {
        let class = Class::of(letter);
        match runs.last_mut() {
            Some(run) if run.class == class => {
                run.longest += 1;
                run.shortest += 1;
                run.same.get_or_insert_default().push(letter);
            }
            _ => runs.push(Run { class, shortest: 1, longest: 1, same: Some(letter.to_string()) }),
        }
    }
    runs
}

/// Takes the runs of another text; whether they are the same ones.
fn merge(known: &mut [Run], text: &str) -> bool {
    let more = runs(text);
    if more.len() != known.len() || more.len() > RUNS {
        return false;
    }
    known.iter_mut().zip(more).all(|(known, run)| {
        known.shortest = known.shortest.min(run.shortest);
        known.longest = known.longest.max(run.longest);
        if known.same != run.same {
            known.same = None;
        }
        known.class == run.class
    })
}

impl Run {
    fn pattern(&self) -> String {
        let set = match self.class {
            Class::Upper => "[A-Z]",
            Class::Lower => "[a-z]",
            Class::Digit => "[0-9]",
            Class::Other(_) => "",
        };
        match &self.same {
            // digits that are the same everywhere are so by chance
            Some(same) if self.class != Class::Digit => regex::escape(same),
            _ if set.is_empty() => String::new(),
            // how far a number counts is no rule
            _ if self.longest - self.shortest > 2 => format!("{set}+"),
            _ => format!("{set}{}", times(self.shortest, self.longest)),
        }
    }
}

fn times(shortest: usize, longest: usize) -> String {
    match (shortest, longest) {
        (1, 1) => String::new(),
        (shortest, longest) if shortest == longest => format!("{{{shortest}}}"),
        (shortest, longest) => format!("{{{shortest},{longest}}}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shape(texts: &[&str]) -> Option<String> {
        let mut shape = Shape::default();
        texts.iter().for_each(|text| shape.see(text));
        shape.pattern()
    }

    #[test]
    fn patterns_are_those_that_a_person_sees() {
        for (texts, pattern) in [
            (&["N14228", "N24211", "N619AA", "D942D"][..], Some("[A-Z0-9]{5,6}")),
            (&["ORD-000123", "ORD-000777"], Some("ORD\\-[0-9]{6}")),
            (&["2013/1", "2014/12"], Some("[0-9]{4}/[0-9]{1,2}")),
            (&["INV1", "INV12345"], Some("INV[0-9]+")),
            (&["d41d8cd98f00b204", "0cc175b9c0f1b6a8"], Some("[0-9a-f]{16}")),
            (&["BOEING", "AIRBUS"], None),
            (&["A320-211", "737-824"], None),
            (&["Flat 1", "Flat 2"], None),
        ] {
            let sorted = |pattern: &str| pattern.replace("[a-f0-9]", "[0-9a-f]");
            assert_eq!(shape(texts).as_deref().map(sorted).as_deref(), pattern, "{texts:?}");
        }
    }

    proptest! {
        #[test]
        fn every_text_matches_its_pattern(texts in prop::collection::vec("[A-Z]{0,3}[-./ ]?[0-9a-f]{0,6}", 1..8)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            if let Some(pattern) = shape(&texts) {
                let regex = regex::Regex::new(&format!("^(?:{pattern})$")).unwrap();
                prop_assert!(texts.iter().all(|text| regex.is_match(text)), "{pattern}");
            }
        }
    }
}
