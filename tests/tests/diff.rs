//! `mlp diff`, on packages in real repositories.

use std::{fs, process::Command};

use mlp_tests::{
    mlp,
    repository::{
        LINE, ORDERS, change, diff, git, json, keeps_its_schema, kinds, neighbours, package, repository, with,
    },
    text,
};
use serde_json::Value;

#[test]
#[should_panic(expected = "is not one of")]
fn an_answer_that_is_not_as_the_schema_says_is_found() {
    let folder = repository(ORDERS);
    change(folder.path(), " @pii", "");
    let (_, mut answer) = json(folder.path(), &["--against", "HEAD"]);
    answer["changes"][0]["direction"] = "sideways".into();
    keeps_its_schema(&answer);
}

#[test]
fn a_break_is_told_at_the_changed_line() {
    let folder = repository(ORDERS);
    change(folder.path(), "in 0 .. 1_000", "in 0 .. 500");
    let done = diff(folder.path(), &["--against", "HEAD", "--format", "github"]);
    assert_eq!(done.status.code(), Some(1), "{}", text(&done));
    assert!(text(&done).contains("::error file=src/orders.mlp,line=6,col=3,"), "{}", text(&done));
    let done = diff(folder.path(), &["--against", "main", "--format", "short"]);
    insta::assert_snapshot!(text(&done));
}

#[test]
fn nothing_changed_is_no_news() {
    let folder = repository(ORDERS);
    let (code, answer) = json(folder.path(), &["--against", "HEAD"]);
    assert_eq!((code, answer["verdict"].as_str()), (0, Some("ok")));
    assert!(kinds(&answer).is_empty());
}

#[test]
fn a_lost_tag_is_governance_and_fails_where_that_is_denied() {
    let folder = repository(ORDERS);
    change(folder.path(), " @pii", "");
    let (code, answer) = json(folder.path(), &["--against", "HEAD"]);
    assert_eq!(code, 0);
    assert_eq!(kinds(&answer), [("tag_lost".to_owned(), Some("MLP312".to_owned()))]);
    let (code, answer) = json(folder.path(), &["--against", "HEAD", "--deny", "governance"]);
    assert_eq!((code, answer["verdict"].as_str()), (1, Some("broken")));
    let short = text(&diff(folder.path(), &["--against", "HEAD", "--deny", "governance", "--format", "short"]));
    assert!(short.contains("error[MLP312]"), "{short}");
}

