//! `mlp check`.

use std::{path::PathBuf, time::Instant};

use mlp_diagnostics::render::{Format, Options, render};
use mlp_workspace::Override;

use super::{
    Exit,
    diff::record,
    edges::with_edges,
    fix::{fix, offered},
};
use crate::{
    args::{Deny, Where},
    output::Output,
    program::{checked, loaded, packages, path_of},
    watch::{state, wait_for_change},
};

/// What a check is asked for besides its paths and form.
pub struct How {
    /// What makes it fail besides errors.
    pub deny: Option<Deny>,
    /// Whether it goes on when files change.
    pub watch: bool,
    /// Whether it applies the edits that diagnostics offer.
    pub fix: bool,
    /// Whether it only shows those edits.
    pub dry_run: bool,
    /// Whether it lists the rules of each edge.
    pub explain_checks: bool,
}

/// Checks packages or single files.
pub fn check(paths: &[PathBuf], at: &Where, format: Option<&str>, how: &How, output: &Output) -> Exit {
    let format = output.format(format).map_err(|message| output.failure(&message, None))?;
    output.reported(format, "check", asked(paths, at, format, how, output))
}

fn asked(paths: &[PathBuf], at: &Where, format: Format, how: &How, output: &Output) -> Exit {
    if how.explain_checks && !matches!(format, Format::Pretty | Format::Narrated | Format::Short | Format::Json) {
        return Err(
            output.failure("`--explain-checks` has no such form", Some("--format pretty, narrated, short or json"))
        );
    }
    let paths = packages(&if paths.is_empty() { vec![path_of(at)] } else { paths.to_vec() });
    if how.dry_run {
        return offered(&paths, output);
    }
    if how.fix {
        paths.iter().try_for_each(|path| fix(path, output))?;
    }
    loop {
        let seen = state(&paths);
        once(&paths, format, how, output)?;
        output.note("watching for changes; end with Ctrl-C");
        wait_for_change(&paths, &seen);
    }
}

/// One look at all of them. It comes back only to watch: otherwise the process ends here, since giving back a large program's memory takes as long as
/// its proofs.
fn once(paths: &[PathBuf], format: Format, how: &How, output: &Output) -> Exit {
    let mut worst = 0;
    for (at, path) in paths.iter().enumerate() {
        let clock = Instant::now();
        let loaded = loaded(path, output)?;
        record::history(&loaded.root).map_err(|message| output.failure(&message, None))?;
        checked(&loaded, &Override::new(), |checked, found| {
            let millis = u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX);
            let options = Options { files: loaded.own.len(), millis, ..output.options() };
            let mut text = render(&found, &loaded.sources, format, &options);
            if how.explain_checks {
                text = with_edges(&text, format, &loaded, &checked.edges);
            }
            output.result(&text);
            let fails = found.iter().any(|diagnostic| diagnostic.is_error() || how.deny == Some(Deny::Warnings));
            worst = worst.max(u8::from(fails));
            if !how.watch && at + 1 == paths.len() {
                output.end(worst);
            }
        });
    }
    Ok(worst)
}
