//! The stable codes: one meaning each, for ever.

use std::fmt;

/// Whether a diagnostic fails the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Something that is wrong.
    Error,
    /// Something that is probably not meant.
    Warning,
}

impl Severity {
    /// The word that every renderer shows.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal $severity:ident;)*) => {
        /// A stable code; shown as `MLP` and three digits.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Code { $($(#[doc = $doc])+ $name = $number,)* }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The meaning, in one line.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+).trim_ascii(),)* }
            }

            /// The severity that the code has unless a rule says otherwise.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }
        }
    };
}

codes! {
    /// unexpected text
    UnexpectedText = 101 Error;
    /// unclosed bracket, string or comment
    Unclosed = 102 Error;
    /// nesting too deep
    TooDeep = 103 Error;
    /// unknown name, type, moment or tag
    UnknownName = 201 Error;
    /// name declared twice
    DeclaredTwice = 202 Error;
    /// unknown module or import
    UnknownImport = 203 Error;
    /// unknown field of a contract or record, or rung of a model
    UnknownField = 204 Error;
    /// a name that is not in its style
    NameStyle = 205 Warning;
    /// edge: a column is missing
    MissingColumn = 301 Error;
    /// edge: a column's type is not accepted
    ColumnType = 302 Error;
    /// edge: null-ness
    Nullness = 303 Error;
    /// edge: a constraint is refuted
    Refuted = 304 Error;
    /// unit mismatch
    UnitMismatch = 305 Error;
    /// a default or literal breaks its own type or constraint
    BadLiteral = 306 Error;
    /// a contract cannot be satisfied
    Unsatisfiable = 307 Error;
    /// a modifier that does not fit the type
    ModifierMisfit = 308 Error;
    /// a type that is not one: wrong number or kind of type arguments
    MalformedType = 309 Error;
    /// breaking change under the declared compatibility
    BreakingChange = 310 Error;
    /// version not bumped enough
    VersionBump = 311 Error;
    /// governance loosened
    GovernanceLoosened = 312 Warning;
    /// an accepted break that has expired
    ExpiredBreak = 313 Error;
    /// wrong argument: unknown, missing, duplicate or of another type
    WrongArgument = 401 Error;
    /// a stage's `run` cannot be resolved
    UnresolvedRun = 402 Error;
    /// unused value
    UnusedValue = 403 Warning;
    /// SQL: does not parse or resolve against its inputs
    SqlInvalid = 404 Error;
    /// SQL: columns do not satisfy the declared output
    SqlOutput = 405 Error;
    /// cyclic definition or import
    Cycle = 406 Error;
    /// image without digest, or an environment whose requirements are not exact
    NotPinned = 407 Warning;
    /// a schedule that is not one, or never fires
    BadSchedule = 408 Error;
    /// an expression that means nothing where it stands
    Misplaced = 409 Error;
    /// a schedule in an hour that a change of clocks skips or doubles
    BentSchedule = 410 Warning;
    /// evaluated on training rows
    TrainedOn = 501 Error;
    /// label, or `@protected` column, used as a feature
    LabelAsFeature = 502 Error;
    /// feature not known yet at prediction
    KnownTooLate = 503 Error;
    /// tag flows where it is not accepted
    TagFlow = 504 Error;
    /// serving does not meet training
    ServingSkew = 505 Error;
    /// training without a seed
    NoSeed = 506 Error;
    /// rows that picked the winner also gate it
    SpentRows = 507 Warning;
    /// the last rung is reached without a policy
    NoPolicy = 600 Error;
    /// metric not in the report
    UnknownMetric = 601 Error;
    /// direction or unit of a comparison is wrong
    Direction = 602 Error;
    /// policy cannot be satisfied
    UnsatisfiablePolicy = 603 Error;
    /// slice not in the report
    UnknownSlice = 604 Error;
    /// optional used without `when`
    OptionalWithoutWhen = 605 Error;
    /// clause can hardly decide
    Underpowered = 606 Warning;
    /// policy requires nothing
    RequiresNothing = 607 Error;
    /// clause implied by another or by the metric's range
    ImpliedClause = 608 Warning;
    /// rollout steps do not rise to 100%
    Rollout = 701 Error;
    /// rollback trigger is not measured
    Unmeasured = 702 Error;
    /// promotion and rollback overlap
    PromotedAndRolledBack = 703 Error;
    /// trigger cannot fire in time, or a wait has no end
    CannotFire = 704 Error;
    /// rollback target is missing or no longer fits
    NoRollback = 705 Error;
    /// a drift gate without statistic, effect or baseline
    VagueDrift = 706 Error;
    /// the target cannot do this
    TargetCannot = 801 Error;
    /// data breaks its contract
    DataBreaksContract = 901 Error;
    /// a stage failed
    StageFailed = 902 Error;
    /// promotion refused
    PromotionRefused = 903 Error;
    /// a test failed
    TestFailed = 904 Error;
    /// a rule of a contract was not checked
    DataNotChecked = 905 Error;
}

impl Code {
    /// The three digits.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// The code that is written as `MLP301`, `mlp301` or `301`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().to_ascii_uppercase();
        let number: u16 = digits.strip_prefix("MLP").unwrap_or(&digits).parse().ok()?;
        Self::ALL.iter().copied().find(|code| code.number() == number)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MLP{:03}", self.number())
    }
}
