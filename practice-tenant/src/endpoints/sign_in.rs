//! `POST /oauth/token`: client credentials, and sign-in by password, which really checks the hash.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::clock::{timestamp, unix_seconds};
use crate::http::answers::{self, oauth_error, ok};
use crate::http::bodies;
use crate::ids;
use crate::rules::connections;
use crate::rules::hashes;
use crate::state::Tenant;
use crate::state::accounts::{self, Account};

const REALM_GRANT: &str = "http://auth0.com/oauth/grant-type/password-realm";
/// Bytes of a request, far more than any password and client have.
const MOST_BYTES: usize = 64 << 10;
/// Failures of one user before more attempts are refused (brute-force protection's default).
const MOST_FAILURES: u32 = 10;

pub(crate) async fn token(State(tenant): State<Arc<Tenant>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = match bodies::read(&tenant, body, MOST_BYTES).await {
        Ok(body) => body,
        Err(refusal) => return *refusal,
    };
    let form = fields(&head.headers, &body);
    match form.get("grant_type").and_then(Value::as_str) {
        Some("client_credentials") => client_credentials(&tenant, &form),
        Some(grant @ (REALM_GRANT | "password")) => sign_in(tenant, &form, grant).await,
        Some(grant) => oauth_error(
            403,
            "unsupported_grant_type",
            &format!("Unsupported grant type: {grant}"),
        ),
        None => oauth_error(
            400,
            "invalid_request",
            "Missing required parameter: grant_type",
        ),
    }
}

/// The fields, from JSON or from a form.
fn fields(headers: &HeaderMap, body: &[u8]) -> Map<String, Value> {
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if content_type.starts_with("application/json") {
        return serde_json::from_slice(body).unwrap_or_default();
    }
    let pairs = body.split(|byte| *byte == b'&').map(|pair| {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let name = halves.next().unwrap_or_default();
        (
            form_text(name),
            form_text(halves.next().unwrap_or_default()).into(),
        )
    });
    pairs.collect()
}

