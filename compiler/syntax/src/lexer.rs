//! Tokens: what the layout, the messages and the formatter see of a text.
//!
//! The grammar itself works on characters; this scanner exists for what a grammar without memory cannot say: which bracket is open, which line goes on.

/// The kinds of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name or a keyword.
    Word,
    /// A number with its unit, a date or a timestamp.
    Number,
    /// `".."`, `f".."` or `"""..."""`.
    Text,
    /// `/../` behind `matches`.
    Regex,
    /// `// ..` to the end of the line.
    Comment,
    /// The end of a line.
    Newline,
    /// `( [ {`.
    Open,
    /// `) ] }`.
    Close,
    /// `@tag`.
    Tag,
    /// An operator or a sign.
    Symbol,
    /// A character that no program has.
    Bad,
    /// A string that is never closed.
    Unclosed,
}

/// A token and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its first byte.
    pub start: usize,
    /// Behind its last byte.
    pub end: usize,
}

impl Token {
    /// Its text.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

/// A slip that is seen before any grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slip {
    /// `'text'`.
    SingleQuotes,
    /// `# comment`.
    HashComment,
    /// `/* comment */`.
    BlockComment,
    /// `/* comment` without an end.
    OpenComment,
    /// `"text` without an end.
    OpenText,
    /// `"""text` without an end.
    OpenLongText,
    /// `/regex` without an end.
    OpenRegex,
    /// A character that no program has.
    BadCharacter,
    /// `<<<<<<< ours`, which a merge leaves before what it could not join.
    Conflict,
    /// `=======` to `>>>>>>> theirs`, or one of the two alone.
    OtherSide,
}

/// All tokens of a text, and the slips seen on the way.
pub(crate) struct Lexed {
    /// The tokens, blanks left out.
    pub tokens: Vec<Token>,
    /// The slips, in order, each with its token.
    pub slips: Vec<(Slip, usize)>,
}

/// Splits a text into its tokens.
pub(crate) fn lex(text: &str) -> Lexed {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        at: 0,
        tokens: Vec::with_capacity(text.len() / 4),
        slips: Vec::new(),
        open: Vec::new(),
    };
    if text.starts_with('\u{feff}') {
        lexer.at = 3;
    }
    while let Some(byte) = lexer.peek(0) {
        lexer.token(byte);
    }
    Lexed { tokens: lexer.tokens, slips: lexer.slips }
}

struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    tokens: Vec<Token>,
    slips: Vec<(Slip, usize)>,
    /// Brackets opened on this line.
    open: Vec<u8>,
}

const DOUBLE: [&[u8; 2]; 7] = [b"->", b"<:", b"<=", b">=", b"==", b"!=", b".."];

