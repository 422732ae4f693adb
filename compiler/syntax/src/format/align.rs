//! The lines of a block: columns that align, blank lines, comments.

use std::collections::HashMap;

use super::{Printer, elements::Element};
use crate::layout::begins_with_more;
use crate::lexer::Kind;

/// Kinds of entries whose columns align with each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// `name = value`.
    Setting,
    /// `let name = value`.
    Let,
    /// `name: Type modifiers`.
    Field,
    /// `require .. at ..`.
    Clause,
    /// All else.
    Other,
}

/// An element, ready to be put on its lines.
struct Line {
    blank: bool,
    shape: Shape,
    cells: Vec<String>,
    comment: Option<String>,
    /// A comma that must stay behind it.
    comma: bool,
}

impl Line {
    fn is_comment(&self) -> bool {
        self.cells.is_empty()
    }

    fn is_long(&self) -> bool {
        self.cells.iter().any(|cell| cell.contains('\n'))
    }
}

/// Words before which a second column of a clause begins.
fn suffixes(keyword: &str) -> &'static [&'static str] {
    match keyword {
        "require" | "warn" => &["at", "else"],
        "expect" => &["else"],
        "rollback" | "alert" => &["over", "else"],
        "retrain" => &["over", "cooldown"],
        _ => &[],
    }
}

impl Printer<'_> {
    /// The lines of all elements between two tokens, each ended.
    pub(super) fn lines(&self, from: usize, to: usize, indent: usize) -> String {
        let top = indent == 0;
        let elements = self.elements(from, to, !top);
        let mut lines: Vec<Line> = Vec::with_capacity(elements.len());
        for (index, element) in elements.iter().enumerate() {
            let next = elements.get(index + 1..).unwrap_or_default().iter().find(|next| !next.is_comment());
            let comma =
                !top && !element.is_comment() && next.is_some_and(|next| self.needs_comma(element.to, next.from));
            lines.push(self.element(element, indent, top, comma));
        }
        let mut out = String::new();
        let mut rest = lines.as_mut_slice();
        while !rest.is_empty() {
            let (run, after) = rest.split_at_mut(run_length(rest));
            align(run);
            write(run, indent, &mut out);
            rest = after;
        }
        out
    }

    /// Whether the comma between two entries stays, since without it the first would go on in the second's line.
    fn needs_comma(&self, end: usize, first: usize) -> bool {
        if !(end..first).any(|index| self.word(index) == ",") {
            return false;
        }
        let last = end.wrapping_sub(1);
        let open = match self.kind(last) {
            Some(Kind::Symbol) => !matches!(self.word(last), "?" | ".." | ".") && self.partner(last).is_none(),
            Some(Kind::Word) => matches!(self.word(last), "and" | "or"),
            _ => false,
        };
        if open {
            return true;
        }
        let declares = matches!(self.word(first + 1), ":" | "=");
        self.layout.tokens.get(first).is_some_and(|token| begins_with_more(self.text, token, declares))
    }

    fn element(&self, element: &Element, indent: usize, top: bool, comma: bool) -> Line {
        let comment = element.comment.map(|index| self.word(index).trim_end().to_owned());
        let mut line = Line { blank: element.blank, shape: Shape::Other, cells: Vec::new(), comment, comma };
        if element.is_comment() {
            return line;
        }
        if element.verbatim {
            line.cells.push(self.slice(element.from, element.to).to_owned());
            return line;
        }
        let (shape, cuts) = if top { (Shape::Other, Vec::new()) } else { self.shape(element.from, element.to) };
        let rendered = self.entry(element.from, element.to, indent, &cuts);
        line.shape = shape;
        let mut start = 0;
        for cut in rendered.cuts.iter().copied().chain([rendered.text.len()]) {
            line.cells.push(rendered.text.get(start..cut).unwrap_or_default().to_owned());
            start = cut;
        }
        line
    }

    /// What an entry is, and before which tokens its columns begin.
    fn shape(&self, from: usize, to: usize) -> (Shape, Vec<usize>) {
        let first = self.word(from);
        match (self.word(from + 1), self.word(from + 2)) {
            ("=", _) => (Shape::Setting, vec![from + 1]),
            (":", _) => (Shape::Field, self.modifiers(from + 2, to)),
            (_, "=") if first == "let" => (Shape::Let, vec![from + 2]),
            _ => {
                let words = suffixes(first);
                let cuts = self.outer_tokens(from + 1, to).filter(|index| words.contains(&self.word(*index)));
                (if words.is_empty() { Shape::Other } else { Shape::Clause }, cuts.collect())
            }
        }
    }

    /// The tokens between two that stand outside of all brackets.
    pub(super) fn outer_tokens(&self, from: usize, to: usize) -> impl Iterator<Item = usize> {
        let mut at = from;
        std::iter::from_fn(move || {
            let index = (at < to).then_some(at)?;
            at = self.partner(index).filter(|close| *close > index && *close < to).unwrap_or(index) + 1;
            Some(index)
        })
    }

    /// The first token of a field's type and of each of its modifiers.
    fn modifiers(&self, ty: usize, to: usize) -> Vec<usize> {
        let mut cuts = vec![ty];
        let mut skip = 0_usize;
        let mut condition = false;
        for index in self.outer_tokens(ty + 1, to) {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let word = self.word(index);
            let begins = match self.kind(index) {
                Some(Kind::Tag) => true,
                Some(Kind::Symbol) => word == "=" && cuts.len() > 1,
                Some(Kind::Word) => match word {
                    "key" | "label" | "unique" | "known" | "was" | "deprecated" | "better" => true,
                    "in" | "length" | "matches" | "unit" | "where" => !condition,
                    _ => false,
                },
                _ => false,
            };
            if begins {
                condition = word == "where";
                skip = match word {
                    "unit" | "was" | "better" | "=" => 1,
                    "known" => 2,
                    _ => 0,
                };
                cuts.push(index);
            }
        }
        cuts
    }
}

