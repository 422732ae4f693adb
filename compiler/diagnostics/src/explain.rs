//! What each code means, with a failing and a mended program.

use crate::Code;

macro_rules! pages {
    ($($number:literal)*) => {
        /// The page of a code in Markdown: its meaning, why it matters, a failing and a mended program; `None` where the code has no page.
        #[must_use]
        pub const fn explain(code: Code) -> Option<&'static str> {
            match code.number() {
                $($number => Some(include_str!(concat!("../explain/MLP", $number, ".md"))),)*
                _ => None,
            }
        }
    };
}

pages! {
    101 102 103
    201 202 203 204 205
    301 302 303 304 305 306 307 308 309 310 311 312 313
    401 402 403 404 405 406 407 408 409 410
    501 502 503 504 505 506 507
    600 601 602 603 604 605 606 607 608
    701 702 703 704 705 706
    801
    901 902 903 904 905
}

/// The programs of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Examples {
    /// What the programs are written in: `mlp`, or `toml` for a manifest.
    pub language: &'static str,
    /// Gives the code.
    pub failing: &'static str,
    /// The same program, mended.
    pub mended: &'static str,
    /// What both are compared with, where the code is about two versions.
    pub before: Option<&'static str>,
}

/// The failing and the mended program of a code's page.
#[must_use]
pub fn examples(code: Code) -> Option<Examples> {
    let mut blocks = explain(code)?.split("\n```").skip(1).step_by(2).filter_map(|block| block.split_once('\n'));
    let (language, failing) = blocks.next()?;
    let (_, mended) = blocks.next()?;
    Some(Examples { language, failing, mended, before: blocks.next().map(|(_, program)| program) })
}
