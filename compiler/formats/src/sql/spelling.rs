//! The types that the four dialects spell, as those of the language.

use std::collections::BTreeMap;

use mlp_plan::{Constraint, DataType, Literal, StructField, TimeUnit, ValueType};
use sqlparser::ast::{
    self, ArrayElemTypeDef, BinaryLength, CharacterLength, DataType as Sql, EnumMember, ExactNumberInfo, TimezoneInfo,
};

use super::Dialect;
use crate::mlp::is_name;

/// A type that a script declares (`create type`, `create domain`).
#[derive(Clone, Debug)]
pub(super) struct Declared {
    pub value: ValueType,
    pub default: Option<Literal>,
    /// Whether a domain is never null.
    pub required: bool,
}

/// What a type is read with, and what is found on the way.
pub(super) struct Reading<'a> {
    dialect: Dialect,
    declared: &'a BTreeMap<String, Declared>,
    /// What the language does not say of the type, in words.
    pub lost: Vec<String>,
    /// Whether some type was none that is known, and text was taken for it.
    pub unknown: bool,
}

/// The key of a declared type: its name without a schema, in small letters.
pub(super) fn key(name: &ast::ObjectName) -> String {
    super::read::last(name).to_lowercase()
}

fn plain(data: DataType) -> ValueType {
    ValueType::plain(data)
}

fn text(longest: Option<u64>) -> ValueType {
    let constraints = longest.map(|max| Constraint::Length { min: 0, max: Some(max) }).into_iter().collect();
    ValueType { constraints, ..plain(DataType::String) }
}

fn characters(length: &Option<CharacterLength>) -> ValueType {
    match length {
        Some(CharacterLength::IntegerLength { length, .. }) => text(Some(*length)),
        _ => text(None),
    }
}

/// Texts as an enum where all are names, as a set otherwise.
pub(crate) fn members(texts: Vec<String>) -> ValueType {
    if texts.is_empty() {
        return text(None);
    }
    if texts.iter().all(|member| is_name(member)) {
        return plain(DataType::Enum { members: texts, open: false });
    }
    let members = texts.into_iter().map(Literal::Text).collect();
    ValueType { constraints: vec![Constraint::OneOf(members)], ..plain(DataType::String) }
}

impl<'a> Reading<'a> {
    /// Of one type, among those that the script declares.
    pub const fn new(dialect: Dialect, declared: &'a BTreeMap<String, Declared>) -> Self {
        Self { dialect, declared, lost: Vec::new(), unknown: false }
    }

    fn lose(&mut self, sql: &impl ToString, instead: &str) {
        self.lost.push(format!("{}, read as {instead}", sql.to_string()));
    }

    /// Text in the place of what has no type of its own.
    fn nearest(&mut self, sql: &impl ToString) -> ValueType {
        self.unknown = true;
        self.lose(sql, "string");
        text(None)
    }

    fn digits(&mut self, info: &ExactNumberInfo, sql: &impl ToString) -> DataType {
        let (precision, scale) = match info {
            ExactNumberInfo::PrecisionAndScale(precision, scale) => (*precision, *scale),
            ExactNumberInfo::Precision(precision) => (*precision, 0),
            ExactNumberInfo::None => match self.dialect {
                Dialect::Snowflake => (38, 0),
                Dialect::DuckDb => (18, 3),
                Dialect::BigQuery => (38, 9),
                Dialect::PostgreSql => (38, 10),
            },
        };
        let digits = u8::try_from(precision.clamp(1, 38)).unwrap_or(38);
        let behind = u8::try_from(scale.max(0)).unwrap_or(digits).min(digits);
        let data = DataType::Decimal { precision: digits, scale: behind };
        if (u64::from(digits), i64::from(behind)) != (precision, scale) {
            self.lose(sql, &data.to_string());
        }
        data
    }

    /// An instant, or a wall-clock time, of that many digits behind the second.
    fn instant(&mut self, precision: Option<u64>, naive: bool, sql: &impl ToString) -> DataType {
        let unit = match precision {
            _ if naive => TimeUnit::Us,
            Some(0..=3) => TimeUnit::Ms,
            Some(7..) => TimeUnit::Ns,
            _ => TimeUnit::Us,
        };
        let kept = match unit {
            TimeUnit::Ms => 3,
            TimeUnit::Us => 6,
            TimeUnit::Ns => 9,
        };
        let data = DataType::Timestamp { unit, naive };
        if precision.is_some_and(|digits| digits != kept) {
            self.lose(sql, &data.to_string());
        }
        data
    }

    fn inside(&mut self, sql: &Sql) -> Box<ValueType> {
        Box::new(ValueType { nullable: true, ..self.read(sql) })
    }

    fn list(&mut self, element: &Sql, length: Option<u64>) -> ValueType {
        let element = self.inside(element);
        let fixed = length.and_then(|length| u32::try_from(length).ok()).filter(|length| *length > 0);
        plain(match fixed {
            Some(length) if self.dialect == Dialect::DuckDb => DataType::Vector { element, length },
            _ => DataType::List(element),
        })
    }

