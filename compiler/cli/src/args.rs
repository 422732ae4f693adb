//! The command line.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

/// A typed, declarative language for machine-learning pipelines, and its compiler.
#[derive(Debug, Parser)]
#[command(name = "mlp", version, propagate_version = true, arg_required_else_help = true)]
pub struct Args {
    /// When to colour the output.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// When to colour the output.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where the program is.
#[derive(Clone, Debug, ClapArgs)]
pub struct Where {
    /// The package's folder, or a single .mlp file; the nearest mlp.toml upward where absent.
    #[arg(long, value_name = "DIR", global = true)]
    pub package: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes a package that checks, runs and tests as it stands.
    New {
        /// Its name, and that of its folder.
        name: String,
        /// What it starts from.
        #[arg(long, value_enum, default_value_t = Template::Minimal)]
        template: Template,
    },
    /// Parses and proves; prints diagnostics.
    Check {
        /// Packages or single files.
        paths: Vec<PathBuf>,
        #[command(flatten)]
        at: Where,
        /// pretty, short, json, sarif, github or junit; pretty on a terminal, short otherwise.
        #[arg(long)]
        format: Option<String>,
        /// Makes warnings fail the check.
        #[arg(long, value_enum)]
        deny: Option<Deny>,
        /// Checks again whenever a file changes.
        #[arg(long)]
        watch: bool,
        /// Applies the edits that diagnostics offer, then checks.
        #[arg(long)]
        fix: bool,
        /// Shows what `--fix` would change, and changes nothing; exits 1 where there is something.
        #[arg(long, requires = "fix", conflicts_with = "watch")]
        dry_run: bool,
        /// Lists, for each edge, which rules were proven, refuted, or left to the run.
        #[arg(long)]
        explain_checks: bool,
    },
    /// One layout, comments kept.
    Fmt {
        /// Packages, folders or files.
        paths: Vec<PathBuf>,
        /// Writes nothing; exits 1 where a file is not formatted.
        #[arg(long)]
        check: bool,
        /// Formats standard input to standard output.
        #[arg(long)]
        stdin: bool,
    },
    /// Runs `test` blocks.
    Test {
        /// Packages or single files.
        paths: Vec<PathBuf>,
        #[command(flatten)]
        at: Where,
        /// Runs only tests whose name holds this.
        #[arg(long)]
        filter: Option<String>,
        /// Lists the clauses of policies that no test makes fail.
        #[arg(long)]
        coverage: bool,
        /// pretty, short, json, sarif, github or junit.
        #[arg(long)]
        format: Option<String>,
    },
    /// Writes a target's files.
    Compile {
        #[command(flatten)]
        at: Where,
        /// The target: a table of mlp.toml, or `airflow`, `kubernetes`.
        #[arg(long)]
        target: String,
        /// Where to.
        #[arg(short, long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Writes nothing; exits 1 where what is on disk differs.
        #[arg(long)]
        check: bool,
    },
    /// Prints the executable plan as canonical JSON.
    Plan {
        /// Only this pipeline.
        pipeline: Option<String>,
        #[command(flatten)]
        at: Where,
        /// The target.
        #[arg(long, default_value = "local")]
        target: String,
        /// Prints the JSON Schema of plans instead.
        #[arg(long)]
        schema: bool,
    },
    /// Runs a pipeline here.
    Run(RunArgs),
    /// What ran.
    Runs {
        #[command(flatten)]
        at: Where,
        /// What to tell.
        #[command(subcommand)]
        command: Option<RunsCommand>,
    },
    /// Models, rungs, decisions.
    Registry {
        #[command(flatten)]
        at: Where,
        /// The store that deployed pipelines share, as in `mlp step`; the package's own state where absent.
        #[arg(long, value_name = "URI", global = true)]
        store: Option<String>,
        /// What to tell or do.
        #[command(subcommand)]
        command: Option<RegistryCommand>,
    },
    /// Contracts: from and to other formats.
    Contract {
        #[command(flatten)]
        at: Where,
        /// What to do.
        #[command(subcommand)]
        command: ContractCommand,
    },
    /// Draws a pipeline.
    Graph {
        /// Which; the only one where absent.
        pipeline: Option<String>,
        #[command(flatten)]
        at: Where,
        /// The form.
        #[arg(long, value_enum, default_value_t = Drawing::Svg)]
        format: Drawing,
    },
    /// Tells what a code means, with a failing and a mended program.
    Explain {
        /// `MLP301`.
        code: String,
    },
    /// Runs one node of a plan: what Airflow tasks and Kubernetes pods call.
    Step(StepArgs),
    /// Prints a completion script.
    Completions {
        /// For which shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
}

/// What makes a check fail beyond errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Warnings.
    Warnings,
}

/// What a new package starts from.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Template {
    /// A CSV, SQL stages, a sink; no Python.
    Minimal,
    /// Real flights, a model, a policy.
    Flights,
}

/// Forms of a drawing.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Drawing {
    /// A drawing.
    Svg,
    /// A page around it.
    Html,
    /// For Markdown.
    Mermaid,
    /// For Graphviz.
    Dot,
}

