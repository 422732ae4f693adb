//! Who we are: the ways in which PostgreSQL asks for a password. SCRAM is that of RFC 5802 and 7677; the server proves itself as well.

use std::{fmt::Write as _, io, num::NonZeroU32};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use md5::{Digest as _, Md5};
use ring::{
    digest, hmac, pbkdf2,
    rand::{SecureRandom as _, SystemRandom},
};

use super::{
    PostgresError,
    address::Address,
    session::said,
    wire::{Reader, Wire},
};

/// Says hello, and answers what is asked until the server is ready.
pub fn login(wire: &mut Wire, address: &Address) -> Result<(), PostgresError> {
    let lost = |error: io::Error| PostgresError::Connect(error.to_string());
    let mut hello = 196_608_u32.to_be_bytes().to_vec();
    let options = [
        ("user", address.user.as_str()),
        ("database", address.database.as_str()),
        ("application_name", "mlp contract check"),
        ("client_encoding", "UTF8"),
    ];
    for (name, value) in options {
        hello.extend([name.as_bytes(), &[0], value.as_bytes(), &[0]].concat());
    }
    hello.push(0);
    wire.send(None, &hello).map_err(lost)?;
    let mut scram = None;
    loop {
        let (letter, body) = wire.receive().map_err(lost)?;
        match letter {
            b'R' => {
                if let Some(answer) = answer(&body, address, &mut scram)? {
                    wire.send(Some(b'p'), &answer).map_err(lost)?;
                }
            }
            b'E' => return Err(PostgresError::Connect(said(&body))),
            b'Z' => return Ok(()),
            _ => {}
        }
    }
}

/// What is said to a question about our password, where anything is.
fn answer(body: &[u8], address: &Address, scram: &mut Option<Scram>) -> Result<Option<Vec<u8>>, PostgresError> {
    let refuse = |words: &str| PostgresError::Connect(words.to_owned());
    let password = || {
        address.password.as_deref().ok_or_else(|| refuse("the server asks for a password, and its address has none"))
    };
    let ended = |text: String| [text.into_bytes(), vec![0]].concat();
    let mut reader = Reader(body);
    Ok(match reader.int() {
        Some(0) => None,
        Some(3) => Some(ended(password()?.to_owned())),
        Some(5) => Some(ended(md5(&address.user, password()?, reader.0))),
        Some(10) => {
            if !String::from_utf8_lossy(reader.0).split('\0').any(|known| known == "SCRAM-SHA-256") {
                return Err(refuse("the server knows no way to say a password that is known here"));
            }
            let begun = Scram::begin(password()?)?;
            let first = format!("n,,{}", begun.first);
            let length = i32::try_from(first.len()).unwrap_or_default();
            let message = [b"SCRAM-SHA-256\0".as_slice(), &length.to_be_bytes(), first.as_bytes()].concat();
            *scram = Some(begun);
            Some(message)
        }
        Some(11) => {
            let scram = scram.as_mut().ok_or_else(|| refuse("the server answers what was not asked"))?;
            Some(scram.prove(&String::from_utf8_lossy(reader.0))?.into_bytes())
        }
        Some(12) => {
            let proven = scram.as_ref().is_some_and(|scram| scram.is_proven(&String::from_utf8_lossy(reader.0)));
            if !proven {
                return Err(refuse("the server does not know the password either: it is not who it says it is"));
            }
            None
        }
        _ => return Err(refuse("the server knows no way to say a password that is known here")),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The old way, of servers before version 14.
fn md5(user: &str, password: &str, salt: &[u8]) -> String {
    let inner = hex(&Md5::digest([password, user].concat()));
    format!("md5{}", hex(&Md5::digest([inner.as_bytes(), salt].concat())))
}

/// A conversation in SCRAM.
struct Scram {
    password: String,
    nonce: String,
    /// Our first message without its head.
    first: String,
    /// The server's signature, when it can be known.
    expected: Option<Vec<u8>>,
}

impl Scram {
    fn begin(password: &str) -> Result<Self, PostgresError> {
        let mut random = [0; 18];
        let dice = SystemRandom::new().fill(&mut random);
        dice.map_err(|_| PostgresError::Connect("this machine has no random numbers".to_owned()))?;
        Ok(Self::with_nonce(password, STANDARD.encode(random)))
    }

    fn with_nonce(password: &str, nonce: String) -> Self {
        // the server takes the user from the first message of all
        Self { password: password.to_owned(), first: format!("n=,r={nonce}"), nonce, expected: None }
    }

    fn prove(&mut self, server: &str) -> Result<String, PostgresError> {
        let refuse = || PostgresError::Connect("the server does not keep to SCRAM".to_owned());
        let part = |name: &str| server.split(',').find_map(|part| part.strip_prefix(name));
        let (nonce, salt) = (part("r=").ok_or_else(refuse)?, part("s=").ok_or_else(refuse)?);
        let rounds: NonZeroU32 = part("i=").and_then(|rounds| rounds.parse().ok()).ok_or_else(refuse)?;
        if !nonce.starts_with(&self.nonce) {
            return Err(refuse());
        }
        let salt = STANDARD.decode(salt).map_err(|_| refuse())?;
        let mut salted = [0; digest::SHA256_OUTPUT_LEN];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, &salt, self.password.as_bytes(), &mut salted);
        let signed = |key: &[u8], text: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text);
        let client = signed(&salted, b"Client Key");
        let stored = digest::digest(&digest::SHA256, client.as_ref());
        let last = format!("c=biws,r={nonce}");
        let all = format!("{},{server},{last}", self.first);
        let signature = signed(stored.as_ref(), all.as_bytes());
        let proof: Vec<u8> = client.as_ref().iter().zip(signature.as_ref()).map(|(a, b)| a ^ b).collect();
        let server_key = signed(&salted, b"Server Key");
        self.expected = Some(signed(server_key.as_ref(), all.as_bytes()).as_ref().to_vec());
        Ok(format!("{last},p={}", STANDARD.encode(proof)))
    }

    fn is_proven(&self, server: &str) -> bool {
        let said = server.strip_prefix("v=").and_then(|text| STANDARD.decode(text.split(',').next()?).ok());
        said.is_some() && said == self.expected
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7677, section 3, but for the user's name, which PostgreSQL leaves out.
    #[test]
    fn scram_proves_both_sides() {
        let mut scram = Scram::with_nonce("pencil", "rOprNGfwEbeRWgbNEkqO".to_owned());
        "n=user,r=rOprNGfwEbeRWgbNEkqO".clone_into(&mut scram.first);
        let server = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let proof = scram.prove(server).unwrap();
        assert_eq!(
            proof,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert!(scram.is_proven("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
        assert!(!scram.is_proven("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5="));
    }

    #[test]
    fn the_old_way() {
        assert_eq!(md5("ada", "secret", &[1, 2, 3, 4]).len(), 35);
        assert_eq!(hex(&Md5::digest("a")), "0cc175b9c0f1b6a831c399e269772661");
    }
}