/// Whether a byte may stand in a name; bytes of other alphabets may, and are looked at more closely elsewhere.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn starts(&self, with: &[u8]) -> bool {
        self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(with))
    }

    fn push(&mut self, kind: Kind, end: usize) {
        self.tokens.push(Token { kind, start: self.at, end });
        self.at = end;
    }

    fn slip(&mut self, slip: Slip, kind: Kind, end: usize) {
        self.slips.push((slip, self.tokens.len()));
        self.push(kind, end);
    }

    fn token(&mut self, byte: u8) {
        match byte {
            b'<' | b'=' | b'>' | b'|' if self.is_conflict() => self.conflict(byte),
            b' ' | b'\t' | b'\r' => self.at += 1,
            b'\n' => {
                self.open.clear();
                self.push(Kind::Newline, self.at + 1);
            }
            b'/' => self.slash(),
            b'#' => self.slip(Slip::HashComment, Kind::Comment, self.line_end()),
            b'"' => self.string(0),
            b'f' if self.peek(1) == Some(b'"') => self.string(1),
            b'\'' => self.single_quotes(),
            b'(' | b'[' | b'{' => {
                self.open.push(byte);
                self.push(Kind::Open, self.at + 1);
            }
            b')' | b']' | b'}' => {
                self.open.pop();
                self.push(Kind::Close, self.at + 1);
            }
            b'@' if self.peek(1).is_some_and(is_word) => self.push(Kind::Tag, self.word_end(self.at + 1)),
            b'0'..=b'9' => self.number(),
            _ if is_word(byte) => self.word(),
            _ => self.symbol(byte),
        }
    }

    /// Whether a line of a merge's conflict begins here.
    fn is_conflict(&self) -> bool {
        let at_edge = self.at == 0 || self.bytes.get(self.at - 1) == Some(&b'\n');
        at_edge && conflict_mark(self.bytes.get(self.at..).unwrap_or_default())
    }

    /// The mark before our side stands alone, so that our side is read; from the mark behind it on nothing is, up to the last one.
    fn conflict(&mut self, byte: u8) {
        let line_end = self.line_end();
        if byte == b'<' {
            return self.slip(Slip::Conflict, Kind::Bad, line_end);
        }
        let mut end = self.at;
        for line in self.text.get(self.at..).unwrap_or_default().split_inclusive('\n') {
            if line.starts_with(">>>>>>>") && conflict_mark(line.as_bytes()) {
                return self.slip(Slip::OtherSide, Kind::Bad, end + line.trim_end().len());
            }
            end += line.len();
        }
        self.slip(Slip::OtherSide, Kind::Bad, line_end);
    }

    fn word_end(&self, from: usize) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        from + rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len())
    }

    /// The end of this line, before `\r\n` or `\n`.
    fn line_end(&self) -> usize {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let end = self.at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let line = self.bytes.get(self.at..end).unwrap_or_default();
        end - line.iter().rev().take_while(|byte| **byte == b'\r').count()
    }

    fn word(&mut self) {
        let end = self.word_end(self.at);
        let word = self.text.get(self.at..end).unwrap_or_default();
        if word.is_ascii() {
            return self.push(Kind::Word, end);
        }
        match word.char_indices().find(|(_, c)| !(c.is_alphanumeric() || *c == '_')) {
            None => self.push(Kind::Word, end),
            Some((0, c)) if c.is_whitespace() => self.slip(Slip::BadCharacter, Kind::Bad, self.at + c.len_utf8()),
            Some((0, c)) => self.slip(Slip::BadCharacter, Kind::Bad, self.at + c.len_utf8()),
            Some((good, _)) => self.push(Kind::Word, self.at + good),
        }
    }

    fn symbol(&mut self, byte: u8) {
        if DOUBLE.iter().any(|double| self.starts(*double)) {
            return self.push(Kind::Symbol, self.at + 2);
        }
        match byte {
            b'+' | b'-' | b'*' | b'<' | b'>' | b'=' | b':' | b',' | b'.' | b'?' | b'@' | b'%' | b'!' | b'|' | b'&'
            | b';' => {
                self.push(Kind::Symbol, self.at + 1);
            }
            _ => self.slip(Slip::BadCharacter, Kind::Bad, self.at + 1),
        }
    }

    fn digits(&self, from: usize) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    }

    /// The end of a date or timestamp that begins here.
    fn date_end(&self) -> Option<usize> {
        let at = |offset: usize| self.bytes.get(self.at + offset).copied();
        let date = self.digits(self.at) == 4
            && at(4) == Some(b'-')
            && self.digits(self.at + 5) == 2
            && at(7) == Some(b'-')
            && self.digits(self.at + 8) == 2;
        if !date {
            return None;
        }
        let day = self.at + 10;
        if self.bytes.get(day) != Some(&b'T') || self.digits(day + 1) == 0 {
            return Some(day);
        }
        let rest = self.bytes.get(day + 1..).unwrap_or_default();
        let clock = rest.iter().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.')).count();
        let trimmed = rest.get(..clock).unwrap_or_default();
        let clock = clock - trimmed.iter().rev().take_while(|byte| matches!(byte, b'.' | b':')).count();
        let end = day + 1 + clock;
        match self.bytes.get(end) {
            Some(b'Z') => Some(end + 1),
            Some(b'+' | b'-')
                if self.digits(end + 1) == 2 && self.bytes.get(end + 3) == Some(&b':') && self.digits(end + 4) == 2 =>
            {
                Some(end + 6)
            }
            _ => Some(end),
        }
    }

    fn number(&mut self) {
        if let Some(end) = self.date_end() {
            return self.push(Kind::Number, end);
        }
        let run = |from: usize| {
            let rest = self.bytes.get(from..).unwrap_or_default();
            from + rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'_').count()
        };
        let mut end = run(self.at);
        if self.bytes.get(end) == Some(&b'.') && self.digits(end + 1) > 0 {
            end = run(end + 1);
        }
        if matches!(self.bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.bytes.get(end + 1), Some(b'+' | b'-')));
            let digits = self.digits(end + 1 + sign);
            if digits > 0 {
                end += 1 + sign + digits;
            }
        }
        let end = if self.bytes.get(end) == Some(&b'%') { end + 1 } else { self.word_end(end) };
        self.push(Kind::Number, end);
    }

    fn slash(&mut self) {
        if self.starts(b"//") {
            let end = self.line_end();
            let line = self.text.get(self.at..end).unwrap_or_default();
            self.push(Kind::Comment, self.at + line.trim_end().len());
            self.at = end;
        } else if self.starts(b"/*") {
            let rest = self.text.get(self.at + 2..).unwrap_or_default();
            match rest.find("*/") {
                Some(length) => self.slip(Slip::BlockComment, Kind::Bad, self.at + 2 + length + 2),
                None => self.slip(Slip::OpenComment, Kind::Bad, self.line_end()),
            }
        } else if self.tokens.last().is_some_and(|token| token.kind == Kind::Word && token.text(self.text) == "matches")
        {
            match self.closing(self.at + 1, b'/') {
                Some(end) => self.push(Kind::Regex, end),
                None => self.unclosed(Slip::OpenRegex),
            }
        } else {
            self.push(Kind::Symbol, self.at + 1);
        }
    }

    /// Behind the next `quote` of this line that has no backslash before it.
    fn closing(&self, from: usize, quote: u8) -> Option<usize> {
        let mut at = from;
        loop {
            match *self.bytes.get(at)? {
                b'\n' => return None,
                b'\\' if self.bytes.get(at + 1) != Some(&b'\n') => at += 2,
                byte if byte == quote => return Some(at + 1),
                _ => at += 1,
            }
        }
    }

    fn string(&mut self, prefix: usize) {
        if prefix == 0 && self.starts(b"\"\"\"") {
            let rest = self.text.get(self.at + 3..).unwrap_or_default();
            return match rest.find("\"\"\"") {
                Some(length) => self.push(Kind::Text, self.at + 3 + length + 3),
                None => self.slip(Slip::OpenLongText, Kind::Unclosed, self.region_end()),
            };
        }
        match self.closing(self.at + prefix + 1, b'"') {
            Some(end) => self.push(Kind::Text, end),
            None => self.unclosed(Slip::OpenText),
        }
    }

    fn single_quotes(&mut self) {
        match self.closing(self.at + 1, b'\'') {
            Some(end) => self.slip(Slip::SingleQuotes, Kind::Text, end),
            None => self.unclosed(Slip::OpenText),
        }
    }

    /// The end of the last line before a declaration begins at the left edge.
    fn region_end(&self) -> usize {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let mut end = self.at;
        for (index, line) in rest.split_inclusive('\n').enumerate() {
            if index > 0 && starts_item(line) {
                break;
            }
            end += line.len();
        }
        let region = self.text.get(self.at..end).unwrap_or_default();
        self.at + region.trim_end().len()
    }

    /// A string that ends nowhere: it goes to the end of its line, but leaves the brackets there that were opened on this line.
    fn unclosed(&mut self, slip: Slip) {
        let end = self.line_end();
        let rest = self.bytes.get(self.at..end).unwrap_or_default();
        let mut keep = 0;
        let mut closers = Vec::new();
        for (index, byte) in rest.iter().enumerate().skip(1).rev() {
            match byte {
                b')' | b']' | b'}' => closers.push((*byte, rest.len() - index)),
                b' ' | b'\t' | b',' => {}
                _ => break,
            }
        }
        let mut open = self.open.iter().rev();
        for (closer, length) in closers.iter().rev() {
            if open.next().is_some_and(|opener| closes(*opener, *closer)) {
                keep = keep.max(*length);
            } else {
                keep = 0;
                break;
            }
        }
        let written = self.text.get(self.at..end - keep).unwrap_or_default();
        self.slip(slip, Kind::Unclosed, self.at + written.trim_end().len());
    }
}

