//! Types: written where they stand, or under a name of their own where what they hold has constraints.

use std::collections::HashSet;

use mlp_plan::{Constraint, DataType, ValueType};

use super::{NamedEnum, Text, expr, text};

/// Writes types, and remembers the declarations that they need.
pub(super) struct Types<'a> {
    enums: &'a [NamedEnum],
    owner: &'a str,
    taken: &'a mut HashSet<String>,
    declared: Vec<(String, String)>,
}

impl<'a> Types<'a> {
    pub(super) const fn new(enums: &'a [NamedEnum], owner: &'a str, taken: &'a mut HashSet<String>) -> Self {
        Self { enums, owner, taken, declared: Vec::new() }
    }

    /// `type Name = ..`, a line each.
    pub(super) fn declarations(&self) -> String {
        let mut out: String = self.declared.iter().map(|(name, ty)| format!("type {name} = {ty}\n")).collect();
        if !out.is_empty() {
            out.push('\n');
        }
        out
    }

    /// The type with its `?`, without unit and constraints: these follow it, or stand with the named type.
    pub(super) fn data(&mut self, value: &ValueType, path: &str) -> Text {
        let data = match &value.data {
            DataType::Enum { members: wanted, open } => {
                let named = self.enums.iter().find(|named| named.members == *wanted && named.open == *open);
                match named {
                    Some(named) => named.name.clone(),
                    None => format!("enum {}", members(wanted, *open)?),
                }
            }
            DataType::Decimal { precision, .. } if !(1..=38).contains(precision) => {
                return Err(format!("{} has more digits than the 38 of the language", value.data));
            }
            DataType::List(element) => format!("list<{}>", self.inner(element, &format!("{path}_item"))?),
            DataType::Vector { element, length } => {
                format!("vector<{}, {length}>", self.inner(element, &format!("{path}_item"))?)
            }
            DataType::Map(key, item) => {
                let key = self.inner(key, &format!("{path}_key"))?;
                format!("map<{key}, {}>", self.inner(item, &format!("{path}_value"))?)
            }
            DataType::Struct(fields) => {
                let mut written = Vec::with_capacity(fields.len());
                for field in fields {
                    let path = format!("{path}_{}", field.name);
                    // conditions and uniqueness have no place behind a field of a struct: a type of their own carries them
                    let apart = field.value.constraints.iter().any(|held| matches!(held, Constraint::Where(_)));
                    let ty = if apart { self.inner(&field.value, &path)? } else { self.whole(&field.value, &path)? };
                    let default = match &field.default {
                        Some(default) => format!(" = {}", text::literal_of(default, &field.value.data)?),
                        None => String::new(),
                    };
                    written.push(format!("{}: {ty}{default}", text::name(&field.name)?));
                }
                if written.is_empty() { "struct {}".to_owned() } else { format!("struct {{ {} }}", written.join(", ")) }
            }
            scalar => scalar.to_string(),
        };
        Ok(if value.nullable { format!("{data}?") } else { data })
    }

    /// The type with all that holds for it.
    fn whole(&mut self, value: &ValueType, path: &str) -> Text {
        let mut out = self.data(value, path)?;
        if let Some(unit) = &value.unit {
            out.push_str(&format!(" unit {}", text::unit(unit)?));
        }
        if value.constraints.contains(&Constraint::Unique) {
            return Err("`unique` is said of columns, not of what is inside of one".to_owned());
        }
        out.push_str(&expr::constraints(value, false)?);
        out.push_str(&expr::constraints(value, true)?);
        Ok(out)
    }

    /// A type between angle brackets, where nothing may follow it: by name where there is more to say.
    fn inner(&mut self, value: &ValueType, path: &str) -> Text {
        if value.unit.is_none() && value.constraints.is_empty() {
            return self.data(value, path);
        }
        let never = ValueType { nullable: false, ..value.clone() };
        let ty = self.whole(&never, path)?;
        let known = self.declared.iter().find(|(_, declared)| *declared == ty).map(|(name, _)| name.clone());
        let name = known.unwrap_or_else(|| {
            let name = self.fresh(path);
            self.declared.push((name.clone(), ty));
            name
        });
        Ok(if value.nullable { format!("{name}?") } else { name })
    }

    fn fresh(&mut self, path: &str) -> String {
        let parts = path.split('_').filter(|part| !part.is_empty());
        let camel: String = parts
            .map(|part| {
                let mut letters = part.chars();
                letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
            })
            .collect();
        let base = format!("{}{camel}", self.owner);
        let numbered = (2..).map(|number| format!("{base}{number}"));
        let free = std::iter::once(base.clone()).chain(numbered).find(|name| !self.taken.contains(name));
        let name = free.unwrap_or(base);
        self.taken.insert(name.clone());
        name
    }
}

/// `{ A, B, .. }`.
pub(super) fn members(members: &[String], open: bool) -> Text {
    let mut list: Vec<&str> = Vec::with_capacity(members.len() + 1);
    for member in members {
        if !text::is_name(member) {
            return Err(format!(
                "{} cannot be a member of an enum: a member is a name; a string with `in {{ .. }}` takes any text",
                text::quoted(member)
            ));
        }
        list.push(member);
    }
    if open {
        list.push("..");
    }
    if list.is_empty() {
        return Err("an enum without members has no values".to_owned());
    }
    Ok(format!("{{ {} }}", list.join(", ")))
}
