//! Where a SELECT says what a column is that it gives, and how that becomes another type.

use datafusion::sql::sqlparser::{
    ast::{Expr, Ident, SelectItem},
    keywords::Keyword,
    tokenizer::Token,
};
use mlp_engine::table::arrow_types::arrow_type;
use mlp_plan::DataType;
use mlp_ports::{SqlChecker, SqlEdit, SqlInput};

use super::{read, rename::applied};
use crate::{
    DataFusionChecker,
    parse::{first_select, is_keyword, parse},
    text::Text,
};

/// What says what a column is.
struct Given {
    /// The expression.
    expr: (usize, usize),
    /// Whether its name is said with `as`.
    is_said: bool,
}

/// Where a SELECT says what a column is; none of one that comes with `*`.
pub fn gives(sql: &str, column: &str) -> Option<(usize, usize)> {
    given(sql, column).map(|given| given.expr)
}

/// The edits after which a column has another type; none where no cast makes it one.
pub fn cast(sql: &str, inputs: &[SqlInput<'_>], column: &str, to: &DataType) -> Option<Vec<SqlEdit>> {
    let Given { expr: (start, end), is_said } = given(sql, column)?;
    let name = if is_said { String::new() } else { format!(" as {}", sql.get(start..end)?.rsplit('.').next()?) };
    type_names(to).into_iter().find_map(|(open, close)| {
        let edits = vec![((start, start), open), ((end, end), format!("{close}{name}"))];
        let columns = DataFusionChecker.check(&applied(sql, &edits), inputs).ok()?;
        columns.iter().any(|given| given.name == column && given.data == *to).then_some(edits)
    })
}

/// What stands before and behind an expression that is cast to a type, in the order in which one would write it.
fn type_names(to: &DataType) -> Vec<(String, String)> {
    let plain = match to {
        DataType::Bool => Some("boolean".to_owned()),
        DataType::Int(8) => Some("tinyint".to_owned()),
        DataType::Int(16) => Some("smallint".to_owned()),
        DataType::Int(32) => Some("int".to_owned()),
        DataType::Int(64) => Some("bigint".to_owned()),
        DataType::Uint(8) => Some("tinyint unsigned".to_owned()),
        DataType::Uint(16) => Some("smallint unsigned".to_owned()),
        DataType::Uint(32) => Some("int unsigned".to_owned()),
        DataType::Uint(64) => Some("bigint unsigned".to_owned()),
        DataType::Float(32) => Some("real".to_owned()),
        DataType::Float(64) => Some("double".to_owned()),
        DataType::Decimal { precision, scale } => Some(format!("decimal({precision}, {scale})")),
        DataType::String => Some("varchar".to_owned()),
        DataType::Date => Some("date".to_owned()),
        DataType::Time => Some("time".to_owned()),
        DataType::Timestamp { .. } => Some("timestamp".to_owned()),
        _ => None,
    };
    let cast = plain.map(|name| ("cast(".to_owned(), format!(" as {name})")));
    let exact = ("arrow_cast(".to_owned(), format!(", '{}')", arrow_type(to)));
    cast.into_iter().chain([exact]).collect()
}

fn given(sql: &str, column: &str) -> Option<Given> {
    let parsed = parse(sql).ok()?;
    let select = first_select(&parsed.query.body)?;
    select.projection.iter().find_map(|item| {
        let (name, is_said) = match item {
            SelectItem::ExprWithAlias { alias, .. } => (alias, true),
            SelectItem::UnnamedExpr(Expr::Identifier(name)) => (name, false),
            SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => (parts.last()?, false),
            _ => return None,
        };
        (read(name) == column).then(|| expression(&parsed.text, name, is_said)).flatten()
    })
}

/// The expression that ends with a name, or before `as` and that name.
fn expression(text: &Text<'_>, name: &Ident, is_said: bool) -> Option<Given> {
    let at = text.tokens().iter().position(|token| token.span.start == name.span.start)?;
    let end = match (is_said, text.tokens().get(at.checked_sub(1)?)) {
        (false, _) => at,
        (true, Some(before)) if is_keyword(&before.token, Keyword::AS) => at.checked_sub(2)?,
        (true, _) => at.checked_sub(1)?,
    };
    let mut first = end;
    let mut depth = 0_usize;
    for (index, token) in text.tokens().iter().enumerate().take(end + 1).rev() {
        match &token.token {
            Token::RParen | Token::RBracket => depth += 1,
            Token::LParen | Token::LBracket if depth > 0 => depth -= 1,
            Token::Comma | Token::LParen | Token::LBracket if depth == 0 => break,
            word if depth == 0
                && [Keyword::SELECT, Keyword::DISTINCT, Keyword::ALL].iter().any(|key| is_keyword(word, *key)) =>
            {
                break;
            }
            _ => {}
        }
        first = index;
    }
    let (start, _) = text.range(text.tokens().get(first)?.span)?;
    let (_, end) = text.range(text.tokens().get(end)?.span)?;
    Some(Given { expr: (start, end), is_said })
}