/// `mlp run`.
#[derive(Debug, ClapArgs)]
pub struct RunArgs {
    /// Which; where absent, the one that the package is about.
    pub pipeline: Option<String>,
    #[command(flatten)]
    pub at: Where,
    /// Sets a parameter or constant.
    #[arg(long, value_name = "K=V")]
    pub set: Vec<String>,
    /// The target.
    #[arg(long, default_value = "local")]
    pub target: String,
    /// Runs this node and all behind it.
    #[arg(long, value_name = "NODE")]
    pub from: Option<String>,
    /// Runs this node alone.
    #[arg(long, value_name = "NODE")]
    pub only: Option<String>,
    /// Goes on with a run.
    #[arg(long, value_name = "RUN")]
    pub resume: Option<String>,
    /// Nodes at once; as many as there are cores where absent.
    #[arg(long, value_name = "N")]
    pub jobs: Option<std::num::NonZeroUsize>,
    /// Takes nothing from the cache.
    #[arg(long)]
    pub no_cache: bool,
    /// `run.date`.
    #[arg(long, value_name = "D")]
    pub date: Option<chrono::NaiveDate>,
    /// One run for each date of a range.
    #[arg(long, value_name = "D..D")]
    pub backfill: Option<String>,
    /// Tells what would run, and why; runs nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Tells for every node why it ran or was taken from the cache.
    #[arg(long)]
    pub explain: bool,
    /// Exits 1 where a promotion was refused or held.
    #[arg(long)]
    pub require_promotion: bool,
    /// pretty or json.
    #[arg(long)]
    pub format: Option<String>,
}

/// `mlp runs`.
#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// The newest runs.
    List {
        /// How many.
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// One run with its nodes.
    Show {
        /// Its id, or `last`.
        run: String,
    },
    /// The log of a node.
    Log {
        /// The run, or `last`.
        run: String,
        /// The node.
        node: String,
    },
    /// Takes away what no kept run, rung or cache entry needs.
    Gc {
        /// Newest runs that are kept.
        #[arg(long, default_value_t = 20)]
        keep: u32,
    },
}

/// `mlp contract`.
#[derive(Debug, Subcommand)]
pub enum ContractCommand {
    /// Writes the contracts of a file of another format as .mlp; says what did not come along.
    Import(ContractImportArgs),
    /// Writes a contract in another format; says what did not come along.
    Export(ContractExportArgs),
}

/// `mlp contract import`.
#[derive(Debug, ClapArgs)]
pub struct ContractImportArgs {
    /// The file.
    pub file: PathBuf,
    /// odcs, json-schema, avro, protobuf, arrow, parquet, postgresql, snowflake, bigquery, duckdb or dbt; by the file where absent.
    #[arg(long, value_name = "FORMAT")]
    pub from: Option<String>,
    /// What the contract is called; as in the file where absent.
    #[arg(long)]
    pub name: Option<String>,
    /// A new file to write it to; stdout where absent.
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `mlp contract export`.
#[derive(Debug, ClapArgs)]
pub struct ContractExportArgs {
    /// The contract: `Flight`, or with its module: `risk.contracts.Flight`.
    pub contract: String,
    /// A format of `mlp contract import`, or pydantic, pandera, pyarrow.
    #[arg(long = "as", value_name = "FORMAT")]
    pub format: String,
    /// Where to; stdout where absent.
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `mlp registry`.
#[derive(Debug, Subcommand)]
pub enum RegistryCommand {
    /// Models and what their rungs hold.
    List,
    /// The versions of a model.
    Show {
        /// Which.
        model: String,
    },
    /// The moves of a model's rungs.
    History {
        /// Which.
        model: String,
    },
    /// Checks the chain of the audit trail.
    Verify,
    /// Gives an approval that a decision waits for.
    Approve {
        /// `Model.rung`.
        rung: String,
        /// Who approves; the user's login where absent.
        #[arg(long)]
        by: Option<String>,
        /// Why.
        #[arg(long, default_value = "approved")]
        because: String,
    },
    /// Moves a rung back to the version before, or to one of its versions.
    Rollback {
        /// `Model.rung`.
        rung: String,
        /// To which version.
        #[arg(long)]
        to: Option<i64>,
        /// Why.
        #[arg(long)]
        because: String,
    },
}

/// `mlp step`.
#[derive(Debug, ClapArgs)]
pub struct StepArgs {
    /// The plan: a file, or an object (s3://, gs://, az://).
    #[arg(long, value_name = "FILE")]
    pub plan: PathBuf,
    /// The pipeline.
    #[arg(long)]
    pub pipeline: String,
    /// The node.
    #[arg(long)]
    pub node: String,
    /// The run's id.
    #[arg(long)]
    pub run: String,
    /// Where artifacts are: a folder, or s3://, gs://, az:// with a bucket and a prefix.
    #[arg(long, value_name = "URI")]
    pub store: String,
    /// The package's folder; where the plan lies where absent.
    #[arg(long)]
    pub package: Option<PathBuf>,
    /// Sets a parameter.
    #[arg(long, value_name = "K=V")]
    pub set: Vec<String>,
    /// The instant for which the run is made, RFC 3339.
    #[arg(long)]
    pub time: Option<String>,
    /// Who started the run.
    #[arg(long)]
    pub author: Option<String>,
}
