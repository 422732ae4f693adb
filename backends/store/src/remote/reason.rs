//! What a bucket says when it refuses, in words that say what to do.

use object_store::{
    Error,
    client::{HttpError, HttpErrorKind},
};

/// Whether it is the bucket that is missing, and not an object in it.
pub(super) fn no_bucket(error: &Error) -> bool {
    let text = error.to_string();
    ["NoSuchBucket", "ContainerNotFound", "specified bucket does not exist"].iter().any(|sign| text.contains(sign))
}

/// What credentials must allow for a store.
pub(super) const STORE: &str = "read, write and list";
/// What they must allow for data of others.
pub(super) const DATA: &str = "read and list";

/// Why not, and what to do; `rights` are those that would do.
pub(super) fn words(url: &str, error: &Error, rights: &str) -> String {
    let text = error.to_string();
    let said = short(&text);
    if no_bucket(error) {
        return "there is no such bucket; make it first, or mend the name".to_owned();
    }
    if chain(error).any(|error| error.to_string().contains("scheme is not allowed")) {
        let cloud = match scheme(url) {
            "gs" => "GOOGLE",
            "az" => "AZURE",
            _ => "AWS",
        };
        return format!("the endpoint is plain http, which must be allowed: set {cloud}_ALLOW_HTTP=true");
    }
    // a listing that is refused is no kind of its own
    let refused = matches!(error, Error::PermissionDenied { .. } | Error::Unauthenticated { .. })
        || chain(error).any(|error| error.to_string().contains("403 Forbidden"));
    // Without any credentials the builders ask the machine's metadata service, which is only there in a cloud.
    let nameless = text.contains("169.254.169.254") || text.contains("metadata.google") || text.contains("credential");
    if refused {
        return format!("the credentials do not allow it ({said}); they must allow to {rights}. {}", keys(url));
    }
    if nameless {
        return format!("no credentials were found. {}", keys(url));
    }
    match kind(error) {
        Some(HttpErrorKind::Connect) => {
            format!("its endpoint cannot be reached ({said}); check the network and the endpoint's variable")
        }
        Some(HttpErrorKind::Timeout) => format!("its endpoint did not answer in time ({said})"),
        _ => said,
    }
}

fn scheme(url: &str) -> &str {
    url.split_once("://").map_or("", |(scheme, _)| scheme)
}

/// Which variables hold the credentials.
fn keys(url: &str) -> &'static str {
    match scheme(url) {
        "s3" => "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role",
        "gs" => "Set GOOGLE_APPLICATION_CREDENTIALS, or give the machine a service account",
        "az" => "Set AZURE_STORAGE_ACCOUNT_NAME with a key or token, or give the machine an identity",
        _ => "Set the variables of the bucket's provider",
    }
}

/// What the transport says, where it was the transport.
fn kind(error: &Error) -> Option<HttpErrorKind> {
    chain(error).find_map(|error| error.downcast_ref::<HttpError>()).map(HttpError::kind)
}

/// The error, and all that caused it.
fn chain(error: &Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    let first: &(dyn std::error::Error + 'static) = error;
    std::iter::successors(Some(first), |error| error.source())
}

/// On one line, and not a page.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(400) {
        Some((end, _)) => format!("{}..", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
