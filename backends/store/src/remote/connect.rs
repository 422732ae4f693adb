//! From a URL and environment variables to a store.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path as FilePath, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use object_store::{
    BackoffConfig, ClientOptions, ObjectStore, RetryConfig, aws::AmazonS3Builder, azure::MicrosoftAzureBuilder,
    gcp::GoogleCloudStorageBuilder, path::Path,
};
use tempfile::TempDir;

use super::{Remote, reason};
use crate::{Result, Store, StoreError, digest_bytes, with_path};

/// Environment variables by name.
type Variables = BTreeMap<String, String>;

impl Store {
    /// Opens what `--store` names, for the package at `root`: a folder, or a bucket (`s3://`, `gs://`, `az://`) that the environment's variables open.
    ///
    /// # Errors
    /// As [`Store::open`]; or where the scheme is unknown or the variables do not fit. The bucket is not asked yet.
    pub fn open_url(root: &FilePath, url: &str) -> Result<Self> {
        Self::open_url_with(root, url, &environment())
    }

    /// As [`Store::open_url`], with these variables in place of the environment's.
    ///
    /// # Errors
    /// As [`Store::open_url`].
    pub fn open_url_with(root: &FilePath, url: &str, variables: &Variables) -> Result<Self> {
        if let Some(folder) = folder_of(url) {
            return Self::open_at(root, folder);
        }
        let (bucket, prefix) = bucket("open the store", url, variables)?;
        let (folder, private) = working_folder(url.trim_end_matches('/'), variables)?;
        Self::open_remote(root, &folder, Remote::new(url, bucket, prefix, private)?)
    }
}

/// The folder that a store's address names; none where it names a bucket.
#[must_use]
pub fn folder_of(url: &str) -> Option<&FilePath> {
    match url.split_once("://") {
        None => Some(FilePath::new(url)),
        Some(("file", path)) => Some(FilePath::new(path)),
        Some(_) => None,
    }
}

/// The bytes of one object: `s3://BUCKET/PREFIX/NAME`.
///
/// # Errors
/// Where there is no such object, the scheme is unknown, or the bucket cannot be read.
pub fn read_url(url: &str) -> Result<Vec<u8>> {
    let (folder, name) = url.rsplit_once('/').unwrap_or(("", url));
    let (bucket, prefix) = bucket("open the store", folder, &environment())?;
    let found = Remote::new(folder, bucket, prefix, None)?.get(name)?;
    found.map(|(bytes, _)| bytes).ok_or_else(|| refused("read", url, "there is no such object".to_owned()))
}

/// A bucket that an address begins with: its own address, the path in it, and what opens it.
pub(super) fn bucket_of(url: &str) -> Result<(String, String, Arc<dyn ObjectStore>)> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (name, path) = rest.split_once('/').unwrap_or((rest, ""));
    let root = format!("{scheme}://{name}");
    let (bucket, _) = bucket("open", &root, &environment())?;
    Ok((root, path.to_owned(), bucket))
}

fn environment() -> Variables {
    let text = |text: std::ffi::OsString| text.into_string().ok();
    std::env::vars_os().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect()
}

/// The bucket and the prefix in it.
fn bucket(action: &'static str, url: &str, variables: &Variables) -> Result<(Arc<dyn ObjectStore>, Path)> {
    let refuse = |why: String| refused(action, url, why);
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    if name.is_empty() {
        return Err(refuse(format!("it names no bucket; write {scheme}://BUCKET/PREFIX")));
    }
    let bucket = connect(scheme, name, variables)
        .ok_or_else(|| {
            refuse(format!("{scheme}:// is not known; a store is a folder, or begins with s3://, gs:// or az://"))
        })?
        .map_err(|error| refuse(reason::words(url, &error, reason::STORE)))?;
    Ok((bucket, Path::parse(prefix).map_err(|error| refuse(error.to_string()))?))
}

fn refused(action: &'static str, url: &str, why: String) -> StoreError {
    StoreError::Remote { action, url: url.to_owned(), why }
}

type Connected = object_store::Result<Arc<dyn ObjectStore>>;

/// `None` where the scheme is unknown.
fn connect(scheme: &str, bucket: &str, variables: &Variables) -> Option<Connected> {
    // The default is three minutes of silence. An orchestrator tries again anyway; a person wants to know.
    let retry = RetryConfig {
        backoff: BackoffConfig { max_backoff: Duration::from_secs(5), ..BackoffConfig::default() },
        max_retries: 4,
        retry_timeout: Duration::from_secs(30),
    };
    // For one request; large objects are moved in many.
    let client =
        ClientOptions::new().with_connect_timeout(Duration::from_secs(5)).with_timeout(Duration::from_secs(60));
    Some(match scheme {
        "s3" => {
            let builder = AmazonS3Builder::new().with_client_options(client);
            let builder = configured(builder, variables, "AWS_", |builder, key, value| builder.with_config(key, value));
            builder.with_bucket_name(bucket).with_retry(retry).build().map(|store| Arc::new(store) as _)
        }
        "gs" => {
            let builder = GoogleCloudStorageBuilder::new().with_client_options(client);
            let builder =
                configured(builder, variables, "GOOGLE_", |builder, key, value| builder.with_config(key, value));
            builder.with_bucket_name(bucket).with_retry(retry).build().map(|store| Arc::new(store) as _)
        }
        "az" => {
            let builder = MicrosoftAzureBuilder::new().with_client_options(client);
            let builder =
                configured(builder, variables, "AZURE_", |builder, key, value| builder.with_config(key, value));
            let builder = match variables.get("IDENTITY_ENDPOINT") {
                Some(endpoint) => builder.with_msi_endpoint(endpoint),
                None => builder,
            };
            builder.with_container_name(bucket).with_retry(retry).build().map(|store| Arc::new(store) as _)
        }
        _ => return None,
    })
}

/// The builder with every variable whose name is one of its keys: what `from_env` does.
fn configured<B, K: FromStr>(builder: B, variables: &Variables, prefix: &str, set: impl Fn(B, K, &str) -> B) -> B {
    variables.iter().filter(|(name, _)| name.starts_with(prefix)).fold(builder, |builder, (name, value)| {
        match name.to_ascii_lowercase().parse() {
            Ok(key) => set(builder, key, value),
            Err(_) => builder,
        }
    })
}

/// Where copies of objects, environments and logs lie on this machine: in the user's cache, and where that cannot be, in a folder that is removed
/// with the store. Nothing in it is needed by others.
fn working_folder(url: &str, variables: &Variables) -> Result<(PathBuf, Option<TempDir>)> {
    let named = |name: &str| variables.get(name).filter(|path| FilePath::new(path).is_absolute());
    let cache = named("XDG_CACHE_HOME").map(PathBuf::from);
    let digest: String = digest_bytes(url.as_bytes()).chars().take(16).collect();
    if let Some(cache) = cache.or_else(|| Some(FilePath::new(named("HOME")?).join(".cache"))) {
        let folder = cache.join("mlp").join("stores").join(digest);
        if fs::create_dir_all(&folder).is_ok() && tempfile::tempfile_in(&folder).is_ok() {
            return Ok((folder, None));
        }
    }
    let private = tempfile::Builder::new().prefix("mlp-store-").tempdir();
    let private = with_path("write in", &std::env::temp_dir(), private)?;
    Ok((private.path().to_owned(), Some(private)))
}
