//! Plans built by hand, for the tests of every crate that only sees plans.

use std::collections::BTreeMap;

use mlp_plan::{
    Artifact, Backend, Clause, ClauseRule, CompareOp, Constraint, DataType, Expr, External, Format, Gate, Input,
    Literal, Model, Node, Origin, Output, Package, Parameter, Pipeline, Place, Plan, Policy, PolicyUse, Promote,
    Resources, Retries, Run, Schedule, Target, TimeUnit, Value, ValueType, WriteMode,
};

const SECOND: i64 = 1_000_000_000;

fn place(line: u32) -> Place {
    Place { file: "src/flights.mlp".to_owned(), line, column: 1 }
}

fn number(text: &str) -> Literal {
    Literal::Number(text.parse().unwrap())
}

fn empty() -> Plan {
    let package = Package {
        name: "flights".to_owned(),
        version: Some("1.0.0".to_owned()),
        owner: Some("ml@example.com".to_owned()),
        digest: "ab".repeat(32),
    };
    Plan::empty(package, Target { name: "prod".to_owned(), backend: Backend::Local, options: BTreeMap::new() })
}

fn pipeline(name: &str, nodes: Vec<Node>) -> Pipeline {
    Pipeline {
        name: name.to_owned(),
        doc: None,
        params: Vec::new(),
        schedule: None,
        catchup: false,
        concurrency: None,
        priority: None,
        queue: None,
        tags: Vec::new(),
        deadline: None,
        owner: None,
        on_failure: None,
        nodes,
        place: place(80),
    }
}

fn node(id: &str, stage: &str, run: Run, inputs: Vec<(&str, Origin)>) -> Node {
    let table = Artifact::Table { contract: "Features".to_owned() };
    Node {
        id: id.to_owned(),
        stage: stage.to_owned(),
        doc: None,
        run,
        inputs: inputs
            .into_iter()
            .map(|(name, from)| Input {
                name: name.to_owned(),
                from,
                expects: table.clone(),
                optional: false,
                checks: Vec::new(),
            })
            .collect(),
        outputs: vec![Output { name: "result".to_owned(), artifact: table.clone(), checks: Vec::new() }],
        params: BTreeMap::new(),
        env: None,
        resources: Resources::default(),
        timeout: None,
        retries: None,
        cache: mlp_plan::CachePolicy::Content,
        secrets: Vec::new(),
        network: Vec::new(),
        needs: Vec::new(),
        seed: None,
        rejects: None,
        pod: None,
        clearance: Vec::new(),
        drops: Vec::new(),
        uses: Vec::new(),
        owner: None,
        code: "cd".repeat(32),
        place: place(10),
        call: place(90),
    }
}

fn of(node: &str, output: &str) -> Origin {
    Origin::Output { node: node.to_owned(), output: output.to_owned() }
}

fn external(location: &str) -> External {
    External {
        format: Format::Parquet,
        location: Value::Literal(Literal::Text(location.to_owned())),
        secret: None,
        freshness: None,
    }
}

fn python(function: &str) -> Run {
    Run::Python { module: "model".to_owned(), function: function.to_owned() }
}

fn builtin(name: &str) -> Run {
    Run::Builtin { name: name.to_owned() }
}

fn parameter(name: &str, data: DataType, default: Option<Literal>, constraints: Vec<Constraint>) -> Parameter {
    Parameter { name: name.to_owned(), data, nullable: false, default, constraints, doc: None, place: place(81) }
}

