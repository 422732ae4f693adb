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
    /// Never asks the network for packages from git: only those that were fetched before are used.
    #[arg(long, global = true)]
    pub offline: bool,
    /// Uses packages from git only as mlp.lock pins them, and leaves it as it is: for CI.
    #[arg(long, global = true)]
    pub locked: bool,
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
        /// pretty, narrated, short, json, sarif, github or junit; pretty on a terminal, short otherwise.
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
        /// pretty, narrated, short, json, sarif, github or junit.
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
        /// Writes tests for pytest as well, which load the DAGs and compare them with the program (Airflow).
        #[arg(long)]
        dag_tests: bool,
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
    /// What changed since an earlier version, and for whom it breaks; exits 1 on a break.
    Diff {
        #[command(flatten)]
        at: Where,
        /// The earlier version: a git revision, a folder, or a plan file.
        #[arg(long, value_name = "REV|DIR|PLAN.json", required_unless_present = "record")]
        against: Option<String>,
        /// The later version, as a git revision; what is on disk where absent.
        #[arg(long, value_name = "REV", requires = "against", conflicts_with = "record")]
        head: Option<String>,
        /// pretty, short, json, sarif, github, junit or markdown.
        #[arg(long)]
        format: Option<String>,
        /// The compatibility of every contract, whatever it says.
        #[arg(long, value_enum)]
        mode: Option<Mode>,
        /// The day on which `accepts break .. until` is looked at; today where absent.
        #[arg(long, value_name = "DATE")]
        today: Option<chrono::NaiveDate>,
        /// Makes loosened governance fail the comparison.
        #[arg(long, value_enum)]
        deny: Option<DiffDeny>,
        /// Writes released versions to contracts.lock, for modes that look back to all of them.
        #[arg(long)]
        record: bool,
    },
    /// Pins packages from git anew in mlp.lock: what their branches and tags are now.
    Update {
        /// Only these; all where none is named.
        names: Vec<String>,
        #[command(flatten)]
        at: Where,
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
    /// Contracts on data, and from and to other formats.
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
        /// Serves the picture as a page on this machine that follows the files, and prints its address.
        #[arg(long, conflicts_with = "format")]
        serve: bool,
    },
    /// Tells what a code means, with a failing and a mended program.
    Explain {
        /// `MLP301`.
        code: String,
    },
    /// Serves an editor: the language server protocol over stdin and stdout.
    Lsp,
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

/// What makes a comparison fail beyond breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffDeny {
    /// Less is asked, watched or held back than before.
    Governance,
}

/// Which way contracts may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Mode {
    /// Anything goes.
    None,
    /// New readers read old data.
    Backward,
    /// Old readers read new data.
    Forward,
    /// Both.
    Full,
    /// Backward against every version on record.
    BackwardAll,
    /// Forward against every version on record.
    ForwardAll,
    /// Both against every version on record.
    FullAll,
}

impl Mode {
    /// As contracts have it.
    pub const fn compatibility(self) -> mlp_plan::Compatibility {
        use mlp_plan::Compatibility as Of;
        match self {
            Self::None => Of::None,
            Self::Backward => Of::Backward,
            Self::Forward => Of::Forward,
            Self::Full => Of::Full,
            Self::BackwardAll => Of::BackwardAll,
            Self::ForwardAll => Of::ForwardAll,
            Self::FullAll => Of::FullAll,
        }
    }
}

/// What a new package starts from.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Template {
    /// A CSV, SQL stages, a sink; no Python.
    Minimal,
    /// Real flights, a model, a policy.
    Flights,
    /// What `minimal` has, scheduled and started by what was written, for Airflow.
    Airflow,
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
    /// Checks data against a contract: files, buckets, a database.
    Check(Box<ContractCheckArgs>),
    /// Writes the contract that data keeps, as a person would; says what it is unsure of.
    Infer(ContractInferArgs),
    /// Writes the contracts of a file of another format as .mlp; says what did not come along.
    Import(ContractImportArgs),
    /// Writes a contract in another format; says what did not come along.
    Export(ContractExportArgs),
}

/// How a CSV file is written.
#[derive(Debug, ClapArgs)]
pub struct CsvArgs {
    /// What stands between the values of a CSV file: one character, or `tab`.
    #[arg(long, value_name = "CHAR")]
    pub delimiter: Option<String>,
    /// What values of a CSV file are quoted with.
    #[arg(long, value_name = "CHAR", default_value = "\"")]
    pub quote: String,
    /// What stands for a missing value in a CSV file, beside nothing at all.
    #[arg(long, value_name = "TEXT")]
    pub null: Option<String>,
}

