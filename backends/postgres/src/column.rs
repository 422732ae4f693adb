//! Columns as the database has them, and how they fit the types of a contract.

use std::sync::Arc;

use arrow::{
    array::new_empty_array,
    datatypes::{DataType as ArrowType, TimeUnit},
};
use mlp_engine::table::{
    arrow_types::{widens, words},
    cast::{CastError, Origin, cast_value},
};
use mlp_plan::DataType;
use postgres::types::Type;

use super::session::Described;

/// What values of a column are, as far as statements are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers.
    Int,
    /// Exact decimals.
    Numeric,
    /// Floats, by width in bits.
    Float(u8),
    /// Text of any type.
    Text,
    /// Truth.
    Bool,
    /// Bytes.
    Bytes,
    /// A uuid.
    Uuid,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A time without a zone.
    Naive,
    /// An instant.
    Instant,
    /// A span of time.
    Span,
    /// JSON.
    Json,
}

/// A column of the relation.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name in the statement, quoted.
    pub sql: String,
    /// The same, and null where it is no value of the contract's type: rules about values are about those alone.
    pub value: String,
    /// What it holds.
    pub kind: Kind,
    /// Its type in words.
    pub words: String,
    /// The nearest Arrow type.
    arrow: ArrowType,
}

/// How a column fits a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Whatever its values are.
    Always,
    /// Where this holds of a value that is not null.
    Where(String),
    /// It cannot be told.
    Unknown(String),
    /// Not at all, for the reason in words.
    Never(String),
}

impl Column {
    /// Of a column as it is described; `None` where its type is none of ours.
    pub fn new(found: &Described) -> Option<Self> {
        let (kind, arrow) =
            if found.is_enum() { (Kind::Text, ArrowType::Utf8) } else { kind(&found.data, found.modifier)? };
        let sql = format!("t.{}", quoted(&found.name));
        // text is compared by its bytes, as everywhere else, and padding is no part of it
        let sql = if kind == Kind::Text { format!("({sql}::text COLLATE \"C\")") } else { sql };
        Some(Self { value: sql.clone(), sql, kind, words: words(&arrow), arrow })
    }

    /// The same, of a contract's column of that type.
    pub fn of_type(mut self, data: &DataType) -> Self {
        if let Fit::Where(fits) = self.fit(data) {
            self.value = format!("(CASE WHEN {fits} THEN {} END)", self.sql);
        }
        self
    }

    /// The type, where values of it need not be values of the contract's type.
    pub fn wider(&self, data: &DataType) -> Option<&str> {
        (!widens(&self.arrow, data)).then_some(self.words.as_str())
    }

    /// How its values are values of a type.
    pub fn fit(&self, data: &DataType) -> Fit {
        match (self.kind, data) {
            (Kind::Uuid, DataType::Uuid) | (Kind::Json, DataType::Json) => return Fit::Always,
            (Kind::Span, DataType::Duration) => {
                return Fit::Unknown("spans of PostgreSQL have months in them".to_owned());
            }
            (Kind::Uuid | Kind::Json, _) => return Fit::Never(format!("the data has {}", self.words)),
            _ => {}
        }
        match cast_value(&new_empty_array(&self.arrow), data, Origin::default()) {
            Err(CastError::Refused(words)) => return Fit::Never(words),
            Err(CastError::Engine(error)) => return Fit::Unknown(error.to_string()),
            Ok(_) => {}
        }
        // values that PostgreSQL has and no other place: infinite days and instants, and the end of a day as a time of it
        let known = match self.kind {
            Kind::Date | Kind::Naive | Kind::Instant => format!("isfinite({})", self.sql),
            Kind::Time => format!("{} < time '24:00'", self.sql),
            _ => return self.values(data),
        };
        match self.values(data) {
            Fit::Always => Fit::Where(known),
            Fit::Where(fits) => Fit::Where(format!("({known} AND {fits})")),
            fit => fit,
        }
    }