/// Whether a line begins with seven signs of a kind as git writes them, and a blank or nothing behind them.
fn conflict_mark(line: &[u8]) -> bool {
    let (mark, behind) = line.split_at(line.len().min(7));
    let is_mark = [b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>"].iter().any(|known| mark == *known);
    is_mark && matches!(behind.first(), None | Some(b' ' | b'\t' | b'\r' | b'\n'))
}

/// Whether `close` closes what `open` opened.
pub(crate) fn closes(open: u8, close: u8) -> bool {
    matches!((open, close), (b'(', b')') | (b'[', b']') | (b'{', b'}'))
}

/// Whether a declaration begins with this token, at the left edge of its line: whatever is open before it ends there.
pub(crate) fn begins_item(text: &str, token: &Token) -> bool {
    let at_edge = token.start == 0 || text.as_bytes().get(token.start - 1) == Some(&b'\n');
    let line = || text.get(token.start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    token.kind == Kind::Word && at_edge && starts_item(line())
}

/// Whether a declaration begins at the left edge of this line.
fn starts_item(line: &str) -> bool {
    let Some((word, rest)) = line.split_once([' ', '\t']) else { return false };
    if !crate::words::ITEMS.contains(&word) {
        return false;
    }
    let rest = rest.trim_start();
    if word == "test" {
        return rest.starts_with('"');
    }
    let name = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let behind = rest.get(name..).unwrap_or_default();
    let next = behind.trim_start().chars().next();
    name > 0
        && !rest.starts_with(|c: char| c.is_ascii_digit())
        && match word {
            "use" => next == Some('.'),
            "type" | "secret" => next == Some('='),
            "model" | "const" => next == Some(':'),
            "moments" => next == Some('<'),
            "deployment" | "monitor" => behind.trim_start().starts_with("of "),
            "stage" | "source" | "sink" | "policy" | "pipeline" => matches!(next, Some('(' | '<' | '{')),
            "contract" => matches!(next, Some('{' | '=')),
            _ => matches!(next, Some('{' | '(')),
        }
}