fn late() -> Pipeline {
    let rung = || Origin::Rung { model: "LateModel".to_owned(), rung: "production".to_owned() };
    let promote = Run::Promote(Promote {
        model: "LateModel".to_owned(),
        rung: "production".to_owned(),
        policies: vec![PolicyUse {
            policy: "Release".to_owned(),
            reports: BTreeMap::from([("candidate".to_owned(), "Release.candidate".to_owned())]),
            params: BTreeMap::new(),
        }],
    });
    let mut fit = node("model", "flights.fit", python("fit"), vec![("train", of("parts", "train"))]);
    fit.doc = Some("Gradient boosting.".to_owned());
    fit.env = Some("default".to_owned());
    fit.resources = Resources {
        cpu: Some(number("2")),
        memory: Some(4 << 30),
        gpu: Some(1),
        disk: Some(10 << 30),
        accelerator: Some("nvidia-l4".to_owned()),
    };
    fit.timeout = Some(1800 * SECOND);
    fit.retries = Some(Retries { limit: 2, backoff_min: 10 * SECOND, backoff_max: 300 * SECOND });
    let mut load = node("flights", "flights.load", python("load"), vec![]);
    load.network = vec!["example.com:443".to_owned()];
    load.secrets = vec!["dwh".to_owned()];
    let mut publish = node(
        "publish",
        "flights.publish",
        Run::Write { to: external("out/scores"), mode: WriteMode::Replace },
        vec![("rows", of("report-score", "result"))],
    );
    publish.params = BTreeMap::from([("day".to_owned(), Value::RunDate)]);
    let mut made = pipeline(
        "late",
        vec![
            load,
            node("weather", "flights.weather", Run::Read(external("data/weather.parquet")), vec![]),
            node(
                "rows",
                "flights.build",
                Run::Sql { text: "select 1".to_owned() },
                vec![("flights", of("flights", "result")), ("weather", of("weather", "result"))],
            ),
            node("parts", "std.split.by_time", builtin("split.by_time"), vec![("rows", of("rows", "result"))]),
            fit,
            node(
                "report-score",
                "flights.score",
                python("score"),
                vec![("model", of("model", "result")), ("rows", of("parts", "test"))],
            ),
            node(
                "report",
                "std.evaluate.binary",
                builtin("evaluate.binary"),
                vec![("rows", of("report-score", "result"))],
            ),
            node(
                "before-score",
                "flights.score",
                python("score"),
                vec![("model", rung()), ("rows", of("parts", "test"))],
            ),
            node(
                "before",
                "std.evaluate.binary",
                builtin("evaluate.binary"),
                vec![("rows", of("before-score", "result"))],
            ),
            node(
                "promote-LateModel",
                "promote",
                promote,
                vec![
                    ("model", of("model", "result")),
                    ("Release.candidate", of("report", "result")),
                    ("Release.champion", of("before", "result")),
                ],
            ),
            publish,
        ],
    );
    made.doc = Some("Will a flight be late?\n\nRetrained daily, released only when it is better.".to_owned());
    made.schedule =
        Some(Schedule::Cron { expression: "0 6 * * *".to_owned(), timezone: "America/New_York".to_owned() });
    made.params = vec![
        parameter(
            "cutoff",
            DataType::Timestamp { unit: TimeUnit::Us, naive: false },
            Some(Literal::Date("2013-10-01".parse().unwrap())),
            vec![],
        ),
        parameter(
            "depth",
            DataType::Int(32),
            Some(number("6")),
            vec![Constraint::Range { low: Some(number("1")), high: Some(number("20")) }],
        ),
    ];
    made.concurrency = Some(1);
    made.deadline = Some(7200 * SECOND);
    made.tags = vec!["flights".to_owned(), "daily".to_owned()];
    made
}

/// Waits for what `late` publishes, with one parameter of each kind.
fn weekly() -> Pipeline {
    let mut made =
        pipeline("weekly", vec![node("scores", "flights.scores", Run::Read(external("out/scores")), vec![])]);
    made.schedule = Some(Schedule::Update(vec!["scores".to_owned()]));
    made.on_failure = Some("https://example.com/hook".to_owned());
    made.priority = Some(5);
    made.queue = Some("slow".to_owned());
    made.catchup = true;
    let text = |text: &str| Some(Literal::Text(text.to_owned()));
    made.params = vec![
        parameter("rate", DataType::Float(64), Some(number("0.1")), vec![]),
        parameter("price", DataType::Decimal { precision: 12, scale: 2 }, Some(number("9.95")), vec![]),
        parameter(
            "code",
            DataType::String,
            text("AB"),
            vec![Constraint::Matches("[A-Z]{2}".to_owned()), Constraint::Length { min: 2, max: Some(2) }],
        ),
        parameter(
            "airport",
            DataType::Enum { members: vec!["EWR".to_owned(), "JFK".to_owned()], open: false },
            text("JFK"),
            vec![],
        ),
        parameter("wait", DataType::Duration, Some(Literal::Duration(90 * 60 * SECOND)), vec![]),
        parameter(
            "days",
            DataType::List(Box::new(ValueType::plain(DataType::Int(8)))),
            Some(Literal::List(vec![number("1"), number("2")])),
            vec![],
        ),
        parameter("must", DataType::Bool, None, vec![]),
    ];
    made
}

/// The flights program, as the design has it, and a pipeline that follows it.
pub fn flights() -> Plan {
    let mut plan = empty();
    let metric = Expr::Metric { report: "candidate".to_owned(), metric: "auc".to_owned() };
    let expr = Expr::Compare(CompareOp::Ge, Box::new(metric), Box::new(Expr::Literal(number("0.65"))));
    let clause = Clause {
        text: "candidate.auc >= 0.65 at 95% confidence".to_owned(),
        rule: ClauseRule::Require(Gate { expr, confidence: Some(number("0.95")) }),
        when: Vec::new(),
        message: None,
        place: place(60),
    };
    let policy =
        Policy { name: "Release".to_owned(), doc: None, params: Vec::new(), clauses: vec![clause], place: place(59) };
    plan.policies.insert("Release".to_owned(), policy);
    let model = Model {
        name: "LateModel".to_owned(),
        doc: None,
        input: "Features".to_owned(),
        output: "Scored".to_owned(),
        ladder: vec!["staging".to_owned(), "production".to_owned()],
        predicts_at: None,
        clearance: Vec::new(),
        place: place(50),
    };
    plan.models.insert("LateModel".to_owned(), model);
    let secret = mlp_plan::SecretRef::Kubernetes { name: "dwh".to_owned(), key: "url".to_owned() };
    plan.secrets.insert("dwh".to_owned(), secret);
    let environment = mlp_plan::Environment {
        name: "default".to_owned(),
        python: Some("3.11".to_owned()),
        requirements: None,
        lock: None,
        image: Some(format!("registry.example.com/ml@sha256:{}", "0".repeat(64))),
        digest: "ef".repeat(32),
        place: place(20),
    };
    plan.environments.insert("default".to_owned(), environment);
    plan.pipelines.insert("late".to_owned(), late());
    plan.pipelines.insert("weekly".to_owned(), weekly());
    plan
}

