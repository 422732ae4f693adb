//! What would be found, were a part of a document another text: for completion, which asks what could stand at a place.

use std::sync::Arc;

use mlp_analysis::{Supposed, Suppositions};
use mlp_source::FileId;
use mlp_syntax::parse_part;

use super::Package;

/// A part of a document that may be supposed to be another text. Places are those of the part.
pub struct Supposing<'p> {
    /// What it is.
    pub text: Arc<str>,
    /// Where it begins in the document.
    pub start: u32,
    file: FileId,
    is_first: bool,
    suppositions: Suppositions<'p>,
}

impl Supposing<'_> {
    /// What would be found, were it this text.
    pub fn check(&mut self, text: &str) -> Supposed {
        self.suppositions.check(parse_part(self.file, text, self.is_first).0)
    }
}

impl Package {
    /// The part of a document that holds an offset, to be supposed another text: nothing that is known changes.
    pub fn suppose(&mut self, document: FileId, offset: u32) -> Option<Supposing<'_>> {
        let module = self.documents.iter().position(|known| known.id == document)?;
        let (text, start, file, is_first) = self.documents.get(module)?.part_text(offset)?;
        let suppositions = Suppositions::about(&mut self.live, &self.files, module, file)?;
        Some(Supposing { text, start, file, is_first, suppositions })
    }
}
