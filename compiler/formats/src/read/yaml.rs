//! YAML 1.2 with lines: anchors are followed, `<<` is merged, the first document counts.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};

use super::{Kind, MAX_DEPTH, Node};
use crate::fault::Fault;

/// How many nodes a document may have, its anchors followed: a short file may name itself over and over.
const MAX_NODES: usize = 2_000_000;

pub(super) fn read(text: &str) -> Result<Node, Fault> {
    let mut reader = Reader { parser: Parser::new_from_str(text), anchors: HashMap::new(), nodes: 0 };
    loop {
        match reader.next()? {
            (Event::StreamEnd, _) => return Err(Fault::new("the file is empty", "")),
            (Event::DocumentStart(_), _) => break,
            _ => {}
        }
    }
    let first = reader.next()?;
    let node = reader.value(first, 0)?;
    reader.next()?;
    match reader.next()? {
        (Event::StreamEnd, _) => Ok(node),
        (_, span) => {
            Err(Fault::new("the file holds more than one document", "put each document into a file of its own")
                .on(span.start.line()))
        }
    }
}

struct Reader<'t> {
    parser: Parser<'t, saphyr_parser::StrInput<'t>>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), Fault> {
        match self.parser.next_event() {
            Some(event) => event.map_err(|error| malformed(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn value(&mut self, (event, span): (Event<'t>, Span), depth: usize) -> Result<Node, Fault> {
        let line = span.start.line();
        self.grow(1, line)?;
        if depth > MAX_DEPTH {
            return Err(Fault::new(format!("nested deeper than {MAX_DEPTH} levels"), "").on(line));
        }
        let (kind, anchor) = match event {
            Event::Scalar(text, ScalarStyle::Plain, anchor, None) => (plain(&text), anchor),
            Event::Scalar(text, _, anchor, _) => (Kind::Text(text.into_owned()), anchor),
            Event::SequenceStart(anchor, _) => (self.list(depth)?, anchor),
            Event::MappingStart(anchor, _) => (self.map(depth)?, anchor),
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned();
                let node = node.ok_or_else(|| Fault::new("an alias stands inside of what it names", "").on(line))?;
                self.grow(count(&node), line)?;
                (node.kind, 0)
            }
            _ => return Err(Fault::new("this is not YAML: a value is expected here", "").on(line)),
        };
        let node = Node { line, kind };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn grow(&mut self, by: usize, line: usize) -> Result<(), Fault> {
        self.nodes += by;
        if self.nodes > MAX_NODES {
            return Err(
                Fault::new(format!("the document has more than {MAX_NODES} nodes, its aliases followed"), "").on(line)
            );
        }
        Ok(())
    }

    fn list(&mut self, depth: usize) -> Result<Kind, Fault> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Kind::List(items)),
                event => items.push(self.value(event, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Kind, Fault> {
        let mut entries: Vec<(String, Node)> = Vec::new();
        let mut merged: Vec<(String, Node)> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            let line = span.start.line();
            let key = match &event {
                Event::Scalar(text, ..) => text.clone().into_owned(),
                _ => return Err(Fault::new("a key is text in every format that is read here", "").on(line)),
            };
            let value = self.next()?;
            let value = self.value(value, depth + 1)?;
            if key == "<<" {
                match value.kind {
                    Kind::Map(inner) => merged.extend(inner),
                    Kind::List(maps) => {
                        merged.extend(
                            maps.into_iter()
                                .filter_map(|map| if let Kind::Map(inner) = map.kind { Some(inner) } else { None })
                                .flatten(),
                        );
                    }
                    _ => return Err(value.wrong("<<", "a mapping")),
                }
            } else if entries.iter().any(|(known, _)| *known == key) {
                return Err(Fault::new(format!("the key `{key}` stands twice"), "leave one of them out").on(line));
            } else {
                entries.push((key, value));
            }
        }
        for (key, value) in merged {
            if !entries.iter().any(|(known, _)| *known == key) {
                entries.push((key, value));
            }
        }
        Ok(Kind::Map(entries))
    }
}

fn count(node: &Node) -> usize {
    match &node.kind {
        Kind::List(items) => 1 + items.iter().map(count).sum::<usize>(),
        Kind::Map(entries) => 1 + entries.iter().map(|(_, node)| count(node)).sum::<usize>(),
        _ => 1,
    }
}

fn malformed(error: &ScanError) -> Fault {
    Fault::new(format!("this is not YAML: {}", error.info()), "").on(error.marker().line())
}

/// A plain scalar by the core schema.
fn plain(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ => {
            let number = text.strip_prefix('+').unwrap_or(text);
            if number.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit())
                && serde_json::from_str::<serde_json::Number>(number).is_ok()
            {
                Kind::Number(number.to_owned())
            } else {
                Kind::Text(text.to_owned())
            }
        }
    }
}