    fn fields(&mut self, fields: &[ast::StructField], sql: &Sql) -> ValueType {
        let mut found = Vec::new();
        for field in fields {
            let name = field.field_name.as_ref().map(|name| name.value.clone());
            let Some(name) = name.filter(|name| is_name(name)) else {
                self.lose(sql, "json, since a field has no name that `.mlp` can spell");
                return plain(DataType::Json);
            };
            let value = *self.inside(&field.field_type);
            for option in field.options.iter().flatten() {
                self.lost.push(format!("{option} of the field {name}"));
            }
            found.push(StructField { name, value, default: None });
        }
        plain(DataType::Struct(found))
    }

    /// A type of the language for one of SQL: the nearest, with the longest text that its spelling allows.
    pub fn read(&mut self, sql: &Sql) -> ValueType {
        self.number(sql).or_else(|| self.moment(sql)).unwrap_or_else(|| match sql {
            Sql::Bool | Sql::Boolean => plain(DataType::Bool),
            Sql::Char(length)
            | Sql::Character(length)
            | Sql::Varchar(length)
            | Sql::CharVarying(length)
            | Sql::CharacterVarying(length)
            | Sql::Nvarchar(length) => characters(length),
            Sql::String(length) => text(*length),
            Sql::FixedString(length) => text(Some(*length)),
            Sql::Text | Sql::TinyText | Sql::MediumText | Sql::LongText | Sql::Clob(_) => text(None),
            Sql::CharacterLargeObject(_) | Sql::CharLargeObject(_) => text(None),
            Sql::Binary(Some(length))
            | Sql::Bytes(Some(length))
            | Sql::Blob(Some(length))
            | Sql::Varbinary(Some(BinaryLength::IntegerLength { length })) => {
                ValueType { data: DataType::Bytes, ..text(Some(*length)) }
            }
            Sql::Bytea | Sql::Blob(_) | Sql::Bytes(_) | Sql::Binary(_) | Sql::Varbinary(_) => plain(DataType::Bytes),
            Sql::TinyBlob | Sql::MediumBlob | Sql::LongBlob => plain(DataType::Bytes),
            Sql::Uuid => plain(DataType::Uuid),
            Sql::JSON | Sql::JSONB => plain(DataType::Json),
            Sql::Enum(all, _) => {
                let name = |member: &EnumMember| match member {
                    EnumMember::Name(name) | EnumMember::NamedValue(name, _) => name.clone(),
                };
                members(all.iter().map(name).collect())
            }
            Sql::Array(ArrayElemTypeDef::AngleBracket(element) | ArrayElemTypeDef::Parenthesis(element)) => {
                self.list(element, None)
            }
            Sql::Array(ArrayElemTypeDef::SquareBracket(element, length)) => self.list(element, *length),
            Sql::Array(ArrayElemTypeDef::None) => plain(DataType::Json),
            Sql::Map(key, value) => {
                let (key, value) = (self.inside(key), self.inside(value));
                plain(DataType::Map(key, value))
            }
            Sql::Struct(fields, _) | Sql::Tuple(fields) => self.fields(fields, sql),
            Sql::Union(_) | Sql::Nested(_) => {
                self.lose(sql, "json");
                plain(DataType::Json)
            }
            Sql::Nullable(inner) => ValueType { nullable: true, ..self.read(inner) },
            Sql::LowCardinality(inner) => self.read(inner),
            Sql::Custom(name, args) => self.named(name, args),
            other => self.nearest(other),
        })
    }

    fn number(&mut self, sql: &Sql) -> Option<ValueType> {
        let wide = matches!(self.dialect, Dialect::BigQuery | Dialect::Snowflake);
        Some(plain(match sql {
            Sql::TinyInt(_) | Sql::SmallInt(_) | Sql::Int2(_) if wide => DataType::Int(64),
            Sql::TinyInt(_) => DataType::Int(8),
            Sql::SmallInt(_) | Sql::Int2(_) | Sql::Int16 => DataType::Int(16),
            Sql::Int(_) | Sql::Integer(_) | Sql::Int4(_) | Sql::MediumInt(_) | Sql::Int32 if wide => DataType::Int(64),
            Sql::Int(_) | Sql::Integer(_) | Sql::Int4(_) | Sql::MediumInt(_) | Sql::Int32 => DataType::Int(32),
            Sql::BigInt(_) | Sql::Int8(_) | Sql::Int64 => DataType::Int(64),
            Sql::UTinyInt | Sql::UInt8 | Sql::TinyIntUnsigned(_) => DataType::Uint(8),
            Sql::USmallInt | Sql::UInt16 | Sql::SmallIntUnsigned(_) => DataType::Uint(16),
            Sql::UInt32 | Sql::IntUnsigned(_) | Sql::IntegerUnsigned(_) => DataType::Uint(32),
            Sql::UBigInt | Sql::UInt64 | Sql::BigIntUnsigned(_) => DataType::Uint(64),
            Sql::HugeInt | Sql::Int128 | Sql::UHugeInt | Sql::UInt128 => {
                let data = DataType::Decimal { precision: 38, scale: 0 };
                self.lose(sql, &data.to_string());
                data
            }
            Sql::Real | Sql::Float4 | Sql::Float32 => DataType::Float(32),
            Sql::Float(ExactNumberInfo::None) if self.dialect == Dialect::DuckDb => DataType::Float(32),
            Sql::Float(ExactNumberInfo::Precision(1..=24)) => DataType::Float(32),
            Sql::Float(_) | Sql::Double(_) | Sql::DoublePrecision | Sql::Float8 | Sql::Float64 => DataType::Float(64),
            Sql::Numeric(info)
            | Sql::Decimal(info)
            | Sql::Dec(info)
            | Sql::BigNumeric(info)
            | Sql::BigDecimal(info) => self.digits(info, sql),
            _ => return None,
        }))
    }