/// How many of the lines stand together: of one shape, no blank line between them.
fn run_length(lines: &[Line]) -> usize {
    let mut shape = None;
    let mut length = 0;
    for line in lines {
        if length > 0 && line.blank {
            break;
        }
        if !line.is_comment() {
            if shape.is_some_and(|shape| shape != line.shape) {
                break;
            }
            shape = Some(line.shape);
        }
        length += 1;
        if line.is_long() {
            break;
        }
    }
    length.max(1)
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

/// The first word of a text.
fn first_word(text: &str) -> &str {
    text.split(' ').next().unwrap_or_default()
}

/// The widest cell of a column among the lines that have one behind it.
fn column<'l>(lines: impl Iterator<Item = &'l Line>, index: usize) -> usize {
    let wide = lines.filter(|line| line.cells.len() > index + 1).filter_map(|line| line.cells.get(index));
    wide.filter(|cell| !cell.contains('\n')).map(|cell| chars(cell)).max().unwrap_or_default()
}

/// Pads the keywords of clauses to one width.
fn align_keywords(run: &mut [Line]) {
    let clauses = || run.iter().filter(|line| line.shape == Shape::Clause).filter_map(|line| line.cells.first());
    let width = clauses().map(|cell| chars(first_word(cell))).max().unwrap_or_default();
    for line in run.iter_mut().filter(|line| line.shape == Shape::Clause) {
        if let Some(cell) = line.cells.first_mut()
            && let Some((word, rest)) = cell.split_once(' ')
        {
            *cell = format!("{word:width$} {rest}");
        }
    }
}

/// Pads the columns of a run, and joins them to one cell.
fn align(run: &mut [Line]) {
    align_keywords(run);
    let widths = widths(run);
    for (line, widths) in run.iter_mut().zip(widths) {
        let mut joined = String::new();
        let last = line.cells.len().saturating_sub(1);
        for (index, cell) in line.cells.iter().enumerate() {
            joined.push_str(cell);
            if index == last {
                break;
            }
            let width = widths.get(index).copied().unwrap_or_default();
            let blanks = match line.shape {
                Shape::Field if index > 0 => 2,
                Shape::Clause => 3,
                _ => 1,
            };
            joined.push_str(&" ".repeat(width.saturating_sub(chars(cell)) + blanks));
        }
        if line.comma {
            joined.push(',');
        }
        if !line.cells.is_empty() {
            line.cells = vec![joined];
        }
    }
}

/// How wide the first columns of each line are.
fn widths(run: &[Line]) -> Vec<[usize; 3]> {
    let first = |line: &Line, cell: usize| line.cells.get(cell).map_or("", |cell| first_word(cell)).to_owned();
    let (names, types) = (column(run.iter(), 0), column(run.iter(), 1));
    match run.iter().find(|line| !line.is_comment()).map(|line| line.shape) {
        Some(Shape::Field) => {
            let mut widths = Vec::with_capacity(run.len());
            let modifier = |line: &Line| (line.cells.len() > 3).then(|| first(line, 2));
            for group in run.chunk_by(|one, other| modifier(one).is_some() && modifier(one) == modifier(other)) {
                let second = column(group.iter(), 2);
                widths.extend(group.iter().map(|_| [names, types, second]));
            }
            widths
        }
        Some(Shape::Clause) => {
            let mut keywords: HashMap<String, usize> = HashMap::new();
            for line in run.iter().filter(|line| line.cells.len() > 1) {
                let width = keywords.entry(first(line, 0)).or_default();
                *width = (*width).max(column([line].into_iter(), 0));
            }
            run.iter().map(|line| [keywords.get(&first(line, 0)).copied().unwrap_or_default(), 0, 0]).collect()
        }
        _ => vec![[names, 0, 0]; run.len()],
    }
}

/// Writes a run; comments behind adjacent lines align.
fn write(run: &[Line], indent: usize, out: &mut String) {
    let mut index = 0;
    while index < run.len() {
        let commented = |line: &&Line| line.comment.is_some() && !line.is_comment();
        let group = run.get(index..).unwrap_or_default().iter().take_while(commented).count();
        let lines = run.get(index..index + group.max(1)).unwrap_or_default();
        let width = lines
            .iter()
            .filter_map(|line| line.cells.first())
            .map(|cell| chars(cell.lines().last().unwrap_or_default()))
            .max();
        for line in lines {
            if line.blank {
                out.push('\n');
            }
            out.push_str(&" ".repeat(indent));
            let cell = line.cells.first().map_or("", String::as_str);
            out.push_str(cell);
            if let Some(comment) = &line.comment {
                if !cell.is_empty() {
                    let last = chars(cell.lines().last().unwrap_or_default());
                    let pad = if line.is_long() { 0 } else { width.unwrap_or_default().saturating_sub(last) };
                    out.push_str(&" ".repeat(pad + 2));
                }
                out.push_str(comment);
            }
            out.push('\n');
        }
        index += lines.len().max(1);
    }
}