#[test]
fn two_revisions_of_a_bare_repository_are_compared() {
    let folder = repository(ORDERS);
    git(folder.path(), &["checkout", "-qb", "feature"]);
    change(folder.path(), "  email:  string @pii\n", "");
    git(folder.path(), &["commit", "-qam", "two"]);
    let top = tempfile::tempdir().unwrap();
    let bare = top.path().join("orders.git");
    git(folder.path(), &["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    let (code, answer) = json(&bare, &["--against", "main", "--head", "feature"]);
    assert_eq!(code, 1);
    assert_eq!(with("MLP310", &answer)[0]["kind"], "column_removed");
    assert_eq!(with("MLP310", &answer)[0]["file"], "feature:src/orders.mlp");
    let done = diff(&bare, &["--against", "main"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done).contains("--head"), "{}", text(&done));
}

#[test]
fn a_plan_file_is_a_version_too() {
    let folder = repository(ORDERS);
    let plan = Command::new(mlp()).arg("plan").current_dir(folder.path()).output().unwrap();
    fs::write(folder.path().join("released.json"), plan.stdout).unwrap();
    change(folder.path(), "unit EUR", "unit USD");
    let (code, answer) = json(folder.path(), &["--against", "released.json"]);
    assert_eq!(code, 1);
    let broken = with("MLP310", &answer);
    assert_eq!((broken.len(), broken[0]["direction"].as_str()), (1, Some("meaning")));
    assert_eq!(broken[0]["breaks"].as_array().unwrap().len(), 2);
}

#[test]
fn an_accepted_break_passes_until_its_day() {
    let folder = repository(ORDERS);
    change(folder.path(), "in 0 .. 1_000", "in 0 .. 500");
    change(folder.path(), "\n}\n", "\n  accepts break on amount because \"refunds moved\" until 2030-06-30\n}\n");
    change(folder.path(), "1.0.0", "2.0.0");
    let (code, answer) = json(folder.path(), &["--against", "HEAD", "--today", "2030-06-30"]);
    assert_eq!((code, answer["verdict"].as_str()), (0, Some("ok")));
    let change = &answer["changes"][0];
    assert_eq!(
        (change["class"].as_str(), change["accepted"]["because"].as_str()),
        (Some("breaking"), Some("refunds moved"))
    );
    assert_eq!(answer["contracts"][0]["required_bump"], "major");
    let (code, answer) = json(folder.path(), &["--against", "HEAD", "--today", "2030-07-01"]);
    assert_eq!(code, 1);
    assert_eq!((with("MLP310", &answer).len(), with("MLP313", &answer).len()), (1, 1));
    assert_eq!(with("MLP313", &answer)[0]["range"]["start"]["line"], 8);
}

/// An acceptance without an end goes on accepting; what it was not decided on for is not passed over in silence.
#[test]
fn an_acceptance_that_stood_there_before_is_told_where_it_covers_a_new_break() {
    let folder = repository(ORDERS);
    change(folder.path(), "in 0 .. 1_000", "in 0 .. 500");
    change(folder.path(), "\n}\n", "\n  accepts break on amount because \"refunds moved\"\n}\n");
    change(folder.path(), "1.0.0", "2.0.0");
    let stands = "`accepts break on amount` stood there before";
    let done = diff(folder.path(), &["--against", "HEAD"]);
    assert!(done.status.success() && !text(&done).contains(stands), "{}", text(&done));
    git(folder.path(), &["commit", "-qam", "two"]);
    let done = diff(folder.path(), &["--against", "HEAD"]);
    assert!(done.status.success() && !text(&done).contains(stands), "{}", text(&done));
    change(folder.path(), "in 0 .. 500", "in 0 .. 50");
    change(folder.path(), "2.0.0", "3.0.0");
    let done = diff(folder.path(), &["--against", "HEAD"]);
    assert!(done.status.success() && text(&done).contains(stands), "{}", text(&done));
    // with an end it is as good as that says
    change(folder.path(), "\"refunds moved\"", "\"refunds moved\" until 2030-06-30");
    git(folder.path(), &["commit", "-qam", "three"]);
    change(folder.path(), "in 0 .. 50", "in 0 .. 5");
    change(folder.path(), "3.0.0", "4.0.0");
    let done = diff(folder.path(), &["--against", "HEAD", "--today", "2030-06-30"]);
    assert!(done.status.success() && !text(&done).contains(stands), "{}", text(&done));
}

#[test]
fn a_version_that_says_too_little_is_told_where_it_stands() {
    let folder = repository(ORDERS);
    change(folder.path(), "\n}\n", "\n  note: string?\n}\n");
    let (code, answer) = json(folder.path(), &["--against", "HEAD"]);
    assert_eq!(code, 1);
    let low = with("MLP311", &answer);
    assert_eq!((low.len(), low[0]["range"]["start"]["line"].as_u64()), (1, Some(2)));
    assert_eq!(answer["contracts"][0]["least_version"], "1.1.0");
    change(folder.path(), "1.0.0", "1.1.0");
    assert_eq!(json(folder.path(), &["--against", "HEAD"]).0, 0);
}

#[test]
fn what_cannot_be_compared_is_exit_2() {
    let folder = repository(ORDERS);
    for (against, says) in [
        ("no-such-branch", "there is no revision `no-such-branch`"),
        ("--", "unexpected argument"),
        ("missing.json", "there is no such plan file"),
    ] {
        let done = diff(folder.path(), &["--against", against]);
        assert_eq!(done.status.code(), Some(2), "{against}: {}", text(&done));
        let all = text(&done);
        assert!(all.contains(says) || against == "--", "{against}: {all}");
    }
    change(folder.path(), "  id:", "<<<<<<< HEAD\n  id:");
    let done = diff(folder.path(), &["--against", "HEAD"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done).contains("src/orders.mlp:5:"), "{}", text(&done));
    assert!(text(&done).contains("does not check, so that nothing can be compared"), "{}", text(&done));
    // machines are told so, too
    let says = |format: &str| {
        let done = diff(folder.path(), &["--against", "HEAD", "--format", format]);
        assert_eq!(done.status.code(), Some(2), "{}", text(&done));
        String::from_utf8(done.stdout).unwrap()
    };
    let (code, answer) = json(folder.path(), &["--against", "HEAD"]);
    assert_eq!(
        (code, answer["verdict"].as_str(), answer["failures"].as_array().unwrap().len()),
        (2, Some("broken"), 1)
    );
    assert!(says("github").starts_with("::error title=mlp diff::this version does not check"), "{}", says("github"));
    assert!(
        says("junit").contains("<error type=\"failure\" message=\"this version does not check"),
        "{}",
        says("junit")
    );
    assert!(says("sarif").contains("\"executionSuccessful\": false"), "{}", says("sarif"));
    assert!(says("markdown").contains("❌ not compared"), "{}", says("markdown"));
    assert_eq!(says("short"), "");
    let alone = tempfile::tempdir().unwrap();
    package(alone.path(), "orders", ORDERS);
    let done = diff(alone.path(), &["--against", "main"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done).contains("is in no git repository"), "{}", text(&done));
}

const SERVED: &str = r#"use std.evaluate.{Binary}
use std.split.{at_random}
contract Loan { id: int64 key @pii, income: float64 unit EUR @pii, late: bool label }
contract Scored = Loan with { score: float64 in 0 .. 1 }
source loans() -> Table<Loan> { from = parquet("loans.parquet") }
stage fit(rows: Table<Loan>, seed: int = 1) -> Model<Loan, Scored> { run = command(["fit"]) }
stage judge(model: Model<Loan, Scored>, rows: Table<Loan>) -> Report<Binary> { run = command(["judge"]) }
model Credit: Model<Loan, Scored> {
  ladder    = [staging, production]
  clearance = [pii]
}
policy Release(candidate: Report<Binary>) {
  require candidate.auc >= 0.7
  require candidate.rows >= 5_000
  approve by 2 of "risk" within 2d
}
pipeline train {
  let parts = at_random(loans(), test: 20%, seed: 1)
  let model = fit(parts.train)
  promote model to Credit.production when Release(judge(model, parts.test))
}
deployment CreditApi of Credit.production {
  request   = Loan without label
  serve     = command(["serve"])
  clearance = [pii]
  rollout   = canary [5% for 10min, 100%]
  rollback when error_rate > 1% over 5min
}
"#;

#[test]
fn governance_is_compared_by_what_follows() {
    let folder = repository(SERVED);
    for (from, to, expected) in [
        ("auc >= 0.7", "auc >= 0.65", Some("policy_loosened")),
        ("auc >= 0.7", "auc >= 0.75", None),
        ("auc >= 0.7", "auc >= 0.7 at 95% confidence", None),
        ("  require candidate.rows >= 5_000\n", "", Some("policy_loosened")),
        ("rows >= 5_000", "rows > 4_999", None),
        ("rows >= 5_000", "rows > 4_998", Some("policy_loosened")),
        ("by 2 of", "by 1 of", Some("approval_loosened")),
        ("by 2 of", "by 3 of", None),
        ("  approve by 2 of \"risk\" within 2d\n", "", Some("approval_removed")),
        ("error_rate > 1% over", "error_rate > 2% over", Some("rollback_loosened")),
        ("error_rate > 1% over", "error_rate > 0.5% over", None),
        ("over 5min", "over 8min", Some("rollback_loosened")),
        ("  rollback when error_rate > 1% over 5min\n", "", Some("rollback_removed")),
        ("canary [5% for 10min, 100%]", "all_at_once", Some("rollout_loosened")),
        ("canary [5% for 10min, 100%]", "canary [6% for 10min, 100%]", None),
        ("deployment CreditApi of", "deployment LoanApi of", None),
        ("CreditApi of Credit.production", "CreditApi of Credit.staging", Some("rung_changed")),
    ] {
        let before = fs::read_to_string(folder.path().join("src/orders.mlp")).unwrap();
        change(folder.path(), from, to);
        let (_, answer) = json(folder.path(), &["--against", "HEAD"]);
        let found: Vec<String> =
            with("MLP312", &answer).iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect();
        let wanted: Vec<String> = expected.into_iter().map(str::to_owned).collect();
        assert_eq!(found, wanted, "{from} -> {to}");
        fs::write(folder.path().join("src/orders.mlp"), before).unwrap();
    }
}

#[test]
fn what_will_run_again_is_told() {
    let folder = repository(SERVED);
    change(folder.path(), "command([\"fit\"])", "command([\"fit\", \"-v\"])");
    let (code, answer) = json(folder.path(), &["--against", "HEAD"]);
    assert_eq!(code, 0);
    let messages: Vec<&str> =
        answer["changes"].as_array().unwrap().iter().map(|change| change["message"].as_str().unwrap()).collect();
    insta::assert_debug_snapshot!(messages);
}

#[test]
fn every_form_shows_the_same_changes() {
    let folder = repository(SERVED);
    change(folder.path(), "contract Loan {", "contract Loan { compatibility = full, version = \"1.0.0\",");
    git(folder.path(), &["commit", "-qam", "published"]);
    change(folder.path(), "income: float64 unit EUR @pii", "income: float64? unit EUR");
    change(folder.path(), "auc >= 0.7", "auc >= 0.65");
    let mut all = String::new();
    for form in ["pretty", "short", "json", "sarif", "github", "junit", "markdown"] {
        let done = diff(folder.path(), &["--against", "HEAD", "--format", form]);
        assert_eq!(done.status.code(), Some(1), "{form}: {}", text(&done));
        all.push_str(&format!("== {form}\n{}\n", text(&done)));
    }
    insta::assert_snapshot!(all);
}

/// What has another name is what it was: what it lost on the way is told.
#[test]
fn a_renamed_deployment_is_held_to_what_it_was() {
    let folder = repository(SERVED);
    change(folder.path(), "deployment CreditApi of", "deployment LoanApi of");
    change(folder.path(), "  rollback when error_rate > 1% over 5min\n", "");
    let (_, answer) = json(folder.path(), &["--against", "HEAD"]);
    let found: Vec<String> = kinds(&answer).into_iter().map(|(kind, _)| kind).collect();
    assert!(
        found.contains(&"deployment_renamed".to_owned()) && found.contains(&"rollback_removed".to_owned()),
        "{found:?}"
    );
    assert!(!found.contains(&"deployment_removed".to_owned()), "{found:?}");
}

/// What cannot be compared keeps nothing else from it, and is no pass.
#[test]
fn a_package_that_does_not_check_stops_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    package(&root.join("one"), "orders", ORDERS);
    package(&root.join("two"), "two", "contract D { a: int64 }\n");
    git(root, &["init", "-q"]);
    git(root, &["add", "-A"]);
    git(root, &["commit", "-qm", "one"]);
    change(&root.join("one"), "in 0 .. 1_000", "in 0 .. 500");
    fs::write(root.join("two/src/two.mlp"), "contract D { a: int63 }\n").unwrap();
    let done = diff(root, &["--against", "HEAD", "--format", "json"]);
    assert_eq!(done.status.code(), Some(2), "{}", text(&done));
    let answer: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((with("MLP310", &answer).len(), answer["verdict"].as_str()), (1, Some("broken")));
    let notes = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(notes.contains("package two:") && notes.contains("this version does not check"), "{notes}");
}

/// Who mends what is broken on the main branch is not held up by it.
#[test]
fn an_earlier_version_that_does_not_check_is_passed_over() {
    let folder = repository(ORDERS);
    change(folder.path(), "  id:     int64 key\n", "  id:     int63 key\n");
    git(folder.path(), &["commit", "-qam", "broken"]);
    change(folder.path(), "  id:     int63 key\n", "  id:     int64 key\n");
    let done = diff(folder.path(), &["--against", "HEAD"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done));
    assert!(text(&done).contains("`HEAD` does not check (HEAD:src/orders.mlp:5:11: error[MLP201]"), "{}", text(&done));
    assert!(text(&done).contains("the last version before it that does"), "{}", text(&done));
    // a break against the last version that checked is a break
    change(folder.path(), "in 0 .. 1_000", "in 0 .. 500");
    let (code, answer) = json(folder.path(), &["--against", "HEAD"]);
    assert_eq!((code, with("MLP310", &answer).len()), (1, 1), "{answer:#}");
    // where none checked, nothing is compared
    let folder = repository(&ORDERS.replace("int64", "int63"));
    change(folder.path(), "int63", "int64");
    let done = diff(folder.path(), &["--against", "HEAD"]);
    assert_eq!(done.status.code(), Some(2), "{}", text(&done));
    assert!(text(&done).contains("the version `HEAD` does not check"), "{}", text(&done));
}

/// A name that is nobody's accepts and renames nothing.
#[test]
fn acceptances_and_old_names_of_what_never_was_are_noted() {
    let folder = repository(ORDERS);
    change(folder.path(), "\n}\n", "\n  accepts break on amuont because \"refunds moved\"\n}\n");
    change(folder.path(), "  id:     int64 key", "  id:     int64 key was idd");
    let said = text(&diff(folder.path(), &["--against", "HEAD"]));
    assert!(
        said.contains(
            "note: `Order`: `accepts break on amuont` accepts nothing: neither version has a column `amuont`"
        ),
        "{said}"
    );
    assert!(
        said.contains("note: `Order.id`: `was idd` renames nothing: the earlier version has no column `idd`"),
        "{said}"
    );
    // what stood there before is not told again, nor what names a column that went
    git(folder.path(), &["commit", "-qam", "two"]);
    change(folder.path(), "  email:  string @pii\n", "");
    change(folder.path(), "break on amuont", "break on email");
    change(folder.path(), "1.0.0", "2.0.0");
    let said = text(&diff(folder.path(), &["--against", "HEAD"]));
    assert!(!said.contains("nothing: "), "{said}");
}

/// A package is no less of a promise than a contract in it.
#[test]
fn a_package_that_is_gone_takes_its_contracts_along() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let published = |ty: &str| format!("contract C {{\n  version = \"1.0.0\"\n  compatibility = full\n  a: {ty}\n}}\n");
    package(&root.join("one"), "one", "contract D { a: int64 }\n");
    package(&root.join("two"), "two", &published("int64"));
    git(root, &["init", "-q"]);
    git(root, &["add", "-A"]);
    git(root, &["commit", "-qm", "one"]);
    assert_eq!(json(root, &["--against", "HEAD"]).0, 0);
    // moved, and changed
    fs::rename(root.join("two"), root.join("three")).unwrap();
    assert_eq!(json(root, &["--against", "HEAD"]).0, 0);
    fs::write(root.join("three/src/two.mlp"), published("int32")).unwrap();
    let (code, answer) = json(root, &["--against", "HEAD"]);
    assert_eq!((code, with("MLP310", &answer).len()), (1, 1), "{answer:#}");
    // gone
    fs::remove_dir_all(root.join("three")).unwrap();
    let (code, answer) = json(root, &["--against", "HEAD"]);
    assert_eq!(code, 1);
    assert_eq!(kinds(&answer), [("contract_removed".to_owned(), Some("MLP310".to_owned()))]);
    // who asks about the other package alone is not told
    assert_eq!(json(root, &["--against", "HEAD", "--package", "one"]).0, 0);
}

