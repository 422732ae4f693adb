//! Names that Kubernetes and Argo accept: sanitised where they must be, and never the same for two things.

use std::collections::HashSet;

/// Names that were given out.
pub struct Unique {
    taken: HashSet<String>,
    longest: usize,
}

impl Unique {
    /// Names of at most `longest` characters, none of `taken`.
    pub fn new(longest: usize, taken: &[&str]) -> Self {
        Self { taken: taken.iter().map(|name| (*name).to_owned()).collect(), longest }
    }

    /// A DNS-1123 label that begins with a letter; a second use of one gets a number.
    pub fn name(&mut self, text: &str) -> String {
        let name = label(text, self.longest.saturating_sub(6));
        let mut unique = name.clone();
        let mut n = 2_u64;
        while !self.taken.insert(unique.clone()) {
            unique = format!("{name}-{n}");
            n += 1;
        }
        unique
    }
}

/// A DNS-1123 label of at most `longest` characters that begins with a letter. `_` becomes `-`; whatever else is lost or cut is replaced by a
/// digest of the whole, so that different names stay different.
pub fn label(text: &str, longest: usize) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let folded: String = text.chars().map(|c| if c == '_' { '-' } else { c }).collect();
    let good = folded.len() <= longest
        && folded.starts_with(|c: char| c.is_ascii_lowercase())
        && !folded.ends_with('-')
        && folded.chars().all(plain);
    if good {
        return folded;
    }
    let kept: String =
        folded.chars().map(|c| c.to_ascii_lowercase()).filter(|c| plain(*c)).take(longest.saturating_sub(11)).collect();
    let kept = kept.trim_matches('-');
    let head = if kept.starts_with(|c: char| c.is_ascii_lowercase()) { kept.to_owned() } else { format!("x{kept}") };
    format!("{head}-{}", digest(text, 8))
}

/// The first `length` hex digits of a digest.
pub fn digest(text: &str, length: usize) -> String {
    blake3::hash(text.as_bytes()).to_hex().chars().take(length).collect()
}

/// Whether Argo's names and `--set` take the text as it is.
pub fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 200
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        && !text.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_names_stay_and_bad_ones_stay_apart() {
        assert_eq!(label("report-score", 57), "report-score");
        assert_eq!(label("fit_model", 57), "fit-model");
        let long = "x".repeat(300);
        let texts = ["A", "a b", "a/b", "", "-", "1st", "é", "🙂", "a.", "{{x}}", &long, "LateModel"];
        let labels: HashSet<String> = texts.iter().map(|text| label(text, 57)).collect();
        assert_eq!(labels.len(), texts.len());
        for label in labels {
            assert!(
                label.len() <= 57 && label.starts_with(|c: char| c.is_ascii_lowercase()) && !label.ends_with('-'),
                "{label}"
            );
        }
    }

    #[test]
    fn the_second_of_a_name_gets_a_number() {
        let mut names = Unique::new(57, &[]);
        assert_eq!([names.name("trials-0"), names.name("trials_0")], ["trials-0", "trials-0-2"]);
    }
}
