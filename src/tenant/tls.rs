//! The HTTP client: TLS without a system package, no redirects, nothing process-wide.

use std::sync::Arc;
use std::time::Duration;

use reqwest::blocking::Client;

use crate::error::{Error, Result};

const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// TLS on ring with the system's root certificates. Passed explicitly: a process-wide default would start again in every cell
/// of a notebook.
pub(crate) fn tls() -> Result<rustls::ClientConfig> {
    use rustls_platform_verifier::BuilderVerifierExt;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map(|config| config.with_no_client_auth())
        .map_err(Error::no_tls)
}

/// `limit`: for a head to come and for each read of a body, where a request has no limit of its own.
pub(crate) fn client(domain: &str, limit: Duration) -> Result<Client> {
    let mut builder = Client::builder()
        .tls_backend_preconfigured(tls()?)
        // A redirect could carry the token elsewhere, and no call of this API redirects.
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_LIMIT)
        .timeout(limit)
        .user_agent(concat!("auth0-bulk-users/", env!("CARGO_PKG_VERSION")));
    if domain.starts_with("http://") {
        builder = builder.no_proxy();
    }
    builder.build().map_err(Error::no_tls)
}