/// Machines know the repository, and not where somebody stands in it.
#[test]
fn machines_are_told_paths_from_the_top_of_the_repository() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("teams/risk");
    package(&inner, "orders", ORDERS);
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-qm", "one"]);
    let path = inner.join("src/orders.mlp");
    let changed = ORDERS.replace("amount", "total");
    assert_ne!(changed, ORDERS);
    fs::write(&path, changed).unwrap();
    for from in [folder.path().to_path_buf(), inner.clone(), inner.join("src")] {
        for format in ["github", "sarif", "junit"] {
            let said = text(&diff(&from, &["--against", "HEAD", "--format", format]));
            assert!(said.contains("teams/risk/src/orders.mlp") && !said.contains("HEAD:"), "{format}: {said}");
        }
    }
    git(folder.path(), &["commit", "-qam", "two"]);
    let said = text(&diff(&inner, &["--against", "HEAD~1", "--head", "HEAD", "--format", "github"]));
    assert!(said.contains("file=teams/risk/src/orders.mlp,"), "{said}");
}

/// A branch that lags behind is compared with where it left.
#[test]
fn three_dots_mean_where_two_branches_parted() {
    let folder = repository(ORDERS);
    git(folder.path(), &["branch", "feature"]);
    change(folder.path(), "1.0.0", "1.1.0");
    change(folder.path(), "  id:", "  note: string?\n  id:");
    git(folder.path(), &["commit", "-qam", "main goes on"]);
    git(folder.path(), &["checkout", "-q", "feature"]);
    change(folder.path(), "  email:", "  sent: date?\n  email:");
    change(folder.path(), "1.0.0", "1.1.0");
    git(folder.path(), &["commit", "-qam", "so does the feature"]);
    let columns = |against: &str| {
        let (code, answer) = json(folder.path(), &["--against", against]);
        let paths = answer["changes"].as_array().unwrap().iter();
        let mut paths: Vec<String> = paths.map(|one| one["path"].as_str().unwrap().to_owned()).collect();
        paths.retain(|path| path == "note" || path == "sent");
        paths.sort();
        (code, paths)
    };
    for against in ["main...HEAD", "main...", "main...feature"] {
        assert_eq!(columns(against), (0, vec!["sent".to_owned()]), "{against}");
    }
    assert_eq!(columns("main").1, ["note", "sent"]);
    git(folder.path(), &["checkout", "-q", "--orphan", "apart"]);
    git(folder.path(), &["commit", "-qm", "another beginning"]);
    let said = text(&diff(folder.path(), &["--against", "main...HEAD"])).replace("\n  │", "");
    assert!(said.contains("`main` and `HEAD` have no commit in common"), "{said}");
    let said = text(&diff(folder.path(), &["--against", "nowhere...HEAD"]));
    assert!(said.contains("there is no revision `nowhere`"), "{said}");
}