    fn values(&self, data: &DataType) -> Fit {
        let sql = &self.sql;
        let within = |low: i128, high: i128| format!("{sql} BETWEEN {low} AND {high}");
        let whole = |range: String| match self.kind {
            Kind::Int => range,
            _ => format!("({sql} = trunc({sql}) AND {range})"),
        };
        if let DataType::Enum { members, open: false } = data {
            let members: Vec<String> = members.iter().map(|member| text(member)).collect();
            return Fit::Where(format!("{sql} IN ({})", members.join(", ")));
        }
        if matches!(data, DataType::Uuid) {
            return Fit::Where(format!("{sql} ~ '\\A[0-9A-Fa-f]{{8}}(-[0-9A-Fa-f]{{4}}){{3}}-[0-9A-Fa-f]{{12}}\\Z'"));
        }
        if matches!(data, DataType::Json) {
            return Fit::Unknown("PostgreSQL cannot be asked whether a text is JSON".to_owned());
        }
        if widens(&self.arrow, data) {
            return Fit::Always;
        }
        match (self.kind, data) {
            (_, DataType::Int(bits)) => {
                let most = 1_i128 << (bits - 1);
                Fit::Where(whole(within(-most, most - 1)))
            }
            (_, DataType::Uint(bits)) => Fit::Where(whole(within(0, (1_i128 << bits) - 1))),
            (Kind::Int, DataType::Float(64)) => Fit::Where(within(-(1 << 53), 1 << 53)),
            (Kind::Int, DataType::Float(_)) => Fit::Where(within(-(1 << 24), 1 << 24)),
            // a cast beyond the ends of the narrower type is an error there
            (Kind::Float(64), DataType::Float(32)) => Fit::Where(format!(
                "(CASE WHEN abs({sql}) BETWEEN 1.4012984643248171e-45 AND 3.4028234663852886e38 THEN {sql}::float4::float8 = {sql} ELSE {sql} = 0 OR {sql} IN ('NaN', 'Infinity', '-Infinity') END)"
            )),
            (Kind::Int | Kind::Numeric, DataType::Decimal { precision, scale }) => {
                let digits = usize::from(precision.saturating_sub(*scale));
                let most = format!("1{}", "0".repeat(digits));
                Fit::Where(format!(
                    "({sql}::numeric = round({sql}::numeric, {scale}) AND abs({sql}::numeric) < {most})"
                ))
            }
            (Kind::Instant | Kind::Naive, DataType::Timestamp { .. }) => {
                Fit::Where(format!("date_trunc('milliseconds', {sql}) = {sql}"))
            }
            (Kind::Instant | Kind::Naive, DataType::Date) => Fit::Where(format!("date_trunc('day', {sql}) = {sql}")),
            _ => Fit::Unknown(format!(
                "it has {}, and PostgreSQL cannot be asked whether every value is one of {data}",
                self.words
            )),
        }
    }
}

/// By PostgreSQL's own types.
fn kind(data: &Type, modifier: i32) -> Option<(Kind, ArrowType)> {
    let micros = TimeUnit::Microsecond;
    Some(match *data {
        Type::BOOL => (Kind::Bool, ArrowType::Boolean),
        Type::INT2 => (Kind::Int, ArrowType::Int16),
        Type::INT4 => (Kind::Int, ArrowType::Int32),
        Type::INT8 => (Kind::Int, ArrowType::Int64),
        Type::FLOAT4 => (Kind::Float(32), ArrowType::Float32),
        Type::FLOAT8 => (Kind::Float(64), ArrowType::Float64),
        Type::NUMERIC => (Kind::Numeric, numeric(modifier)),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::CHAR => (Kind::Text, ArrowType::Utf8),
        Type::BYTEA => (Kind::Bytes, ArrowType::Binary),
        Type::UUID => (Kind::Uuid, ArrowType::FixedSizeBinary(16)),
        Type::DATE => (Kind::Date, ArrowType::Date32),
        Type::TIME => (Kind::Time, ArrowType::Time64(micros)),
        Type::TIMESTAMP => (Kind::Naive, ArrowType::Timestamp(micros, None)),
        Type::TIMESTAMPTZ => (Kind::Instant, ArrowType::Timestamp(micros, Some(Arc::from("UTC")))),
        Type::INTERVAL => (Kind::Span, ArrowType::Duration(micros)),
        Type::JSON | Type::JSONB => (Kind::Json, ArrowType::Utf8),
        _ => return None,
    })
}

/// Without a modifier, it may have any digits.
fn numeric(modifier: i32) -> ArrowType {
    let packed = modifier - 4;
    let digits = u8::try_from(packed >> 16 & 0xFFFF);
    let scale = i8::try_from(packed & 0x7FF);
    match (modifier >= 4, digits, scale) {
        (true, Ok(digits), Ok(scale)) if digits <= 76 => ArrowType::Decimal256(digits, scale),
        _ => ArrowType::Decimal256(76, 38),
    }
}

/// A name, quoted.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text, quoted.
pub fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}
