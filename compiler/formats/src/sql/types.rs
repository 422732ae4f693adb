//! Types as the four dialects spell them.

use mlp_plan::{DataType, StructField, TimeUnit};

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