#[test]
fn one_package_of_a_bare_repository_is_named_by_its_folder_there() {
    let folder = neighbours(LINE);
    git(folder.path(), &["checkout", "-qb", "feature"]);
    change(&folder.path().join("contracts"), "  email:  string @pii\n", "");
    git(folder.path(), &["commit", "-qam", "two"]);
    let top = tempfile::tempdir().unwrap();
    let bare = top.path().join("all.git");
    git(folder.path(), &["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    let against = |package: &str| {
        diff(&bare, &["--against", "main", "--head", "feature", "--package", package, "--format", "json"])
    };
    let answer: Value = serde_json::from_slice(&against("contracts").stdout).unwrap();
    assert_eq!(with("MLP310", &answer)[0]["file"], "feature:contracts/src/orders.mlp");
    let answer: Value = serde_json::from_slice(&against("./shop/").stdout).unwrap();
    assert_eq!(kinds(&answer), []);
    let said = text(&against("nothing"));
    assert!(said.contains("there is no `nothing` in `feature`"), "{said}");
    for outside in ["../contracts", "/contracts"] {
        let done = against(outside);
        assert_eq!(done.status.code(), Some(2));
        assert!(text(&done).contains("there is no such file or folder"), "{}", text(&done));
    }
}

#[test]
fn a_folder_that_is_no_package_is_said_to_be_none() {
    let folder = repository(ORDERS);
    let said = text(&diff(folder.path(), &["--against", "src"])).replace("\n  │", "");
    assert!(said.contains("`src` is no folder with an mlp.toml and no plan file, and as a revision:"), "{said}");
    // what is nothing at all is taken for a revision that is not there
    let said = text(&diff(folder.path(), &["--against", "srd"]));
    assert!(said.contains("there is no revision `srd`") && !said.contains("mlp.toml"), "{said}");
}

#[test]
fn contracts_name_their_package_and_suites_their_command() {
    let folder = neighbours(LINE);
    change(&folder.path().join("contracts"), "0 .. 1_000", "0 .. 500");
    let (_, answer) = json(folder.path(), &["--against", "HEAD"]);
    let named = |one: &Value| (one["package"].as_str().unwrap().to_owned(), one["name"].as_str().unwrap().to_owned());
    let contracts: Vec<_> = answer["contracts"].as_array().unwrap().iter().map(named).collect();
    let pair = |package: &str, name: &str| (package.to_owned(), name.to_owned());
    assert_eq!(contracts, [pair("orders", "Order"), pair("shop", "Line")]);
    let said = text(&diff(folder.path(), &["--against", "HEAD", "--format", "junit"]));
    assert!(said.contains("<testsuite name=\"mlp diff\"") && said.contains("name=\"diff\""), "{said}");
}

/// Of a wide contract the key is shown, and what the change is about.
#[test]
fn examples_of_wide_contracts_show_what_matters() {
    let wide = |ty: &str, more: usize| {
        let columns: Vec<String> = (0..more).map(|index| format!("  c{index}: int64\n")).collect();
        format!(
            "contract C {{\n  version = \"1.0.0\"\n  compatibility = backward\n  id: int64 key\n  v: {ty}\n{}}}\n",
            columns.concat()
        )
    };
    let row = |from: &str, to: &str, more: usize| {
        let folder = repository(&wide(from, more));
        fs::write(folder.path().join("src/orders.mlp"), wide(to, more)).unwrap();
        let (_, answer) = json(folder.path(), &["--against", "HEAD"]);
        with("MLP310", &answer)[0]["example"]["rows"][0].as_str().unwrap().to_owned()
    };
    assert_eq!(row("int64", "int64 in 0 .. 5", 2), "C { id: 0, v: -1, c0: 0, c1: 0 }");
    assert_eq!(row("int64", "int64 in 0 .. 5", 400), "C { id: 0, v: -1, .. }");
    // what a condition reads is part of it
    assert_eq!(row("int64", "int64 where self > c7", 400), "C { id: 0, v: 0, c7: 0, .. }");
}
