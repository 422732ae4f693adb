//! From tree back to text: one layout for every program.
//!
//! The formatter walks the tokens, not the tree: it decides the blanks and line ends between them, so that no token and no comment can get lost. The
//! tree says which slices are broken; these are kept byte for byte.

mod align;
mod broken;
mod elements;
mod emit;
mod spacing;

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use crate::layout::{Layout, lay_out};
use crate::lexer::{Kind, lex};
use crate::tree::File;

/// The widest line in which a block stays on one line.
const WIDTH: usize = 120;

/// How often a text with broken parts is laid out before it is left as it was.
const ROUNDS: usize = 8;

/// The text of a tree in the one layout of the language; what is broken stays as it is.
#[must_use]
pub fn format(file: &File, text: &str) -> String {
    let mut out = laid_out(file, text);
    if broken::spans(file).is_empty() {
        return out;
    }
    // Broken text may be read otherwise once what is whole around it has moved: the layout is where nothing moves any more.
    for _ in 0..ROUNDS {
        let again = laid_out(&crate::parse(file.span.file, &out).file, &out);
        if again == out {
            return out;
        }
        out = again;
    }
    text.to_owned()
}

fn laid_out(file: &File, text: &str) -> String {
    let layout = lay_out(file.span.file, text);
    let printer = Printer { text, layout: &layout, broken: broken::spans(file), blocks: RefCell::default() };
    let mut out = printer.lines(0, layout.tokens.len(), 0);
    let end = out.trim_end().len();
    out.truncate(end);
    if !out.is_empty() {
        out.push('\n');
    }
    if tokens(&out) == tokens(text) { out } else { text.to_owned() }
}

/// The tokens of a text, comments included, without what the formatter may change: blanks, line ends, commas between the entries of a block (a line end
/// may stand there as well) and commas before a closing bracket.
#[must_use]
pub fn tokens(text: &str) -> Vec<&str> {
    let lexed = lex(text);
    let brackets = crate::brackets::pair_up(text, &lexed.tokens, &lexed.slips);
    let mut open: Vec<u8> = Vec::new();
    let mut found = Vec::with_capacity(lexed.tokens.len());
    for (index, token) in lexed.tokens.iter().enumerate() {
        let word = token.text(text);
        match token.kind {
            Kind::Newline => continue,
            Kind::Open if brackets.partner(index).is_some() => open.extend(word.bytes().next()),
            Kind::Close if brackets.partner(index).is_some() => {
                open.pop();
            }
            Kind::Symbol if word == "," => {
                let listed = open.last() == Some(&b'{') && !brackets.in_angles(index, index);
                let rest = lexed.tokens.get(index + 1..).unwrap_or_default();
                let next = rest.iter().find(|next| !matches!(next.kind, Kind::Newline | Kind::Comment));
                if listed || next.is_some_and(|next| next.kind == Kind::Close) {
                    continue;
                }
            }
            _ => {}
        }
        found.push(word.trim_end());
    }
    found
}

/// What the formatter knows.
struct Printer<'t> {
    text: &'t str,
    layout: &'t Layout,
    /// Slices that are kept as they are, in order.
    broken: Vec<(usize, usize)>,
    /// Lines of blocks that were already made, by their first token and indent.
    blocks: RefCell<HashMap<(usize, usize), Rc<str>>>,
}

impl<'t> Printer<'t> {
    fn word(&self, index: usize) -> &'t str {
        self.layout.tokens.get(index).map_or("", |token| token.text(self.text))
    }

    fn kind(&self, index: usize) -> Option<Kind> {
        self.layout.tokens.get(index).map(|token| token.kind)
    }

    fn partner(&self, index: usize) -> Option<usize> {
        self.layout.brackets.partner(index)
    }

    /// The text from one token to before another.
    fn slice(&self, from: usize, to: usize) -> &'t str {
        let start = self.layout.tokens.get(from).map_or(self.text.len(), |token| token.start);
        let end = to.checked_sub(1).and_then(|last| self.layout.tokens.get(last)).map_or(start, |token| token.end);
        self.text.get(start..end).unwrap_or_default()
    }
}