    fn moment(&mut self, sql: &Sql) -> Option<ValueType> {
        Some(plain(match sql {
            Sql::Date | Sql::Date32 => DataType::Date,
            Sql::Time(precision, zone) => {
                let zoned = matches!(zone, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz);
                if zoned || precision.is_some_and(|digits| digits != 6) {
                    self.lose(sql, "time");
                }
                DataType::Time
            }
            Sql::Timestamp(precision, zone) => {
                let zoned = matches!(zone, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz);
                self.instant(*precision, !zoned && self.dialect != Dialect::BigQuery, sql)
            }
            Sql::TimestampNtz(precision) | Sql::Datetime(precision) => self.instant(*precision, true, sql),
            Sql::Interval { fields, precision } => {
                if fields.is_some() || precision.is_some() {
                    self.lose(sql, "duration");
                }
                DataType::Duration
            }
            _ => return None,
        }))
    }

    /// Types that the script declares, and those that the parser knows by name alone.
    fn named(&mut self, name: &ast::ObjectName, args: &[String]) -> ValueType {
        if let Some(declared) = self.declared.get(&key(name)) {
            return declared.value.clone();
        }
        let sql = Sql::Custom(name.clone(), args.to_vec());
        let number = |at: usize| args.get(at).and_then(|arg| arg.trim().parse::<u64>().ok());
        plain(match super::read::last(name).to_uppercase().as_str() {
            "NUMBER" => {
                let info = match (number(0), number(1)) {
                    (Some(precision), Some(scale)) => {
                        ExactNumberInfo::PrecisionAndScale(precision, i64::try_from(scale).unwrap_or(i64::MAX))
                    }
                    (Some(precision), None) => ExactNumberInfo::Precision(precision),
                    _ => ExactNumberInfo::None,
                };
                self.digits(&info, &sql)
            }
            "UINTEGER" | "OID" => DataType::Uint(32),
            "LONG" | "BYTEINT" | "BIGSERIAL" | "SERIAL8" => DataType::Int(64),
            "SERIAL" | "SERIAL4" => DataType::Int(32),
            "SMALLSERIAL" | "SERIAL2" => DataType::Int(16),
            "UHUGEINT" => {
                let data = DataType::Decimal { precision: 38, scale: 0 };
                self.lose(&sql, &data.to_string());
                data
            }
            "MAP" => match args {
                [key, value] => {
                    let mut part = |text: &String| match super::parsed_type(text, self.dialect.grammar()) {
                        Some(part) => self.inside(&part),
                        None => Box::new(self.nearest(text).or_null()),
                    };
                    let (key, value) = (part(key), part(value));
                    DataType::Map(key, value)
                }
                _ => {
                    self.lose(&sql, "json");
                    DataType::Json
                }
            },
            "BPCHAR" => return text(number(0)),
            "NAME" => DataType::String,
            "CITEXT" => {
                self.lose(&sql, "string, whose capitals count");
                DataType::String
            }
            "TIMESTAMPTZ" | "TIMESTAMP_TZ" | "TIMESTAMP_LTZ" => self.instant(number(0), false, &sql),
            "TIMESTAMP_NTZ" => self.instant(number(0), true, &sql),
            "TIMESTAMP_S" => self.instant(Some(0), true, &sql),
            "TIMESTAMP_MS" => self.instant(Some(3), true, &sql),
            "TIMESTAMP_US" => self.instant(Some(6), true, &sql),
            "TIMESTAMP_NS" => self.instant(Some(9), true, &sql),
            "TIMETZ" => {
                self.lose(&sql, "time");
                DataType::Time
            }
            "VARIANT" | "OBJECT" | "SUPER" => DataType::Json,
            // of pgvector, and of Snowflake
            "VECTOR" => match (args, number(0), number(1)) {
                ([_], Some(length), _) => return self.vector(32, length, &sql),
                ([element, _], _, Some(length)) if element.eq_ignore_ascii_case("float") => {
                    return self.vector(32, length, &sql);
                }
                _ => return self.nearest(&sql),
            },
            _ => return self.nearest(&sql),
        })
    }

    fn vector(&mut self, bits: u8, length: u64, sql: &Sql) -> ValueType {
        match u32::try_from(length) {
            Ok(length) if length > 0 => {
                plain(DataType::Vector { element: Box::new(plain(DataType::Float(bits))), length })
            }
            _ => self.nearest(sql),
        }
    }
}
