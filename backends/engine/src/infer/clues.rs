//! What the name of a column says about its values.

/// Whether the language can spell a name.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|letter: char| letter == '_' || letter.is_alphabetic())
        && text.chars().all(|letter| letter == '_' || letter.is_alphanumeric())
}

/// The words of a name, in small letters: `sched_dep_time` and `schedDepTime` have three.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut before = ' ';
    for letter in name.chars() {
        if !letter.is_alphanumeric() || (letter.is_uppercase() && before.is_lowercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut()
            && letter.is_alphanumeric()
        {
            word.extend(letter.to_lowercase());
        }
        before = letter;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What a name says.
#[derive(Clone, Debug)]
pub(super) struct Clues {
    words: Vec<String>,
}

/// Ends that a quantity of this name has, whatever the data: the words that name it, the ends, and whether it has whole numbers only.
const RANGES: [(&[&str], f64, f64, bool); 16] = [
    (&["month"], 1.0, 12.0, true),
    (&["quarter"], 1.0, 4.0, true),
    (&["day", "dom"], 1.0, 31.0, true),
    (&["week"], 1.0, 53.0, true),
    (&["hour", "hr"], 0.0, 23.0, true),
    (&["minute"], 0.0, 59.0, true),
    (&["second"], 0.0, 59.0, true),
    (&["weekday", "dow"], 0.0, 6.0, true),
    (&["weekday", "dow"], 1.0, 7.0, true),
    (&["year", "yr"], 1900.0, 2100.0, true),
    (&["lat", "latitude"], -90.0, 90.0, false),
    (&["lon", "lng", "longitude"], -180.0, 180.0, false),
    (&["probability", "prob", "ratio", "fraction", "share", "confidence", "auc"], 0.0, 1.0, false),
    (&["pct", "percent", "percentage", "humid", "humidity"], 0.0, 100.0, false),
    (&["age"], 0.0, 120.0, false),
    (&["dir", "direction", "heading", "bearing", "azimuth"], 0.0, 360.0, false),
];

/// Words for what identifies rather than measures.
const IDS: [&str; 16] = [
    "id", "ids", "key", "code", "uuid", "guid", "no", "nr", "num", "number", "sku", "ref", "zip", "postcode", "phone",
    "flight",
];

/// Words for what may lie on either side of zero.
const SIGNED: [&str; 24] = [
    "delay",
    "temp",
    "temperature",
    "dewp",
    "dewpoint",
    "change",
    "delta",
    "diff",
    "difference",
    "balance",
    "offset",
    "profit",
    "margin",
    "return",
    "error",
    "residual",
    "elevation",
    "altitude",
    "alt",
    "growth",
    "net",
    "tz",
    "x",
    "y",
];

/// Words for what is measured or counted.
const MEASURES: [&str; 34] = [
    "distance",
    "amount",
    "price",
    "cost",
    "fee",
    "quantity",
    "qty",
    "count",
    "size",
    "length",
    "width",
    "height",
    "depth",
    "weight",
    "mass",
    "speed",
    "duration",
    "time",
    "pressure",
    "visib",
    "visibility",
    "precip",
    "seats",
    "engines",
    "score",
    "rating",
    "total",
    "area",
    "volume",
    "power",
    "fare",
    "passengers",
    "rooms",
    "capacity",
];

/// Words for what has no end that data could tell.
const MONEY: [&str; 6] = ["amount", "price", "cost", "fee", "total", "fare"];

/// Words for points in time.
const INSTANTS: [&str; 8] = ["ts", "timestamp", "time", "at", "epoch", "created", "updated", "modified"];

/// Units that names end in.
const UNITS: [&str; 22] = [
    "km",
    "mi",
    "cm",
    "mm",
    "kg",
    "lb",
    "mph",
    "kmh",
    "usd",
    "eur",
    "gbp",
    "ms",
    "us",
    "ns",
    "sec",
    "secs",
    "mins",
    "hours",
    "days",
    "celsius",
    "fahrenheit",
    "bytes",
];

impl Clues {
    pub fn of(name: &str) -> Self {
        Self { words: words(name) }
    }

    /// The word that the others are about: the last, or that before `of`.
    fn head(&self) -> Option<&str> {
        let of = self.words.iter().position(|word| word == "of");
        let head = match of {
            Some(at) if at > 0 => self.words.get(at - 1),
            _ => self.words.last(),
        };
        head.map(String::as_str)
    }

    fn has(&self, list: &[&str]) -> bool {
        self.words.iter().any(|word| list.contains(&word.as_str()))
    }

    /// Whether it names what identifies a row, or something that a row belongs to.
    pub fn is_id(&self) -> bool {
        let fused = |word: &str| word.len() > 3 && word.ends_with("num");
        !self.is_number_of() && self.head().is_some_and(|head| IDS.contains(&head) || fused(head))
    }

    /// Whether it names the row, rather than something that rows may share: where no value comes twice, that is meant.
    pub fn is_identity(&self) -> bool {
        self.is_id() && !self.head().is_some_and(|head| ["zip", "postcode", "phone", "flight"].contains(&head))
    }

    /// Whether it may be below zero.
    pub fn is_signed(&self) -> bool {
        self.has(&SIGNED)
    }

    /// Whether it is measured or counted.
    pub fn is_measure(&self) -> bool {
        self.is_number_of() || self.head().is_some_and(|head| MEASURES.contains(&head))
    }

    /// Whether it is measured or counted, and the largest one seen tells about where it ends.
    pub fn is_bounded(&self) -> bool {
        self.is_measure() && !self.has(&MONEY)
    }

    /// `number_of_rooms`, `n_rooms`.
    fn is_number_of(&self) -> bool {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        matches!(words.as_slice(), ["n" | "num", _, ..] | ["number" | "no", "of", ..])
    }

    /// Whether it is part of a date or time of day.
    pub fn is_calendar(&self) -> bool {
        const PARTS: [&str; 12] =
            ["year", "yr", "quarter", "month", "week", "day", "dom", "dow", "weekday", "hour", "minute", "second"];
        self.head().is_some_and(|head| PARTS.contains(&head))
    }

    /// Whether it names a year.
    pub fn is_year(&self) -> bool {
        matches!(self.head(), Some("year" | "yr"))
    }

    /// Whether it names a time of day.
    pub fn is_time(&self) -> bool {
        self.head() == Some("time")
    }

    /// How many there are in a second, where it names a point in time and these are whole numbers since 1970, of this age.
    pub fn since_1970(&self, low: f64, high: f64) -> Option<(&'static str, f64)> {
        let is_instant = self.head().is_some_and(|head| INSTANTS.contains(&head));
        let units = [("Seconds", 1.0), ("Milliseconds", 1e3), ("Microseconds", 1e6)];
        units.into_iter().find(|(_, each)| is_instant && 5e8 * each <= low && high < 5e9 * each)
    }

    /// The ends that values between `low` and `high` have by their name.
    pub fn range(&self, low: f64, high: f64, whole: bool) -> Option<(f64, f64)> {
        let head = self.head()?;
        let fits = |(words, from, to, integral): &&(&[&str], f64, f64, bool)| {
            words.contains(&head) && *from <= low && high <= *to && (whole || !integral)
        };
        RANGES.iter().find(fits).map(|(_, from, to, _)| (*from, *to))
    }

    /// The unit at the name's end.
    pub fn unit(&self) -> Option<String> {
        let last = self.words.last().filter(|_| self.words.len() > 1)?;
        UNITS.contains(&last.as_str()).then(|| match last.as_str() {
            "usd" | "eur" | "gbp" => last.to_uppercase(),
            "sec" | "secs" => "s".to_owned(),
            "mins" => "min".to_owned(),
            "hours" => "h".to_owned(),
            "days" => "d".to_owned(),
            other => other.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_words() {
        assert_eq!(words("sched_dep_time"), ["sched", "dep", "time"]);
        assert_eq!(words("schedDepTime2"), ["sched", "dep", "time2"]);
        assert_eq!(words("_x"), ["x"]);
    }

    #[test]
    fn names_say_what_they_are() {
        for id in ["customer_id", "id", "tailnum", "orderId", "flight", "zip"] {
            assert!(Clues::of(id).is_id(), "{id}");
        }
        for other in ["valid", "paid", "distance", "number_of_rooms", "grid"] {
            assert!(!Clues::of(other).is_id(), "{other}");
        }
        assert_eq!(Clues::of("hour_of_day").range(0.0, 23.0, true), Some((0.0, 23.0)));
        assert_eq!(Clues::of("wind_dir").range(0.0, 360.0, true), Some((0.0, 360.0)));
        assert_eq!(Clues::of("day").range(1.0, 365.0, true), None);
        assert_eq!(Clues::of("weekday").range(1.0, 7.0, true), Some((1.0, 7.0)));
        assert_eq!(Clues::of("weight_kg").unit().as_deref(), Some("kg"));
        assert_eq!(Clues::of("kg").unit(), None);
        assert!(Clues::of("order_id").is_identity() && !Clues::of("phone").is_identity());
        assert_eq!(Clues::of("created_at").since_1970(1.7e12, 1.8e12), Some(("Milliseconds", 1e3)));
        assert_eq!(Clues::of("dep_time").since_1970(0.0, 2_400.0), None);
    }
}
