//! JSON with lines, in order, with exact numbers: serde_json keeps none of the three without features that every other crate would get as well.

use super::{Kind, MAX_DEPTH, Node};
use crate::fault::Fault;

pub(super) fn read(text: &str) -> Result<Node, Fault> {
    let mut reader = Reader { rest: text, line: 1 };
    let node = reader.value(0)?;
    reader.blanks();
    if reader.rest.is_empty() { Ok(node) } else { Err(reader.fault("the document ends before this text")) }
}

struct Reader<'t> {
    rest: &'t str,
    line: usize,
}

impl<'t> Reader<'t> {
    fn blanks(&mut self) {
        let after = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        let passed = self.rest.len() - after.len();
        self.line += self.rest.bytes().take(passed).filter(|byte| *byte == b'\n').count();
        self.rest = after;
    }

    fn fault(&self, what: &str) -> Fault {
        let shown: String = self.rest.chars().take(20).filter(|c| !c.is_control()).collect();
        let found = if shown.is_empty() { "the file ends".to_owned() } else { format!("`{shown}`") };
        Fault::new(format!("this is not JSON: {what}, and here is {found}"), "").on(self.line)
    }

    fn eat(&mut self, sign: char) -> bool {
        self.blanks();
        self.rest.strip_prefix(sign).map(|rest| self.rest = rest).is_some()
    }

    fn word(&mut self, word: &str, kind: Kind) -> Result<Kind, Fault> {
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                Ok(kind)
            }
            None => Err(self.fault("a value is expected")),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, Fault> {
        self.blanks();
        let line = self.line;
        if depth > MAX_DEPTH {
            return Err(Fault::new(format!("nested deeper than {MAX_DEPTH} levels"), "").on(line));
        }
        let kind = match self.rest.chars().next() {
            Some('{') => self.map(depth)?,
            Some('[') => self.list(depth)?,
            Some('"') => Kind::Text(self.text()?),
            Some('t') => self.word("true", Kind::Bool(true))?,
            Some('f') => self.word("false", Kind::Bool(false))?,
            Some('n') => self.word("null", Kind::Null)?,
            Some('-' | '0'..='9') => self.number()?,
            _ => return Err(self.fault("a value is expected")),
        };
        Ok(Node { line, kind })
    }

    fn map(&mut self, depth: usize) -> Result<Kind, Fault> {
        let mut entries: Vec<(String, Node)> = Vec::new();
        self.eat('{');
        if self.eat('}') {
            return Ok(Kind::Map(entries));
        }
        loop {
            self.blanks();
            if !self.rest.starts_with('"') {
                return Err(self.fault("a key in double quotes is expected"));
            }
            let key = self.text()?;
            if entries.iter().any(|(known, _)| *known == key) {
                return Err(Fault::new(format!("the key {key:?} stands twice"), "leave one of them out").on(self.line));
            }
            if !self.eat(':') {
                return Err(self.fault("`:` is expected"));
            }
            entries.push((key, self.value(depth + 1)?));
            if self.eat('}') {
                return Ok(Kind::Map(entries));
            }
            if !self.eat(',') {
                return Err(self.fault("`,` or `}` is expected"));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Kind, Fault> {
        let mut items = Vec::new();
        self.eat('[');
        if self.eat(']') {
            return Ok(Kind::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.eat(']') {
                return Ok(Kind::List(items));
            }
            if !self.eat(',') {
                return Err(self.fault("`,` or `]` is expected"));
            }
        }
    }

    fn number(&mut self) -> Result<Kind, Fault> {
        let end =
            self.rest.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')).unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        if serde_json::from_str::<serde_json::Number>(number).is_err() {
            return Err(self.fault("a number is expected"));
        }
        self.rest = rest;
        Ok(Kind::Number(number.to_owned()))
    }

    /// A text with its quotes, whose escapes serde_json reads.
    fn text(&mut self) -> Result<String, Fault> {
        let mut escaped = false;
        let inner = self.rest.char_indices().skip(1).find(|(_, c)| {
            let ends = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        });
        let Some((quote, _)) = inner else { return Err(self.fault("a text is not closed")) };
        let (text, rest) = self.rest.split_at_checked(quote + 1).unwrap_or((self.rest, ""));
        let read = serde_json::from_str(text)
            .map_err(|_| self.fault("a text has a line end or an escape that JSON does not know"))?;
        self.rest = rest;
        Ok(read)
    }
}
