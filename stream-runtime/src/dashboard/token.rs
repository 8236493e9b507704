//! The token: who may stop the job, and see it from other machines.

use std::fmt;

use subtle::ConstantTimeEq;

use crate::error::{Error, Result};

/// Shorter tokens could be found by trying.
const LENGTH_MIN: usize = 16;
const LENGTH_MAX: usize = 256;

/// A secret that is part of a request.
#[derive(Clone)]
pub(super) struct Token(String);

impl Token {
    /// A token that the user has chosen. It has to stand in an address as it is.
    ///
    /// # Errors
    ///
    /// When it is too short, too long, or has other characters than letters, digits and `-._~`.
    pub(super) fn new(token: String) -> Result<Self> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if (LENGTH_MIN..=LENGTH_MAX).contains(&token.len()) && token.bytes().all(is_plain) {
            return Ok(Self(token));
        }
        // The token itself is not shown.
        Err(Error::Config(format!(
            "the token of the web page must have {LENGTH_MIN} to {LENGTH_MAX} letters, digits or \
             -._~ ; `openssl rand -hex 16` makes one"
        )))
    }

    /// A token that nobody can guess: 128 random bits.
    ///
    /// # Errors
    ///
    /// When the operating system gives no random numbers.
    pub(super) fn make() -> Result<Self> {
        random_hex().map(Self)
    }

    /// Whether `given` is this token. How long that takes does not tell how much of it is right.
    pub(super) fn is(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }

    pub(super) fn secret(&self) -> &str {
        &self.0
    }
}

/// Secrets do not get into logs.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// 128 random bits.
pub(super) fn random_hex() -> Result<String> {
    let mut bytes = [0; 16];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(format!("{:032x}", u128::from_le_bytes(bytes))),
        Err(error) => Err(Error::io("making a token", std::io::Error::other(error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_the_same_text_and_nothing_else() {
        let token = Token::new("0123456789abcdef".to_owned()).unwrap();
        assert!(token.is("0123456789abcdef"));
        for other in [
            "",
            "0123456789abcde",
            "0123456789abcdeg",
            "0123456789abcdef0",
        ] {
            assert!(!token.is(other), "{other}");
        }
        assert_eq!(format!("{token:?}"), "Token");
    }

    #[test]
    fn tokens_that_can_be_guessed_or_need_escaping_are_refused() {
        for bad in [
            "",
            "short",
            "0123456789abcde&",
            "0123456789 abcdef",
            &"a".repeat(257),
        ] {
            let error = Token::new(bad.to_owned()).unwrap_err().to_string();
            assert!(bad.is_empty() || !error.contains(bad), "{error}");
        }
    }

    #[test]
    fn made_up_tokens_are_fit_and_differ() {
        let (one, two) = (Token::make().unwrap(), Token::make().unwrap());
        assert!(!one.is(two.secret()));
        assert!(Token::new(one.0).is_ok());
    }
}