/// Where a command writes what it made.
#[derive(Debug, ClapArgs)]
pub struct OutArgs {
    /// A new file to write it to; stdout where absent.
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Lets it take the place of a file that is there.
    #[arg(long, requires = "out")]
    pub force: bool,
}

/// A number of which 0 would mean nothing.
fn at_least_one<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| "a whole number is meant, 1 or more".to_owned())
}

/// `mlp contract check`.
#[derive(Debug, ClapArgs)]
pub struct ContractCheckArgs {
    /// The contract: `Flight`, or with its module: `risk.contracts.Flight`.
    pub contract: String,
    /// Files, folders, globs, of this machine or in a bucket (s3://, gs://, az://); with `--postgres` a table.
    #[arg(required_unless_present = "query")]
    pub data: Vec<String>,
    /// What the data is, where names do not tell: parquet, csv, jsonl or arrow.
    #[arg(long, value_name = "FORMAT")]
    pub data_format: Option<String>,
    #[command(flatten)]
    pub csv: CsvArgs,
    /// The CSV file has no header: its columns are those of the contract, in order.
    #[arg(long)]
    pub no_header: bool,
    /// The table of a contract that is referred to: `Plane=planes.parquet`; in the same database with `--postgres`.
    #[arg(long, value_name = "CONTRACT=DATA")]
    pub with: Vec<String>,
    /// Looks into a PostgreSQL database: the name of a secret of the program, or of an environment variable, that holds its postgres:// address.
    #[arg(long, value_name = "NAME")]
    pub postgres: Option<String>,
    /// Checks the rows of a query of that database.
    #[arg(long, value_name = "SQL", requires = "postgres", conflicts_with = "data")]
    pub query: Option<String>,
    /// Looks at the first N rows only.
    #[arg(long, value_name = "N", value_parser = at_least_one::<std::num::NonZeroU64>)]
    pub sample: Option<std::num::NonZeroU64>,
    /// Ends soon after the first row that breaks a rule; what was not looked at by then is not judged.
    #[arg(long)]
    pub fail_fast: bool,
    /// Ends soon after N rows have broken a rule.
    #[arg(long, value_name = "N", conflicts_with = "fail_fast", value_parser = at_least_one::<std::num::NonZeroU64>)]
    pub max_errors: Option<std::num::NonZeroU64>,
    /// Lets rules pass that could not be checked.
    #[arg(long)]
    pub allow_unknown: bool,
    /// Threads; as many as there are cores where absent.
    #[arg(long, value_name = "N", value_parser = at_least_one::<std::num::NonZeroUsize>)]
    pub jobs: Option<std::num::NonZeroUsize>,
    /// pretty, narrated, short, json, sarif, github or junit; pretty on a terminal, short otherwise.
    #[arg(long)]
    pub format: Option<String>,
    /// Writes the report as a page as well: a new file, or one that holds such a page.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// `mlp contract infer`.
#[derive(Debug, ClapArgs)]
pub struct ContractInferArgs {
    /// A file, folder or glob, of this machine or in a bucket (s3://, gs://, az://): one table.
    pub file: String,
    /// What the contract is called; as the file where absent.
    #[arg(long)]
    pub name: Option<String>,
    #[command(flatten)]
    pub to: OutArgs,
    /// Looks at the first N rows only.
    #[arg(long, value_name = "N", value_parser = at_least_one::<std::num::NonZeroU64>)]
    pub sample: Option<std::num::NonZeroU64>,
    /// What the data is, where names do not tell: parquet, csv, jsonl or arrow.
    #[arg(long, value_name = "FORMAT")]
    pub data_format: Option<String>,
    #[command(flatten)]
    pub csv: CsvArgs,
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
    #[command(flatten)]
    pub to: OutArgs,
}

/// `mlp contract export`.
#[derive(Debug, ClapArgs)]
pub struct ContractExportArgs {
    /// The contract: `Flight`, or with its module: `risk.contracts.Flight`.
    pub contract: String,
    /// A format of `mlp contract import`, or pydantic, pandera, pyarrow.
    #[arg(long = "as", value_name = "FORMAT")]
    pub format: String,
    #[command(flatten)]
    pub to: OutArgs,
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
