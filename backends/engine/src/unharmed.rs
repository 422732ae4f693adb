//! Readers of the Arrow and Parquet libraries panic over some damage where they should answer an error. A damaged file is no bug of ours: it is said in words.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook},
    sync::Once,
};

use arrow::{array::RecordBatch, error::ArrowError};

thread_local! {
    /// Whether a panic of this thread is about to be caught.
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// What a function answers, or none where it panics. What would be printed of the panic is held back, since the caller says it in its own words.
pub fn attempt<T>(function: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let print = take_hook();
        set_hook(Box::new(move |panic| {
            if !CAUGHT.get() {
                print(panic);
            }
        }));
    });
    let outer = CAUGHT.replace(true);
    let answer = catch_unwind(AssertUnwindSafe(function));
    CAUGHT.set(outer);
    answer.ok()
}

/// Batches up to the first that the library panics over.
pub(crate) fn batches(
    mut batches: impl Iterator<Item = Result<RecordBatch, ArrowError>>,
) -> impl Iterator<Item = Result<RecordBatch, ArrowError>> {
    let mut ended = false;
    std::iter::from_fn(move || {
        if ended {
            return None;
        }
        let next = attempt(|| batches.next());
        ended = !matches!(next, Some(Some(Ok(_))));
        next.unwrap_or_else(|| Some(Err(ArrowError::ParquetError("its data is damaged".to_owned()))))
    })
}
