//! What is done once is not done again, and what changed is.
#![cfg(test)]

mod common;

use std::fs;

use common::{Wire as _, lab, pipe, place, plan, record, row_rules, shell, states, table, txt, write};
use mlp_local::{RunOptions, dry_run};
use mlp_plan::{CachePolicy, Format, Literal, Place, Value, WriteMode};
use mlp_store::RunState;

/// Each node says in `ran` that it ran.
fn chain() -> mlp_plan::Plan {
    plan(vec![
        shell("a", "echo a >> ran; echo one > $MLP_OUT").makes(txt()),
        shell("b", "echo b >> ran; cat $MLP_IN_TEXT > $MLP_OUT; echo two >> $MLP_OUT")
            .reads("text", "a", txt())
            .makes(txt()),
        write("out", Format::File, "published.txt", WriteMode::Replace).reads("rows", "b", txt()),
    ])
}

#[test]
fn the_second_run_does_nothing_and_says_so() {
    let lab = lab();
    let first = lab.run(&chain());
    assert_eq!((states(&first).as_str(), first.exit_code), ("a done, b done, out done", 0));
    assert_eq!(lab.read("published.txt"), "one\ntwo\n");
    let second = lab.run(&chain());
    assert_eq!(states(&second), "a cached, b cached, out cached");
    assert!(second.did_nothing());
    assert_eq!(lab.read("ran"), "a\nb\n");
    assert_eq!(record(&second, "b").cache.run.as_deref(), Some(first.run.id.as_str()));
    assert_eq!(record(&second, "out").cache.why, "`published.txt` holds it already");
    let said = second.to_string();
    assert!(said.contains(": done; nothing to do; 3 nodes (3 cached), 0 rows, 0 checks"), "{said}");
}

#[test]
fn what_others_did_to_a_sink_is_mended() {
    let lab = lab();
    lab.run(&chain());
    lab.write("published.txt", "edited");
    assert_eq!(states(&lab.run(&chain())), "a cached, b cached, out done");
    assert_eq!(lab.read("published.txt"), "one\ntwo\n");
    fs::remove_file(lab.path().join("published.txt")).unwrap();
    assert_eq!(states(&lab.run(&chain())), "a cached, b cached, out done");
}

#[test]
fn a_change_is_named_and_what_comes_out_the_same_cuts_off() {
    let lab = lab();
    lab.run(&chain());
    let mut changed = chain();
    let first = &mut pipe(&mut changed).nodes[0];
    first.code = "other".to_owned();
    first.seed = Some(7);
    let summary = lab.run(&changed);
    assert_eq!(states(&summary), "a done, b cached, out cached", "a made the same bytes as before");
    assert_eq!(record(&summary, "a").cache.why, "changed: code, seed");
}

#[test]
fn moving_things_about_in_the_program_changes_nothing() {
    let lab = lab();
    lab.run(&chain());
    let mut moved = chain();
    for node in &mut pipe(&mut moved).nodes {
        node.place = place(500);
        node.call = place(501);
        node.doc = Some("now with words".to_owned());
    }
    moved.contracts.get_mut("Row").unwrap().places.values_mut().for_each(|place| *place = Place::default());
    assert!(lab.run(&moved).did_nothing());
}

#[test]
fn each_part_of_the_key_counts() {
    let lab = lab();
    let base = || {
        shell("a", "echo $MLP_PARAM_DEPTH > $MLP_OUT")
            .makes(txt())
            .param("depth", Value::Literal(Literal::Number(6.into())))
    };
    lab.run(&plan(vec![base()]));
    let mut variants = Vec::new();
    variants.push(("param depth", base().param("depth", Value::Literal(Literal::Number(7.into())))));
    let mut seeded = base();
    seeded.seed = Some(1);
    variants.push(("seed", seeded));
    let mut other =
        shell("a", "echo other > $MLP_OUT").makes(txt()).param("depth", Value::Literal(Literal::Number(6.into())));
    other.code = base().code;
    variants.push(("run", other));
    let file = mlp_plan::Artifact::File { extension: "csv".to_owned() };
    variants.push((
        "contract of output result",
        shell("a", "echo $MLP_PARAM_DEPTH > $MLP_OUT")
            .makes(file)
            .param("depth", Value::Literal(Literal::Number(6.into()))),
    ));
    for (part, variant) in variants {
        let why = record(&lab.run(&plan(vec![variant])), "a").cache.why.clone();
        assert!(why.contains(part), "{part}: {why}");
        // Back to what it was: that is still known.
        assert!(lab.run(&plan(vec![base()])).did_nothing());
    }
}

