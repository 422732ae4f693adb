//! Types of the four dialects.

use mlp_plan::{Constraint, DataType, StructField, TimeUnit, ValueType};
use sqlparser::ast::{
    ArrayElemTypeDef, BinaryLength, CharacterLength, DataType as Sql, EnumMember, ExactNumberInfo, TimezoneInfo,
};

use super::Dialect;

/// The nearest type that a dialect has.
pub(super) fn written(data: &DataType, dialect: Dialect) -> String {
    use Dialect::{BigQuery, DuckDb, PostgreSql, Snowflake};
    let word = |words: [&str; 4]| {
        let [postgres, snowflake, bigquery, duckdb] = words;
        match dialect {
            PostgreSql => postgres,
            Snowflake => snowflake,
            BigQuery => bigquery,
            DuckDb => duckdb,
        }
        .to_owned()
    };
    match data {
        DataType::Bool => word(["BOOLEAN", "BOOLEAN", "BOOL", "BOOLEAN"]),
        DataType::Int(8) => word(["SMALLINT", "NUMBER(3, 0)", "INT64", "TINYINT"]),
        DataType::Int(16) => word(["SMALLINT", "NUMBER(5, 0)", "INT64", "SMALLINT"]),
        DataType::Int(32) => word(["INTEGER", "NUMBER(10, 0)", "INT64", "INTEGER"]),
        DataType::Int(_) => word(["BIGINT", "NUMBER(19, 0)", "INT64", "BIGINT"]),
        DataType::Uint(8) => word(["SMALLINT", "NUMBER(3, 0)", "INT64", "UTINYINT"]),
        DataType::Uint(16) => word(["INTEGER", "NUMBER(5, 0)", "INT64", "USMALLINT"]),
        DataType::Uint(32) => word(["BIGINT", "NUMBER(10, 0)", "INT64", "UINTEGER"]),
        DataType::Uint(_) => word(["NUMERIC(20, 0)", "NUMBER(20, 0)", "NUMERIC(20, 0)", "UBIGINT"]),
        DataType::Float(32) => word(["REAL", "FLOAT", "FLOAT64", "FLOAT"]),
        DataType::Float(_) => word(["DOUBLE PRECISION", "FLOAT", "FLOAT64", "DOUBLE"]),
        DataType::Decimal { precision, scale } => match dialect {
            BigQuery if *scale > 9 || precision - scale > 29 => format!("BIGNUMERIC({precision}, {scale})"),
            Snowflake => format!("NUMBER({precision}, {scale})"),
            PostgreSql | BigQuery => format!("NUMERIC({precision}, {scale})"),
            DuckDb => format!("DECIMAL({precision}, {scale})"),
        },
        DataType::String | DataType::Uuid if *data == DataType::String || !matches!(dialect, PostgreSql | DuckDb) => {
            word(["TEXT", "VARCHAR", "STRING", "VARCHAR"])
        }
        DataType::Uuid => "UUID".to_owned(),
        DataType::Enum { members, open: false } if dialect == DuckDb => {
            let members: Vec<String> = members.iter().map(|member| dialect.text(member)).collect();
            format!("ENUM({})", members.join(", "))
        }
        DataType::Enum { .. } | DataType::String => word(["TEXT", "VARCHAR", "STRING", "VARCHAR"]),
        DataType::Bytes => word(["BYTEA", "BINARY", "BYTES", "BLOB"]),
        DataType::Date => "DATE".to_owned(),
        DataType::Time => "TIME".to_owned(),
        DataType::Timestamp { naive: true, .. } => word(["TIMESTAMP", "TIMESTAMP_NTZ", "DATETIME", "TIMESTAMP"]),
        DataType::Timestamp { unit, .. } => {
            let digits = match unit {
                TimeUnit::Ms => "(3)",
                TimeUnit::Us => "(6)",
                TimeUnit::Ns => "(9)",
            };
            match dialect {
                PostgreSql if *unit == TimeUnit::Ms => "TIMESTAMP(3) WITH TIME ZONE".to_owned(),
                Snowflake => format!("TIMESTAMP_TZ{digits}"),
                PostgreSql | DuckDb => "TIMESTAMP WITH TIME ZONE".to_owned(),
                BigQuery => "TIMESTAMP".to_owned(),
            }
        }
        DataType::Duration => word(["INTERVAL", "VARCHAR", "INTERVAL", "INTERVAL"]),
        DataType::Json => word(["JSONB", "VARIANT", "JSON", "JSON"]),
        DataType::List(element) => match dialect {
            PostgreSql | DuckDb => format!("{}[]", written(&element.data, dialect)),
            Snowflake => "VARIANT".to_owned(),
            BigQuery if matches!(element.data, DataType::List(_) | DataType::Vector { .. }) => "JSON".to_owned(),
            BigQuery => format!("ARRAY<{}>", written(&element.data, dialect)),
        },
        DataType::Vector { element, length } => match dialect {
            DuckDb => format!("{}[{length}]", written(&element.data, dialect)),
            _ => written(&DataType::List(element.clone()), dialect),
        },
        DataType::Map(key, value) => match dialect {
            DuckDb if [key, value].iter().all(|part| is_word(&written(&part.data, dialect))) => {
                format!("MAP({}, {})", written(&key.data, dialect), written(&value.data, dialect))
            }
            _ => word(["JSONB", "VARIANT", "JSON", "JSON"]),
        },
        DataType::Struct(fields) => {
            let each = |field: &StructField| {
                format!("{} {}", dialect.name_of(&field.name), written(&field.value.data, dialect))
            };
            let inner = fields.iter().map(each).collect::<Vec<_>>().join(", ");
            match dialect {
                DuckDb if !fields.is_empty() => format!("STRUCT({inner})"),
                BigQuery if !fields.is_empty() => format!("STRUCT<{inner}>"),
                _ => word(["JSONB", "VARIANT", "JSON", "JSON"]),
            }
        }
    }
}