/// A text of a form, as the URL standard decodes it: what is not encoded, `#` or a blank, stands for itself.
fn form_text(bytes: &[u8]) -> String {
    let mut text = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    while let Some(byte) = rest.next() {
        let pair = match rest.as_slice() {
            [high, low, ..] if *byte == b'%' => digit(high).zip(digit(low)),
            _ => None,
        };
        match (byte, pair) {
            (_, Some((high, low))) => {
                text.push((high * 16 + low) as u8);
                rest = rest.as_slice()[2..].iter();
            }
            (b'+', None) => text.push(b' '),
            (byte, None) => text.push(*byte),
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn text<'a>(form: &'a Map<String, Value>, name: &str) -> &'a str {
    form.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn client_credentials(tenant: &Tenant, form: &Map<String, Value>) -> Response {
    let id = text(form, "client_id");
    if id != tenant.client_id || text(form, "client_secret") != tenant.client_secret {
        return oauth_error(401, "access_denied", "Unauthorized");
    }
    let audience = text(form, "audience");
    if !tenant.is_audience(audience) {
        let description = format!(
            "Client is not authorized to access \"{audience}\". You need to create a \"client-grant\" associated to this API."
        );
        return oauth_error(403, "access_denied", &description);
    }
    if tenant.fault("token-quota") {
        return quota_exceeded();
    }
    tenant.note_request();
    let scope = form.get("scope").and_then(Value::as_str);
    let token = tenant.issue(scope, audience);
    ok(
        &json!({"access_token": token, "expires_in": tenant.options.token_seconds, "token_type": "Bearer"}),
    )
}

/// The quota of tokens for machines, as documented ("Fine-grained M2M token quotas"), with the header as Auth0's SDKs
/// read it.
fn quota_exceeded() -> Response {
    let mut answer = oauth_error(429, "too_many_requests", "Client quota exceeded");
    let quota = HeaderValue::from_static("b=per_hour;q=100;r=0;t=1");
    let headers = answer.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    headers.insert("auth0-client-quota-limit", quota);
    answer
}

async fn sign_in(tenant: Arc<Tenant>, form: &Map<String, Value>, grant: &str) -> Response {
    let id = text(form, "client_id");
    if id == tenant.client_id {
        return oauth_error(
            403,
            "unauthorized_client",
            &format!("Grant type '{grant}' not allowed for the client."),
        );
    }
    if id != tenant.sign_in_id || text(form, "client_secret") != tenant.sign_in_secret {
        return oauth_error(401, "access_denied", "Unauthorized");
    }
    tenant.note_request();
    let realm = if grant == REALM_GRANT {
        text(form, "realm")
    } else {
        "Username-Password-Authentication"
    };
    let login = text(form, "username").to_lowercase();
    let wrong = || oauth_error(403, "invalid_grant", "Wrong email or password.");
    let Some((place, account)) = find(&tenant, realm, &login) else {
        return wrong();
    };
    if account.failures >= MOST_FAILURES {
        let description =
            "Your account has been blocked after multiple consecutive login attempts.";
        return oauth_error(429, "too_many_attempts", description);
    }
    let user_id = account.text("user_id").unwrap_or_default().to_string();
    let (second_factor, blocked) = (
        account.second_factor,
        account.profile.get("blocked") == Some(&Value::Bool(true)),
    );
    let password = text(form, "password").to_string();
    let custom_hash = account.custom_hash.clone();
    let lets_in = !blocked && !second_factor;
    // A hash takes 70 ms of a core or more: not on the threads that answer others.
    let checked = tokio::task::spawn_blocking(move || {
        let right = password_fits(&account, &password);
        let is_imported = account.password_hash.is_none();
        let own_hash = (right && lets_in && is_imported).then(|| bcrypt::hash(password, 10));
        (right, own_hash.and_then(Result::ok))
    });
    let (right, own_hash) = checked.await.unwrap_or_default();
    if let (Some(own_hash), Some(imported)) = (own_hash, custom_hash) {
        drop_imported_hash(&tenant, place, &imported, own_hash);
    }
    note_attempt(&tenant, place, right, right && lets_in);
    match (right, blocked, second_factor) {
        (false, ..) => wrong(),
        // Reported without a status; mocks of others use 403.
        (true, true, _) => oauth_error(403, "unauthorized", "user is blocked"),
        (true, false, true) => answers::json(
            403,
            &json!({"error": "mfa_required", "error_description": "Multifactor authentication required", "mfa_token": ids::letters(40)}),
        ),
        (true, false, false) => signed_in(&tenant, &user_id),
    }
}

fn signed_in(tenant: &Tenant, user_id: &str) -> Response {
    let now = unix_seconds();
    let claims = json!({"iss": format!("{}/", tenant.base), "sub": user_id, "aud": tenant.sign_in_id, "iat": now, "exp": now + 86_400});
    let token = tenant.tokens.sign(&claims);
    ok(&json!({"access_token": token, "token_type": "Bearer", "expires_in": 86_400}))
}

/// The user of a connection who signs in by this name: an e-mail, unless several users can have it, or what the
/// connection's attributes let one sign in by.
fn find(tenant: &Tenant, realm: &str, login: &str) -> Option<(usize, Arc<Account>)> {
    let connection = connections::by_name(realm)?;
    let usernames = connection
        .username()
        .is_some_and(|rules| rules.attribute.signs_in);
    let phones = connection.phone().is_some_and(|phone| phone.signs_in);
    let ways = [
        ("email", connection.has_unique_emails()),
        ("username", usernames),
        ("phone_number", phones),
    ];
    let memory = tenant.memory();
    let mut ways = ways.into_iter().filter(|(_, is_open)| *is_open);
    let place = ways.find_map(|(name, _)| memory.find(&accounts::key(realm, name, login)))?;
    Some((place, Arc::clone(memory.users.get(&place)?)))
}

fn note_attempt(tenant: &Tenant, place: usize, right: bool, is_in: bool) {
    let mut memory = tenant.memory();
    let Some(account) = memory.change(place) else {
        return;
    };
    account.failures = if right { 0 } else { account.failures + 1 };
    if is_in {
        // Who has never signed in has none of these (recorded); the names are those of the page on the user profile.
        let count = account.profile.get("logins_count").and_then(Value::as_u64);
        let profile = &mut account.profile;
        profile.insert("last_login".into(), timestamp().into());
        profile.insert("last_ip".into(), "127.0.0.1".into());
        profile.insert("logins_count".into(), (count.unwrap_or(0) + 1).into());
    }
}

/// After the first good sign-in Auth0 has a bcrypt hash of its own, and the imported one is gone.
fn drop_imported_hash(tenant: &Tenant, place: usize, imported: &Value, own_hash: String) {
    let mut memory = tenant.memory();
    let account = memory.change(place);
    // An upsert may have brought another one meanwhile.
    if let Some(account) = account.filter(|there| there.custom_hash.as_ref() == Some(imported)) {
        account.password_hash = Some(own_hash);
        account.custom_hash = None;
    }
}

/// Whether the password fits the hash that was imported; of a user without one, none does.
fn password_fits(account: &Account, password: &str) -> bool {
    match (&account.password_hash, &account.custom_hash) {
        (Some(hash), _) => bcrypt::verify(password, hash).unwrap_or(false),
        (None, Some(custom)) => hashes::fits(password, custom),
        (None, None) => false,
    }
}
