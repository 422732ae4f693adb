//! Documents: what JSON and YAML can say, in an order.

/// A document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doc {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number as JSON spells it.
    Number(String),
    /// A text.
    Text(String),
    /// A text of ours in which two braces in a row are a reader's template; in YAML, other text is written without any.
    Template(String),
    /// A list.
    List(Vec<Doc>),
    /// A mapping, in the order in which it is written.
    Map(Vec<(String, Doc)>),
}

impl Doc {
    /// A text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A mapping of our own keys.
    #[must_use]
    pub fn map<const N: usize>(entries: [(&str, Self); N]) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// A whole number.
    #[must_use]
    pub fn number(number: impl std::fmt::Display) -> Self {
        Self::Number(number.to_string())
    }

    /// Adds an entry to a mapping; nothing happens to anything else.
    pub fn put(&mut self, key: &str, value: Self) {
        if let Self::Map(entries) = self {
            entries.push((key.to_owned(), value));
        }
    }

    /// Whether it holds nothing: an empty list or mapping.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::List(items) => items.is_empty(),
            Self::Map(entries) => entries.is_empty(),
            _ => false,
        }
    }
}
