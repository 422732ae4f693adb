//! Semantic versions: how far one must rise, and how far it rose.

use std::fmt;

use mlp_plan::Compatibility;
use semver::Version;
use serde::Serialize;

use crate::change::{Change, Class};

/// How far a version rises, or must.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bump {
    /// Not at all.
    #[default]
    None,
    /// The third number.
    Patch,
    /// The second number.
    Minor,
    /// The first number.
    Major,
}

impl fmt::Display for Bump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        })
    }
}

impl Bump {
    /// How far `new` is above `old`; none where it is not above it.
    #[must_use]
    pub fn between(old: &Version, new: &Version) -> Self {
        if new <= old {
            Self::None
        } else if new.major > old.major {
            Self::Major
        } else if new.minor > old.minor {
            Self::Minor
        } else {
            Self::Patch
        }
    }

    /// The least version above `old` that rises so far. Below 1.0.0 nothing is promised for good, so that a rise of the second number says as much as one
    /// of the first (semver.org, 4).
    #[must_use]
    pub fn least(self, old: &Version) -> Version {
        match self {
            Self::None => old.clone(),
            Self::Patch => Version::new(old.major, old.minor, old.patch + 1),
            Self::Major if old.major > 0 => Version::new(old.major + 1, 0, 0),
            Self::Minor | Self::Major => Version::new(old.major, old.minor + 1, 0),
        }
    }
}

/// How far a version must rise, and why.
pub(crate) struct Asked {
    /// How far.
    pub bump: Bump,
    /// The least version that is enough, where there was one before.
    pub least: Option<Version>,
    /// The version on record that is broken, where that asks for more than what changed since the version before.
    pub recorded: Option<Version>,
}

impl Asked {
    /// By what changed since the version before.
    pub fn by_changes(changes: &[Change], mode: Compatibility, before: Option<Version>) -> Self {
        let bump = required(changes, mode);
        Self { bump, least: before.map(|before| bump.least(&before)), recorded: None }
    }

    /// By a version on record that is broken: what breaks it must be a major version after that, and need be none after each version since.
    pub fn or_by_record(self, broken: Option<Version>) -> Self {
        let (Some(least), Some(recorded)) = (&self.least, broken) else { return self };
        let needed = Bump::Major.least(&recorded);
        if needed <= *least {
            return self;
        }
        Self { bump: Bump::Major, least: Some(needed), recorded: Some(recorded) }
    }
}

/// How far a version must rise for these changes under a mode; `none` asks for nothing.
fn required(changes: &[Change], mode: Compatibility) -> Bump {
    if mode == Compatibility::None {
        return Bump::None;
    }
    let of = |change: &Change| match change.class {
        _ if change.breaks.under(mode) => Bump::Major,
        Class::Additive | Class::Compatible | Class::Breaking => Bump::Minor,
        Class::Docs => Bump::Patch,
        Class::Governance => Bump::None,
    };
    changes.iter().map(of).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn a_rise_is_told_by_the_first_number_that_rose() {
        for (old, new, bump) in [
            ("1.2.3", "1.2.3", Bump::None),
            ("1.2.3", "1.2.4", Bump::Patch),
            ("1.2.3", "1.3.0", Bump::Minor),
            ("1.2.3", "2.0.0", Bump::Major),
            ("1.2.3", "1.2.2", Bump::None),
            ("2.0.0", "1.9.9", Bump::None),
        ] {
            assert_eq!(Bump::between(&version(old), &version(new)), bump, "{old} {new}");
        }
    }

    #[test]
    fn the_least_version_is_enough() {
        for (old, bump, least) in [
            ("1.2.3", Bump::None, "1.2.3"),
            ("1.2.3", Bump::Patch, "1.2.4"),
            ("1.2.3", Bump::Minor, "1.3.0"),
            ("1.2.3", Bump::Major, "2.0.0"),
            ("0.2.3", Bump::Major, "0.3.0"),
            ("0.2.3", Bump::Patch, "0.2.4"),
        ] {
            assert_eq!(bump.least(&version(old)), version(least), "{old} {bump}");
        }
    }
}
