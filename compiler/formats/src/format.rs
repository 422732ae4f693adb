//! The formats by name, and which one a file has.

use std::fmt;

use mlp_plan::Contract;

use crate::{
    Fault, Imported, Note, Outcome, arrow, avro, dbt, json_schema, odcs, proto, python,
    read::{self, Node},
    rest::{self, Voice},
    sql::{self, Dialect},
};

/// A format of contracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The Open Data Contract Standard.
    Odcs,
    /// JSON Schema 2020-12.
    JsonSchema,
    /// Avro schemas.
    Avro,
    /// Protobuf.
    Protobuf,
    /// An Arrow IPC file.
    Arrow,
    /// A Parquet file.
    Parquet,
    /// SQL DDL.
    Sql(Dialect),
    /// dbt's `schema.yml`.
    Dbt,
    /// A pydantic model; written only.
    Pydantic,
    /// A pandera model of polars; written only.
    Pandera,
    /// A pyarrow schema with its checks; written only.
    Pyarrow,
}

/// Ends of the names of files that are rows, and say nothing of a contract.
const DATA: [&str; 6] = ["csv", "tsv", "jsonl", "ndjson", "gz", "zst"];

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The file.
    pub bytes: Vec<u8>,
    /// What did not come along, or only for `mlp` itself.
    pub notes: Vec<Note>,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Odcs,
        Self::JsonSchema,
        Self::Avro,
        Self::Protobuf,
        Self::Arrow,
        Self::Parquet,
        Self::Sql(Dialect::PostgreSql),
        Self::Sql(Dialect::Snowflake),
        Self::Sql(Dialect::BigQuery),
        Self::Sql(Dialect::DuckDb),
        Self::Dbt,
        Self::Pydantic,
        Self::Pandera,
        Self::Pyarrow,
    ];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Odcs => "odcs",
            Self::JsonSchema => "json-schema",
            Self::Avro => "avro",
            Self::Protobuf => "protobuf",
            Self::Arrow => "arrow",
            Self::Parquet => "parquet",
            Self::Sql(Dialect::PostgreSql) => "postgresql",
            Self::Sql(Dialect::Snowflake) => "snowflake",
            Self::Sql(Dialect::BigQuery) => "bigquery",
            Self::Sql(Dialect::DuckDb) => "duckdb",
            Self::Dbt => "dbt",
            Self::Pydantic => "pydantic",
            Self::Pandera => "pandera",
            Self::Pyarrow => "pyarrow",
        }
    }

    /// The format of that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Whether it can be read.
    #[must_use]
    pub const fn is_read(self) -> bool {
        !matches!(self, Self::Pydantic | Self::Pandera | Self::Pyarrow)
    }

    /// Whether it is no text.
    #[must_use]
    pub const fn is_binary(self) -> bool {
        matches!(self, Self::Arrow | Self::Parquet)
    }

    /// Whether a file of it holds several contracts, so that one is exported with those that it references.
    #[must_use]
    pub const fn holds_many(self) -> bool {
        matches!(self, Self::Odcs | Self::Protobuf | Self::Sql(_) | Self::Dbt)
    }

    /// The format of a file, by how its name ends, and where that leaves a choice by what is in it.
    ///
    /// # Errors
    /// Where neither tells, in words that say so.
    pub fn of_file(name: &str, bytes: &[u8]) -> Result<Self, Fault> {
        let ending = name.rsplit('.').next().unwrap_or_default().to_lowercase();
        let by_name = match ending.as_str() {
            "avsc" | "avpr" => Some(Self::Avro),
            "proto" => Some(Self::Protobuf),
            "parquet" => Some(Self::Parquet),
            "arrow" | "feather" | "ipc" => Some(Self::Arrow),
            "sql" | "ddl" => Some(Self::Sql(Dialect::PostgreSql)),
            _ => None,
        };
        if let Some(format) = by_name {
            return Ok(format);
        }
        if bytes.starts_with(b"PAR1") {
            return Ok(Self::Parquet);
        }
        if bytes.starts_with(b"ARROW1") {
            return Ok(Self::Arrow);
        }
        if DATA.contains(&ending.as_str()) {
            let help = "`mlp contract infer` writes the contract that data keeps";
            return Err(Fault::new("this is data, and no contract", help));
        }
        let document = read::document(text(bytes)?).map_err(|fault| fault.within(lines(bytes)))?;
        by_document(&document)
            .ok_or_else(|| Fault::new("nothing in this file says which format it has", "").or_another_format())
    }

    /// Reads contracts.
    ///
    /// # Errors
    /// Where the file is not of this format, or says what no contract can say; with the line or the place where that is known.
    pub fn import(self, bytes: Vec<u8>) -> Result<Imported, Fault> {
        let lines = lines(&bytes);
        let imported = match self {
            Self::Arrow => arrow::import_ipc(&bytes),
            Self::Parquet => arrow::import_parquet(bytes),
            Self::Protobuf => proto::import(text(&bytes)?),
            Self::Sql(dialect) => sql::import(text(&bytes)?, dialect),
            Self::Odcs => self.document(&bytes).and_then(|document| odcs::import(&document)),
            Self::JsonSchema => self.document(&bytes).and_then(|document| json_schema::import(&document)),
            Self::Avro => self.document(&bytes).and_then(|document| avro::import(&document)),
            Self::Dbt => self.document(&bytes).and_then(|document| dbt::import(&document)),
            Self::Pydantic | Self::Pandera | Self::Pyarrow => {
                Err(Fault::new(format!("{self} is written, not read"), format!("what is read: {}", names(true))))
            }
        };
        crate::checked::whole(imported.map_err(|fault| fault.within(lines))?)
    }

    /// The document, where it is not plainly one of another format.
    fn document(self, bytes: &[u8]) -> Result<Node, Fault> {
        let document = read::document(text(bytes)?)?;
        match by_document(&document) {
            Some(other) if other != self => {
                let what = format!("this is not {self}: it looks like {other}");
                Err(Fault::new(what, format!("import it with --from {}", other.name())))
            }
            _ => Ok(document),
        }
    }

    /// Writes contracts; formats of one contract write the first.
    ///
    /// # Errors
    /// Where a name or a type has no form there at all; everything else is a note.
    pub fn export(self, contracts: &[Contract]) -> Result<Exported, Fault> {
        let first = contracts.first().ok_or_else(|| Fault::new("there is no contract to export", ""))?;
        let bytes = match self {
            Self::Odcs => odcs::export(contracts)?.into_bytes(),
            Self::JsonSchema => json_schema::export(first)?.into_bytes(),
            Self::Avro => avro::export(first)?.into_bytes(),
            Self::Protobuf => proto::export(contracts)?.into_bytes(),
            Self::Arrow => arrow::export_ipc(first)?,
            Self::Parquet => arrow::export_parquet(first)?,
            Self::Sql(dialect) => sql::export(contracts, dialect)?.into_bytes(),
            Self::Dbt => dbt::export(contracts)?.into_bytes(),
            Self::Pydantic => python::pydantic(first)?.into_bytes(),
            Self::Pandera => python::pandera(first)?.into_bytes(),
            Self::Pyarrow => python::pyarrow(first)?.into_bytes(),
        };
        let written = if self.holds_many() { contracts } else { std::slice::from_ref(first) };
        let notes = written.iter().flat_map(|contract| self.heard(contract, contracts).1).collect();
        Ok(Exported { bytes, notes })
    }

    /// What the format's own words say of a contract that stands among others, and what it does not say.
    #[must_use]
    pub fn heard(self, contract: &Contract, among: &[Contract]) -> (Contract, Vec<Note>) {
        let voice: Box<dyn Voice> = match self {
            Self::Odcs => Box::new(odcs::Odcs::of(among)),
            Self::JsonSchema => Box::new(json_schema::JsonSchema),
            Self::Avro => Box::new(avro::Avro),
            Self::Protobuf => Box::new(proto::Proto),
            Self::Arrow | Self::Parquet => Box::new(arrow::Arrow),
            Self::Sql(dialect) => Box::new(sql::Sql(dialect)),
            Self::Dbt => Box::new(dbt::Dbt),
            Self::Pydantic => Box::new(python::Spoken::Pydantic),
            Self::Pandera => Box::new(python::Spoken::Pandera),
            Self::Pyarrow => Box::new(python::Spoken::Pyarrow),
        };
        rest::heard(&*voice, contract, if self.has_room() { Outcome::Aside } else { Outcome::Lost })
    }

    /// Whether it has room for what it does not say itself.
    const fn has_room(self) -> bool {
        matches!(self, Self::Odcs | Self::JsonSchema | Self::Avro | Self::Arrow | Self::Parquet | Self::Dbt)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Odcs => "ODCS",
            Self::JsonSchema => "JSON Schema",
            Self::Avro => "Avro",
            Self::Protobuf => "Protobuf",
            Self::Arrow => "Arrow IPC",
            Self::Parquet => "Parquet",
            Self::Sql(dialect) => return write!(f, "SQL of {}", dialect.name()),
            Self::Dbt => "dbt's schema.yml",
            Self::Pydantic => "pydantic",
            Self::Pandera => "pandera",
            Self::Pyarrow => "pyarrow",
        })
    }
}