/// The flights program, whose promotion two people approve within two days.
pub fn approved() -> Plan {
    let mut plan = flights();
    plan.pipelines.remove("weekly");
    let rule = ClauseRule::Approve {
        count: 2,
        group: "risk-leads".to_owned(),
        except_author: true,
        within: Some(48 * 3600 * SECOND),
    };
    let text = "approve by 2 of \"risk-leads\" except author within 48h".to_owned();
    let clause = Clause { text, rule, when: Vec::new(), message: None, place: place(61) };
    plan.policies.values_mut().for_each(|policy| policy.clauses.push(clause.clone()));
    plan
}

/// The flights program with three models to choose from, each made and measured: an unrolled list.
pub fn trials() -> Plan {
    let mut plan = flights();
    plan.pipelines.remove("weekly");
    let ids = |suffix: &str| (0..3).map(|n| of(&format!("trials-{n}{suffix}"), "result")).collect();
    for pipeline in plan.pipelines.values_mut() {
        for n in 0..3 {
            let fit = node(&format!("trials-{n}"), "flights.fit", python("fit"), vec![("train", of("parts", "train"))]);
            let report = node(
                &format!("trials-{n}-report"),
                "std.evaluate.binary",
                builtin("evaluate.binary"),
                vec![("rows", of(&format!("trials-{n}"), "result"))],
            );
            pipeline.nodes.extend([fit, report]);
        }
        let inputs = vec![("models", Origin::List(ids(""))), ("reports", Origin::List(ids("-report")))];
        pipeline.nodes.push(node("best", "pick", builtin("pick"), inputs));
    }
    plan
}

/// A pipeline `wide` whose n-th node reads from the nodes that `reads` lists at n.
pub fn wide(reads: &[Vec<usize>]) -> Plan {
    let id = |n: usize| format!("n{n:04}");
    let nodes = reads.iter().enumerate().map(|(n, from)| {
        let inputs = from.iter().map(|m| ("rows", of(&id(*m), "result"))).collect();
        node(
            &id(n),
            "bench.work",
            Run::Command { argv: vec![Value::Literal(Literal::Text("true".to_owned()))] },
            inputs,
        )
    });
    let mut plan = empty();
    plan.pipelines.insert("wide".to_owned(), pipeline("wide", nodes.collect()));
    plan
}

/// `text` wherever a user may write.
pub fn hostile(text: &str) -> Plan {
    let mut plan = flights();
    let text = text.to_owned();
    text.clone_into(&mut plan.package.name);
    text.clone_into(&mut plan.package.digest);
    plan.package.owner = Some(text.clone());
    plan.package.version = Some(text.clone());
    plan.target.options.extend([
        ("store".to_owned(), text.clone()),
        ("package".to_owned(), text.clone()),
        ("namespace".to_owned(), text.clone()),
    ]);
    let mut made = late();
    text.clone_into(&mut made.name);
    made.doc = Some(text.clone());
    made.owner = Some(text.clone());
    made.queue = Some(text.clone());
    made.on_failure = Some(text.clone());
    made.tags = vec![text.clone()];
    text.clone_into(&mut made.place.file);
    made.params = vec![
        parameter(&text, DataType::String, Some(Literal::Text(text.clone())), vec![]),
        parameter(
            "kind",
            DataType::Enum { members: vec![text.clone()], open: true },
            Some(Literal::Text(text.clone())),
            vec![],
        ),
    ];
    for (n, node) in made.nodes.iter_mut().enumerate() {
        node.doc = Some(text.clone());
        node.owner = Some(text.clone());
        text.clone_into(&mut node.stage);
        node.network = vec![text.clone()];
        node.secrets = vec![text.clone()];
        if n == 0 {
            // Read by nothing, so that the edges stay.
            node.id = format!("{text}!");
        }
    }
    for policy in plan.policies.values_mut() {
        for clause in &mut policy.clauses {
            text.clone_into(&mut clause.text);
        }
    }
    plan.secrets.insert(text.clone(), mlp_plan::SecretRef::Kubernetes { name: text.clone(), key: text.clone() });
    if let Some(environment) = plan.environments.get_mut("default") {
        environment.image = Some(text.clone());
    }
    plan.pipelines.insert(text, made);
    plan
}