#[test]
fn what_must_not_be_cached_is_not() {
    let lab = lab();
    let mut always = shell("a", "echo a >> ran; echo x > $MLP_OUT").makes(txt());
    always.cache = CachePolicy::Never;
    let plan =
        plan(vec![always, shell("b", "echo b >> ran; cat $MLP_IN_X > $MLP_OUT").reads("x", "a", txt()).makes(txt())]);
    lab.run(&plan);
    assert_eq!(states(&lab.run(&plan)), "a done, b cached");
    let fresh = RunOptions { no_cache: true, ..lab.options() };
    assert_eq!(states(&lab.run_with(&plan, &fresh).unwrap()), "a done, b done");
    assert_eq!(lab.count("ran"), 5);
}

#[test]
fn a_source_is_its_bytes() {
    let lab = lab();
    let source = || common::read("rows", Format::Csv, "data/*.csv").makes(table("Row")).checked(row_rules());
    lab.write("data/a.csv", "id,amount,name\n1,10,x\n2,20.5,\n");
    let first = lab.run(&plan(vec![source()]));
    assert_eq!(
        (states(&first).as_str(), record(&first, "rows").rows, record(&first, "rows").checks),
        ("rows done", 2, 7)
    );
    lab.write("data/a.csv", "id,amount,name\n1,10,x\n2,20.5,\n");
    assert!(lab.run(&plan(vec![source()])).did_nothing(), "written again, with the same bytes");
    lab.write("data/b.csv", "id,amount,name\n3,30,z\n");
    let third = lab.run(&plan(vec![source()]));
    assert_eq!((record(&third, "rows").rows, record(&third, "rows").cache.why.as_str()), (3, "changed: files"));
}

#[test]
fn a_lost_or_damaged_object_is_made_anew() {
    let lab = lab();
    let first = lab.run(&chain());
    let stored = record(&first, "a").outputs["result"].clone().unwrap();
    fs::remove_file(lab.store().object_path(&stored.digest)).unwrap();
    let second = lab.run(&chain());
    assert_eq!(states(&second), "a done, b cached, out cached");
    assert_eq!(record(&second, "a").cache.why, "its result is gone");
}

#[test]
fn a_rung_is_read_as_it_stood_and_none_skips() {
    let lab = lab();
    let rung = mlp_plan::Origin::Rung { model: "M".to_owned(), rung: "production".to_owned() };
    let model = mlp_plan::Artifact::Model { input: "Row".to_owned(), output: "Row".to_owned() };
    let plan = plan(vec![
        shell("before", "cat $MLP_IN_MODEL/m > $MLP_OUT")
            .reads_from("model", rung.clone(), model.clone(), false)
            .makes(txt()),
        shell("behind", "cat $MLP_IN_X > $MLP_OUT").reads("x", "before", txt()).makes(txt()),
        shell("anyway", "echo ${MLP_IN_MODEL-nothing} > $MLP_OUT").reads_from("model", rung, model, true).makes(txt()),
    ]);
    let summary = lab.run(&plan);
    assert_eq!(states(&summary), "before skipped, behind skipped, anyway done");
    assert_eq!(lab.output(&summary, "anyway"), b"nothing\n");
    assert_eq!(summary.run.state, RunState::Done);
}

#[test]
fn one_node_alone_works_on_the_newest_results() {
    let lab = lab();
    let only = RunOptions { only: Some("b".to_owned()), ..lab.options() };
    assert_eq!(
        lab.run_with(&chain(), &only).unwrap_err().to_string(),
        "`a` has no result to work on; run the pipeline first"
    );
    lab.run(&chain());
    assert_eq!(states(&lab.run_with(&chain(), &only).unwrap()), "b done");
    let from = RunOptions { from: Some("b".to_owned()), ..lab.options() };
    assert_eq!(states(&lab.run_with(&chain(), &from).unwrap()), "a cached, b done, out done");
    let wrong = RunOptions { from: Some("z".to_owned()), ..lab.options() };
    assert_eq!(
        lab.run_with(&chain(), &wrong).unwrap_err().to_string(),
        "pipeline `p` has no node `z`; there is a, b, out"
    );
}

#[test]
fn a_dry_run_tells_and_does_nothing() {
    let lab = lab();
    let told = |plan: &mlp_plan::Plan| {
        let planned = dry_run(plan, "p", &lab.options()).unwrap();
        planned.iter().map(|node| format!("{} {}: {}", node.node, node.verdict, node.why)).collect::<Vec<_>>()
    };
    assert_eq!(
        told(&chain()),
        [
            "a run: it has no result yet",
            "b unknown: depends on what a will make",
            "out unknown: depends on what b will make"
        ]
    );
    assert_eq!(lab.count("ran"), 0);
    let ran = lab.run(&chain());
    let by = format!("made by run {}", ran.run.id);
    assert_eq!(
        told(&chain()),
        [
            format!("a cached: {by}"),
            format!("b cached: {by}"),
            "out cached: `published.txt` holds it already".to_owned()
        ]
    );
}

