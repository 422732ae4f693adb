//! Where the SQL of a stage is written: within the program, or in a file of its own.

use mlp_ports::{SqlEdit, SqlFault};
use mlp_source::{FileId, Span};
use mlp_syntax::tree::{Expr, ExprKind, Lit, Text};

use crate::{checker::Checker, stages::Signature};

/// Where an SQL is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlPlace {
    /// The file.
    pub file: FileId,
    /// Where its opening quotes stand.
    begins: u32,
    /// How it is written; in a file of its own as it is.
    text: Text,
    /// The number of its bytes.
    length: usize,
}

impl SqlPlace {
    /// Where a range of the SQL is written.
    #[must_use]
    pub fn span(&self, (start, end): (usize, usize)) -> Span {
        let at = |offset: usize| self.begins + self.text.written(u32::try_from(offset).unwrap_or(u32::MAX));
        Span::new(self.file, at(start), at(end))
    }

    /// All of it.
    #[must_use]
    pub fn whole(&self) -> Span {
        self.span((0, self.length))
    }

    /// The byte of the SQL that is written at a place of its file.
    #[must_use]
    pub fn offset(&self, at: u32) -> usize {
        self.text.read(at.saturating_sub(self.begins)) as usize
    }

    /// Whether the SQL has a file of its own.
    #[must_use]
    pub const fn is_file(&self) -> bool {
        self.text.quotes == 0
    }

    /// An edit of the SQL as one of the file.
    #[must_use]
    pub fn edit(&self, (at, text): &SqlEdit) -> (Span, String) {
        let is_escaped = self.text.quotes == 1;
        (self.span(*at), if is_escaped { text.replace('\\', "\\\\").replace('"', "\\\"") } else { text.clone() })
    }
}

impl Checker<'_> {
    /// Where the SQL of a stage is written; none where nobody could go there.
    pub(super) fn sql_place(&self, signature: &Signature, sql: &str, file: Option<&str>) -> Option<SqlPlace> {
        if let Some(path) = file {
            let id = self.file_id(self.module_of(signature.id), path)?;
            return Some(SqlPlace { file: id, begins: 0, text: Text::default(), length: sql.len() });
        }
        let (run, _) = signature.settings.run.as_ref()?;
        let ExprKind::Call { args, .. } = &run.kind else { return None };
        let (text, span) = text(&args.first()?.value)?;
        Some(SqlPlace { file: span.file, begins: span.start, text: text.clone(), length: sql.len() })
    }
}

/// A text in quotes, and where it stands.
fn text(expr: &Expr) -> Option<(&Text, Span)> {
    match &expr.kind {
        ExprKind::Literal(Lit::Text(text)) => Some((text, expr.span)),
        ExprKind::Paren(inner) => self::text(inner),
        _ => None,
    }
}

/// Where a fault of an SQL is; none where that is not known.
pub(super) fn of_fault(place: Option<&SqlPlace>, fault: &SqlFault) -> Option<Span> {
    Some(place?.span(fault.at?))
}