/// Whether a type is one word: the parser reads no other in a map of DuckDB.
fn is_word(text: &str) -> bool {
    text.chars().all(char::is_alphanumeric)
}

fn plain(data: DataType) -> ValueType {
    ValueType::plain(data)
}

fn digits(info: &ExactNumberInfo, dialect: Dialect) -> Option<DataType> {
    let (precision, scale) = match info {
        ExactNumberInfo::PrecisionAndScale(precision, scale) => (*precision, *scale),
        ExactNumberInfo::Precision(precision) => (*precision, 0),
        ExactNumberInfo::None => match dialect {
            Dialect::Snowflake => (38, 0),
            Dialect::DuckDb => (18, 3),
            Dialect::BigQuery => (38, 9),
            Dialect::PostgreSql => (38, 10),
        },
    };
    let (precision, scale) = (u8::try_from(precision.min(38)).ok()?, u8::try_from(scale).ok()?);
    (precision > 0 && scale <= precision).then_some(DataType::Decimal { precision, scale })
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

fn instant(precision: Option<u64>, naive: bool) -> DataType {
    let unit = match precision {
        _ if naive => TimeUnit::Us,
        Some(0..=3) => TimeUnit::Ms,
        Some(7..) => TimeUnit::Ns,
        _ => TimeUnit::Us,
    };
    DataType::Timestamp { unit, naive }
}

/// A type of the language for one of SQL, with the longest text that its spelling allows; `None` where there is none.
pub(super) fn read(sql: &Sql, dialect: Dialect) -> Option<ValueType> {
    let list = |element: &Sql, length: Option<u64>| {
        let element = Box::new(ValueType { nullable: true, ..read(element, dialect)? });
        Some(plain(match length.filter(|_| dialect == Dialect::DuckDb).and_then(|length| u32::try_from(length).ok()) {
            Some(length) if length > 0 => DataType::Vector { element, length },
            _ => DataType::List(element),
        }))
    };
    Some(match sql {
        Sql::Bool | Sql::Boolean => plain(DataType::Bool),
        Sql::TinyInt(_) => plain(DataType::Int(8)),
        Sql::SmallInt(_) | Sql::Int2(_) | Sql::Int16 => plain(DataType::Int(16)),
        Sql::Int(_) | Sql::Integer(_) | Sql::Int4(_) | Sql::MediumInt(_) | Sql::Int32 => match dialect {
            Dialect::BigQuery | Dialect::Snowflake => plain(DataType::Int(64)),
            _ => plain(DataType::Int(32)),
        },
        Sql::BigInt(_) | Sql::Int8(_) | Sql::Int64 => plain(DataType::Int(64)),
        Sql::UTinyInt | Sql::UInt8 | Sql::TinyIntUnsigned(_) => plain(DataType::Uint(8)),
        Sql::USmallInt | Sql::UInt16 | Sql::SmallIntUnsigned(_) => plain(DataType::Uint(16)),
        Sql::UInt32 | Sql::IntUnsigned(_) | Sql::IntegerUnsigned(_) => plain(DataType::Uint(32)),
        Sql::UBigInt | Sql::UInt64 | Sql::BigIntUnsigned(_) => plain(DataType::Uint(64)),
        Sql::HugeInt | Sql::Int128 => plain(DataType::Decimal { precision: 38, scale: 0 }),
        Sql::Real | Sql::Float4 | Sql::Float32 => plain(DataType::Float(32)),
        Sql::Float(ExactNumberInfo::None) if dialect == Dialect::DuckDb => plain(DataType::Float(32)),
        Sql::Float(ExactNumberInfo::Precision(1..=24)) => plain(DataType::Float(32)),
        Sql::Float(_) | Sql::Double(_) | Sql::DoublePrecision | Sql::Float8 | Sql::Float64 => {
            plain(DataType::Float(64))
        }
        Sql::Numeric(info) | Sql::Decimal(info) | Sql::Dec(info) | Sql::BigNumeric(info) | Sql::BigDecimal(info) => {
            plain(digits(info, dialect)?)
        }
        Sql::Char(length)
        | Sql::Character(length)
        | Sql::Varchar(length)
        | Sql::CharVarying(length)
        | Sql::CharacterVarying(length)
        | Sql::Nvarchar(length) => characters(length),
        Sql::String(length) => text(*length),
        Sql::Text | Sql::TinyText | Sql::MediumText | Sql::LongText | Sql::Clob(_) => text(None),
        Sql::Bytea | Sql::Blob(_) | Sql::Bytes(_) | Sql::Binary(_) => plain(DataType::Bytes),
        Sql::Varbinary(None | Some(BinaryLength::IntegerLength { .. } | BinaryLength::Max)) => plain(DataType::Bytes),
        Sql::Uuid => plain(DataType::Uuid),
        Sql::Date | Sql::Date32 => plain(DataType::Date),
        Sql::Time(_, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => plain(DataType::Time),
        Sql::Timestamp(precision, zone) => {
            let zoned = matches!(zone, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz) || dialect == Dialect::BigQuery;
            plain(instant(*precision, !zoned))
        }
        Sql::TimestampNtz(precision) | Sql::Datetime(precision) => plain(instant(*precision, true)),
        Sql::Interval { .. } => plain(DataType::Duration),
        Sql::JSON | Sql::JSONB => plain(DataType::Json),
        Sql::Enum(members, _) => {
            let members = members.iter().map(|member| match member {
                EnumMember::Name(name) | EnumMember::NamedValue(name, _) => name.clone(),
            });
            let members: Vec<String> = members.collect();
            if members.iter().all(|member| crate::mlp::is_name(member)) {
                plain(DataType::Enum { members, open: false })
            } else {
                let members = members.into_iter().map(mlp_plan::Literal::Text).collect();
                ValueType { constraints: vec![Constraint::OneOf(members)], ..plain(DataType::String) }
            }
        }
        Sql::Array(ArrayElemTypeDef::AngleBracket(element) | ArrayElemTypeDef::Parenthesis(element)) => {
            list(element, None)?
        }
        Sql::Array(ArrayElemTypeDef::SquareBracket(element, length)) => list(element, *length)?,
        Sql::Array(ArrayElemTypeDef::None) => plain(DataType::Json),
        Sql::Map(key, value) => {
            let part = |part: &Sql| Some(Box::new(ValueType { nullable: true, ..read(part, dialect)? }));
            plain(DataType::Map(part(key)?, part(value)?))
        }
        Sql::Struct(fields, _) => {
            let field = |field: &sqlparser::ast::StructField| {
                Some(StructField {
                    name: field.field_name.as_ref()?.value.clone(),
                    value: ValueType { nullable: true, ..read(&field.field_type, dialect)? },
                    default: None,
                })
            };
            let fields: Option<Vec<StructField>> = fields.iter().map(field).collect();
            let fields = fields?;
            fields.iter().all(|field| crate::mlp::is_name(&field.name)).then(|| plain(DataType::Struct(fields)))?
        }
        Sql::Nullable(inner) => ValueType { nullable: true, ..read(inner, dialect)? },
        Sql::Custom(name, args) => custom(&name.to_string().to_uppercase(), args, dialect)?,
        _ => return None,
    })
}

/// Types that the parser knows by name alone.
fn custom(name: &str, args: &[String], dialect: Dialect) -> Option<ValueType> {
    let number = |at: usize| args.get(at).and_then(|arg| arg.trim().parse::<u64>().ok());
    Some(plain(match name {
        "NUMBER" => {
            let info = match (number(0), number(1)) {
                (Some(precision), Some(scale)) => {
                    ExactNumberInfo::PrecisionAndScale(precision, i64::try_from(scale).ok()?)
                }
                (Some(precision), None) => ExactNumberInfo::Precision(precision),
                _ => ExactNumberInfo::None,
            };
            digits(&info, dialect)?
        }
        "UINTEGER" => DataType::Uint(32),
        "MAP" => match args {
            [key, value] => {
                let part =
                    |text: &str| Some(Box::new(ValueType { nullable: true, ..super::value_of_text(text, dialect)? }));
                DataType::Map(part(key)?, part(value)?)
            }
            _ => return None,
        },
        "LONG" => DataType::Int(64),
        "BPCHAR" | "CITEXT" | "NAME" => DataType::String,
        "BYTEINT" => DataType::Int(64),
        "SERIAL" | "SERIAL4" => DataType::Int(32),
        "BIGSERIAL" | "SERIAL8" => DataType::Int(64),
        "SMALLSERIAL" | "SERIAL2" => DataType::Int(16),
        "TIMESTAMPTZ" | "TIMESTAMP_TZ" | "TIMESTAMP_LTZ" => instant(number(0), false),
        "TIMESTAMP_NTZ" | "TIMESTAMP_MS" | "TIMESTAMP_S" | "TIMESTAMP_NS" | "TIMESTAMP_US" => instant(None, true),
        "VARIANT" | "OBJECT" | "SUPER" => DataType::Json,
        "UHUGEINT" => DataType::Decimal { precision: 38, scale: 0 },
        _ => return None,
    }))
}