#[test]
fn sinks_append_and_merge() {
    let lab = lab();
    let to = |mode: WriteMode, location: &str| {
        plan(vec![
            common::read("rows", Format::Csv, "in.csv").makes(table("Row")).checked(row_rules()),
            write("out", Format::Csv, location, mode).reads("rows", "rows", table("Row")),
        ])
    };
    lab.write("in.csv", "id,amount,name\n1,10,x\n2,20,y\n");
    for _ in 0..2 {
        lab.run(&to(WriteMode::Append, "added.csv"));
        lab.run(&to(WriteMode::Merge, "merged.csv"));
    }
    assert_eq!(lab.read("added.csv"), "id,amount,name\n1,10.0,x\n2,20.0,y\n", "the same rows are added once");
    lab.write("in.csv", "id,amount,name\n2,99,new\n3,30,z\n");
    lab.run(&to(WriteMode::Append, "added.csv"));
    lab.run(&to(WriteMode::Merge, "merged.csv"));
    assert_eq!(lab.count("added.csv"), 5);
    assert_eq!(lab.read("merged.csv"), "id,amount,name\n1,10.0,x\n2,99.0,new\n3,30.0,z\n");
    lab.run(&to(WriteMode::Replace, "merged.csv"));
    assert_eq!(lab.read("merged.csv"), "id,amount,name\n2,99.0,new\n3,30.0,z\n");
}

#[test]
fn a_location_with_days_reads_all_of_them() {
    let lab = lab();
    for (day, number) in [("2013-10-01", 1), ("2013-10-02", 2), ("2013-10-03", 3)] {
        lab.write(&format!("lake/{day}.csv"), &format!("id,amount,name\n{number},1,\n"));
    }
    let day = |back: i64| {
        Value::Arithmetic(
            mlp_plan::ArithmeticOp::Sub,
            Box::new(Value::RunDate),
            Box::new(Value::Literal(Literal::Duration(back * 86_400_000_000_000))),
        )
    };
    let pieces = vec![
        mlp_plan::FormatPiece::Text("lake/".to_owned()),
        mlp_plan::FormatPiece::Value { value: Value::Range(Box::new(day(1)), Box::new(Value::RunDate)), format: None },
        mlp_plan::FormatPiece::Text(".csv".to_owned()),
    ];
    let mut source = common::read("rows", Format::Csv, "").makes(table("Row")).checked(row_rules());
    let mlp_plan::Run::Read(external) = &mut source.run else { panic!() };
    external.location = Value::Format(pieces);
    let dates = RunOptions { date: Some("2013-10-03".parse().unwrap()), ..lab.options() };
    let summary = lab.run_with(&plan(vec![source]), &dates).unwrap();
    assert_eq!(record(&summary, "rows").rows, 2);
}

#[test]
fn a_backfill_is_a_run_for_each_day() {
    let lab = lab();
    let plan = plan(vec![shell("a", "echo $MLP_PARAM_DAY >> days").param("day", Value::RunDate)]);
    let range = ("2013-10-01".parse().unwrap(), "2013-10-03".parse().unwrap());
    let summaries = mlp_local::backfill(&plan, "p", &lab.options(), range, &mut |_| {}).unwrap();
    assert_eq!(
        summaries.iter().map(|summary| summary.run.date.as_str()).collect::<Vec<_>>(),
        ["2013-10-01", "2013-10-02", "2013-10-03"]
    );
    assert_eq!(lab.read("days"), "2013-10-01\n2013-10-02\n2013-10-03\n");
}

#[test]
fn parameters_come_from_the_command_line_or_the_program() {
    let lab = lab();
    let mut plan = plan(vec![
        shell("a", "echo \"$MLP_PARAM_WORD $MLP_PARAM_N\" > $MLP_OUT")
            .makes(txt())
            .param("word", Value::Param("word".to_owned()))
            .param("n", Value::Param("n".to_owned())),
    ]);
    let param = |name: &str, data: mlp_plan::DataType, default: Option<Literal>| mlp_plan::Parameter {
        name: name.to_owned(),
        data,
        nullable: false,
        default,
        constraints: Vec::new(),
        doc: None,
        place: place(2),
    };
    pipe(&mut plan).params = vec![
        param("word", mlp_plan::DataType::String, None),
        param("n", mlp_plan::DataType::Int(64), Some(Literal::Number(3.into()))),
    ];
    assert_eq!(
        lab.run_with(&plan, &lab.options()).unwrap_err().to_string(),
        "parameter `word` has no value; give it with --set word=.."
    );
    let set = |pairs: &[(&str, &str)]| RunOptions {
        set: pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..lab.options()
    };
    let summary = lab.run_with(&plan, &set(&[("word", "it's \"odd\" $HOME")])).unwrap();
    assert_eq!(lab.output(&summary, "a"), b"it's \"odd\" $HOME 3\n");
    assert_eq!(
        lab.run_with(&plan, &set(&[("word", "x"), ("m", "1")])).unwrap_err().to_string(),
        "pipeline `p` has no parameter `m`; it has word, n"
    );
}
