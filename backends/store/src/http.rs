//! Documents sent to a server, by calls that block.

use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Builder;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Posts documents one after the other; the first that is not taken ends it.
///
/// # Errors
/// In words, where the server cannot be reached in five seconds, or does not answer that it was a success.
pub fn post_json(address: &str, token: Option<&str>, documents: &[Value]) -> Result<(), String> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let client = reqwest::Client::builder().timeout(PATIENCE).build().map_err(|error| error.to_string())?;
        for document in documents {
            let request = client.post(address).header("content-type", "application/json").body(document.to_string());
            let request = match token {
                Some(token) => request.bearer_auth(token),
                None => request,
            };
            let answer = request.send().await.map_err(|error| words(&error))?;
            if !answer.status().is_success() {
                return Err(format!("it answers {}", answer.status()));
            }
        }
        Ok(())
    })
}

/// The innermost cause says most: `Connection refused`, not `error sending request`.
fn words(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if error.is_timeout() { "no answer in time".to_owned() } else { cause.to_string() }
}