/// The names of all formats, or of those that are read.
#[must_use]
pub fn names(read: bool) -> String {
    let names: Vec<&str> =
        Format::ALL.into_iter().filter(|format| !read || format.is_read()).map(Format::name).collect();
    names.join(", ")
}

/// The line on which a text ends, not counting what is blank.
fn lines(bytes: &[u8]) -> usize {
    bytes.trim_ascii_end().iter().filter(|byte| **byte == b'\n').count() + 1
}

fn text(bytes: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
        Fault::new("the file is not UTF-8 text", "save it as UTF-8").or_another_format().on(line)
    })
}

/// The format of a JSON or YAML document, where it shows.
fn by_document(document: &Node) -> Option<Format> {
    let record =
        |node: &Node| node.get("type").and_then(Node::as_text) == Some("record") && node.get("fields").is_some();
    let first = document.as_list().and_then(|items| items.first()).unwrap_or(document);
    if document.get("apiVersion").is_some() && document.get("kind").is_some() {
        Some(Format::Odcs)
    } else if record(first) || document.get("protocol").is_some() && document.get("types").is_some() {
        Some(Format::Avro)
    } else if document.get("$schema").is_some()
        || document.get("properties").is_some()
        || document.get("$ref").is_some()
    {
        Some(Format::JsonSchema)
    } else if ["models", "sources", "seeds", "snapshots"].iter().any(|key| document.get(key).is_some()) {
        Some(Format::Dbt)
    } else {
        None
    }
}
