//! `mlp test`.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use mlp_analysis::{
    Checked,
    tests::{TestCase, TestExpect},
};
use mlp_diagnostics::{
    Diagnostic, catalog,
    render::{Case, Format, Options, junit, render},
};
use mlp_workspace::{Loaded, Override};
use serde_json::json;

use super::{Exit, with_member};
use crate::{
    args::Where,
    output::Output,
    program::{checked, loaded, packages, path_of},
    testing::{
        coverage::{self, Clause, clauses},
        stages::Stages,
        verdicts::Bench,
    },
};

/// What of a package is tested, and told.
pub struct How {
    /// Only tests whose name holds this.
    pub filter: Option<String>,
    /// Whether the clauses are listed that no test makes fail.
    pub coverage: bool,
}

/// What the tests of a package gave.
struct Tested {
    cases: Vec<(TestCase, Vec<Diagnostic>)>,
    clauses: Vec<Clause>,
}

/// Runs the `test` blocks of packages or single files.
pub fn test(paths: &[PathBuf], at: &Where, how: &How, format: Option<&str>, output: &Output) -> Exit {
    let format = output.format(format).map_err(|message| output.failure(&message, None))?;
    let paths = packages(&if paths.is_empty() { vec![path_of(at)] } else { paths.to_vec() });
    let all: Exit = paths.iter().try_fold(0, |worst, path| Ok(package(path, how, format, output)?.max(worst)));
    output.reported(format, "test", all)
}

fn package(path: &Path, how: &How, format: Format, output: &Output) -> Exit {
    let clock = Instant::now();
    let loaded = loaded(path, output)?;
    let tested = checked(&loaded, &Override::new(), |checked, diagnostics| {
        if diagnostics.iter().any(Diagnostic::is_error) {
            let options = Options { files: loaded.own.len(), ..output.options() };
            output.result(&render(&diagnostics, &loaded.sources, format, &options));
            output.note("the program has errors: nothing was tested");
            return Err(1);
        }
        tested(path, &loaded, checked, how, output)
    })?;
    let millis = u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX);
    let options = Options { files: loaded.own.len(), millis, ..output.options() };
    show(&tested, &loaded, how, format, &options, output);
    Ok(u8::from(tested.cases.iter().any(|(_, found)| !found.is_empty())))
}

fn tested(path: &Path, loaded: &Loaded, checked: &mut Checked<'_>, how: &How, output: &Output) -> Result<Tested, u8> {
    let asked = |case: &&TestCase| {
        loaded.own.contains(&case.span.file) && how.filter.as_ref().is_none_or(|text| case.name.contains(text))
    };
    let cases: Vec<TestCase> = checked.tests.iter().filter(asked).cloned().collect();
    let mut bench = Bench::new(loaded, Stages::plan(path, loaded, &cases, output)?);
    let cases = cases.into_iter().map(|case| (case.clone(), failures(&case, &mut bench))).collect();
    let clauses = if how.coverage { clauses(loaded, checked, bench.failed()) } else { Vec::new() };
    Ok(Tested { cases, clauses })
}

/// One MLP904 for each expectation that is not met.
fn failures(case: &TestCase, bench: &mut Bench<'_>) -> Vec<Diagnostic> {
    let failure = |expect: &TestExpect| {
        let why = bench.verdict(expect).err()?;
        Some(catalog::testing::failed(expect.span, &case.name, &why))
    };
    case.expects.iter().filter_map(failure).collect()
}

fn show(tested: &Tested, loaded: &Loaded, how: &How, format: Format, options: &Options, output: &Output) {
    let found: Vec<Diagnostic> = tested.cases.iter().flat_map(|(_, found)| found.clone()).collect();
    match format {
        Format::Junit => output.result(&suite(tested, loaded)),
        Format::Json => {
            let passed =
                |(case, found): &(TestCase, Vec<Diagnostic>)| json!({ "name": case.name, "passed": found.is_empty() });
            let text = render(&found, &loaded.sources, format, options);
            let text = with_member(&text, "tests", tested.cases.iter().map(passed).collect());
            let with_clauses = || with_member(&text, "coverage", coverage::as_json(&tested.clauses));
            output.result(&if how.coverage { with_clauses() } else { text });
        }
        _ => output.result(&render(&found, &loaded.sources, format, options)),
    }
    let failed = tested.cases.iter().filter(|(_, found)| !found.is_empty()).count();
    let mut told = format!("{} passed, {failed} failed", tested.cases.len() - failed);
    if how.coverage {
        told = format!("{}\n{told}", coverage::text(&tested.clauses));
    }
    match format {
        Format::Pretty | Format::Narrated | Format::Short => output.result(&told),
        // what is read by programs stays as its schema has it
        _ => output.note(&told),
    }
}

fn suite(tested: &Tested, loaded: &Loaded) -> String {
    let kept: Vec<Vec<&Diagnostic>> = tested.cases.iter().map(|(_, found)| found.iter().collect()).collect();
    let group = &loaded.manifest.package.name;
    let cases: Vec<Case<'_>> = tested
        .cases
        .iter()
        .zip(&kept)
        .map(|((case, _), found)| Case { group, name: &case.name, millis: None, found })
        .collect();
    junit("mlp test", &cases, &loaded.sources)
}
