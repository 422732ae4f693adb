//! `mlp test`.

use std::{path::PathBuf, time::Instant};

use mlp_analysis::tests::{TestCase, TestExpect};
use mlp_diagnostics::{
    Code, Diagnostic,
    render::{Case, Format, Options, junit, render},
};
use mlp_workspace::{Loaded, Override};

use super::Exit;
use crate::{
    args::Where,
    output::Output,
    program::{checked, loaded, path_of},
    verdicts::Bench,
};

/// Runs the `test` blocks of packages or single files.
pub fn test(paths: &[PathBuf], at: &Where, filter: Option<&str>, format: Option<&str>, output: &Output) -> Exit {
    let format = output.format(format).map_err(|message| output.failure(&message, None))?;
    let paths = if paths.is_empty() { vec![path_of(at)] } else { paths.to_vec() };
    let mut worst = 0;
    for path in &paths {
        worst = worst.max(package(&loaded(path, output)?, filter, format, output)?);
    }
    Ok(worst)
}

fn package(loaded: &Loaded, filter: Option<&str>, format: Format, output: &Output) -> Exit {
    let clock = Instant::now();
    let (found, cases) = checked(loaded, &Override::new(), |checked, diagnostics| {
        if diagnostics.iter().any(Diagnostic::is_error) {
            return (diagnostics, None);
        }
        let own = |case: &&TestCase| {
            loaded.own.contains(&case.span.file) && filter.is_none_or(|text| case.name.contains(text))
        };
        let cases: Vec<TestCase> = checked.tests.iter().filter(own).cloned().collect();
        let mut bench = Bench::new(loaded, checked);
        let cases: Vec<(TestCase, Vec<Diagnostic>)> =
            cases.into_iter().map(|case| (case.clone(), failures(&case, &mut bench))).collect();
        (Vec::new(), Some(cases))
    });
    let Some(cases) = cases else {
        output.result(&render(&found, &loaded.sources, format, &output.options()));
        output.note("the program has errors: nothing was tested");
        return Ok(1);
    };
    let failed = cases.iter().filter(|(_, found)| !found.is_empty()).count();
    if format == Format::Junit {
        let kept: Vec<Vec<&Diagnostic>> = cases.iter().map(|(_, found)| found.iter().collect()).collect();
        let cases: Vec<Case<'_>> = cases
            .iter()
            .zip(&kept)
            .map(|((case, _), found)| Case {
                group: &loaded.manifest.package.name,
                name: &case.name,
                millis: None,
                found,
            })
            .collect();
        output.result(&junit("mlp test", &cases, &loaded.sources));
    } else {
        let found: Vec<Diagnostic> = cases.iter().flat_map(|(_, found)| found.clone()).collect();
        let millis = u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX);
        let options = Options { files: loaded.own.len(), millis, ..output.options() };
        output.result(&render(&found, &loaded.sources, format, &options));
    }
    let counts = format!("{} passed, {failed} failed", cases.len() - failed);
    match format {
        Format::Pretty | Format::Short => output.result(&counts),
        // what is read by programs stays as its schema has it
        _ => output.note(&counts),
    }
    Ok(u8::from(failed > 0))
}

/// One MLP904 for each expectation that is not met.
fn failures(case: &TestCase, bench: &mut Bench<'_, '_, '_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for TestExpect { span, kind } in &case.expects {
        if let Err(why) = bench.verdict(kind) {
            found.push(
                Diagnostic::new(Code::TestFailed, *span, format!("test \"{}\": {why}", case.name))
                    .here("not as expected"),
            );
        }
    }
    found
}
